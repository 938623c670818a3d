"""Our event store behind the interface of the library's recorders, so its own tests can judge it.

Synchronous, because the library is; our store runs on an event loop in a thread of its own. What
the library's interface offers and our services never use (upper bounds, topic filters) is done
here, on the pages our store reads.
"""

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar, cast
from uuid import UUID

import asyncpg
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    IntegrityError,
    ListenNotifySubscription,
    Notification,
    StoredEvent,
    Subscription,
)

from kit.event_store import EventStore, LogEntry, Pending
from kit.facts import Cause, Fact, FactMapper
from kit.postgres import Pool, Wakeup

T = TypeVar("T")

PAGE_MAX = 500


class _Raw(Fact):
    """A body nobody reads; the library's tests store words, not facts."""

    body: bytes


class _RawMapper(FactMapper):
    def __init__(self) -> None:
        super().__init__(())

    def read_body(self, name: str, body: bytes) -> tuple[Fact, Cause]:
        raw = type("Raw", (_Raw,), {"NAME": name})
        return raw(body=body), cast("Cause", None)


class StoreRecorder(ApplicationRecorder):
    """The library's application recorder over `kit.event_store.EventStore`."""

    def __init__(self, dsn: str, schema: str) -> None:
        self.dsn = dsn
        self.store = EventStore(schema, _RawMapper())
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._pool: Pool = self.run(self._open())

    async def _open(self) -> Pool:
        return await asyncpg.create_pool(self.dsn, min_size=1, max_size=12)

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start on the recorder's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run to the end on the recorder's own loop."""
        return self.start(work).result()

    def close(self) -> None:
        """Close the pool and end the thread."""
        self.run(self._pool.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int] | None:
        """Append, as the processor does: in a transaction of its own."""
        rows = [
            Pending(cast("UUID", e.originator_id), e.originator_version, e.topic, e.state)
            for e in stored_events
        ]
        try:
            return self.run(self._append(rows))
        except asyncpg.UniqueViolationError as taken:
            raise IntegrityError(str(taken)) from taken

    async def _append(self, rows: Sequence[Pending]) -> list[int]:
        async with self._pool.acquire() as connection, connection.transaction():
            return await self.store.append(connection, rows)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Load one stream."""
        found = self.run(self._load(cast("UUID", originator_id)))
        chosen = [
            event
            for event in found
            if (gt is None or event.originator_version > gt)
            and (lte is None or event.originator_version <= lte)
        ]
        return (chosen[::-1] if desc else chosen)[:limit]

    async def _load(self, stream: UUID) -> list[StoredEvent]:
        async with self._pool.acquire() as connection:
            return [
                StoredEvent(r.originator_id, r.originator_version, r.fact.NAME, _body(r.fact))
                for r in await self.store.load(connection, stream)
            ]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Read the log page by page until `limit` is reached."""
        after = 0 if start is None else start - inclusive_of_start
        found: list[Notification] = []
        while len(found) < limit:
            page = self.run(self._read_log(after))
            for entry in page:
                if stop is not None and entry.position > stop:
                    return found[:limit]
                if not topics or entry.name in topics:
                    found.append(_notification(entry))
            if len(page) < PAGE_MAX:
                break
            after = page[-1].position
        return found[:limit]

    async def _read_log(self, after: int) -> list[LogEntry]:
        async with self._pool.acquire() as connection:
            return await self.store.read_log(connection, after=after, limit=PAGE_MAX)

    def max_notification_id(self) -> int | None:
        """Return the head of the log."""
        return self.run(self._head()) or None

    async def _head(self) -> int:
        async with self._pool.acquire() as connection:
            return await self.store.head(connection)

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """Follow the log; woken as our relay and projectors are."""
        return _WakeupSubscription(self, gt, topics)


class _WakeupSubscription(ListenNotifySubscription[StoreRecorder]):
    def __init__(
        self, recorder: StoreRecorder, gt: int | None = None, topics: Sequence[str] = ()
    ) -> None:
        self._wakeup = Wakeup(recorder.dsn, recorder.store.channel)
        super().__init__(recorder, gt, topics)
        self._waking = recorder.start(self._wake())

    async def _wake(self) -> None:
        listener = asyncio.create_task(self._wakeup.listen())
        try:
            while not self._has_been_stopped:
                await self._wakeup.wait()
                self._has_been_notified.set()
        finally:
            listener.cancel()

    def __exit__(self, *args: object, **more: Any) -> None:
        try:
            super().__exit__(*args, **more)
        finally:
            self._waking.result()


class StreamRecorder(AggregateRecorder):
    """The same store as the library's aggregate recorder, which tells no positions."""

    def __init__(self, recorder: StoreRecorder) -> None:
        self._recorder = recorder

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> None:
        """Append without telling positions."""
        self._recorder.insert_events(stored_events)

    def select_events(self, originator_id: UUID | str, **more: Any) -> Sequence[StoredEvent]:
        """Load one stream."""
        return self._recorder.select_events(originator_id, **more)


def _body(fact: Fact) -> bytes:
    return cast("_Raw", fact).body


def _notification(entry: LogEntry) -> Notification:
    return Notification(
        id=entry.position, originator_id=entry.stream, originator_version=entry.version,
        topic=entry.name, state=entry.body,
    )  # fmt: skip
