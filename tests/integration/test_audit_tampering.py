"""Whatever is forged in the database or in an export is found, and found where it is.

`COUNTERMAND_TAMPERINGS` sets how many random forgeries there are of each kind together.
"""

import copy
import json
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from audit.signing import is_signed, public_key, read_key
from countermand.audit.checking import Trust, check
from countermand.audit.exporting import export_periods, export_stream
from countermand.audit.reading import Reader, open_reader
from countermand.audit.verify_export import Export, Finding
from kit.ids import stream_id
from tests.support.audit import ROOTS, audit_all, auditor, link_all, random_rows, write_log
from tests.support.export_tampering import EXPORT_FORGERIES, Lines, dumped
from tests.support.forger import Forger, garbled
from tests.support.tampering import FORGERIES

pytestmark = pytest.mark.integration

COUNT = int(os.environ.get("COUNTERMAND_TAMPERINGS", "300"))
SEED = random.SystemRandom().randrange(2**32)
WAYS, EXPORT_WAYS = list(FORGERIES.items()), list(EXPORT_FORGERIES.items())
NOWHERE = {"header", "unreadable"}
"""What is wrong with the file as a whole, or with a line that cannot be read."""
ORDER = "order:1"
FACTS, NOT_SIGNED = 260, 20


@pytest.fixture
async def forged(database: str, tmp_path: Path) -> AsyncIterator[tuple[Any, str]]:
    """A connection to a log of which all but the last facts are signed, and the signer's key."""
    rows = random_rows(random.Random(11), FACTS, streams=40)
    [(order, _)] = Counter(row[0] for row in rows[:-NOT_SIGNED]).most_common(1)
    rows = [(stream_id(ORDER) if row[0] == order else row[0], *row[1:]) for row in rows]
    key_file = tmp_path / "audit.pem"
    await write_log(database, rows[:-NOT_SIGNED])
    await audit_all(database, key_file)
    await write_log(database, rows[-NOT_SIGNED:])
    async with auditor(database, key_file) as (trail, _):
        await link_all(trail)
    connection = await asyncpg.connect(database)
    yield connection, public_key(read_key(key_file)).hex()
    await connection.close()


@pytest.mark.timeout(1_200)
async def test_every_forgery_in_the_database_is_found_where_it_is(forged: tuple[Any, str]) -> None:
    connection, key = forged
    reader = Reader(connection, "cancellation")
    forger = Forger(connection, random.Random(SEED))
    await forger.look()
    anchors = {root.period: root.hash.hex() for root in forger.roots[-1:]}
    assert (await check(reader, Trust(frozenset({key}), anchors))).findings == []
    found = 0
    for number in range(COUNT):
        forge, kinds = WAYS[number % len(WAYS)]
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("SET LOCAL session_replication_role = replica")
        places = await forge(forger)
        report = await check(reader, Trust(frozenset({key}), anchors))
        await transaction.rollback()
        told = f"{forge.__name__} {number}, seed {SEED}: {places}\n{report.findings}"
        assert any(finding.kind in kinds.split() for finding in report.findings), told
        assert all(places.hold(finding) for finding in report.findings), told
        found += 1
    assert found == COUNT


async def exported(dsn: str, what: str) -> Lines:
    """Export the order with the longest story, or everything."""
    written: list[str] = []
    async with open_reader(dsn, "cancellation") as reader:
        if what == "an order":
            done = await export_stream(reader, ORDER, written.append, lambda *_: None)
        else:
            done = await export_periods(reader, 1, None, written.append, lambda *_: None)
    lines: Lines = [json.loads(text) for text in written]
    assert (done.events, done.roots) == (lines[0]["events"], lines[0]["roots"])
    assert done.doubtful == 0
    return lines


@pytest.mark.parametrize("what", ["an order", "everything"])
@pytest.mark.timeout(1_200)
async def test_every_forgery_in_an_export_is_found_where_it_is(
    forged: tuple[Any, str], database: str, what: str
) -> None:
    _, key = forged
    lines = await exported(database, what)
    assert not findings_in(dumped(lines), key)
    chance = random.Random(SEED)
    for number in range(COUNT // 2):
        forge, kinds = EXPORT_WAYS[number % len(EXPORT_WAYS)]
        others = copy.deepcopy(lines)
        places = forge(others, chance)
        findings = findings_in(dumped(others), key)
        told = f"{forge.__name__} {number}, seed {SEED}: {places}\n{findings}"
        assert any(finding.kind in kinds.split() for finding in findings), told
        assert all(f.kind in NOWHERE or places.hold(f) for f in findings), told


async def test_a_root_the_same_key_signed_in_another_history_is_found(
    forged: tuple[Any, str], database: str, tmp_path: Path
) -> None:
    connection, key = forged
    signer = read_key(tmp_path / "audit.pem")
    forger = Forger(connection, random.Random(SEED))
    await forger.look()
    other = forger.roots[2]._replace(closed_at=datetime(1999, 1, 1, tzinfo=UTC))
    async with connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute(
            f"UPDATE {ROOTS} SET closed_at = $2, signature = $3 WHERE period = $1",
            other.period, other.closed_at, signer.sign(other.statement()),
        )  # fmt: skip
    trust = Trust(frozenset({key}))
    [finding] = (await check(Reader(connection, "cancellation"), trust)).findings
    assert (finding.kind, finding.period) == ("root", other.period + 1)
    anchored = Trust(frozenset({key}), {other.period: forger.roots[2].hash.hex()})
    found = (await check(Reader(connection, "cancellation"), anchored)).findings
    assert ("anchor", other.period) in [(finding.kind, finding.period) for finding in found]
    [finding] = findings_in(dumped(await exported(database, "everything")), key)
    assert (finding.kind, finding.period) == ("root", other.period + 1)


@pytest.mark.parametrize("what", ["an order", "everything"])
async def test_a_byte_changed_anywhere_in_an_export_is_found_or_says_the_same(
    forged: tuple[Any, str], database: str, what: str
) -> None:
    _, key = forged
    lines = dumped(await exported(database, what))
    chance = random.Random(SEED)
    for number in range(COUNT // 2):
        place = chance.randrange(len(lines))
        before = lines[place].encode()
        after = garbled(before, chance).decode("utf-8", "surrogateescape")
        others = "".join([*lines[:place], after, *lines[place + 1 :]]).splitlines(keepends=True)
        if not findings_in(others, key):
            said = [json.loads(text.lower()) for text in (lines[place], after)]
            assert said[0] == said[1], f"byte {number}, seed {SEED}: {after}"


def findings_in(lines: list[str], key: str) -> list[Finding]:
    export = Export(frozenset({key}), is_signed)
    for _ in export.read(lines):
        pass
    return export.findings
