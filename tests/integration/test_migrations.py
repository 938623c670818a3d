"""Migrations on a real PostgreSQL: once each, whoever comes, whoever died before."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from deploy.migrations import main, migrate
from tests.support.stack import Servers

DIRECTORY = Path(__file__).parents[2] / "services" / "refunds" / "migrations"
COUNT = len(list(DIRECTORY.glob("[0-9]*")))

pytestmark = pytest.mark.integration


@pytest.fixture
def empty(servers: Servers) -> str:
    """Return the address of a database without any of our schemas."""
    name = "migrations_test"
    with psycopg.connect(servers.postgres_dsn, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    return urlunsplit(urlsplit(servers.postgres_dsn)._replace(path=f"/{name}"))


def test_a_lock_left_by_a_killed_process_stops_nobody(empty: str) -> None:
    assert migrate(empty, schema="refunds", directory=DIRECTORY) == COUNT
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO refunds.yoyo_lock (locked, ctime, pid) VALUES (1, now(), 1)"
        )
    assert migrate(empty, schema="refunds", directory=DIRECTORY) == 0


def test_several_at_a_time_apply_each_migration_once(empty: str) -> None:
    with ThreadPoolExecutor(3) as threads:
        runs = [
            threads.submit(migrate, empty, schema="refunds", directory=DIRECTORY) for _ in range(3)
        ]
    assert sorted(run.result() for run in runs) == [0, 0, COUNT]


def test_one_schema_is_migrated_by_its_name(
    empty: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COUNTERMAND_POSTGRES_DSN", empty)
    assert main(["refunds"]) == 0
    assert main(["refunds"]) == 0
    told = "The schema refunds is up to date ({} migrations applied)."
    assert capsys.readouterr().out.splitlines() == [told.format(COUNT), told.format(0)]
    assert main(["console"]) == 2
    assert main([]) == 2
