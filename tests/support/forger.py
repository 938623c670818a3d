"""Somebody who may write everything in the database, and what he has to be found by."""

import random
from typing import Any, NamedTuple

from audit.hashes import GENESIS, Root, event_hash, next_link
from audit.trail import ROOT_COLUMNS
from countermand.audit.verify_export import Finding
from kit.event_store import LogEntry
from kit.postgres import OwnConnection
from tests.support.audit import ENTRIES, EVENTS, ROOTS

_SELECT = f"SELECT notification_id, originator_id, originator_version, topic, state FROM {EVENTS}"


class Places(NamedTuple):
    """Where a finding may be."""

    positions: frozenset[int] = frozenset()
    facts: frozenset[tuple[str, int]] = frozenset()
    """Stream and version."""
    periods: frozenset[int] = frozenset()

    def hold(self, finding: Finding) -> bool:
        """Tell whether a finding is at one of these places."""
        if finding.position is not None:
            return finding.position in self.positions
        if finding.stream is not None and finding.version is not None:
            return (finding.stream, finding.version) in self.facts
        return finding.period in self.periods


def garbled(body: bytes, chance: random.Random) -> bytes:
    """Return a body with one byte changed, added or taken away."""
    place = chance.randrange(len(body))
    other = bytes([chance.choice([b for b in range(256) if b != body[place]])])
    kind = chance.randrange(3)
    return body[:place] + (b"" if kind == 1 else other) + body[place + (kind != 2) :]


class Forger:
    """Forges on one connection, in a transaction that is rolled back afterwards."""

    def __init__(self, connection: OwnConnection, chance: random.Random) -> None:
        self.db, self.chance = connection, chance
        self.events: list[LogEntry] = []
        self.roots: list[Root] = []

    async def look(self) -> None:
        """Read what there is."""
        rows = await self.db.fetch(f"{_SELECT} ORDER BY notification_id")
        self.events = [LogEntry(*row) for row in rows]
        rows = await self.db.fetch(f"SELECT {', '.join(ROOT_COLUMNS)} FROM {ROOTS} ORDER BY period")
        self.roots = [Root("cancellation", *row) for row in rows]

    def signed(self) -> list[LogEntry]:
        """Return the facts that lie under a root."""
        return [event for event in self.events if event.position <= self.roots[-1].last_position]

    def at(self, *events: LogEntry, also: tuple[int, ...] = ()) -> Places:
        """Return the places of some facts, and more positions."""
        return Places(
            frozenset({event.position for event in events} | set(also)),
            frozenset((str(event.stream), event.version) for event in events),
            frozenset(
                root.period for root in self.roots for event in events
                if root.first_position <= event.position <= root.last_position
            ),
        )  # fmt: skip

    def free_position(self) -> int:
        """Return a position below the newest that no fact has."""
        taken = {event.position for event in self.events}
        return self.chance.choice([n for n in range(1, max(taken)) if n not in taken])

    async def change(self, event: LogEntry, **columns: Any) -> None:
        """Change columns of one row of the log."""
        for column, value in columns.items():
            await self.db.execute(
                f"UPDATE {EVENTS} SET {column} = $2 WHERE notification_id = $1",
                event.position, value,
            )  # fmt: skip

    async def relink(self, event: LogEntry, *, on: bool) -> None:
        """Compute the link of a changed fact anew, and with `on` those of all that follow it."""
        following = [
            LogEntry(*row)
            for row in await self.db.fetch(
                f"{_SELECT} WHERE originator_id = $1 AND originator_version >= $2"
                " ORDER BY originator_version",
                event.stream, event.version,
            )
        ]  # fmt: skip
        link = await self.db.fetchval(
            f"SELECT link FROM {ENTRIES} WHERE stream_id = $1 AND version = $2",
            event.stream, event.version - 1,
        ) or GENESIS  # fmt: skip
        for each in following if on else following[:1]:
            link = next_link(link, event_hash(each))
            await self.db.execute(
                f"UPDATE {ENTRIES} SET link = $2 WHERE position = $1", each.position, link
            )
