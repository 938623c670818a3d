"""`countermand events` on topics, and as a command with its streams and its end."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest
from aiokafka import AIOKafkaProducer

from countermand.endpoints import Endpoints
from countermand.history.asking import Answer
from countermand.history.selection import Place, QuestionError, read_place
from kit.clock import utc_now
from kit.ids import stream_id
from kit.settings import KitSettings
from tests.support import command_line
from tests.support.asking import endpoints_on, shown
from tests.support.history import storyteller
from tests.support.logs import body_of, insert, write_log
from tests.support.messages import MOMENT, incoming, placed, record
from tests.support.stack import Servers

pytestmark = pytest.mark.integration


@pytest.fixture
def endpoints(servers: Servers, database: str) -> Endpoints:
    return endpoints_on(servers, database)


@pytest.fixture
async def connection(database: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(database)
    yield connection
    await connection.close()


async def fill(servers: Servers, topic: str, numbers: Sequence[int]) -> None:
    """Publish in transactions, of which every third is aborted; each leaves a marker behind."""
    producer = AIOKafkaProducer(
        bootstrap_servers=servers.kafka_bootstrap, transactional_id=f"test-{topic}"
    )
    await producer.start()
    for number in numbers:
        await producer.begin_transaction()
        await producer.send(
            topic, **record(placed(f"{number}"), f"m{number}"), partition=number % 2
        )
        if number % 3 == 2:
            await producer.abort_transaction()
        else:
            await producer.commit_transaction()
    await producer.stop()


async def test_a_topic_is_read_like_a_log(servers: Servers, endpoints: Endpoints) -> None:
    topic = await servers.topic("events", partitions=2)
    await fill(servers, topic, range(12))
    committed = [number for number in range(12) if number % 3 != 2]
    everything, told = await shown(endpoints, topic)
    assert sorted(int(event.order_id or 0) for event in everything) == committed
    assert {event.name for event in everything} == {"order.placed.v1"}
    assert {event.source for event in everything} == {f"{topic}/0", f"{topic}/1"}
    assert set(told.as_of) == {f"{topic}/0", f"{topic}/1"}
    last, _ = await shown(endpoints, topic, limit=3)
    assert last == everything[-3:]
    [one], _ = await shown(endpoints, topic, orders=frozenset({"4"}))
    assert (one.id, one.happened_at) == ("m4", MOMENT)
    behind, _ = await shown(endpoints, f"{topic}/{one.source[-1]}", after=Place(one.position - 1))
    assert behind[0] == one
    since, _ = await shown(endpoints, topic, since=one.recorded_at)
    assert since == [event for event in everything if event.recorded_at >= one.recorded_at]
    assert await shown(endpoints, topic, since=utc_now() + timedelta(hours=1)) == (
        [], Answer(0, False, told.next_after, told.as_of),  # noqa: FBT003
    )  # fmt: skip
    page, told = await shown(endpoints, topic, limit=2, after=Place(0))
    rest, _ = await shown(endpoints, topic, after=read_place(told.next_after))
    assert [*page, *rest] == [event for event in everything if event.position > 0]


async def test_a_record_nobody_can_read_is_shown(
    servers: Servers, endpoints: Endpoints, producer: Any
) -> None:
    topic = await servers.topic("events")
    await producer.send_and_wait(topic, b"\xff\x00", headers=[("ce_type", b"\xfe")])
    [event], _ = await shown(endpoints, topic)
    assert (event.name, event.data) == ("\ufffd", {"base64": "/wA="})


async def test_logs_and_topics_are_shown_together(
    servers: Servers, endpoints: Endpoints, settings: KitSettings, producer: Any
) -> None:
    topic = await servers.topic("events")
    async with storyteller(settings) as processor:
        await processor.process([incoming(placed("1"), "m1")])
        await producer.send_and_wait(topic, **record(placed("2"), "m2"))
        await asyncio.sleep(0.01)
        await processor.process([incoming(placed("3"), "m3")])
    events, _ = await shown(endpoints, topic, "cancellation")
    assert [event.order_id for event in events] == ["1", "2", "3"]


async def test_a_source_that_is_not_there_is_named_beside_those_there_are(
    servers: Servers, endpoints: Endpoints
) -> None:
    topic = await servers.topic("events")
    for unknown in ("refund", f"{topic}/7"):
        with pytest.raises(QuestionError, match=rf"{unknown}.*cancellation.*{topic}"):
            await shown(endpoints, unknown)


async def test_where_nothing_runs_everybody_says_so(tmp_path: Path) -> None:
    for words in (["events"], ["events", "--follow"], ["trace", "1"], ["orders", "show", "1"]):
        done = await command_line.run(*words, "--data-dir", str(tmp_path))
        assert (done.exit_code, done.stdout) == (1, ""), words
        assert "countermand up" in done.stderr


@pytest.fixture
def environment(endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the command finds in its environment."""
    monkeypatch.setenv("COUNTERMAND_POSTGRES_DSN", endpoints.postgres_dsn)
    monkeypatch.setenv("COUNTERMAND_KAFKA_BOOTSTRAP", endpoints.kafka_bootstrap)


@pytest.mark.usefixtures("environment")
async def test_the_command_in_all_its_forms(connection: Any) -> None:
    await write_log(connection, [MOMENT + timedelta(seconds=n) for n in range(60)])
    shown = await command_line.run("events")
    assert (shown.exit_code, shown.stdout) == (0, "")
    assert len(shown.stderr.splitlines()) == 1 + 50 + 1, "a day, the last events, the sum"
    assert "50 events, as of cancellation 60" in shown.stderr
    page = await command_line.run("events", "--after", "0", "--limit", "5")
    assert "More: --after cancellation=5,inventory=0,notifier=0,refunds=0" in page.stderr
    whole = await command_line.run("events", "--json", "--since", "2026-11-02T09:30:30")
    lines = [orjson.loads(line) for line in whole.stdout.splitlines()]
    assert [line["order_id"] for line in lines[:-1]] == [str(n) for n in range(30, 60)]
    assert lines[-1]["events"] == 30
    table = await command_line.run("events", "--csv", "--order", "7", "cancellation")
    assert table.stdout.splitlines()[1].startswith("cancellation,8,order.placed.v1,7,")
    for words in (["--since", "soon"], ["--after", "x"], ["nowhere"], ["--csv", "--json"]):
        refused = await command_line.run("events", *words)
        assert (refused.exit_code, refused.stdout) == (2, ""), words


@pytest.mark.usefixtures("environment")
async def test_a_reader_that_has_enough_ends_it_without_a_word(connection: Any) -> None:
    await write_log(connection, [MOMENT] * 5_000)
    command = f"{command_line.PROGRAM} events --csv | head -n 2; exit ${{PIPESTATUS[0]}}"
    process = await asyncio.create_subprocess_exec(
        "bash", "-c", command, cwd=command_line.REPOSITORY,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    done = await command_line.ended(process)
    assert (done.exit_code, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 2


@pytest.mark.usefixtures("environment")
async def test_ctrl_c_ends_following_with_where_to_go_on(connection: Any) -> None:
    await write_log(connection, [MOMENT] * 3)
    process = await command_line.start("events", "--follow", "--json")
    assert process.stdout is not None
    seen = [orjson.loads(await process.stdout.readline()) for _ in range(3)]
    await write_log_on(connection)
    seen.append(orjson.loads(await process.stdout.readline()))
    assert [line["position"] for line in seen] == [1, 2, 3, 4]
    os.kill(process.pid, signal.SIGINT)
    done = await command_line.ended(process)
    assert done.exit_code == 0
    assert done.json["next_after"] == ("cancellation=4,inventory=0,notifier=0,refunds=0,webhooks=0")


async def write_log_on(connection: Any) -> None:
    """Append one more fact."""
    row = (stream_id("order:more"), 1, "order.placed.v1", body_of({"order_id": "more"}, MOMENT))
    await insert(connection, [row])
