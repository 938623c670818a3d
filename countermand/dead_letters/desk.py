"""What the verbs do, on a running system: from names and options to letters, and back."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from countermand.dead_letters import actions, doing
from countermand.dead_letters.actions import By, CannotEditError
from countermand.dead_letters.doing import Meant
from countermand.dead_letters.letters import Raw, Selection, State
from countermand.dead_letters.redrive import OnStep, Result
from countermand.dead_letters.story import Story
from countermand.endpoints import Endpoints
from countermand.errors import KnownError
from countermand.history.selection import QuestionError, read_time
from countermand.specs import LOGS
from kit.clock import utc_now
from kit.postgres import Pool, open_pool
from kit.settings import KitSettings

if TYPE_CHECKING:
    from countermand.dead_letters.verbs import Wanted


class Changes(NamedTuple):
    """What to change of a record."""

    fields: Sequence[str]
    value_file: Path | None
    key: str | None
    headers: Sequence[str]


def meant_by(names: Sequence[str], wanted: "Wanted", *, states: Sequence[State] = ()) -> Meant:
    """Return what a person means: letters by name, or all that fit the options."""
    if names:
        return doing.named(names)
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


async def foretell(data_dir: Path, meant: Meant) -> list[dict[str, Any]]:
    """Return what would come of each letter if all were sent again now, in their sequence."""
    async with opened(data_dir) as (pool, settings):
        return await doing.foretell(pool, settings, meant)


async def redrive(
    data_dir: Path, meant: Meant, *, who: str, why: str, wait_s: float, on_step: OnStep
) -> Result:
    """Send the letters meant again and return what became of them."""
    async with opened(data_dir) as (pool, settings):
        return await doing.redrive(
            pool, settings, meant, By(who, why), wait_s=wait_s, on_step=on_step
        )


async def park(
    data_dir: Path, names: Sequence[str], *, who: str, why: str, undo: bool
) -> list[str]:
    """Park letters, or open parked ones again; returns those it was done to."""
    async with opened(data_dir) as (pool, _):
        return await doing.park(pool, names, By(who, why), undo=undo)


async def edit(data_dir: Path, name: str, changes: Changes, *, who: str, why: str) -> Story:
    """Mend a letter and return its story.

    Raises:
        CannotEditError: there is nothing to change, or it does not fit.
    """
    if changes == Changes((), None, None, ()):
        raise CannotEditError("Say what to change: --set, --value-file, --key or --header.")

    def change(raw: Raw) -> Raw:
        if changes.value_file:
            raw = raw._replace(value=changes.value_file.read_bytes())
        if changes.key is not None:
            raw = raw._replace(key=changes.key.encode())
        raw = actions.with_fields(raw, [_pair(text) for text in changes.fields])
        headers = [_pair(text) for text in changes.headers]
        return actions.with_headers(raw, [(key, value or None) for key, value in headers])

    async with opened(data_dir) as (pool, settings):
        return await doing.mend(pool, settings, name, change, By(who, why))


def _pair(text: str) -> tuple[str, str]:
    left, is_there, right = text.partition("=")
    if not is_there:
        raise CannotEditError(f"{text!r} lacks its `=`.")
    return left, right
