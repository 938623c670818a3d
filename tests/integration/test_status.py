"""What `countermand status` says is so: read from real tables and topics, with everybody dead."""

import asyncio
import itertools
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from countermand.specs import SPECS
from countermand.status import lag
from countermand.status.lag import Lag, open_kafka
from countermand.status.report import Observer
from countermand.status.waiting import (
    Waiting,
    read_calls,
    read_dead_letters,
    read_projections,
    read_relays,
)
from kit.clock import utc_now
from kit.ids import stream_id
from tests.support import command_line
from tests.support.asking import endpoints_on
from tests.support.logs import body_of, insert, write_log
from tests.support.messages import cancel, record
from tests.support.stack import Servers

pytestmark = pytest.mark.integration

Connection = Any
_numbers = itertools.count(1)


@pytest.fixture
async def connection(database: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(database)
    yield connection
    await connection.close()


@pytest.fixture
async def topics(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Commands and relay positions on topics of this test's own."""
    names = SimpleNamespace(
        COMMANDS=SimpleNamespace(name=await servers.topic("commands", partitions=2)),
        RELAY_POSITIONS=SimpleNamespace(name=await servers.topic("positions")),
    )
    specs = {name: replace(spec, listens_to=(names.COMMANDS.name,)) for name, spec in SPECS.items()}
    monkeypatch.setattr(lag, "topics", names)
    monkeypatch.setattr(lag, "SPECS", specs)
    return names


async def commit(servers: Servers, topic: str, offsets: dict[int, int]) -> None:
    """Commit what the cancellation service is to have handled."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=servers.kafka_bootstrap, group_id="cancellation",
        enable_auto_commit=False,
    )  # fmt: skip
    await consumer.start()
    places = {TopicPartition(topic, partition): offset for partition, offset in offsets.items()}
    consumer.assign(list(places))
    await consumer.commit(places)
    await consumer.stop()


async def send(servers: Servers, topic: str, ids: list[str], partition: int = 0) -> None:
    """Publish commands in one transaction, which leaves a marker behind them."""
    producer = AIOKafkaProducer(
        bootstrap_servers=servers.kafka_bootstrap, transactional_id=f"status-{next(_numbers)}"
    )
    await producer.start()
    async with producer.transaction():
        for id_ in ids:
            await producer.send(topic, **record(cancel(f"o-{id_}"), id_), partition=partition)
    await producer.stop()


async def consumer_of_cancellation(servers: Servers, connection: Connection) -> Waiting:
    async with open_kafka(servers.kafka_bootstrap) as kafka:
        found = await Lag().consumers(kafka, connection)
    [one] = [each for each in found if each.service == "cancellation"]
    return one


async def test_records_not_handled_are_counted_and_markers_are_not(
    servers: Servers, topics: Any, connection: Connection
) -> None:
    topic = topics.COMMANDS.name
    nothing = await consumer_of_cancellation(servers, connection)
    assert (nothing.count, nothing.oldest_at) == (0, None)
    before = utc_now() - timedelta(seconds=1)
    await send(servers, topic, ["c1", "c2", "c3"])
    await send(servers, topic, ["c4"], partition=1)
    never_committed = await consumer_of_cancellation(servers, connection)
    assert never_committed.count == 4
    assert never_committed.oldest_at is not None
    assert before < never_committed.oldest_at < utc_now()
    await commit(servers, topic, {0: 1})
    assert (await consumer_of_cancellation(servers, connection)).count == 3
    await commit(servers, topic, {0: 3, 1: 1})
    nothing = await consumer_of_cancellation(servers, connection)
    assert (nothing.count, nothing.oldest_at) == (0, None), "only the markers are left"


async def undecided(servers: Servers, connection: Connection) -> Waiting:
    async with open_kafka(servers.kafka_bootstrap) as kafka:
        return await Lag().undecided(kafka, connection)


async def test_a_command_waits_until_it_is_answered_or_set_aside(
    servers: Servers, topics: Any, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = topics.COMMANDS.name
    await send(servers, topic, ["c1", "c2", "c3", "c4"])
    await handle(connection, "c1")
    await connection.execute(
        "INSERT INTO cancellation.dead_letters"
        ' (topic, partition, "offset", code, detail, headers)'
        " VALUES ($1, 0, 1, 'DATA_INVALID', 'no', '')",
        topic,
    )
    waiting = await undecided(servers, connection)
    assert (waiting.count, waiting.about) == (2, {"order_id": "o-c3", "message_id": "c3"})
    assert waiting.oldest_at is not None
    await handle(connection, "c3", "c4")
    rewound = await undecided(servers, connection)
    assert (rewound.count, rewound.oldest_at) == (0, None), "nothing was ever committed"
    monkeypatch.setattr(lag, "LOOKED_AT_MAX", 0)
    unread = await undecided(servers, connection)
    assert (unread.count, unread.oldest_at) == (5, None), "what was not looked at is counted"


async def handle(connection: Connection, *ids: str) -> None:
    await connection.executemany(
        "INSERT INTO cancellation.inbox (message_id, fingerprint, stream_id)"
        " VALUES ($1, '', gen_random_uuid())",
        [(id_,) for id_ in ids],
    )


async def test_what_the_relays_said_last_is_found_and_remembered(
    servers: Servers, topics: Any, producer: Any, connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(lag, "FIRST_CHUNK", 3)
    topic = topics.RELAY_POSITIONS.name

    async def say(service: str, position: int) -> None:
        await producer.send_and_wait(topic, key=service.encode(), value=str(position).encode())

    seen = Lag()

    async def read(one: Lag) -> dict[str, int]:
        async with open_kafka(servers.kafka_bootstrap) as kafka:
            return dict(await one.relay_positions(kafka, connection))

    assert await read(seen) == {}
    await say("notifier", 7)
    for position in range(20):
        await say("refunds", position)
    await say("cancellation", 5)
    everything = {"notifier": 7, "refunds": 19, "cancellation": 5}
    assert await read(seen) == await read(Lag()) == everything
    await say("refunds", 30)
    assert await read(seen) == everything | {"refunds": 30}


async def test_only_facts_that_become_messages_wait_for_a_relay(connection: Connection) -> None:
    now = utc_now()
    names = ["refund.requested.v1", "refund.succeeded.v1", "refund.requested.v1"]
    rows = [
        (stream_id("refunds:1"), n, name, body_of({}, now - timedelta(seconds=60 - n)))
        for n, name in enumerate(names * 2, 1)
    ]
    await insert(connection, rows, service="refunds")
    for position, count, oldest_s in ((0, 2, 58), (2, 1, 55), (5, 0, None)):
        relays = await read_relays(connection, {"refunds": position})
        [waiting] = [each for each in relays if each.service == "refunds"]
        assert (waiting.what, waiting.count) == ("relay", count)
        expected = None if oldest_s is None else now - timedelta(seconds=oldest_s)
        assert waiting.oldest_at == expected


async def test_facts_wait_for_a_projection(connection: Connection) -> None:
    times = [utc_now() - timedelta(seconds=10 - n) for n in range(4)]
    await write_log(connection, times)
    await connection.execute(
        "INSERT INTO cancellation.projection_cursors (projection, position) VALUES ('orders', 1)"
    )
    await connection.execute(
        "INSERT INTO cancellation_audit.projection_cursors (projection, position)"
        " VALUES ('audit', 3)"
    )
    orders, audit = await read_projections(connection)
    assert (orders.what, orders.count, orders.oldest_at) == ("projection orders", 3, times[1])
    assert (audit.service, audit.what, audit.count) == ("cancellation", "projection audit", 1)


async def test_calls_not_made_tell_whose_they_are_and_why_they_wait(
    connection: Connection,
) -> None:
    assert [(each.service, each.count) for each in await read_calls(connection)] == [
        ("refunds", 0), ("notifier", 0),
    ]  # fmt: skip
    now = utc_now()
    for number, (status, age_s) in enumerate([("done", 90), ("due", 60), ("running", 30)]):
        await connection.execute(
            "INSERT INTO refunds.effects (effect_id, kind, stream_id, request, cause, status,"
            " attempts, last_error, created_at) VALUES ($1, 'refund', $1, $2, '', $3, $4, $5, $6)",
            UUID(int=number), orjson.dumps({"order_id": f"o-{number}"}), status, number, "502",
            now - timedelta(seconds=age_s),
        )  # fmt: skip
    waiting = (await read_calls(connection))[0]
    assert (waiting.count, waiting.oldest_at) == (2, now - timedelta(seconds=60))
    assert waiting.about == {"order_id": "o-1", "attempts": 1, "last_error": "502"}


async def test_dead_letters_are_counted_by_service_and_code(connection: Connection) -> None:
    assert await read_dead_letters(connection) == []
    now = utc_now()
    for number, (service, code, state) in enumerate(
        [("refunds", "A", "OPEN"), ("refunds", "B", "OPEN"), ("refunds", "B", "OPEN"),
         ("refunds", "B", "REDRIVEN"), ("cancellation", "A", "OPEN")]
    ):  # fmt: skip
        await connection.execute(
            f"INSERT INTO {service}.dead_letters"
            ' (topic, partition, "offset", code, detail, headers, state, recorded_at)'
            " VALUES ('t', 0, $1, $2, '', '', $3, $4)",
            number, code, state, now - timedelta(seconds=100 - number),
        )  # fmt: skip
    assert await read_dead_letters(connection) == [
        Waiting("cancellation", "A", 1, now - timedelta(seconds=96)),
        Waiting("refunds", "B", 2, now - timedelta(seconds=99)),
        Waiting("refunds", "A", 1, now - timedelta(seconds=100)),
    ]


@pytest.mark.usefixtures("topics")
async def test_one_report_after_the_other(servers: Servers, database: str) -> None:
    observer = Observer(endpoints_on(servers, database), None)
    first, second = await observer.read(), await observer.read()
    assert first.away == second.away == {}
    assert second.at > first.at
    told = {(each.service, each.what) for each in second.lag}
    assert {(service, what) for service in SPECS for what in ("consumer", "relay")} <= told
    assert second.undecided is not None


async def test_a_server_that_is_away_is_named_and_the_rest_is_told(
    servers: Servers, database: str
) -> None:
    everything = endpoints_on(servers, database)
    no_kafka = everything.model_copy(update={"kafka_bootstrap": "127.0.0.1:1"})
    report = await Observer(no_kafka, None).read()
    assert set(report.away) == {"Kafka"}
    assert report.calls_of("refunds") is not None
    assert report.undecided is None
    nowhere = {"postgres_dsn": "postgresql://nobody@127.0.0.1:1/nothing"}
    report = await Observer(everything.model_copy(update=nowhere), None).read()
    assert set(report.away) == {"PostgreSQL"}


async def test_the_command_once_and_live(
    servers: Servers, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERMAND_POSTGRES_DSN", database)
    monkeypatch.setenv("COUNTERMAND_KAFKA_BOOTSTRAP", servers.kafka_bootstrap)
    once = await command_line.run("status", "--json")
    assert once.exit_code == 0, once.stderr
    assert once.json["running"] is True
    names = "undecided_command unpaid_refund unsent_message undelivered_webhook dead_letter case"
    assert list(once.json["oldest"]) == names.split()
    screen = await command_line.run("status")
    assert (screen.exit_code, screen.stdout) == (0, "")
    assert "Refunds not paid" in screen.stderr
    process = await command_line.start("status", "--live", "--json")
    assert process.stdout is not None
    moments = [orjson.loads(await process.stdout.readline())["at"] for _ in range(2)]
    assert moments[0] < moments[1]
    os.kill(process.pid, signal.SIGINT)
    assert (await command_line.ended(process)).exit_code == 0


async def test_a_server_that_is_away_is_an_exit_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERMAND_POSTGRES_DSN", "postgresql://nobody@127.0.0.1:1/nothing")
    monkeypatch.setenv("COUNTERMAND_KAFKA_BOOTSTRAP", "127.0.0.1:1")
    status = await asyncio.wait_for(command_line.run("status"), 30)
    assert status.exit_code == 1
    assert "PostgreSQL does not answer" in status.stderr
