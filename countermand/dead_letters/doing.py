"""What is done with dead letters on an open database: foretold, sent again, parked, mended."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from countermand.dead_letters import actions
from countermand.dead_letters.actions import By
from countermand.dead_letters.foretell import Oracle
from countermand.dead_letters.letters import (
    Letter,
    NoSuchLetterError,
    Raw,
    Selection,
    State,
    find_letter,
    find_letters,
)
from countermand.dead_letters.redrive import OnStep, Redriver, Result, open_producer
from countermand.dead_letters.story import Story, tell
from countermand.errors import KnownError
from countermand.specs import LOGS
from kit.postgres import Pool
from kit.settings import KitSettings

LETTERS_MAX = 1_000
"""So many go without a plan. More are a decision for two: `countermand replay plan`."""


class TooManyError(KnownError):
    """More letters are meant than may go without a plan."""


class Meant(NamedTuple):
    """The letters meant, by service."""

    selections: Mapping[str, Selection]
    is_named: bool
    """A person named each of them."""


def split(name: str) -> tuple[str, int]:
    """Take apart a letter's name.

    Raises:
        NoSuchLetterError: it is none.
    """
    service, _, number = name.partition("/")
    is_number = number.isascii() and number.isdecimal() and len(number) <= 18  # noqa: PLR2004 - bigint
    if service not in LOGS or not is_number:
        raise NoSuchLetterError(f"{name!r} names no letter; write SERVICE/NUMBER, as `list` does.")
    return service, int(number)


def named(names: Sequence[str]) -> Meant:
    """Return the letters of these names."""
    by_service: dict[str, list[int]] = {}
    for name in names:
        service, number = split(name)
        by_service.setdefault(service, []).append(number)
    every: tuple[State, ...] = ("OPEN", "PARKED")
    selections = {s: Selection(ids=tuple(ids), states=every) for s, ids in by_service.items()}
    return Meant(selections, is_named=True)


async def find(pool: Pool, meant: Meant) -> dict[str, list[Letter]]:
    """Return the letters meant, by service.

    Raises:
        NoSuchLetterError: one that was named is neither open nor parked.
        TooManyError: they are too many to go without a plan.
    """
    found: dict[str, list[Letter]] = {}
    async with pool.acquire() as connection:
        for service, selection in meant.selections.items():
            letters = await find_letters(connection, service, selection, limit=LETTERS_MAX + 1)
            if missing := set(selection.ids or ()) - {letter.id for letter in letters}:
                raise NoSuchLetterError(
                    f"{service}/{min(missing)} is not open: it does not exist or was sent again."
                )
            found[service] = letters
    if sum(map(len, found.values())) > LETTERS_MAX:
        raise TooManyError(
            f"More than {LETTERS_MAX:,} letters are meant. Narrow it down, or make it a plan that a"
            " second person approves: `countermand replay plan leg:SERVICE --cause CODE`."
        )
    return found


async def foretell(pool: Pool, settings: KitSettings, meant: Meant) -> list[dict[str, Any]]:
    """Return what would come of each letter if all were sent again now, in their sequence."""
    told = []
    for service, letters in (await find(pool, meant)).items():
        spec = LOGS[service]
        oracle = Oracle.of(spec, pool, spec.processor(settings, pool))
        for letter in sorted(letters, key=lambda one: (one.place, one.id)):
            async with pool.acquire() as connection:
                raw = await actions.read_mended(connection, letter)
            outcome = await oracle.foretell(letter, raw)
            told.append(
                {"letter": letter.name, "cause": letter.code, "answer": outcome.answer,
                 "detail": outcome.detail, "facts": list(outcome.facts)}
            )  # fmt: skip
    return told


async def redrive(
    pool: Pool, settings: KitSettings, meant: Meant, by: By, *, wait_s: float,
    on_step: OnStep = lambda *_: None,
) -> Result:  # fmt: skip
    """Send the letters meant again and return what became of them."""
    total = Result()
    found = await find(pool, meant)
    async with open_producer(settings.kafka_bootstrap) as producer:
        for service, letters in found.items():
            redriver = Redriver(pool, producer, LOGS[service], by, wait_s=wait_s)
            total.add(await redriver.run(letters, is_named=meant.is_named, on_step=on_step))
    return total


async def park(pool: Pool, names: Sequence[str], by: By, *, undo: bool) -> list[str]:
    """Park letters, or open parked ones again; returns those it was done to."""
    moved: list[str] = []
    async with pool.acquire() as connection:
        for name in dict.fromkeys(names):
            letter = await find_letter(connection, *split(name))
            act = actions.unpark if undo else actions.park
            moved += [one.name for one in await act(connection, [letter], by)]
    return moved


async def mend(
    pool: Pool, settings: KitSettings, name: str, change: Callable[[Raw], Raw], by: By,
    *, edits_seen: int | None = None,
) -> Story:  # fmt: skip
    """Mend a letter and return its story.

    Args:
        pool: the database.
        settings: those of the system.
        name: of the letter.
        change: what becomes of the record as a redrive would send it now.
        by: who wants it, and why.
        edits_seen: how many edits whoever wants it has seen; None for all there are.

    Raises:
        CannotEditError: it does not fit, or somebody else has edited it meanwhile.
    """
    async with pool.acquire() as connection:
        letter = await find_letter(connection, *split(name))
        raw = change(await actions.read_mended(connection, letter))
        await actions.edit(connection, letter, raw, by, edits_seen=edits_seen)
    return await tell(pool, settings, *split(name))
