"""Target `topic:NAME`: facts of the log that owns the topic, published again as they were.

The same ids, keys and bytes, beside live traffic, marked with a header. Whoever has handled a
message finds it in its inbox; the plan says who has and who would handle it now.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

from aiokafka import TopicPartition

from contracts.topics import TOPICS
from countermand.replay.hearing import handled_of, hear
from countermand.replay.legs import Leg
from countermand.replay.selection import Selection, read_at, read_facts, span_in
from countermand.replay.targets import Advance, BadTargetError, Row
from countermand.specs import SPECS
from kit.cloudevents import write_headers
from kit.event_store import LogEntry
from kit.ids import event_id
from kit.postgres import Pool
from kit.settings import KitSettings

REPLAY_ID = "ce_replayid"
"""Header of what is published again: the plan's hash."""


class TopicAgain:
    """One of our topics."""

    rate = 10_000.0
    chunk = 5_000
    """Two commits each, and one round trip to every partition."""
    is_atomic = False

    def __init__(self, pool: Pool, settings: KitSettings, topic: str, selection: Selection) -> None:
        owners = [one.owner for one in TOPICS if one.name == topic and one.owner in SPECS]
        if not owners:
            raise BadTargetError(
                f"Nobody here owns the topic {topic!r}: only what one of our logs holds can be"
                " published again."
            )
        self.name = f"topic:{topic}"
        self._pool, self._topic, self._selection = pool, topic, selection
        self._spec = SPECS[owners[0]]
        self._legs = {
            spec.name: Leg(pool, settings, spec, selection)
            for spec in SPECS.values()
            if topic in spec.listens_to
        }
        self._producer: Any = None
        self._plan_hash = ""
        self._read_last: dict[int, LogEntry] = {}

    def publish_with(self, producer: Any, plan_hash: str) -> None:
        """Say how to publish; a plan needs no producer."""
        self._producer, self._plan_hash = producer, plan_hash

    async def scope(self) -> dict[str, Any]:
        """Return the newest position."""
        async with self._pool.acquire() as connection:
            return {self._spec.name: await self._spec.store.head(connection)}

    async def survey(self, scope: dict[str, Any]) -> AsyncIterator[list[Row]]:
        """Return a row for every fact that is published."""
        self.forget()
        async with self._pool.acquire() as connection:
            span = await span_in(connection, self._spec, self._selection, scope[self._spec.name])
            async for page in read_facts(connection, self._spec, self._selection, span):
                yield await self._examine(page)

    def forget(self) -> None:
        """Look at the world as it is from now on."""
        for leg in self._legs.values():
            leg.forget()

    async def look(self, rows: Sequence[Row]) -> list[Row | None]:
        """Return the same rows as they are now."""
        entries = await self._read(rows)
        now = {row["row"]: row for row in await self._examine(entries)}
        return [now.get(row["row"]) for row in rows]

    async def _read(self, rows: Sequence[Row]) -> list[LogEntry]:
        """Read facts; those that were just looked at are what they were, as facts are."""
        positions = [int(str(row["row"]).partition("@")[2]) for row in rows]
        if not self._read_last.keys() >= set(positions):
            async with self._pool.acquire() as connection:
                self._read_last = await read_at(connection, self._spec, positions)
        found = self._read_last
        return [found[position] for position in positions if position in found]

    async def _examine(self, entries: Sequence[LogEntry]) -> list[Row]:
        published = [entry for entry in entries if entry.name in self._spec.publishes]
        ids = [str(event_id(entry.stream, entry.version)) for entry in published]
        async with self._pool.acquire() as connection:
            handled = {
                listener: await handled_of(connection, listener, ids) for listener in self._legs
            }
        new_to: dict[str, list[str]] = {id_: [] for id_ in ids}
        effects: dict[str, list[Any]] = {id_: [] for id_ in ids}
        for name, leg in self._legs.items():
            unknown = [
                heard
                for entry, id_ in zip(published, ids, strict=True)
                # A type it does not listen to it skips, every time.
                if id_ not in handled[name] and (heard := hear(SPECS[name], self._spec, entry))
            ]
            for row in await leg.examine(unknown):
                new_to[row["id"]].append(name)
                effects[row["id"]] += row.get("effects", ())
        return [
            {
                "row": f"{self._spec.name}@{entry.position}", "id": id_, "type": entry.name,
                "do": True, **_of_listeners(new_to[id_], effects[id_]),
            }
            for entry, id_ in zip(published, ids, strict=True)
        ]  # fmt: skip

    async def act(self, rows: Sequence[Row], advance: Advance) -> int:
        """Publish rows again, in the sequence of the log."""
        batches: list[tuple[TopicPartition, Any]] = []
        open_: dict[TopicPartition, Any] = {}
        entries = await self._read(rows)
        count = len(await self._producer.partitions_for(self._topic))
        for entry in entries:
            target, record = self._encode(entry, count)
            builder = open_.get(target)
            if builder is None or not builder.append(**record):
                builder = open_[target] = self._producer.create_batch()
                batches.append((target, builder))
                builder.append(**record)
        sent = []
        for target, builder in batches:
            builder.close()
            batch = await self._producer.send_batch(
                builder, target.topic, partition=target.partition
            )
            sent.append(batch)
        await asyncio.gather(*sent)
        async with self._pool.acquire() as connection:
            await advance(connection)
        return len(entries)

    def _encode(self, entry: LogEntry, partition_count: int) -> tuple[TopicPartition, Any]:
        fact, cause = self._spec.store.mapper.read_body(entry.name, entry.body)
        topic, key_text, message = self._spec.translate(fact, cause)
        key = key_text.encode()
        headers = write_headers(
            id_=str(event_id(entry.stream, entry.version)),
            source=f"/countermand/{self._spec.name}",
            type_=message.TYPE,
            subject=key_text,
            time=cause.recorded_at.isoformat(),
            correlation_id=cause.correlation_id,
            causation_id=cause.message_id,
            traceparent=cause.traceparent,
        )
        headers.append((REPLAY_ID, self._plan_hash.encode()))
        value = message.__pydantic_serializer__.to_json(message)
        # The relay's rule, so that a key stays in its partition.
        target = TopicPartition(topic, zlib.crc32(key) % partition_count)
        return target, {"key": key, "value": value, "timestamp": None, "headers": headers}


def _of_listeners(new_to: Sequence[str], effects: Sequence[Any]) -> Row:
    state = f"new to {', '.join(new_to)}" if new_to else "handled by all"
    return {"state": state, "effects": effects} if effects else {"state": state}
