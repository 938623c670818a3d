"""Calls of a restored log on a real PostgreSQL: those of the second channel are named, too."""

from collections.abc import AsyncIterator

import pytest

from countermand.recovery.effects import Reconciled, WorkerRunsError, reconcile
from kit.postgres import Pool, open_pool
from kit.settings import KitSettings
from services.notifier.webhooks.desk import By, Desk
from services.notifier.webhooks.guard import Guard
from services.notifier.webhooks.registered import Registered
from services.notifier.webhooks.service import SERVICE
from tests.support.replaying import cancel_orders, deliver
from tests.support.stack import count

pytestmark = pytest.mark.integration


@pytest.fixture
async def pool(settings: KitSettings) -> AsyncIterator[Pool]:
    """A database in which two webhooks are due."""
    async with open_pool(settings.postgres_dsn, size_max=2, name="test") as pool:
        desk = Desk(pool, Registered(), SERVICE.processor(settings, pool), Guard(frozenset({443})))
        await desk.register("https://shop.example/hook", [], None, By("Lea", None, "k-1"))
        await cancel_orders(settings, ["1", "2"])
        await deliver(settings, "webhooks", ["1", "2"])
        yield pool


async def test_webhooks_about_to_be_sent_are_looked_at_by_their_lane(
    pool: Pool, settings: KitSettings, database: str
) -> None:
    found = await reconcile(pool, settings, mails=())
    assert Reconciled("webhooks", settled=0, due=0, looked_up=2) in found
    assert await count(database, "webhooks.effects WHERE status = 'running'") == 2


async def test_nothing_is_reconciled_while_the_lane_sends(
    pool: Pool, settings: KitSettings, database: str
) -> None:
    await pool.execute(
        "UPDATE webhooks.effects SET status = 'running', lease_token = gen_random_uuid(),"
        " lease_until = now() + interval '1 minute'"
    )
    with pytest.raises(WorkerRunsError, match="webhooks"):
        await reconcile(pool, settings, mails=())
    assert await count(database, "webhooks.effects WHERE attempts = 0") == 2
