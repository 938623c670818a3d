"""The runbook of the audit history, typed as it stands, in an empty folder against a real log."""

import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kit.ids import stream_id
from tests.house.pages import code, first_words, section
from tests.house.tree import ROOT
from tests.support.audit import audit_all, random_rows, write_log
from tests.support.export_tampering import EXPORT_FORGERIES
from tests.support.stack import Servers
from tests.support.tampering import FORGERIES
from tests.support.terminal import watch

GUIDE = "docs/guides/audit.md"


def typed() -> list[str]:
    """Return every command of the guide in its sequence."""
    blocks = [block for block in code(mark="audit") if block.page == GUIDE]
    return [
        line.removeprefix("$ ")
        for block in blocks
        for line in block.text.splitlines()
        if block.language == "sh" or line.startswith("$ ")
    ]


@pytest.fixture
async def desk(database: str, servers: Servers, tmp_path: Path) -> dict[str, str]:
    """A folder like a checkout with a data directory, and the environment of a shell in it."""
    rows = random_rows(random.Random(21), 250, streams=40)
    order, known = rows[0][0], stream_id("order:489465")
    rows = [(known if row[0] == order else row[0], *row[1:]) for row in rows]
    await write_log(database, rows)
    await audit_all(database, tmp_path / ".countermand/keys/audit.pem")
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parents[1])
    (tmp_path / "countermand").symlink_to(ROOT / "countermand")
    return {
        **os.environ, "COUNTERMAND_POSTGRES_DSN": database,
        "COUNTERMAND_KAFKA_BOOTSTRAP": servers.kafka_bootstrap,
    }  # fmt: skip


@pytest.mark.integration
def test_every_command_of_the_guide_does_what_it_says(desk: dict[str, str], tmp_path: Path) -> None:
    commands = typed()
    assert len(commands) > 10
    for command in commands:
        done = subprocess.run(
            ["sh", "-c", command], cwd=tmp_path, env=desk, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
    assert (tmp_path / "anchor.json").read_text().startswith('{"roots":[{"log":"cancellation"')
    assert (tmp_path / "keys/next.pub").exists()


@pytest.mark.integration
@pytest.mark.parametrize("columns", [80, 120])
async def test_in_a_terminal_a_bar_says_how_far_the_proof_is(
    columns: int, desk: dict[str, str], tmp_path: Path
) -> None:
    data_dir = str(tmp_path / ".countermand")
    seen = await watch(columns, "audit", "verify", "--data-dir", data_dir, env=desk)
    assert (seen.exit_code, seen.too_wide) == (0, [])
    # The bar goes by places in the log, of which some were given up.
    assert re.search(r"━ (\d+)/\1 ", seen.bars("cancellation")[-1])
    assert "✓ cancellation: 250 facts, 8 roots, no findings." in seen.lines


@pytest.mark.integration
def test_the_published_script_needs_nothing_of_ours(desk: dict[str, str], tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("countermand")
    export = [program, "audit", "export", "489465", "--output", "order.jsonl"]
    subprocess.run(export, cwd=tmp_path, env=desk, check=True)
    away = tmp_path / "away"
    away.mkdir()
    shutil.copy(ROOT / "countermand/audit/verify_export.py", away)
    lines = (tmp_path / "order.jsonl").read_text().splitlines(keepends=True)
    (away / "good.jsonl").write_text("".join(lines))
    (away / "forged.jsonl").write_text("".join(lines).replace("message_id", "massage_id", 1))
    key = (tmp_path / ".countermand/keys/audit.pub").read_text().strip()
    for file, trusted, status, said in (
        ("good.jsonl", key, 0, "as it was signed"),
        ("good.jsonl", key[:-1] + ("0" if key[-1] != "0" else "1"), 1, "unknown key"),
        ("forged.jsonl", key, 1, "kind changed"),
    ):
        done = subprocess.run(
            # Isolated, without site packages: what it imports is the standard library.
            [sys.executable, "-I", "-S", "verify_export.py", file, "--key", trusted],
            cwd=away, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode, said in done.stdout) == (status, True), done.stdout + done.stderr


def test_every_kind_of_finding_is_explained() -> None:
    kinds = {
        word
        for words in (*FORGERIES.values(), *EXPORT_FORGERIES.values())
        for word in words.split()
    }
    assert set(first_words(section(GUIDE, "Check the running system"))) == kinds
