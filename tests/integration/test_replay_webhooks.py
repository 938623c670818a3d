"""Replays to an endpoint on a real PostgreSQL: what it has not got is sent, what it has is not."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from countermand.dead_letters.actions import By as Who
from countermand.replay.journal import RefusedError
from countermand.replay.targets import BadTargetError
from countermand.replay.webhooks import WebhookAgain
from countermand.specs import take_up_reference
from kit.clock import utc_now
from kit.postgres import Pool, open_pool
from kit.settings import KitSettings
from services.notifier.webhooks.desk import By, Desk, Refused
from services.notifier.webhooks.domain.commands import RecordEnded
from services.notifier.webhooks.guard import Guard
from services.notifier.webhooks.registered import Registered
from services.notifier.webhooks.service import ENDPOINTS, SERVICE
from tests.support.replaying import Operator, cancel_orders, deliver, everything, settle
from tests.support.stack import Servers, count, fetch

pytestmark = pytest.mark.integration

LEA = By("Lea", "the shop", "k-1")
URL = "https://shop.example/hook"


@pytest.fixture
async def operator(settings: KitSettings, tmp_path: Path) -> AsyncIterator[Operator]:
    async with Operator.at(settings, tmp_path) as operator:
        yield operator


@pytest.fixture
async def pool(settings: KitSettings) -> AsyncIterator[Pool]:
    async with open_pool(settings.postgres_dsn, size_max=2, name="test") as pool:
        yield pool


@pytest.fixture
def desk(pool: Pool, settings: KitSettings) -> Desk:
    processor = SERVICE.processor(settings, pool)
    return Desk(pool, Registered(), processor, Guard(frozenset({443})))


async def ends(settings: KitSettings, dsn: str, outcome: Any) -> None:
    """Let every call end so."""
    rows = await fetch(dsn, "SELECT effect_id, delivery_id::text, round FROM webhooks.deliveries")
    words = {
        row[0]: RecordEnded(delivery_id=UUID(row[1]), round=row[2], outcome=outcome) for row in rows
    }
    await settle(settings, "webhooks", lambda id_: words[id_])


async def test_a_plan_sends_what_an_endpoint_has_not_got_and_twice_does_nothing(
    operator: Operator, settings: KitSettings, database: str, desk: Desk
) -> None:
    await cancel_orders(settings, ["before"])
    endpoint = await desk.register(URL, ["cancellation.order-cancelled.v1"], None, LEA)
    target = f"webhook:{endpoint['endpoint_id']}"
    orders = [f"order-{number}" for number in range(150)]
    await cancel_orders(settings, orders)
    await deliver(settings, "webhooks", orders[:20])
    await ends(settings, database, "SUCCEEDED")
    await deliver(settings, "webhooks", orders[20:30])
    await ends(settings, database, "FAILED")
    await deliver(settings, "webhooks", orders[30:35])

    before = await everything(database, "webhooks")
    plan = await operator.plan(target)
    assert await everything(database, "webhooks") == before, "a plan changes nothing"
    assert plan.totals["states"] == {
        "delivered": 20, "failed": 10, "on its way": 5, "missing": 115,
    }  # fmt: skip
    assert (plan.totals["do"], plan.totals["effects"]) == (125, {"webhook": 125})
    foretold = {row["effects"][0]["id"] for row in plan.rows() if row["do"]}
    with pytest.raises(RefusedError, match="APPROVAL_MISSING"):
        await operator.run(plan)
    await operator.approve(plan)
    aim = operator.target(plan)
    assert isinstance(aim, WebhookAgain)
    aim.send_for(Who("Ada", "found them missing"))
    ended = await operator.run(plan, target=aim)
    assert (ended.outcome, ended.progress.did, ended.progress.moved) == ("completed", 125, 0)
    due = await fetch(database, "SELECT effect_id::text FROM webhooks.effects WHERE status = 'due'")
    assert foretold <= {row[0] for row in due}
    assert len(due) == 130
    assert await count(database, "webhooks.deliveries") == 150, "one per message"
    assert await count(database, "webhooks.deliveries WHERE round = 1") == 10

    after = await everything(database, "webhooks")
    assert (await operator.run(plan)).outcome == "completed before"
    assert await everything(database, "webhooks") == after
    assert (await operator.plan(target, "second")).totals["do"] == 0
    # What the lane hears of late it finds there.
    await deliver(settings, "webhooks", orders)
    assert await count(database, "webhooks.deliveries") == 150
    assert await count(database, "webhooks.effects") == len(after[2])

    whole = await operator.plan(target, "whole", since=utc_now().replace(year=2000))
    assert whole.totals["states"]["missing"] == 1, "on purpose, what was before its registration"


async def test_what_was_registered_in_one_database_is_not_known_in_the_next(
    servers: Servers, settings: KitSettings, pool: Pool, desk: Desk
) -> None:
    endpoint = await desk.register(URL, [], None, LEA)
    await take_up_reference(SERVICE, pool)
    assert str(endpoint["endpoint_id"]) in {str(known) for known in ENDPOINTS.current().known}
    with servers.database():
        assert not ENDPOINTS.current().known


async def test_a_plan_that_the_world_has_moved_from_does_nothing(
    operator: Operator, settings: KitSettings, database: str, desk: Desk
) -> None:
    endpoint = await desk.register(URL, [], None, LEA)
    target = f"webhook:{endpoint['endpoint_id']}"
    await cancel_orders(settings, ["1", "2"])
    plan = await operator.plan(target)
    assert plan.totals["do"] == 2
    await deliver(settings, "webhooks", ["2"])
    assert (await operator.run(plan)).outcome == "refused"
    assert await count(database, "webhooks.deliveries") == 1
    stop = By("Lea", None, "k-2")
    await desk.change(endpoint["endpoint_id"], stop, is_enabled=False)
    for name, words in (
        (target, "disabled"), ("webhook:nobody", "no endpoint"),
        (f"webhook:{UUID(int=1)}", "No endpoint"),
    ):  # fmt: skip
        with pytest.raises(BadTargetError, match=words):
            await operator.plan(name, "none")


async def test_two_keys_sign_while_one_replaces_another_and_no_more(desk: Desk, pool: Pool) -> None:
    endpoint = await desk.register(URL, [], None, LEA)
    id_ = endpoint["endpoint_id"]

    async def keys() -> list[str]:
        rows = await pool.fetch(
            "SELECT key FROM webhooks.signing_keys WHERE valid_until IS NULL OR valid_until > now()"
            " ORDER BY made_at DESC"
        )
        return [row[0] for row in rows]

    second = await desk.replace_key(id_, 60, By("Lea", None, "k-2"))
    assert await keys() == [second["secret"], endpoint["secret"]]
    assert (await desk.replace_key(id_, 60, By("Lea", None, "k-2")))["secret"] is None
    third = await desk.replace_key(id_, 60, By("Lea", None, "k-3"))
    assert await keys() == [third["secret"], second["secret"]]
    last = await desk.replace_key(id_, 0, By("Lea", None, "k-4"))
    assert await keys() == [last["secret"]]
    assert "whsec_" not in repr(await pool.fetch("SELECT state FROM webhooks.webhooks_events"))
    with pytest.raises(Refused, match="ENDPOINT_NOT_FOUND"):
        await desk.replace_key(UUID(int=1), 0, LEA)
