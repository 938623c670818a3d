"""The walls between packages stand, and the watchman does see who climbs over.

How: the import contracts of pyproject.toml are checked on the tree, then on a copy with one
forbidden import planted at a time.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house.tree import PRODUCT, ROOT


def lint_imports(tree: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on a tree, whichever tree this project is installed from."""
    code = "import sys; from importlinter.cli import lint_imports_command as run; sys.exit(run())"
    return subprocess.run(
        [sys.executable, "-c", code, "--no-cache"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of what ships."""
    tree = tmp_path_factory.mktemp("tree")
    for package in PRODUCT:
        shutil.copytree(
            ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tree)
    return tree


def test_every_import_contract_is_kept() -> None:
    checked = lint_imports(ROOT)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "0 broken" in checked.stdout


def test_there_is_a_contract_for_every_wall() -> None:
    kept = lint_imports(ROOT).stdout
    assert "10 kept" in kept, "name the new contract's violation below, then count it here"


PLANTED = [
    ("services/notifier/webhooks/ports.py", "services.notifier.webhooks.guard", "second channel"),
    ("countermand/replay/webhooks.py", "services.notifier.webhooks.guard", "holds no handle"),
    ("services/notifier/webhooks/domain/lane.py", "asyncpg", "Decisions are pure"),
    ("services/inventory/domain/restocks.py", "services.refunds.domain.ledger", "each other"),
    ("services/notifier/bootstrap.py", "services.cancellation.bootstrap", "each other"),
    ("kit/relay.py", "services.refunds.translation", "One direction"),
    ("sharding/stores.py", "rebuild.summing", "One direction"),
    ("services/refunds/bootstrap.py", "deploy.simulators", "One direction"),
    ("contracts/orders.py", "kit.ids", "One direction"),
    ("telemetry/tracing.py", "kit.ids", "One direction"),
    ("services/refunds/domain/ledger.py", "services.refunds.translation", "Layers inside"),
    ("services/refunds/effects.py", "services.refunds.adapters.stripe_refunds", "Layers inside"),
    ("services/cancellation/domain/decisions/cancel.py", "asyncpg", "Decisions are pure"),
    ("services/notifier/domain/messages.py", "kit.clock", "Decisions are pure"),
    ("contracts/values.py", "asyncpg", "contracts import pydantic only"),
    ("countermand/replay/legs.py", "services.refunds.bootstrap", "holds no handle"),
    ("countermand/replay/running.py", "httpx2", "holds no handle"),
    ("countermand/dead_letters/redrive.py", "smtplib", "holds no handle"),
    ("countermand/operations/jobs.py", "httpx2", "holds no handle"),
    ("console/api.py", "services.cancellation.answers", "over HTTP alone"),
    ("console/pages/orders.py", "asyncpg", "over HTTP alone"),
    ("services/refunds/api.py", "console.desk", "One direction"),
    ("console/shown.py", "console.desk", "Layers inside the console"),
    ("console/customers/story.py", "console.customers.visit", "customer's page"),
    ("services/refunds/service.py", "services.refunds.adapters.stripe_refunds", "holds no handle"),
]


@pytest.mark.parametrize(("module", "imported", "wall"), PLANTED)
def test_a_planted_violation_is_caught(
    module: str, imported: str, *, wall: str, copy: Path
) -> None:
    path = copy / module
    source = path.read_text("utf-8")
    path.write_text(f"{source}\nimport {imported}\n", "utf-8")
    try:
        checked = lint_imports(copy)
    finally:
        path.write_text(source, "utf-8")
    assert checked.returncode != 0
    (broken,) = [line for line in checked.stdout.splitlines() if "BROKEN" in line and wall in line]
    assert broken


def test_the_copy_itself_is_clean(copy: Path) -> None:
    assert lint_imports(copy).returncode == 0


def test_every_part_of_replay_redrive_and_recovery_stands_behind_its_wall() -> None:
    """All but what wires them up and shows them, which finds the running system."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    (walled,) = [one["source_modules"] for one in contracts if "no handle" in one["name"]]
    wiring = {"__init__", "__main__", "desk", "settings", "shown", "verbs", "waiting"}
    present = [
        f"countermand.{folder}.{path.stem}"
        for folder in ("dead_letters", "operations", "recovery", "replay")
        for path in (ROOT / "countermand" / folder).glob("*.py")
        if path.stem not in wiring
    ]
    assert sorted(walled) == sorted([*present, "countermand.specs"])
