"""Replays of a leg on a real PostgreSQL: what is foretold happens, nothing else, and once."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from countermand.replay.journal import RefusedError
from kit.ids import stream_id
from kit.settings import KitSettings
from services.notifier.domain.commands import RecordAcceptance
from services.refunds.domain.commands import RecordProviderStatus
from tests.support.messages import PRICE_MINOR
from tests.support.replaying import Operator, cancel_orders, deliver, everything, settle
from tests.support.stack import count, fetch

pytestmark = pytest.mark.integration

EFFECTS = "refunds.effects"
EVENTS = "refunds.refunds_events"


@pytest.fixture
async def operator(settings: KitSettings, tmp_path: Path) -> AsyncIterator[Operator]:
    async with Operator.at(settings, tmp_path) as operator:
        yield operator


async def test_a_plan_for_a_thousand_orders_foretells_its_result_exactly(
    operator: Operator, settings: KitSettings, database: str
) -> None:
    orders = [f"order-{number}" for number in range(1_000)]
    await cancel_orders(settings, orders)
    await deliver(settings, "refunds", orders[:700])
    before = await everything(database)
    plan = await operator.plan("leg:refunds")
    assert await everything(database) == before, "a plan changes nothing"
    assert plan.totals == {
        "rows": 1_000, "do": 300, "states": {"handled": 700, "missing": 300},
        "effects": {"refund": 300}, "effects_already": {"refund due": 700},
        "amount_minor": {"EUR": 300 * 3 * PRICE_MINOR},
    }  # fmt: skip
    foretold = {
        effect["id"]: row["key"]
        for row in plan.rows() if row["do"] for effect in row["effects"]
    }  # fmt: skip
    assert set(foretold.values()) == set(orders[700:])

    with pytest.raises(RefusedError, match="APPROVAL_MISSING"):
        await operator.run(plan)
    assert await everything(database) == before
    await operator.approve(plan)
    ended = await operator.run(plan)
    assert (ended.outcome, ended.progress.did, ended.progress.moved) == ("completed", 300, 0)
    effects = await fetch(database, f"SELECT effect_id, status FROM {EFFECTS}")
    assert len(effects) == 1_000
    assert {row[1] for row in effects} == {"due"}
    new = {str(row[0]) for row in effects} - {effect_id(one) for one in before[2]}
    assert new == set(foretold)
    facts = await fetch(database, f"SELECT topic, count(*) FROM {EVENTS} GROUP BY topic")
    assert [tuple(row) for row in facts] == [("refund.requested.v1", 1_000)]

    after = await everything(database)
    again = await operator.run(plan)
    assert (again.outcome, again.is_clean) == ("completed before", True)
    assert await everything(database) == after
    assert (await operator.plan("leg:refunds", "second")).totals["do"] == 0


def effect_id(row: str) -> str:
    return row.split("'")[1].lstrip("(").split(",")[0]


async def test_the_same_question_about_the_same_world_is_the_same_plan(
    operator: Operator, settings: KitSettings
) -> None:
    await cancel_orders(settings, ["1", "2"])
    first = await operator.plan("leg:refunds", "first")
    again = await operator.plan("leg:refunds", "again")
    assert (first.hash, first.path.read_bytes()) == (again.hash, again.path.read_bytes())
    assert len(await operator.system.journal.history(first.hash)) == 1
    await deliver(settings, "refunds", ["2"])
    assert (await operator.plan("leg:refunds", "third")).hash != first.hash


async def test_an_effect_row_that_was_lost_is_written_again_and_nothing_else(
    operator: Operator, settings: KitSettings, database: str
) -> None:
    await cancel_orders(settings, ["1", "2", "3"])
    await deliver(settings, "refunds", ["1", "2", "3"])
    before = await everything(database)
    await fetch(
        database, f"DELETE FROM {EFFECTS} WHERE stream_id = $1 RETURNING 1", stream_id("refunds:2")
    )
    # The outcome of this one is known, so its row is not missed.
    settled = "SELECT 'effect:' || effect_id, ''::bytea, stream_id FROM refunds.effects"
    await fetch(
        database, "INSERT INTO refunds.inbox (message_id, fingerprint, stream_id)"
        f" {settled} WHERE stream_id = $1 RETURNING 1", stream_id("refunds:3"),
    )  # fmt: skip
    await fetch(
        database, f"DELETE FROM {EFFECTS} WHERE stream_id = $1 RETURNING 1", stream_id("refunds:3")
    )
    plan = await operator.plan("leg:refunds")
    assert plan.totals["states"] == {"handled": 2, "effect missing": 1}
    assert (await operator.run(plan)).is_clean
    rows = await fetch(database, f"SELECT effect_id FROM {EFFECTS}")
    assert len(rows) == 2
    assert {str(row[0]) for row in rows} <= {effect_id(one) for one in before[2]}
    assert await count(database, EVENTS) == 3


async def test_what_a_plan_is_about_is_chosen_by_any_combination(
    operator: Operator, settings: KitSettings
) -> None:
    await cancel_orders(settings, ["1", "2", "3", "4"])

    async def chosen(**selection: Any) -> set[str]:
        plan = await operator.plan("leg:refunds", **selection)
        return {row["key"] for row in plan.rows()}

    assert await chosen(orders=("1", "3", "9")) == {"1", "3"}
    assert await chosen(types=("order.cancelled.*",)) == {"1", "2", "3", "4"}
    assert await chosen(types=("order.placed.v1",)) == set()
    assert await chosen(reason="CUSTOMER", orders=("2",)) == {"2"}
    assert await chosen(reason="FRAUD") == set()
    assert await chosen(correlation="cancel-4") == {"4"}
    assert await chosen(since="2020-01-01T00:00:00Z", until="2020-01-02T00:00:00Z") == set()
    assert await chosen(since="2020-01-01T00:00:00Z", from_position=7, to_position=9) == {"3"}


async def test_every_leg_can_be_aimed_at_and_the_way_home_too(
    operator: Operator, settings: KitSettings, database: str
) -> None:
    await cancel_orders(settings, ["1"])
    for service, names in (
        ("inventory", ["stock.allocated.v1", "stock.restocked.v1", "stock.released.v1"]),
        ("notifier", ["notification.requested.v1"]),
    ):  # fmt: skip
        plan = await operator.plan(f"leg:{service}", service)
        assert [row["facts"] for row in plan.rows()] == [names]
        assert (await operator.run(plan)).is_clean
    assert await count(database, "inventory.stock_movements") == 4
    home = await operator.plan("leg:cancellation", "home")
    assert [row["facts"] for row in home.rows()] == [["order.restock-reported.v1"]]
    assert (await operator.run(home)).is_clean


async def test_messages_of_one_stream_are_foretold_one_after_the_other(
    operator: Operator, settings: KitSettings, database: str
) -> None:
    """The second report closes the last leg, and only because the first one came before it."""
    await cancel_orders(settings, ["1"])
    for service in ("inventory", "notifier"):
        assert (await operator.run(await operator.plan(f"leg:{service}", service))).is_clean
    await deliver(settings, "refunds", ["1"])
    await settle(settings, "notifier", lambda id_: RecordAcceptance(message_id=id_))
    await settle(settings, "refunds", lambda id_: RecordProviderStatus(
        order_id="1", refund_id=id_, status="succeeded", provider_reference="re_1"
    ))  # fmt: skip
    home = await operator.plan("leg:cancellation", "home")
    facts = [name for row in home.rows() for name in row["facts"]]
    assert facts.count("order.cancellation-completed.v1") == 1
    assert (await operator.run(home)).is_clean
    rows = await fetch(
        database, "SELECT topic FROM cancellation.cancellation_events ORDER BY notification_id"
    )
    assert [row[0] for row in rows][3:] == facts


async def test_what_is_set_aside_or_would_be_is_not_missing(
    operator: Operator, settings: KitSettings, database: str
) -> None:
    await cancel_orders(settings, ["1"])
    plan = await operator.plan("leg:refunds", "before")
    [row] = plan.rows()
    await fetch(
        database, 'INSERT INTO refunds.dead_letters (topic, partition, "offset", message_id, code,'
        " detail, headers) VALUES ('cancellation.events', 0, 0, $1, 'DATA_INVALID', '', '')"
        " RETURNING 1", row["id"],
    )  # fmt: skip
    [now] = (await operator.plan("leg:refunds", "after")).rows()
    assert (now["do"], now["state"]) == (False, "set aside: DATA_INVALID")
