"""What the pages say is true: links, paths, names, settings, codes, commands and examples.

`test_docs_tables.py` beside it compares whole tables with the code.
"""

import hashlib
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from cyclopts import App, CycloptsError

from contracts.topics import TOPICS
from countermand.cli import app
from deploy.local.processes import SIMULATORS, service_names
from services.cancellation.bootstrap import SERVICE as CANCELLATION
from services.inventory.bootstrap import SERVICE as INVENTORY
from services.notifier.bootstrap import SERVICE as NOTIFIER
from services.refunds.bootstrap import SERVICE as REFUNDS
from tests.house.pages import (
    anchors,
    code,
    exists,
    inline,
    links,
    pages,
    part,
    rows,
    section,
    words,
    written_pages,
)
from tests.house.tree import PRODUCT, ROOT, SERVICES, modules

PAGES = sorted(written_pages())
SPECS = (CANCELLATION, INVENTORY, REFUNDS, NOTIFIER)
TOP = (*PRODUCT, "docs", "tests", "demo")
MODULE = re.compile(rf"(?:{'|'.join((*PRODUCT, 'tests'))})(?:\.\w+)+")
NAME = re.compile(r"[a-z]+(?:\.[a-z-]+)+\.v\d+")
SETTING = re.compile(r"(?:COUNTERMAND|CANCELLATION|REFUNDS|NOTIFIER)_[A-Z_]*[A-Z]")
METRIC = re.compile(r"countermand_[a-z_]+")
SOURCES = "\n".join(text for _, text in modules(*PRODUCT, "tests"))
APACHE_SHA256 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
"""Of LICENSE-2.0.txt as the Apache Software Foundation publishes it."""


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    for link in links(pages()[page]):
        if link.startswith(("https://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), f"{page}: {link}"
        if anchor:
            assert anchor in anchors(target.read_text("utf-8")), f"{page}: {link}"


def test_every_page_is_reached_from_the_first() -> None:
    reached, waiting = set(), ["README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or not page.endswith(".md"):
            continue
        reached.add(page)
        targets = [link.partition("#")[0] for link in links(pages()[page])]
        waiting += [
            os.path.relpath((ROOT / page).parent.joinpath(target).resolve(), ROOT)
            for target in targets
            if target and "://" not in target
        ]
    assert [page for page in PAGES if page not in reached] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_path_a_page_names_exists(page: str) -> None:
    for text in inline(page):
        path = text.replace("<service>", "*")
        if "/" in path and path.split("/")[0] in TOP and not re.search(r"[\s=(…]", path):
            assert exists(path), f"{page}: {text}"


@pytest.mark.parametrize("page", PAGES)
def test_every_module_and_attribute_a_page_names_exists(page: str) -> None:
    for text in inline(page):
        if not MODULE.fullmatch(text) or text in service_names():
            continue
        parts = text.split(".")
        sources = [
            (path, parts[n:])
            for n in range(len(parts), 0, -1)
            for path in (ROOT.joinpath(*parts[:n]).with_suffix(".py"), ROOT.joinpath(*parts[:n]))
            if path.exists()
        ]
        path, attributes = sources[0]
        source = path.read_text("utf-8") if path.is_file() else ""
        assert all(re.search(rf"\b{a}\b", source) for a in attributes), f"{page}: {text}"


def stored_names() -> set[str]:
    return {fact.NAME for spec in SPECS for fact in spec.facts}


def types() -> set[str]:
    return {model.TYPE for topic in TOPICS for model in topic.messages}


def tables() -> set[str]:
    """Return every table and view, as the migrations and the kit make them."""
    found = set()
    for name, source in modules("services"):
        if "/migrations/" in name:
            for kind, schema in re.findall(r"tables\.(\w+)\(\"(\w+)\"\)", source):
                made = {"event_store": [f"{schema}_events"], "inbox": ["inbox", "dead_letters"]}
                found |= {f"{schema}.{table}" for table in made.get(kind, [kind])}
    for path in ROOT.glob("services/*/migrations/*.sql"):
        found |= set(re.findall(r"CREATE (?:TABLE|VIEW) (\w+\.\w+)", path.read_text("utf-8")))
    return found


@pytest.mark.parametrize("page", PAGES)
def test_every_type_stored_name_topic_table_and_process_exists(page: str) -> None:
    text = pages()[page]
    known = stored_names() | types()
    assert set(NAME.findall(text)) <= known, set(NAME.findall(text)) - known
    topics = {topic.name for topic in TOPICS}
    for word in inline(page):
        schema, dot, rest = word.partition(".")
        if dot and schema in SERVICES and re.fullmatch(r"\w+", rest) and rest != "events":
            assert word in tables() | set(service_names()) | topics, f"{page}: {word}"
        if re.fullmatch(r"[a-z]+\.(events|commands|positions)", word):
            assert word in topics, f"{page}: {word}"


@pytest.mark.parametrize("page", PAGES)
def test_every_setting_and_metric_a_page_names_exists(page: str) -> None:
    text = pages()[page]
    fields = {
        f"{spec}_{name}".upper()
        for spec, source in (
            ("countermand", "kit"), *((name, f"services/{name}") for name in SERVICES),
        )
        for _, module in modules(source)
        for name in re.findall(r"^    (\w+): ", module, re.MULTILINE)
    }  # fmt: skip
    for setting in SETTING.findall(text):
        assert setting in fields or setting in SOURCES, f"{page}: {setting}"
    metrics = set(METRIC.findall((ROOT / "kit/metrics.py").read_text("utf-8")))
    assert set(METRIC.findall(text)) <= metrics, f"{page}: {set(METRIC.findall(text)) - metrics}"


def commands(root: App = app, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Return every command there is, `orders list` and its like as one."""
    for name in root:
        if name.startswith("-"):
            continue
        if list(child for child in root[name] if not child.startswith("-")):
            yield from commands(root[name], (*path, name))
        else:
            yield " ".join((*path, name))


def test_the_readme_lists_every_command() -> None:
    listed = [words(row[0])[0] for row in rows(section("README.md", "Commands"))]
    assert sorted(listed) == sorted(f"countermand {command}" for command in commands())


def test_every_command_line_in_a_page_is_accepted_by_the_program() -> None:
    seen = 0
    for block in code("console"):
        for line in block.text.splitlines():
            typed = line.removeprefix("$ ").partition("  # ")[0].strip()
            if line.startswith("$ .venv/bin/countermand"):
                seen += 1
                try:
                    app.parse_args(shlex.split(typed)[1:], print_error=False, exit_on_error=False)
                except CycloptsError as refusal:
                    pytest.fail(f"{block.page}: {typed}: {refusal}")
    assert seen > 5


@pytest.mark.parametrize("command", sorted(commands()))
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    app([*command.split(), "--help"], result_action="return_value", exit_on_error=False)
    assert "Usage: countermand" in capsys.readouterr().out


@pytest.mark.parametrize("page", PAGES)
def test_every_command_and_option_in_the_text_exists(page: str) -> None:
    known = set(commands())
    groups = {command.split()[0] for command in known}
    for text in inline(page):
        found = re.match(r"(?:\.venv/bin/)?countermand ([a-z]+)(?: ([a-z]+))?", text)
        if found:
            first, second = found.groups()
            assert first in groups, f"{page}: {text}"
            assert first in known or not second or f"{first} {second}" in known, f"{page}: {text}"
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", text):
            name = option.removeprefix("--no-").removeprefix("--").replace("-", "_")
            assert re.search(rf"\b{name}\b|{option}", SOURCES), f"{page}: {text}"


QUOTED = list(code("python", "from "))
RUN = list(code("python", "run"))


@pytest.mark.parametrize("block", QUOTED, ids=[b.mark for b in QUOTED])
def test_a_quotation_stands_in_its_file(block) -> None:
    path = ROOT / block.mark.removeprefix("from ")
    source = [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]
    quoted = [line.strip() for line in block.text.splitlines() if line.strip()]
    places = range(len(source) - len(quoted) + 1)
    assert any(source[n : n + len(quoted)] == quoted for n in places), f"{block.page}: {block.mark}"


@pytest.mark.parametrize("block", RUN, ids=[b.page for b in RUN])
def test_an_example_runs(block, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(block.text, block.page, "exec"), {"__name__": "__main__"})  # noqa: S102 - ours


def test_every_other_example_compiles_and_finds_its_imports() -> None:
    for block in code("python"):
        if not block.mark.startswith("from "):
            imports = "\n".join(re.findall(r"^(?:from|import) .*$", block.text, re.MULTILINE))
            compile(block.text, block.page, "exec")
            exec(imports, {})  # noqa: S102 - imports of our own pages


def test_console_examples_marked_to_run_do() -> None:
    for block in code("console", "run"):
        for line in block.text.splitlines():
            if line.startswith("$ "):
                typed = line[2:].replace(".venv/bin", str(Path(sys.executable).parent))
                done = subprocess.run(
                    shlex.split(typed), cwd=ROOT, capture_output=True, text=True, check=False
                )
                assert done.returncode == 0, f"{block.page}: {line}\n{done.stderr}"


def test_the_founders_figures_have_their_places() -> None:
    for name in ("figures:whole-year", "figures:bench"):
        assert rows(part("README.md", name))


def test_the_licence_is_apache_2() -> None:
    assert hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest() == APACHE_SHA256


def test_the_changelog_knows_the_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert f"## [{version}]" in pages()["CHANGELOG.md"]
