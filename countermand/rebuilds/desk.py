"""What the verb does, on a running system: from names to rebuilds and repairs, and back."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

import orjson

from countermand.errors import KnownError
from countermand.replay.projections import PROJECTIONS
from countermand.specs import SPECS
from kit.event_store import EventStore
from kit.ids import stream_id
from kit.postgres import open_pool
from kit.projector import OtherVersionError
from rebuild.differences import Difference
from rebuild.rebuilding import (
    BusyError,
    DifferencesError,
    OnStep,
    PartError,
    Rebuilt,
    Terms,
    Told,
    rebuild,
)
from rebuild.repairing import Repaired, repair
from rebuild.summing import Summing
from services.cancellation.projections.orders import PARTS, OrdersProjection


class Refused(NamedTuple):
    """A rebuild that nobody may have wanted: the old tables serve on."""

    counts: Counter[str]
    """Rows by the name of what differs."""
    unaccepted: frozenset[str]


class Outcome(NamedTuple):
    """How a rebuild ended."""

    projection: str
    parts: Sequence[str]
    """Those that were asked for; without any it was all."""
    result: Rebuilt | Refused
    took_s: float
    differences: Path | None
    """The list, when there is something on it."""


def _find(name: str) -> tuple[EventStore, Summing]:
    if name not in PROJECTIONS:
        raise KnownError(f"There is no projection {name!r}; try {', '.join(PROJECTIONS)}.")
    service, projection = PROJECTIONS[name]
    return SPECS[service].store, projection


@contextmanager
def _listing(path: Path) -> Iterator[Callable[[Difference], None]]:
    """Write differences to a file that only its owner reads; without any there is none."""
    path.unlink(missing_ok=True)
    lines: list[IO[bytes]] = []

    def write(difference: Difference) -> None:
        if not lines:
            path.touch(mode=0o600)
            lines.append(path.open("ab"))
        lines[0].write(orjson.dumps(difference.to_json()) + b"\n")

    try:
        yield write
    finally:
        for file in lines:
            file.close()


def _part_of(name: str, projection: Summing, parts: Sequence[str]) -> Summing:
    if not parts:
        return projection
    if not isinstance(projection, OrdersProjection):
        raise KnownError(f"{name} has no parts; rebuild it as a whole.")
    if unknown := [part for part in parts if part not in PARTS]:
        raise KnownError(f"{name} has no part {unknown[0]!r}; try {', '.join(PARTS)}.")
    return projection.part(*parts)


async def rebuild_all(
    dsn: str, name: str, parts: Sequence[str], *, terms: Terms, listing: Path, on_step: OnStep
) -> Outcome:
    """Rebuild a read model, or parts of it, beside the running system."""
    store, projection = _find(name)
    projection = _part_of(name, projection, parts)
    started = time.perf_counter()
    result: Rebuilt | Refused
    with _listing(listing) as write:
        try:
            result = await rebuild(
                dsn=dsn, schema=store.service, store=store, projection=projection, terms=terms,
                told=Told(on_step=on_step, on_difference=write),
            )  # fmt: skip
        except DifferencesError as refused:
            result = Refused(refused.counts, refused.unaccepted)
        except (BusyError, PartError) as not_now:
            raise KnownError(str(not_now)) from None
    took_s = time.perf_counter() - started
    return Outcome(name, parts, result, took_s, listing if listing.exists() else None)


async def repair_order(dsn: str, name: str, order_id: str, *, who: str, why: str) -> Repaired:
    """Put right what a read model shows of one order."""
    store, projection = _find(name)
    async with open_pool(dsn, size_max=1, name="repair") as pool, pool.acquire() as connection:
        try:
            return await repair(
                connection, schema=store.service, store=store, projection=projection,
                stream=stream_id(f"order:{order_id}"), who=who, why=why,
            )  # fmt: skip
        except OtherVersionError as other:
            raise KnownError(f"{other}. Rebuild it as a whole first.") from None
