"""The audit history beside a real log: complete, signed, and the same after a rebuild."""

import asyncio
import random
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from audit.hashes import GENESIS, Root, chain, tree_root
from audit.signing import is_signed, public_key, read_key
from audit.trail import ROOT_COLUMNS
from countermand.audit.asking import check_logs
from countermand.audit.rebuilding import RootsDisagreeError, rebuild_audit
from countermand.verify.audited import check_audited
from kit import projector as kit_projector
from kit.event_store import LogEntry
from kit.health import Health
from kit.settings import KitSettings
from rebuild import filling
from services.cancellation import bootstrap
from tests.support.audit import (
    ENTRIES,
    EVENTS,
    ROOTS,
    audit_all,
    auditor,
    link_all,
    random_rows,
    write_log,
)
from tests.support.processes import ServiceProcess
from tests.support.stack import Servers, count, fetch, until

pytestmark = pytest.mark.integration


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "audit.pem"


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that end inside streams."""
    monkeypatch.setattr(kit_projector, "PAGE_MAX", 37)
    monkeypatch.setattr(filling, "STREAM_PAGE_MAX", 41)


async def entries(dsn: str) -> list[tuple[Any, ...]]:
    rows = await fetch(
        dsn, f"SELECT stream_id, version, position, link FROM {ENTRIES} ORDER BY position"
    )
    return [tuple(row) for row in rows]


async def signed_roots(dsn: str) -> list[Root]:
    rows = await fetch(dsn, f"SELECT {', '.join(ROOT_COLUMNS)} FROM {ROOTS} ORDER BY period")
    return [Root("cancellation", *row) for row in rows]


async def problems(dsn: str) -> list[dict[str, Any]]:
    [report] = await check_logs(dsn, frozenset(), {}, lambda *_: None)
    return [*report["findings"]]


@pytest.mark.usefixtures("small_pages")
async def test_every_fact_has_its_link_and_every_period_its_signed_root(
    database: str, key_file: Path
) -> None:
    rows = random_rows(random.Random(1), 200, streams=30)
    await write_log(database, rows)
    await audit_all(database, key_file)
    log = [LogEntry(row[4], row[0], row[1], row[2], row[3]) for row in rows]
    links = chain(log, {})
    assert await entries(database) == links
    roots = await signed_roots(database)
    assert [root.entry_count for root in roots] == [32, 32, 32, 32, 32, 32, 8]
    previous, start, public = GENESIS, 0, public_key(read_key(key_file))
    for number, root in enumerate(roots, 1):
        covered = links[start : start + root.entry_count]
        assert (root.period, root.previous, root.public_key) == (number, previous, public)
        assert (root.first_position, root.last_position) == (covered[0][2], covered[-1][2])
        assert root.tree == tree_root([row[3] for row in covered])
        assert is_signed(public, root.statement(), root.signature)
        previous, start = root.hash, start + root.entry_count
    assert await problems(database) == []


async def test_a_period_closes_when_it_is_full_or_old_and_never_when_it_is_empty(
    database: str, key_file: Path
) -> None:
    rows = random_rows(random.Random(2), 50, streams=5)
    await write_log(database, rows[:40])
    async with auditor(database, key_file, period_s=0.2) as (trail, sealer):
        assert await sealer.seal() is None, "nothing is linked"
        await link_all(trail)
        full = await sealer.seal()
        assert full is not None
        assert full.entry_count == 32
        assert await sealer.seal() is None, "neither full nor old"
        await asyncio.sleep(0.25)
        old = await sealer.seal()
        assert old is not None
        assert old.entry_count == 8
        await asyncio.sleep(0.25)
        assert await sealer.seal() is None, "empty"
        await write_log(database, rows[40:])
        await link_all(trail)
        assert await sealer.seal() is None, "the next period is young"


async def test_two_auditors_at_once_sign_each_period_once(database: str, key_file: Path) -> None:
    await write_log(database, random_rows(random.Random(3), 320, streams=40))
    counts = await asyncio.gather(*(audit_all(database, key_file) for _ in range(3)))
    assert sum(counts) == 10, "each root has one signer"
    assert [root.period for root in await signed_roots(database)] == list(range(1, 11))
    assert await problems(database) == []


@pytest.mark.usefixtures("small_pages")
async def test_a_rebuilt_audit_history_is_the_same_hash_by_hash(
    database: str, key_file: Path
) -> None:
    rows = random_rows(random.Random(4), 300, streams=30)
    await write_log(database, rows[:250])
    await audit_all(database, key_file)
    before, roots = await entries(database), await signed_roots(database)
    figures = await rebuild_audit(database, "cancellation")
    assert figures["facts"] == 250
    assert (await entries(database), await signed_roots(database)) == (before, roots)
    await write_log(database, rows[250:])
    await audit_all(database, key_file)
    assert await problems(database) == []
    assert (await entries(database))[:250] == before


async def test_links_that_were_lost_come_back_by_themselves_or_by_a_rebuild(
    database: str, key_file: Path
) -> None:
    await write_log(database, random_rows(random.Random(9), 200, streams=20))
    await audit_all(database, key_file)
    before = await entries(database)
    await fetch(database, f"TRUNCATE {ENTRIES}")
    assert await problems(database) != []
    await rebuild_audit(database, "cancellation")
    assert await entries(database) == before
    await fetch(database, f"TRUNCATE {ENTRIES}")
    await fetch(database, "UPDATE cancellation_audit.projection_cursors SET position = 0")
    await rebuild_audit(database, "cancellation")
    await audit_all(database, key_file)
    assert await entries(database) == before
    assert await problems(database) == []


async def test_a_rebuild_from_a_log_that_was_changed_replaces_nothing(
    database: str, key_file: Path
) -> None:
    await write_log(database, random_rows(random.Random(5), 100, streams=9))
    await audit_all(database, key_file)
    before = await entries(database)
    await forge(database, f"UPDATE {EVENTS} SET state = state || '!' WHERE notification_id = $1",
                before[50][2])  # fmt: skip
    with pytest.raises(RootsDisagreeError, match="period 2, positions"):
        await rebuild_audit(database, "cancellation")
    assert await entries(database) == before
    [finding] = await problems(database)
    assert (finding["kind"], finding["position"]) == ("changed", before[50][2])
    [mismatch] = await check_audited(database)
    assert (
        f"kind changed, detail its stored name or body is another one, position {before[50][2]}"
        in (mismatch.detail)
    )


async def forge(dsn: str, statement: str, *arguments: object) -> None:
    """Do what only a superuser can: the triggers are off."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("SET session_replication_role = replica")
    await connection.execute(statement, *arguments)
    await connection.close()


@pytest.mark.parametrize("statement", ["UPDATE {} SET period = 9", "DELETE FROM {}", "TRUNCATE {}"])
async def test_a_signed_root_is_never_rewritten(
    database: str, key_file: Path, statement: str
) -> None:
    await write_log(database, random_rows(random.Random(6), 40, streams=4))
    await audit_all(database, key_file)
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await fetch(database, statement.format(ROOTS))


async def test_an_auditor_killed_again_and_again_leaves_no_gap(
    servers: Servers, settings: KitSettings, database: str, key_file: Path
) -> None:
    chance = random.Random(7)
    rows = random_rows(chance, 6_000, streams=500)
    await audit_all(database, key_file)  # makes the key
    env = {
        "CANCELLATION_AUDIT_KEY_FILE": str(key_file), "CANCELLATION_AUDIT_PERIOD_S": "0.05",
        "CANCELLATION_AUDIT_ENTRIES_MAX": "100",
    }  # fmt: skip
    process = ServiceProcess(servers, database, "services.cancellation", "audit", env=env)
    async with process:
        for start in range(0, 6_000, 2_000):
            await process.until_ready()
            reached = await count(database, ENTRIES)
            await write_log(database, rows[start : start + 2_000])

            async def has_moved(reached: int = reached) -> bool:
                return await count(database, ENTRIES) > reached

            await until(has_moved, what="it links")
            await asyncio.sleep(chance.uniform(0, 0.3))
            process.kill()
            process.start()

        async def is_all_signed() -> bool:
            signed = await fetch(database, f"SELECT sum(entry_count) FROM {ROOTS}")
            return bool(signed[0][0] == 6_000)

        await until(is_all_signed, what="everything is signed")
    assert await problems(database) == []


async def test_an_auditor_without_a_usable_key_ends_with_a_word(
    servers: Servers, database: str, tmp_path: Path
) -> None:
    open_to_all = tmp_path / "open.pem"
    open_to_all.write_text("x")
    for env, word in (
        ({}, "CANCELLATION_AUDIT_KEY_FILE names no key"),
        ({"CANCELLATION_AUDIT_KEY_FILE": str(open_to_all)}, "open to others"),
    ):
        process = ServiceProcess(servers, database, "services.cancellation", "audit", env=env)
        async with process:
            assert await process.wait() == 2
        assert word in process.log.read_text()
        assert "Traceback" not in process.log.read_text()


async def test_an_auditor_needs_no_right_to_write_the_log(
    settings: KitSettings, database: str, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await audit_all(database, key_file)  # makes the key
    monkeypatch.setenv("CANCELLATION_AUDIT_KEY_FILE", str(key_file))
    monkeypatch.setenv("CANCELLATION_AUDIT_PERIOD_S", "0.1")
    await write_log(database, random_rows(random.Random(8), 40, streams=4))
    await fetch(database, "CREATE ROLE auditor LOGIN")
    try:
        for grant in (
            "USAGE ON SCHEMA cancellation, cancellation_audit TO auditor",
            "SELECT ON cancellation.cancellation_events TO auditor",
            "SELECT, INSERT ON ALL TABLES IN SCHEMA cancellation_audit TO auditor",
            "UPDATE ON cancellation_audit.projection_cursors TO auditor",
        ):
            await fetch(database, f"GRANT {grant}")
        dsn = database.replace("//countermand@", "//auditor@").replace("//test@", "//auditor@")
        assert dsn != database
        health = Health("cancellation", 60)
        own = settings.model_copy(update={"postgres_dsn": dsn})
        running = asyncio.create_task(bootstrap.audit(own, health))

        async def is_all_signed() -> bool:
            assert not running.done()
            signed = await fetch(database, f"SELECT sum(entry_count) FROM {ROOTS}")
            return bool(signed[0][0] == 40)

        await until(is_all_signed, what="everything is signed")
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await fetch(dsn, f"DELETE FROM {EVENTS}")
    finally:
        await fetch(database, "DROP OWNED BY auditor")
        await fetch(database, "DROP ROLE auditor")
