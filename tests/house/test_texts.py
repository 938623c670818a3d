"""What no file may hold, and what every file must."""

import ast
import re
import tomllib
from collections.abc import Iterator

import pytest

from tests.house.tree import PRODUCT, ROOT, modules, parsed, texts

TEXTS = dict(texts())
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME)\b")
MACHINE = re.compile(r"(?<![\w.}\])])/(work|root|tmp|home/\w+|Users/\w+)/[\w.]")
OPTION = re.compile(r"(?<![\w-])-" + r"-((extra-)?index-url|find-links|trusted-host)\b")
"""Ways to name a package index on a command line or in a lock file."""
OPEN_TO_RULES = "tests/house/test_texts.py"
"""This very file names what it looks for."""


def places(pattern: re.Pattern[str], *, but: tuple[str, ...] = ()) -> list[str]:
    """Return `file:line: text` for every match."""
    return [
        f"{name}:{number}: {line.strip()[:120]}"
        for name, text in TEXTS.items()
        if name not in (OPEN_TO_RULES, *but)
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_nothing_is_left_to_be_done() -> None:
    assert not places(UNFINISHED)
    assert UNFINISHED.search("# TO" + "DO: later")


def test_no_path_of_some_machine_is_written_down() -> None:
    assert not places(MACHINE)
    for folder in ("work", "root", "tmp", "home/me"):
        assert MACHINE.search(f"see '/{folder}/x'"), folder


def test_no_package_index_is_written_down() -> None:
    """Where packages come from is the installer's business; the locks only say which."""
    assert not places(OPTION)
    for option in ("index-url", "extra-index-url", "find-links", "trusted-host"):
        assert OPTION.search("pip install -" + f"-{option} x"), option
    for name in ("requirements.lock", "requirements-dev.lock"):
        assert "://" not in (ROOT / name).read_text(), name


def test_every_module_says_what_it_holds() -> None:
    for name, source in modules(*PRODUCT):
        docstring = ast.get_docstring(parsed(source))
        assert docstring, f"{name} has no docstring"
        first = docstring.splitlines()[0].rstrip()
        assert first.endswith((".", "?", ":", ";", ",")), f"{name} begins with {first!r}"
        assert len(first.split()) > 1, f"{name} says {first!r} and nothing more"


def requirements(lock: str) -> Iterator[str]:
    """Return every requirement of a lock, its continuation lines joined."""
    joined = lock.replace("\\\n", " ")
    for line in joined.splitlines():
        text = line.partition(" #")[0].strip()
        if text and not text.startswith("#"):
            yield text


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_package_has_a_version_and_a_hash(name: str) -> None:
    locked = list(requirements(TEXTS[name]))
    assert len(locked) > 20
    for line in locked:
        assert re.match(r"[A-Za-z0-9._-]+(\[[\w,-]+\])?==\S+", line), line
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", line), f"{line[:60]} has no hash"


def test_every_dependency_is_pinned_and_locked() -> None:
    project = tomllib.loads(TEXTS["pyproject.toml"])["project"]
    dependencies = [
        *project["dependencies"],
        *(one for extra in project["optional-dependencies"].values() for one in extra),
    ]
    locked = {re.split(r"[=\[; ]", line)[0].lower() for line in requirements(
        TEXTS["requirements-dev.lock"]
    )}  # fmt: skip
    for dependency in dependencies:
        assert "==" in dependency, f"{dependency} is not pinned"
        assert re.split(r"[=\[; ]", dependency)[0].lower() in locked, dependency


TARGETS = set(re.findall(r"^([a-z][a-z-]*):", TEXTS["Makefile"], re.MULTILINE))
MARKDOWN = {name: text for name, text in TEXTS.items() if name.endswith(".md")}


def commands_in(text: str) -> Iterator[str]:
    """Return what a page tells its reader to type: code blocks and inline code."""
    for block in re.findall(
        r"^```(?:sh|bash|console|shell)?\n(.*?)^```", text, re.DOTALL | re.MULTILINE
    ):
        yield from (line.removeprefix("$ ").strip() for line in block.splitlines())
    yield from re.findall(r"`([^`\n]+)`", text)


@pytest.mark.parametrize("name", sorted(MARKDOWN))
def test_every_command_a_page_names_exists(name: str) -> None:
    for command in commands_in(MARKDOWN[name]):
        if match := re.match(r"make(?: [A-Z_]+=\S+)* ([a-z][a-z-]*)", command):
            assert match[1] in TARGETS, f"{name}: `{command}` is no verb of the Makefile"
        if match := re.search(rf"python3? -m ((?:{'|'.join(PRODUCT)}|tests)[\w.]*)", command):
            path = ROOT.joinpath(*match[1].split("."))
            assert path.with_suffix(".py").is_file() or path.is_dir(), f"{name}: `{command}`"


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_every_verb_of_the_makefile_says_what_it_does(target: str) -> None:
    assert re.search(rf"^{target}:.* ## \S", TEXTS["Makefile"], re.MULTILINE)


def test_every_marker_in_use_is_declared() -> None:
    declared = tomllib.loads(TEXTS["pyproject.toml"])["tool"]["pytest"]["ini_options"]["markers"]
    names = {marker.partition(":")[0] for marker in declared}
    assert {"integration", "e2e"} <= names
