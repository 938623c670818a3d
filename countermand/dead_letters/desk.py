"""What the verbs do, on a running system: from names and options to letters, and back."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from countermand.dead_letters import actions
from countermand.dead_letters.actions import By, CannotEditError
from countermand.dead_letters.foretell import Oracle
from countermand.dead_letters.letters import (
    Letter,
    NoSuchLetterError,
    Selection,
    State,
    find_letter,
    find_letters,
)
from countermand.dead_letters.redrive import OnStep, Redriver, Result, open_producer
from countermand.dead_letters.story import Story, tell
from countermand.endpoints import Endpoints
from countermand.errors import KnownError
from countermand.history.selection import QuestionError, read_time
from countermand.specs import LOGS
from kit.clock import utc_now
from kit.postgres import Pool, open_pool
from kit.settings import KitSettings

if TYPE_CHECKING:
    from countermand.dead_letters.verbs import Wanted

LETTERS_MAX = 1_000
"""So many go without a plan. More are a decision for two: `countermand replay plan`."""


class TooManyError(KnownError):
    """More letters are meant than may go without a plan."""


class Meant(NamedTuple):
    """The letters meant, by service."""

    selections: Mapping[str, Selection]
    is_named: bool
    """A person named each of them."""


class Changes(NamedTuple):
    """What to change of a record."""

    fields: Sequence[str]
    value_file: Path | None
    key: str | None
    headers: Sequence[str]


def split(name: str) -> tuple[str, int]:
    """Take apart a letter's name.

    Raises:
        NoSuchLetterError: it is none.
    """
    service, _, number = name.partition("/")
    if service not in LOGS or not number.isdecimal():
        raise NoSuchLetterError(f"{name!r} names no letter; write SERVICE/NUMBER, as `list` does.")
    return service, int(number)


def meant_by(names: Sequence[str], wanted: "Wanted", *, states: Sequence[State] = ()) -> Meant:
    """Return what a person means: letters by name, or all that fit the options."""
    if names:
        by_service: dict[str, list[int]] = {}
        for name in names:
            service, number = split(name)
            by_service.setdefault(service, []).append(number)
        every: tuple[State, ...] = ("OPEN", "PARKED")
        named = {s: Selection(ids=tuple(ids), states=every) for s, ids in by_service.items()}
        return Meant(named, is_named=True)
    selection = Selection(
        cause=wanted.cause,
        message_type=wanted.type,
        topic=wanted.topic,
        key=wanted.key,
        since=_time(wanted.since),
        until=_time(wanted.until),
        states=tuple(states) or ("OPEN",),
    )
    services = [wanted.service] if wanted.service else list(LOGS)
    return Meant(dict.fromkeys(services, selection), is_named=False)


def _time(text: str | None) -> datetime | None:
    try:
        return None if text is None else read_time(text, utc_now())
    except QuestionError as unclear:
        raise KnownError(str(unclear)) from None


@asynccontextmanager
async def opened(data_dir: Path) -> AsyncIterator[tuple[Pool, KitSettings]]:
    """Open the database of the running system."""
    endpoints = Endpoints.find(data_dir)
    settings = endpoints.settings()
    async with open_pool(settings.postgres_dsn, size_max=3, name="dead-letters") as pool:
        yield pool, settings


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


async def foretell(data_dir: Path, meant: Meant) -> list[dict[str, Any]]:
    """Return what would come of each letter if all were sent again now, in their sequence."""
    told = []
    async with opened(data_dir) as (pool, settings):
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
    data_dir: Path, meant: Meant, *, who: str, why: str, wait_s: float, on_step: OnStep
) -> Result:
    """Send the letters meant again and return what became of them."""
    total = Result()
    async with opened(data_dir) as (pool, settings):
        found = await find(pool, meant)
        async with open_producer(settings.kafka_bootstrap) as producer:
            for service, letters in found.items():
                redriver = Redriver(pool, producer, LOGS[service], By(who, why), wait_s=wait_s)
                total.add(await redriver.run(letters, is_named=meant.is_named, on_step=on_step))
    return total


async def park(
    data_dir: Path, names: Sequence[str], *, who: str, why: str, undo: bool
) -> list[str]:
    """Park letters, or open parked ones again; returns those it was done to."""
    moved: list[str] = []
    async with opened(data_dir) as (pool, _), pool.acquire() as connection:
        for name in dict.fromkeys(names):
            letter = await find_letter(connection, *split(name))
            act = actions.unpark if undo else actions.park
            moved += [one.name for one in await act(connection, [letter], By(who, why))]
    return moved


async def edit(data_dir: Path, name: str, changes: Changes, *, who: str, why: str) -> Story:
    """Mend a letter and return its story.

    Raises:
        CannotEditError: there is nothing to change, or it does not fit.
    """
    if changes == Changes((), None, None, ()):
        raise CannotEditError("Say what to change: --set, --value-file, --key or --header.")
    async with opened(data_dir) as (pool, settings):
        async with pool.acquire() as connection:
            letter = await find_letter(connection, *split(name))
            raw = await actions.read_mended(connection, letter)
            if changes.value_file:
                raw = raw._replace(value=changes.value_file.read_bytes())
            if changes.key is not None:
                raw = raw._replace(key=changes.key.encode())
            raw = actions.with_fields(raw, [_pair(text) for text in changes.fields])
            headers = [_pair(text) for text in changes.headers]
            raw = actions.with_headers(raw, [(key, value or None) for key, value in headers])
            await actions.edit(connection, letter, raw, By(who, why))
        return await tell(pool, settings, *split(name))


def _pair(text: str) -> tuple[str, str]:
    left, is_there, right = text.partition("=")
    if not is_there:
        raise CannotEditError(f"{text!r} lacks its `=`.")
    return left, right
