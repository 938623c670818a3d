"""What the verbs do, on a running system: from names and files to plans, and back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from countermand.dead_letters.actions import By
from countermand.endpoints import Endpoints
from countermand.errors import KnownError
from countermand.history.selection import QuestionError, read_time
from countermand.replay import decisions, doing
from countermand.replay.doing import System
from countermand.replay.journal import Journal
from countermand.replay.plan import Plan, read_plan
from countermand.replay.running import Ended
from countermand.replay.seen import Seen, see
from countermand.replay.selection import Selection
from countermand.screen import OnStep
from kit.clock import utc_now
from kit.postgres import open_pool
from rebuild.elsewhere import collect_seldom

if TYPE_CHECKING:
    from countermand.replay.verbs import Wanted


@asynccontextmanager
async def opened(data_dir: Path) -> AsyncIterator[System]:
    """Open the running system."""
    endpoints = Endpoints.find(data_dir)
    settings = endpoints.settings()
    async with open_pool(settings.postgres_dsn, size_max=8, name="replay") as pool:
        yield System(pool, settings, Journal(pool))


def selection_of(wanted: "Wanted") -> Selection:
    """Return what a person asked for."""
    return Selection(
        orders=tuple(sorted(set(wanted.order))),
        types=tuple(sorted(set(wanted.type))),
        since=_time(wanted.since),
        until=_time(wanted.until),
        from_position=wanted.from_position,
        to_position=wanted.to_position,
        reason=wanted.reason,
        correlation=wanted.correlation,
        cause=wanted.cause,
    )


def _time(text: str | None) -> datetime | None:
    try:
        return None if text is None else read_time(text, utc_now())
    except QuestionError as unclear:
        raise KnownError(str(unclear)) from None


async def plan(
    data_dir: Path, target: str, wanted: "Wanted", *, who: str, why: str, out: Path | None,
    on_step: OnStep,
) -> tuple[Plan, bool]:  # fmt: skip
    """Make a plan, keep it, and return it and whether it needs a second person."""
    selection = selection_of(wanted)
    async with opened(data_dir) as system:
        made = await doing.make(
            system, target, selection, By(who, why), grace_s=wanted.older_than_s,
            part=(out or Path("replay")).with_suffix(".part"),
            path_of=lambda hash_: out or Path(f"replay-{hash_[:12]}.jsonl"), on_step=on_step,
        )  # fmt: skip
        return made, (await system.journal.state(made.hash)).needs_approval


async def decide(data_dir: Path, name: str, command: decisions.Command) -> str:
    """Record what a person wants of a plan, by its file or the beginning of its hash."""
    async with opened(data_dir) as system:
        hash_ = await hash_of(system, name)
        await system.journal.record(hash_, command)
    return hash_


async def hash_of(system: System, name: str) -> str:
    """Return the hash of a plan, by its file or the beginning of the hash."""
    path = Path(name)
    return read_plan(path).hash if path.is_file() else await system.journal.find(name)


async def run(
    data_dir: Path, file: Path, *, who: str, why: str, rate: float | None, on_step: OnStep
) -> tuple[Plan, Ended]:
    """Carry a plan out, or go on with it."""
    known = read_plan(file)
    collect_seldom()
    async with opened(data_dir) as system:
        ended = await doing.carry_out(system, known, By(who, why), rate=rate, on_step=on_step)
    return known, ended


async def status(data_dir: Path, name: str | None) -> list[Seen]:
    """Return what is known of one replay, or of all, newest first."""
    async with opened(data_dir) as system:
        journal = system.journal
        hashes = [await hash_of(system, name)] if name else await journal.hashes()
        return [await see(journal, hash_) for hash_ in hashes]
