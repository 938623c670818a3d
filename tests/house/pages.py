"""The pages of the project taken apart: links, code, tables, marked parts.

Fenced code may be marked after its language: `python run` is executed, `console run` too, `console
system` beside a running system, and `python from PATH` is a quotation that must stand in that file.
"""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from tests.house.tree import ROOT, texts

FENCE = re.compile(r"^```(\w*)[ ]?(.*?)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)|<img\b[^\n]*? src=\"([^\"]+)\"")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
PART = re.compile(r"<!-- ([\w:-]+) -->\n(.*?)<!-- /(\w+) -->", re.DOTALL)


class Code(NamedTuple):
    """One fenced block."""

    page: str
    language: str
    mark: str
    """What follows the language: `run`, `from kit/relay.py`, or nothing."""
    text: str


@cache
def pages() -> dict[str, str]:
    """Return every page by its path."""
    return {name: text for name, text in texts() if name.endswith(".md")}


def written_pages() -> dict[str, str]:
    """Return the pages that people write."""
    return {n: t for n, t in pages().items() if not n.startswith("contracts/generated/")}


def code(language: str = "", mark: str = "") -> Iterator[Code]:
    """Return the blocks of all pages with this language and a mark that starts so."""
    for page, text in pages().items():
        for found, note, body in FENCE.findall(text):
            if language in ("", found) and note.startswith(mark):
                yield Code(page, found, note, body)


def typed_lines(mark: str = "") -> list[tuple[str, list[str]]]:
    """Return page and words of every line after a prompt, our own folder for programs."""
    return [
        (block.page, shlex.split(line[2:].partition("  #")[0]))
        for block in code("console", mark)
        for line in block.text.splitlines()
        if line.startswith("$ ")
    ]


def prose(text: str) -> str:
    """Return a page without its fenced code."""
    return FENCE.sub("", text)


def inline(text: str) -> list[str]:
    """Return the inline code of a page."""
    return INLINE.findall(prose(text))


def links(text: str) -> list[str]:
    """Return the targets of all links and pictures."""
    return [link or picture for link, picture in LINK.findall(prose(text))]


def anchors(text: str) -> set[str]:
    """Return the anchors GitHub makes of the headings."""
    return {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in HEADING.findall(prose(text))
    }


def section(page: str, title: str) -> str:
    """Return what stands under a heading, up to the next of the first two ranks."""
    pattern = rf"(?ms)^#+ {re.escape(title)}\n(.*?)(?=^##? |\Z)"
    found = re.findall(pattern, pages()[page])
    assert len(found) == 1, f"{page} has {len(found)} sections {title!r}"
    return str(found[0])


def part(page: str, name: str) -> str:
    """Return what stands between `<!-- name -->` and its end."""
    found: list[str] = [body for start, body, _ in PART.findall(pages()[page]) if start == name]
    assert len(found) == 1, f"{page} has {len(found)} parts {name!r}"
    return found[0]


def rows(text: str) -> list[list[str]]:
    """Return the cells of every table row but the heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    ruled = [n for n, line in enumerate(lines) if re.fullmatch(r"[|:\- ]+", line)]
    heads = {n - 1 for n in ruled} | set(ruled)
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for n, line in enumerate(lines)
        if n not in heads
    ]


def words(cell: str) -> list[str]:
    """Return the inline code in a cell."""
    return INLINE.findall(cell)


def first_words(text: str) -> list[str]:
    """Return the inline code in the first cells of a table."""
    return [word for row in rows(text) for word in words(row[0])]


def exists(path: str) -> bool:
    """Tell whether a path, perhaps with `*` in it, is in the project."""
    return any(ROOT.glob(path.rstrip("/")))
