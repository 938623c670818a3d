"""Dead letters on the screen: whoever wrote them, nothing of theirs reaches the terminal raw."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from countermand.dead_letters import desk
from countermand.dead_letters.doing import split
from countermand.dead_letters.letters import (
    Cause,
    Letter,
    Raw,
    State,
    count_causes,
    find_letters,
)
from countermand.dead_letters.redrive import Result
from countermand.dead_letters.story import Story, letter_to_json
from countermand.dead_letters.story import tell as tell_story
from countermand.screen import print_rows, say

if TYPE_CHECKING:
    from countermand.dead_letters.verbs import Wanted

STATES: Mapping[str, Sequence[State]] = {
    "open": ("OPEN",),
    "parked": ("PARKED",),
    "redriven": ("REDRIVEN",),
    "all": ("OPEN", "PARKED", "REDRIVEN"),
}

ROW = 16
"""Bytes per line of a dump."""


async def look(
    data_dir: Path, wanted: "Wanted", state: str, limit: int
) -> tuple[list[Cause], list[Letter]]:
    """Return the causes and, with a limit, the letters."""
    meant = desk.meant_by((), wanted, states=STATES[state])
    causes: list[Cause] = []
    letters: list[Letter] = []
    async with desk.opened(data_dir) as (pool, _), pool.acquire() as connection:
        for service, selection in meant.selections.items():
            causes += await count_causes(connection, service, selection)
            if left := max(0, limit - len(letters)):
                letters += await find_letters(connection, service, selection, limit=left)
    return causes, letters


async def tell(data_dir: Path, name: str) -> Story:
    """Return one letter's story."""
    service, number = split(name)
    async with desk.opened(data_dir) as (pool, settings):
        return await tell_story(pool, settings, service, number)


def to_json(letters: Sequence[Letter]) -> list[dict[str, Any]]:
    """Return letters for scripts."""
    return [letter_to_json(letter) for letter in letters]


NONE = "[green]✓[/] No such dead letters."


def print_causes(causes: Sequence[Cause]) -> None:
    """Show what was set aside, by cause."""
    if not causes:
        say(NONE)
        return
    print_rows(
        "Dead letters by cause",
        ("Cause", "Service", "Letters", "Keys", "First", "Last"),
        [
            (c.code, c.service, f"{c.letters:,}", f"{c.keys:,}", _short(c.first_at),
             _short(c.last_at))
            for c in causes
        ],
    )  # fmt: skip
    for cause in causes:
        say(f"  {cause.service}/{cause.sample_id} says: {clean(cause.sample, 200)}")


def print_letters(letters: Sequence[Letter]) -> None:
    """Show letters one by one."""
    if not letters:
        say(NONE)
        return
    print_rows(
        "Dead letters",
        ("Letter", "State", "Cause", "Key", "Set aside", "Sent again"),
        [
            (x.name, x.state, x.code, clean(x.key, 40), _short(x.recorded_at), fate(x))
            for x in letters
        ],
    )


def fate(letter: Letter) -> str:
    """Say in words what came of sending a letter again."""
    if letter.redrive_id is None:
        return f"{letter.attempts} times before" if letter.attempts else ""
    if letter.again is not None:
        return f"is {letter.service}/{letter.again} now"
    return letter.answer or "no answer yet"


def print_story(story: Story, *, bytes_max: int | None) -> None:
    """Show one letter and everything about it."""
    letter = story.letter
    say(f"[bold]{letter.name}[/]  {letter.state}  {escape(fate(letter))}")
    print_rows(
        "Why",
        ("What", "Is"),
        [
            ("Cause", letter.code),
            ("It says", clean(letter.detail)),
            ("Message", f"{clean(letter.message_type)} {clean(letter.message_id)}"),
            ("Where", f"{letter.topic}, partition {letter.partition}, offset {letter.offset}"),
            ("Set aside", _when(letter.recorded_at)),
        ],
    )
    _print_raw("As it came", story.raw, bytes_max)
    if story.mended != story.raw:
        _print_raw("As it was mended", story.mended, bytes_max)
    if story.actions:
        print_rows(
            "Done",
            ("When", "What", "Who", "Why"),
            [(_when(a.at), a.kind, clean(a.who), clean(a.why)) for a in story.actions],
        )
    if letter.state != "REDRIVEN":
        say(f"Sent again now: {escape(clean(story.now.words))}")


def _print_raw(title: str, raw: Raw, bytes_max: int | None) -> None:
    headers = [(clean(name), clean(value)) for name, value in raw.headers]
    print_rows(f"{title}: headers", ("Name", "Value"), [("key", clean(raw.key)), *headers])
    value = raw.value or b""
    for line in dump(value[:bytes_max]):
        say(f"  {escape(line)}")
    if bytes_max is not None and len(value) > bytes_max:
        say(f"  and {len(value) - bytes_max:,} more bytes; --whole shows all")


def dump(value: bytes) -> list[str]:
    """Write bytes as people read them: offset, hex, text."""
    rows = [(start, value[start : start + ROW]) for start in range(0, len(value), ROW)]
    return [f"{start:08x}  {row.hex(' '):<47}  {_text(row)}" for start, row in rows]


def _text(row: bytes) -> str:
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)  # noqa: PLR2004


def clean(text: str | bytes | None, length: int = 500) -> str:
    """Return text without anything a terminal or our markup would act on."""
    if text is None:
        return ""
    plain = text.decode(errors="replace") if isinstance(text, bytes) else text
    shown = "".join(char if char.isprintable() else "�" for char in plain[:length])
    return escape(shown + ("…" if len(plain) > length else ""))


def print_edit(story: Story) -> None:
    """Show what an edit made of a letter."""
    _print_raw("As it was mended", story.mended, 512)
    say(f"Sent again now: {escape(clean(story.now.words))}")


def print_foretold(letters: Sequence[Mapping[str, Any]]) -> None:
    """Show what would come of a redrive."""
    if not letters:
        say(NONE)
        return
    print_rows(
        "Sent again now",
        ("Letter", "Cause", "Would be", "Facts", "It would say"),
        [
            (x["letter"], x["cause"], x["answer"], ", ".join(x["facts"]), clean(x["detail"], 80))
            for x in letters
        ],
    )


def result_to_json(result: Result) -> dict[str, Any]:
    """Return a redrive's result for scripts."""
    return {"clean": result.is_clean, **asdict(result)}


def print_result(result: Result) -> None:
    """Show what became of a redrive."""
    if result == Result():
        say(NONE)
        return
    handled = sum(answer == "handled" for answer in result.answers.values())
    say(f"{'[green]✓[/]' if result.is_clean else '[yellow]![/]'} {handled:,} handled.")
    for name, answer in result.answers.items():
        if answer != "handled":
            again = result.again.get(name)
            say(f"  {name}: {answer}" + (f"; it is {again} now" if again else ""))
    for name, ahead in result.waiting.items():
        say(f"  {name} waits behind {ahead}")
    for names, words in (
        (result.parked, "parked: came back too often, or nobody listens to its type"),
        (result.unanswered, "sent, and nobody has answered yet"),
        (result.unsent, "not sent, because nobody answered those before"),
    ):
        for name in names:
            say(f"  {name} {words}")


def _when(moment: Any) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _short(moment: Any) -> str:
    return f"{moment:%m-%d %H:%M}"
