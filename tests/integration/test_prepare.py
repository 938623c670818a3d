"""Preparing servers for a system: all that is absent is made, once, and no server is an error."""

import asyncio
from pathlib import Path

import psycopg
import pytest

from contracts.topics import TOPICS
from deploy.local.errors import LocalRuntimeError
from deploy.prepare import PrepareSettings, prepare
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
