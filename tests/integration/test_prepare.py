"""Preparing servers for a system: all that is absent is made, once, and no server is an error."""

import asyncio
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from pydantic import ValidationError

from contracts.topics import TOPICS
from countermand.specs import SPECS, find_logs
from deploy.local.errors import LocalRuntimeError
from deploy.prepare import PrepareSettings, prepare
from kit.event_store import Pending
from services.inventory.bootstrap import SERVICE as INVENTORY
from sharding.homes import logs_of
from tests.support.sharding import connected
from tests.support.stack import Servers

pytestmark = pytest.mark.integration


async def test_everything_absent_is_made_and_stays_as_it_is(
    servers: Servers, tmp_path: Path
) -> None:
    key, said = tmp_path / "keys" / "audit.pem", list[str]()
    with servers.database() as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("DROP SCHEMA refunds CASCADE")
        settings = PrepareSettings(postgres_dsn=dsn, kafka_bootstrap=servers.kafka_bootstrap)
        await prepare(settings, key, said.append)
        made = key.read_bytes()
        await prepare(settings, key, said.append)
        with psycopg.connect(dsn) as connection:
            [found] = connection.execute("SELECT count(*) FROM refunds.inbox").fetchall()
    assert found == (0,)
    assert key.read_bytes() == made
    assert key.stat().st_mode & 0o077 == 0
    applied = [line for line in said if "migrations applied" in line]
    assert "(0 migrations applied)" not in applied[0]
    assert "(0 migrations applied)" in applied[1]
    assert await servers.read_topic(TOPICS[0].name) is not None


async def test_every_event_store_gets_its_logs_and_keeps_them(
    servers: Servers, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERMAND_EVENT_STORE_SHARDS", "2")
    two = PrepareSettings(postgres_dsn=database, kafka_bootstrap=servers.kafka_bootstrap)
    monkeypatch.setenv("COUNTERMAND_EVENT_STORE_SHARDS", "")
    any_number = PrepareSettings(postgres_dsn=database, kafka_bootstrap=servers.kafka_bootstrap)
    await prepare(two, None, print)
    await prepare(any_number, None, print)
    async with connected(database) as connection:
        assert await find_logs(connection) == {name: logs_of(name, 2) for name in SPECS}
        await INVENTORY.store.append(connection, [Pending(UUID(int=0), 1, "x", b"")])
    four = two.model_copy(update={"event_store_shards": 4, "prepare_wait_s": 0})
    with pytest.raises(LocalRuntimeError, match="inventory holds facts in 2 logs, and 4"):
        await prepare(four, None, print)
    async with connected(database) as connection:
        assert await find_logs(connection) == {name: logs_of(name, 2) for name in SPECS}
    monkeypatch.setenv("COUNTERMAND_EVENT_STORE_SHARDS", "33")
    with pytest.raises(ValidationError, match="less than or equal to 32"):
        PrepareSettings(postgres_dsn=database, kafka_bootstrap=servers.kafka_bootstrap)


async def test_a_server_that_never_answers_is_named(servers: Servers, database: str) -> None:
    away = PrepareSettings(postgres_dsn=database, kafka_bootstrap="127.0.0.1:9", prepare_wait_s=0)
    with pytest.raises(LocalRuntimeError, match=r"127\.0\.0\.1"):
        await prepare(away, None, print)


async def test_what_no_waiting_mends_is_told_at_once(servers: Servers, tmp_path: Path) -> None:
    with servers.database() as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("DROP SCHEMA refunds CASCADE")
            connection.execute("CREATE SCHEMA refunds CREATE TABLE inbox (something text)")
        settings = PrepareSettings(postgres_dsn=dsn, kafka_bootstrap=servers.kafka_bootstrap)
        with pytest.raises(LocalRuntimeError, match="migrations of refunds failed"):
            await asyncio.wait_for(prepare(settings, None, print), 30)
