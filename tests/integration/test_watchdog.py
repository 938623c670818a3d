"""A consumer that lives and gets nowhere ends itself, is started again, and misses nothing."""

import sys
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from deploy.local.ports import free_ports
from deploy.local.process import ProcessSpec
from deploy.local.readiness import is_ready
from deploy.local.supervisor import Supervisor
from kit.health import EXIT_STUCK
from tests.support.messages import placed, record
from tests.support.stack import Servers, count, until

pytestmark = pytest.mark.integration

STUCK_AFTER_S = 2.0


async def test_a_stuck_consumer_ends_itself_and_its_successor_goes_on(
    servers: Servers, database: str, producer: Any, tmp_path: Path
) -> None:
    """Somebody holds a table, so the batch neither fails nor ends: alive, without progress."""
    topic, (port,) = await servers.topic("orders"), free_ports(1)
    spec = ProcessSpec(
        "consumer",
        argv=[sys.executable, "-m", "tests.support.consuming", "stuck-consumer", "0.1", topic],
        env={
            "COUNTERMAND_POSTGRES_DSN": database,
            "COUNTERMAND_KAFKA_BOOTSTRAP": servers.kafka_bootstrap,
            "COUNTERMAND_HEALTH_PORT": str(port),
            "COUNTERMAND_STUCK_AFTER_S": str(STUCK_AFTER_S),
            "COUNTERMAND_LOG_FORMAT": "json",
        },
        ready_url=f"http://127.0.0.1:{port}/readyz",
    )
    supervisor = Supervisor(tmp_path, cwd=Path(__file__).parents[2])
    await supervisor.start([spec])
    stranger = await asyncpg.connect(database)
    try:
        await producer.send_and_wait(topic, **record(placed("1"), "m1"))
        await until(lambda: is_handled(database, 1), what="the first is handled")
        holding = stranger.transaction()
        await holding.start()
        await stranger.execute("LOCK TABLE cancellation.inbox IN ACCESS EXCLUSIVE MODE")
        await producer.send_and_wait(topic, **record(placed("2"), "m2"))
        await until(lambda: supervisor.exits, what="it ends itself")
        assert not await is_ready(f"http://127.0.0.1:{port}/readyz")
        await holding.rollback()
        await supervisor.wait_until_ready()
        await until(lambda: is_handled(database, 2), what="its successor handles the second")
    finally:
        await stranger.close()
        await supervisor.stop(grace_s=2)
    first = supervisor.exits[0]
    assert first.exit_code == EXIT_STUCK
    assert first.ran_s > STUCK_AFTER_S
    assert "process.stuck" in (tmp_path / "consumer.log").read_text()


async def is_handled(database: str, messages: int) -> bool:
    return await count(database, "cancellation.inbox") == messages
