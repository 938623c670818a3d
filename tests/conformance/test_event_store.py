"""One table, two writers: the library's own recorder and ours, and neither notices the other."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import psycopg
import pytest
from eventsourcing.application import Repository
from eventsourcing.persistence import EventStore as LibraryEventStore
from eventsourcing.persistence import IntegrityError, Notification, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder

from kit.event_store import EventStore, Pending
from kit.facts import Cause, FactMapper, RecordedFact
from services.cancellation.domain import events
from services.cancellation.domain.decisions import ORDER
from services.cancellation.domain.evolve import evolve
from services.cancellation.domain.order import Order
from tests.support.messages import MOMENT, captured, fulfilled, placed
from tests.support.recorder import StoreRecorder

pytestmark = pytest.mark.integration

SCHEMA = "cancellation"
TABLE = "cancellation_events"


def stored(stream: UUID, version: int, state: bytes = b"{}") -> StoredEvent:
    return StoredEvent(stream, version, "topic", state)


def test_both_recorders_read_what_either_appends(
    recorder: StoreRecorder, library_recorder: PostgresApplicationRecorder
) -> None:
    stream = uuid4()
    assert recorder.insert_events([stored(stream, 1, b"ours")]) == [1]
    assert library_recorder.insert_events([stored(stream, 2, b"theirs")]) == [2]
    for reader in (recorder, library_recorder):
        assert [e.state for e in reader.select_events(stream)] == [b"ours", b"theirs"]
        log = reader.select_notifications(start=None, limit=10)
        assert [(n.id, n.originator_version) for n in log] == [(1, 1), (2, 2)]
        assert reader.max_notification_id() == 2


def test_one_version_of_a_stream_has_one_writer(
    recorder: StoreRecorder, library_recorder: PostgresApplicationRecorder
) -> None:
    streams = [uuid4() for _ in range(50)]
    wins: dict[UUID, list[str]] = {stream: [] for stream in streams}
    start = threading.Barrier(2)

    def write(name: str, writer: Any) -> None:
        start.wait()
        for stream in streams:
            try:
                writer.insert_events([stored(stream, 1, name.encode())])
            except IntegrityError:
                continue
            wins[stream].append(name)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, ("ours", "theirs"), (recorder, library_recorder)))
    assert {len(names) for names in wins.values()} == {1}
    for stream, [winner] in wins.items():
        assert [e.state for e in recorder.select_events(stream)] == [winner.encode()]


def test_a_reader_at_the_tail_misses_nothing_of_writers_of_both_kinds(
    recorder: StoreRecorder, library_recorder: PostgresApplicationRecorder
) -> None:
    writers: list[Any] = [recorder, library_recorder] * 3
    appends, events_each = 100, 5
    are_writing = threading.Event()
    are_writing.set()

    def write(writer: Any) -> list[int]:
        positions: list[int] = []
        for _ in range(appends):
            stream = uuid4()
            rows = [stored(stream, version) for version in range(1, events_each + 1)]
            positions += writer.insert_events(rows)
        return positions

    def follow(reader: Any) -> list[int]:
        seen: list[int] = []
        while True:
            is_last = not are_writing.is_set()
            page: list[Notification] = reader.select_notifications(
                start=seen[-1] if seen else 0, limit=200, inclusive_of_start=False
            )
            seen += [notification.id for notification in page]
            if is_last and not page:
                return seen

    with ThreadPoolExecutor(8) as pool:
        following = [pool.submit(follow, reader) for reader in (recorder, library_recorder)]
        try:
            written = [position for positions in pool.map(write, writers) for position in positions]
        finally:
            are_writing.clear()
        for reading in following:
            assert reading.result(30) == sorted(written)
    assert len(set(written)) == len(writers) * appends * events_each


INSERT_WITHOUT_LOCK = (
    f"INSERT INTO {SCHEMA}.{TABLE} (originator_id, originator_version, topic, state)"
    " VALUES ($1, 1, 'topic', '') RETURNING notification_id"
)


async def test_without_the_lock_a_reader_at_the_tail_would_miss_an_event(database: str) -> None:
    """The control: a transaction takes its position first and commits last."""
    store = EventStore(SCHEMA, FactMapper(()))
    slow, quick = await asyncpg.connect(database), await asyncpg.connect(database)
    try:
        open_ = slow.transaction()
        await open_.start()
        missed = await slow.fetchval(INSERT_WITHOUT_LOCK, uuid4())
        passed = await quick.fetchval(INSERT_WITHOUT_LOCK, uuid4())
        page = await store.read_log(quick, after=0, limit=10)
        assert [entry.position for entry in page] == [passed]
        await open_.commit()
        assert missed < passed
        assert await store.read_log(quick, after=page[-1].position, limit=10) == []
    finally:
        await slow.close()
        await quick.close()


async def test_with_the_lock_a_later_writer_waits_for_the_earlier_one(database: str) -> None:
    """The same two transactions through our store: no position appears out of turn."""
    store = EventStore(SCHEMA, FactMapper(()))
    slow, quick = await asyncpg.connect(database), await asyncpg.connect(database)
    try:
        open_ = slow.transaction()
        await open_.start()
        first = await store.append(slow, [Pending(uuid4(), 1, "topic", b"")])

        async def append() -> list[int]:
            async with quick.transaction():
                return await store.append(quick, [Pending(uuid4(), 1, "topic", b"")])

        second = asyncio.create_task(append())
        await asyncio.sleep(0.2)
        assert not second.done()
        await open_.commit()
        assert await second > first
        page = await store.read_log(slow, after=0, limit=10)
        assert [entry.position for entry in page] == [*first, *await second]
    finally:
        await slow.close()
        await quick.close()


@pytest.mark.parametrize("order", ["UPDATE {} SET topic = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.parametrize("service", ["cancellation", "inventory", "refunds", "notifier"])
def test_history_cannot_be_rewritten(database: str, service: str, order: str) -> None:
    table = f"{service}.{service}_events"
    with psycopg.connect(database, autocommit=True) as connection:
        row = (uuid4(), 1, "topic", b"")
        connection.execute(f"INSERT INTO {table} VALUES (%s, %s, %s, %s)", row)
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            connection.execute(order.format(table))
        kept = connection.execute(f"SELECT topic FROM {table}").fetchall()
    assert kept == [("topic",)]


@pytest.mark.timeout(20)
def test_the_librarys_subscription_wakes_when_we_append(
    recorder: StoreRecorder, library_recorder: PostgresApplicationRecorder
) -> None:
    stream = uuid4()
    recorder.insert_events([stored(stream, 1)])
    with library_recorder.subscribe(gt=0) as subscription:
        assert next(subscription).originator_version == 1
        for version in (2, 3, 4):
            # It does not poll: without our NOTIFY the next line would wait for ever.
            recorder.insert_events([stored(stream, version)])
            assert next(subscription).originator_version == version


def test_the_librarys_event_store_and_repository_read_our_facts(
    library_recorder: PostgresApplicationRecorder,
) -> None:
    mapper = FactMapper(events.FACTS)
    library_store = LibraryEventStore(mapper, library_recorder)
    stream = uuid4()
    cause = Cause(message_id="m1", correlation_id="c1", recorded_at=MOMENT)
    history = [
        events.OrderPlaced(message=placed("1", 3)),
        events.PaymentCaptured(message=captured("1", 3750)),
        events.LinesFulfilled(message=fulfilled("1", line_1=1)),
    ]
    library_store.put(
        [RecordedFact(stream, version, fact, cause) for version, fact in enumerate(history, 1)]
    )

    def fold(order: Any, recorded: Any) -> Any:
        for entry in recorded:
            order = evolve(order or Order(), entry.fact)
        return order

    repository: Any = Repository(library_store)
    order = repository.get(stream, projector_func=fold)
    assert order.placed == placed("1", 3)
    assert order.captured == {"pi_1": 3750}
    assert order.open_units("1", 3) == 2
    past = repository.get(stream, version=2, projector_func=fold)
    assert past.open_units("1", 3) == 3
    found: list[Any] = list(library_store.get(stream))
    assert [entry.cause for entry in found] == [cause] * 3


async def test_our_store_folds_what_the_librarys_event_store_wrote(
    database: str, library_recorder: PostgresApplicationRecorder
) -> None:
    mapper = FactMapper(events.FACTS)
    stream = uuid4()
    cause = Cause(message_id="m1", correlation_id="c1", recorded_at=MOMENT)
    history = [
        RecordedFact(stream, 1, events.OrderPlaced(message=placed("1")), cause),
        RecordedFact(stream, 2, events.PaymentCaptured(message=captured("1", 10)), cause),
    ]
    library_store = LibraryEventStore(mapper, library_recorder)
    store = EventStore(SCHEMA, mapper)
    connection = await asyncpg.connect(database)
    try:
        library_store.put(history[:1])
        known = await store.fold_many(connection, [stream, uuid4()], ORDER, {})
        library_store.put(history[1:])
        folded = await store.fold_many(connection, [stream], ORDER, known)
    finally:
        await connection.close()
    assert {key: value.version for key, value in known.items()} == {stream: 1}
    assert folded[stream].version == 2
    assert folded[stream].state.placed == placed("1")
    assert folded[stream].state.captured == {"pi_1": 10}
