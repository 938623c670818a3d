"""What the pages say is true: links, paths, names, settings, commands and examples.

`test_docs_tables.py` and `test_docs_states.py` compare whole tables with the code.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cyclopts import CycloptsError

from countermand.cli import app
from deploy.local.processes import service_names
from tests.house.known import (
    COMMANDS,
    METRIC_MODULES,
    OPTIONS,
    SETTING_NAMES,
    SOURCES,
    STORED_NAMES,
    TOPIC_NAMES,
    TYPES,
    tables,
)
from tests.house.pages import (
    Code,
    anchors,
    code,
    exists,
    inline,
    links,
    pages,
    typed_lines,
    written_pages,
)
from tests.house.tree import PRODUCT, ROOT, SERVICES

TOP = (*PRODUCT, "docs", "tests", "demo")
MODULE = re.compile(rf"(?:{'|'.join((*PRODUCT, 'tests'))})(?:\.\w+)+")
NAME = re.compile(r"[a-z]+(?:\.[a-z-]+)+\.v\d+")
SETTING = re.compile(
    r"(?:COUNTERMAND|CANCELLATION|REFUNDS|NOTIFIER|CONSOLE|CUSTOMERS)_[A-Z_]*[A-Z]"
)
METRIC = re.compile(r"countermand_[a-z_]+")
TYPED = re.compile(r"(?:\.venv/bin/)?countermand ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?")
METRICS = {
    name for module in METRIC_MODULES for name in METRIC.findall((ROOT / module).read_text("utf-8"))
}
IN_SCHEMAS = (
    TOPIC_NAMES | set(service_names()) | {table for name in SERVICES for table in tables(name)}
)

Findings = Iterator[str]


def dead_links(page: str, text: str) -> Findings:
    for link in links(text):
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        if link.startswith("https://"):
            continue
        if not target.exists() or (anchor and anchor not in anchors(target.read_text("utf-8"))):
            yield f"the link {link}"


def strange_paths(_: str, text: str) -> Findings:
    for word in inline(text):
        path = word.replace("<service>", "*")
        is_path = "/" in path and path.split("/")[0] in TOP and not re.search(r"[\s=(…]", path)
        if is_path and not exists(path):
            yield f"the path {word}"


def strange_modules(_: str, text: str) -> Findings:
    for word in inline(text):
        if MODULE.fullmatch(word) and word not in service_names():
            path, attributes = ROOT, word.split(".")
            while attributes and (path / attributes[0]).is_dir():
                path /= attributes.pop(0)
            file = path / f"{attributes.pop(0) if attributes else '__init__'}.py"
            source = file.read_text("utf-8") if file.is_file() else ""
            if not file.is_file() or any(not re.search(rf"\b{a}\b", source) for a in attributes):
                yield f"the module {word}"


def strange_names(_: str, text: str) -> Findings:
    for name in set(NAME.findall(text)) - STORED_NAMES - TYPES:
        yield f"the message or fact {name}"
    for word in inline(text):
        schema, _, rest = word.partition(".")
        in_schema = schema in SERVICES and re.fullmatch(r"\w+", rest)
        is_topic = re.fullmatch(r"[a-z]+\.(?:events|commands|positions)", word)
        if (in_schema or is_topic) and word not in IN_SCHEMAS:
            yield f"the topic, table or process {word}"


def strange_settings(_: str, text: str) -> Findings:
    for setting in SETTING.findall(text):
        if setting not in SETTING_NAMES and f'"{setting}"' not in SOURCES:
            yield f"the setting {setting}"
    for metric in set(METRIC.findall(text)) - METRICS:
        yield f"the metric {metric}"


def strange_commands(_: str, text: str) -> Findings:
    groups = {command.split()[0] for command in COMMANDS}
    for word in inline(text):
        if found := TYPED.match(word):
            first, second = found.groups()
            is_known = first in COMMANDS or f"{first} {second}" in COMMANDS
            if first not in groups or (second and not is_known):
                yield f"the command {word}"
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", word):
            if option not in OPTIONS and f'"{option}"' not in SOURCES:
                yield f"the option {option}"


CHECKS: tuple[Callable[[str, str], Findings], ...] = (
    dead_links, strange_paths, strange_modules, strange_names, strange_settings, strange_commands,
)  # fmt: skip


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_what_the_pages_name_exists(check: Callable[[str, str], Findings]) -> None:
    findings = [
        f"{page}: {found} is not there"
        for page, text in written_pages().items()
        for found in check(page, text)
    ]
    assert findings == []


@pytest.mark.parametrize(
    ("check", "sentence"),
    [
        (dead_links, "[a page](docs/nowhere.md)"),
        (dead_links, "[a part](docs/tour.md#no-such-part)"),
        (dead_links, '<img alt="a > b" src="docs/pictures/none.svg">'),
        (strange_paths, "look into `kit/outbox.py`"),
        (strange_paths, "look into `services/*/nothing.py`"),
        (strange_modules, "see `kit.relay.Relais`"),
        (strange_names, "it hears order.paid.v1"),
        (strange_names, "a row in `refunds.outbox`"),
        (strange_names, "it is on `refund.events`"),
        (strange_settings, "set COUNTERMAND_SPEED"),
        (strange_settings, "watch countermand_luck_total"),
        (strange_commands, "type `countermand refund`"),
        (strange_commands, "type `countermand orders hide`"),
        (strange_commands, "type `countermand cancel --quickly`"),
    ],
)
def test_a_false_sentence_is_found(check: Callable[[str, str], Findings], sentence: str) -> None:
    assert len(list(check("README.md", sentence))) == 1


def test_every_page_is_reached_from_the_first() -> None:
    reached: set[str] = set()
    waiting = ["README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached and page.endswith(".md"):
            reached.add(page)
            for target in links(pages()[page]):
                path = (ROOT / page).parent.joinpath(target.partition("#")[0]).resolve()
                if "://" not in target and path.is_file():
                    waiting.append(os.path.relpath(path, ROOT))
    assert [page for page in written_pages() if page not in reached] == []


QUOTED = list(code("python", "from "))
RUN = list(code("python", "run"))


@pytest.mark.parametrize("block", QUOTED, ids=[block.mark for block in QUOTED])
def test_a_quotation_stands_in_its_file(block: Code) -> None:
    path = ROOT / block.mark.removeprefix("from ")
    source = [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]
    quoted = [line.strip() for line in block.text.splitlines() if line.strip()]
    starts = range(len(source) - len(quoted) + 1)
    assert any(source[n : n + len(quoted)] == quoted for n in starts), block.page


@pytest.mark.parametrize("block", RUN, ids=[block.page for block in RUN])
def test_an_example_runs(block: Code, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(block.text, block.page, "exec"), {"__name__": "example"})  # noqa: S102 - our page


def test_every_other_example_compiles_and_finds_its_imports() -> None:
    for block in code("python"):
        if not block.mark.startswith("from "):
            compile(block.text, block.page, "exec")
            imports = re.findall(r"^(?:from|import) .*$", block.text, re.MULTILINE)
            exec("\n".join(imports), {})  # noqa: S102 - imports of our own pages


def test_every_command_line_is_taken_by_the_program() -> None:
    ours = [(page, words) for page, words in typed_lines() if words[0] == ".venv/bin/countermand"]
    assert len(ours) > 5
    for page, words in ours:
        try:
            app.parse_args(words[1:], print_error=False, exit_on_error=False)
        except CycloptsError as refusal:
            pytest.fail(f"{page}: {shlex.join(words)}: {refusal}")


def test_a_console_example_marked_so_runs() -> None:
    marked = typed_lines("run")
    assert marked
    for page, words in marked:
        program = words[0].replace(".venv/bin", str(Path(sys.executable).parent))
        done = subprocess.run(
            [program, *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{page}: {shlex.join(words)}\n{done.stderr}"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    app([*command.split(), "--help"], result_action="return_value", exit_on_error=False)
    told = capsys.readouterr().out
    assert f"Usage: countermand {command}" in told
    assert "│" in told
