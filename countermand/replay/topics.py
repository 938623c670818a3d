"""Target `topic:NAME`: facts of the log that owns the topic, published again as they were.

The same ids, keys and bytes, beside live traffic, marked with a header. Whoever has handled a
message finds it in its inbox; the plan says who has and who would handle it now.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from contracts.topics import TOPICS
from countermand.replay.hearing import heard_by, said, unhandled_by
from countermand.replay.legs import Leg
from countermand.replay.publishing import Job, Publishing
from countermand.replay.selection import Selection, read_at, read_logs
from countermand.replay.targets import Advance, BadTargetError, Row
from countermand.screen import OnStep
from countermand.specs import SPECS
from kit.event_store import LogEntry
from kit.ids import message_id
from kit.postgres import Pool
from kit.settings import KitSettings

HANDLED = "handled by all"


class TopicAgain:
    """One of our topics."""

    rate = 20_000.0
    chunk = 5_000
    """Two commits each, and one round trip to every partition."""
    is_atomic = False
    final = frozenset({HANDLED})
    """The log is only appended to, and nobody forgets what he has handled."""

    def __init__(self, pool: Pool, settings: KitSettings, topic: str, selection: Selection) -> None:
        owners = [one.owner for one in TOPICS if one.name == topic and one.owner in SPECS]
        if not owners:
            raise BadTargetError(
                f"Nobody here owns the topic {topic!r}: only what one of our logs holds can be"
                " published again."
            )
        self.name = f"topic:{topic}"
        self._pool, self._settings = pool, settings
        self._topic, self._selection = topic, selection
        self._spec = SPECS[owners[0]]
        self._legs = {
            spec.name: Leg(pool, settings, spec, selection)
            for spec in SPECS.values()
            if topic in spec.listens_to
        }
        self._publishing: Publishing | None = None

    def job_of(self, plan_hash: str) -> Job:
        """Return what is to be published where."""
        return Job(self._settings, self._spec.name, self._topic, plan_hash)

    def publish_with(self, publishing: Publishing) -> None:
        """Say how to publish; a plan needs no producer."""
        self._publishing = publishing

    async def scope(self) -> dict[str, Any]:
        """Return the newest position."""
        async with self._pool.acquire() as connection:
            return {self._spec.name: await self._spec.store.head(connection)}

    async def survey(self, scope: dict[str, Any], on_step: OnStep) -> AsyncIterator[list[Row]]:
        """Return a row for every fact that is published."""
        self.forget()
        async with self._pool.acquire() as connection:
            logs = read_logs(connection, [self._spec], self._selection, scope, on_step)
            async for _, page in logs:
                yield await self._examine(page)

    def forget(self) -> None:
        """Look at the world as it is from now on."""
        for leg in self._legs.values():
            leg.forget()

    async def look(self, rows: Sequence[Row]) -> list[Row | None]:
        """Return the same rows as they are now."""
        positions = _positions(rows)
        async with self._pool.acquire() as connection:
            found = await read_at(connection, self._spec, positions, has_bodies=False)
        entries = [found[position] for position in positions if position in found]
        now = {row["row"]: row for row in await self._examine(entries)}
        return [now.get(row["row"]) for row in rows]

    async def _examine(self, entries: Sequence[LogEntry]) -> list[Row]:
        published = {
            message_id(entry.stream, entry.version): entry
            for entry in entries
            if entry.name in self._spec.publishes
        }
        async with self._pool.acquire() as connection:
            unhandled = await unhandled_by(connection, self._legs, list(published))
        unknown = set[str]().union(*unhandled.values())
        # Little is new to anybody, and only that has to be read.
        unread = [published[id_].position for id_ in unknown if not published[id_].body]
        async with self._pool.acquire() as connection:
            read = await read_at(connection, self._spec, unread) if unread else {}
        published |= {id_: read.get(published[id_].position, published[id_]) for id_ in unknown}
        # In the sequence of the log, as those who listen would hear them.
        said_as = {id_: said(self._spec, published[id_]) for id_ in published if id_ in unknown}
        new_to: dict[str, list[str]] = {}
        effects: dict[str, list[Any]] = {}
        for name, leg in self._legs.items():
            heard = [
                one
                for id_, message in said_as.items()
                # A type it does not listen to it skips, every time.
                if id_ in unhandled[name]
                and (one := heard_by(SPECS[name], self._spec, published[id_], message))
            ]
            for row in await leg.examine(heard) if heard else ():
                new_to.setdefault(row["id"], []).append(name)
                effects.setdefault(row["id"], []).extend(row.get("effects", ()))
        return [
            {
                "row": f"{self._spec.name}@{entry.position}", "id": id_, "type": entry.name,
                "do": True, **_of_listeners(new_to.get(id_, ()), effects.get(id_, ())),
            }
            for id_, entry in published.items()
        ]  # fmt: skip

    def prepare(self, rows: Sequence[Row]) -> None:
        """Let the messages be written that will be published next."""
        assert self._publishing is not None  # noqa: S101 - whoever runs a plan has said how
        self._publishing.prepare(_positions(rows))

    async def act(self, rows: Sequence[Row], advance: Advance) -> int:
        """Publish rows again, in the sequence of the log."""
        assert self._publishing is not None  # noqa: S101 - whoever runs a plan has said how
        await self._publishing.publish(_positions(rows))
        async with self._pool.acquire() as connection:
            await advance(connection)
        return len(rows)


def _positions(rows: Sequence[Row]) -> list[int]:
    return [int(row["row"].partition("@")[2]) for row in rows]


def _of_listeners(new_to: Sequence[str], effects: Sequence[Any]) -> Row:
    state = f"new to {', '.join(new_to)}" if new_to else HANDLED
    return {"state": state, "effects": effects} if effects else {"state": state}
