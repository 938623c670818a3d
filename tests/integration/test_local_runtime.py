"""The local runtime with real servers and processes: killed, restarted, and gone at the end."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from contracts.topics import ORDERS, TOPICS
from deploy.local.errors import ProcessFailedError
from deploy.local.kafka import KafkaServer
from deploy.local.ports import free_ports
from deploy.local.postgres import PostgresServer
from deploy.local.process import ProcessSpec
from deploy.local.state import load_state, stop_running
from deploy.local.supervisor import Supervisor
from deploy.local.topics import create_topics

pytestmark = pytest.mark.integration

LARGE_RECORD = b"x" * 2_000_000
"""More than Kafka's default allows."""
SERVE = "import http.server as h, sys; h.test(h.SimpleHTTPRequestHandler, port=int(sys.argv[1]))"
LAUNCHER = """
import asyncio, sys
from pathlib import Path
from deploy.local.process import ProcessSpec
from deploy.local.stack import Stack, StackSettings

async def main():
    settings = StackSettings(data_dir=Path(sys.argv[1]))
    async with Stack(settings, only=set(), migrate=False) as stack:
        await stack.supervisor.start([ProcessSpec("sleeper", ["sleep", "60"])])
        await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.fixture(scope="module")
async def kafka(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[KafkaServer]:
    server = KafkaServer(tmp_path_factory.mktemp("kafka"), *free_ports(2))
    server.start()
    try:
        await server.wait_until_ready()
        yield server
    finally:
        server.stop()


@pytest.fixture
async def supervisor(tmp_path: Path) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(tmp_path / "logs", cwd=tmp_path)
    yield supervisor
    await supervisor.stop(grace_s=1)


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A launcher of its own, with both servers and one process, on `tmp_path`."""
    process = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(tmp_path)], stderr=subprocess.DEVNULL
    )
    yield process
    process.kill()
    process.wait()


def web_server(name: str, port: int) -> ProcessSpec:
    argv = [sys.executable, "-c", SERVE, str(port)]
    return ProcessSpec(name, argv, ready_url=f"http://127.0.0.1:{port}/")


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # Reaped by nobody in a container without an init, a dead orphan stays in the table.
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


async def until(is_true: Callable[[], object], timeout_s: float = 15.0) -> Any:
    deadline = time.monotonic() + timeout_s
    while not (result := is_true()):
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.05)
    return result


async def run_sql(server: PostgresServer, statement: str) -> Any:
    connection = await asyncpg.connect(server.dsn)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def first_record(server: KafkaServer, partition: int) -> bytes | None:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=server.bootstrap,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4_000_000,
    )
    async with consumer:
        consumer.assign([TopicPartition(ORDERS.name, partition)])
        value: bytes | None = (await asyncio.wait_for(consumer.getone(), 20)).value
        return value


async def test_postgres_keeps_what_it_acknowledged_over_sigkill(tmp_path: Path) -> None:
    server = PostgresServer(tmp_path, *free_ports(1))
    server.start()
    try:
        await server.wait_until_ready()
        await run_sql(server, "CREATE TABLE kept AS SELECT 42 AS answer")
        killed = server.pid
        server.kill()
        assert server.pid is None
        server.start()  # at once, while the old one's children still leave
        await server.wait_until_ready()
        assert server.pid != killed
        assert await run_sql(server, "SELECT answer FROM kept") == 42
        assert await run_sql(server, "SHOW fsync") == "on"
        assert await run_sql(server, "SHOW synchronous_commit") == "on"
    finally:
        running = server.pid
        server.stop()
    assert running is not None
    assert not lives(running)
    assert server.exit_code == 0


async def test_postgres_that_cannot_start_says_why(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    (tmp_path / "data").mkdir(mode=0o700)
    server = PostgresServer(tmp_path, port)
    server.start()
    with pytest.raises(ProcessFailedError, match=r"(?s)PostgreSQL ended with .*server\.log.*data"):
        await server.wait_until_ready()


async def test_topics_are_created_once_and_left_alone_later(kafka: KafkaServer) -> None:
    await create_topics(kafka.bootstrap)
    await create_topics(kafka.bootstrap)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        described = await admin.describe_topics([topic.name for topic in TOPICS])
    finally:
        await admin.close()
    partitions = {topic["topic"]: len(topic["partitions"]) for topic in described}
    assert partitions == {topic.name: topic.partitions for topic in TOPICS}


async def test_kafka_keeps_a_large_record_over_sigkill(kafka: KafkaServer) -> None:
    await create_topics(kafka.bootstrap)
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka.bootstrap, enable_idempotence=True, max_request_size=4_000_000
    )
    async with producer:
        sent = await producer.send_and_wait(ORDERS.name, LARGE_RECORD, key=b"order")
    assert await first_record(kafka, sent.partition) == LARGE_RECORD
    kafka.kill()
    kafka.start()
    await kafka.wait_until_ready()
    assert await first_record(kafka, sent.partition) == LARGE_RECORD


async def test_what_is_taken_down_stays_down_until_it_is_brought_back(
    supervisor: Supervisor,
) -> None:
    (port,) = free_ports(1)
    await supervisor.start([web_server("web", port), ProcessSpec("sleeper", ["sleep", "60"])])
    sleeper = supervisor.pids()["sleeper"]
    await supervisor.take_down(["web"])
    await asyncio.sleep(0.3)
    assert supervisor.pids() == {"sleeper": sleeper}
    await supervisor.bring_back(["web"])
    assert set(supervisor.pids()) == {"sleeper", "web"}


async def test_a_killed_process_is_restarted_where_it_was(supervisor: Supervisor) -> None:
    (port,) = free_ports(1)
    await supervisor.start([web_server("web", port)])
    killed = supervisor.kill("web")
    await until(lambda: supervisor.pids().get("web", killed) != killed, 5)
    await supervisor.wait_until_ready(["web"])
    (end,) = supervisor.exits
    assert (end.name, end.pid, end.exit_code) == ("web", killed, -signal.SIGKILL)
    restarted = supervisor.pids()["web"]
    await supervisor.stop()
    assert supervisor.pids() == {}
    assert not lives(restarted)


async def test_a_system_restarts_a_killed_server_and_is_stopped_from_outside(
    tmp_path: Path, launcher: "subprocess.Popen[bytes]"
) -> None:
    pids = await running_pids(tmp_path)
    assert set(pids) == {"postgres", "kafka", "sleeper"}
    os.kill(pids["postgres"], signal.SIGKILL)
    state = await until(lambda: changed_state(tmp_path, "postgres", pids["postgres"]))
    pids["postgres"] = state["pids"]["postgres"]
    assert lives(pids["postgres"])
    started = time.monotonic()
    assert await asyncio.to_thread(stop_running, tmp_path)
    assert time.monotonic() - started < 10
    launcher.wait(5)
    assert load_state(tmp_path) is None
    assert [name for name, pid in pids.items() if lives(pid)] == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of the death")
async def test_sigkill_of_the_launcher_leaves_nothing_behind(
    tmp_path: Path, launcher: "subprocess.Popen[bytes]"
) -> None:
    pids = await running_pids(tmp_path)
    launcher.kill()
    try:
        await until(lambda: not any(lives(pid) for pid in pids.values()), 10)
    finally:
        for pid in filter(lives, pids.values()):
            os.kill(pid, signal.SIGKILL)
    assert load_state(tmp_path) is None


async def running_pids(data_dir: Path) -> dict[str, int]:
    state = await until(lambda: changed_state(data_dir, "sleeper", None), 30)
    pids: dict[str, int] = state["pids"]
    return pids


def changed_state(data_dir: Path, name: str, old_pid: int | None) -> dict[str, Any] | None:
    state = load_state(data_dir)
    return state if state and state["pids"].get(name) not in {None, old_pid} else None
