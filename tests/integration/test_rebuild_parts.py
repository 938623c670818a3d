"""Read models rebuilt as a person does it: parts of them, and differences by name."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from kit.ids import stream_id
from kit.postgres import Pool
from kit.settings import KitSettings
from services.cancellation.projections.orders import PARTS, OrdersProjection
from tests.integration.test_rebuilds import project
from tests.support import command_line
from tests.support.history import read_models
from tests.support.stack import fetch

pytestmark = pytest.mark.integration

STREAM = stream_id("order:order-7")
WRONG = {
    "states": "UPDATE cancellation.order_summaries SET captured_minor = 1 WHERE stream_id = $1",
    "search": "UPDATE cancellation.order_words SET found_by = 'Nother' WHERE stream_id = $1",
    "figures": "UPDATE cancellation.cancellations SET amount_minor = 1 WHERE stream_id = $1",
}


async def said(dsn: str, *words: str) -> command_line.Ended:
    env = {"COUNTERMAND_POSTGRES_DSN": dsn, "COUNTERMAND_KAFKA_BOOTSTRAP": "127.0.0.1:1"}
    return await command_line.run("rebuild", *words, "--json", env=env)


async def test_every_difference_is_listed_in_a_file_and_accepted_by_name(
    settings: KitSettings, database: str, pool: Pool, tmp_path: Path
) -> None:
    await project(pool, settings)
    before, file = await read_models(database), tmp_path / "all"
    await pool.execute(WRONG["states"], STREAM)
    asked = ("--differences", str(file))
    refused = await said(database, *asked)
    assert refused.exit_code == 1
    assert refused.json["swapped"] is False
    (listed,) = map(orjson.loads, file.read_bytes().splitlines())
    assert listed["stream"] == str(STREAM)
    assert listed["changes"].keys() == {"captured_minor"}
    assert listed["names"] == ["order_summaries.captured_minor"]
    accepted = ("--accept", *listed["names"], "--by", "Ada", "--why", "it was changed by hand")
    assert (await said(database, *asked, *accepted)).json["swapped"]
    assert await read_models(database) == before


async def tables_of(dsn: str, part: str) -> dict[str, Any]:
    return {
        name: sorted(await fetch(dsn, f"SELECT t::text FROM cancellation.{name} t"))
        for name in PARTS[part]
    }


@pytest.mark.parametrize("part", PARTS)
async def test_a_part_is_built_anew_and_the_others_stay_as_they_are(
    settings: KitSettings, database: str, pool: Pool, part: str
) -> None:
    await project(pool, settings)
    right = {name: await tables_of(database, name) for name in PARTS}
    for name, change in WRONG.items():
        assert await pool.execute(change, STREAM) != "UPDATE 0", name
    wrong = {name: await tables_of(database, name) for name in PARTS}
    refused = await said(database, "--only", part)
    assert refused.exit_code == 1
    assert {name.partition(".")[0] for name in refused.json["differences"]} <= {*PARTS[part]}
    accepted = [word for name in refused.json["differences"] for word in ("--accept", name)]
    done = await said(database, "--only", part, *accepted, "--by", "Ada", "--why", "by hand")
    assert done.json["digests"].keys() == {*PARTS[part]}
    for name in PARTS:
        expected = right if name == part else wrong
        assert await tables_of(database, name) == expected[name], name


async def test_a_part_waits_for_all_where_versions_are_others_or_nothing_is_filled(
    database: str, settings: KitSettings, pool: Pool
) -> None:
    empty = await said(database, "--only", "states")
    assert (empty.exit_code, "rebuild all of them" in empty.stderr) == (1, True)
    await project(pool, settings)
    await pool.execute("UPDATE cancellation.projection_cursors SET version = version - 1")
    older = await said(database, "--only", "states")
    assert (older.exit_code, "another version" in older.stderr) == (1, True)
    unknown = await said(database, "--only", "nothing")
    assert (unknown.exit_code, "try states, search, figures" in unknown.stderr) == (1, True)


def test_every_table_belongs_to_one_part() -> None:
    whole = OrdersProjection()
    named = [table for tables in PARTS.values() for table in tables]
    assert sorted(named) == sorted((*whole.tables, *whole.sums))
    assert not whole.part(*PARTS).is_part
    assert whole.part("states").is_part
