"""The shop that reads are measured on: written by the service, and every question answered."""

import asyncpg
import httpx2
import pytest

from countermand.bench import years
from countermand.bench.questions import figures_asked, orders_asked
from countermand.demo import DEMO_FILE
from countermand.verify.views import check_views
from kit.postgres import open_pool
from kit.settings import KitSettings
from services.cancellation import api
from services.cancellation.bootstrap import SERVICE, plan_processor
from services.cancellation.settings import CancellationSettings

pytestmark = pytest.mark.integration

ORDERS = 1_200
FIRST = 700


async def test_a_shop_of_two_years_answers_every_question_it_is_measured_by(
    settings: KitSettings, database: str
) -> None:
    # In two steps, as whoever was interrupted goes on.
    for count in (FIRST, ORDERS):
        await years.fill(settings, DEMO_FILE, count, lambda *_: None)
    connection = await asyncpg.connect(database)
    try:
        assert not await check_views(connection)
        questions = await orders_asked(connection, ORDERS) | figures_asked()
        said = "SELECT count(*) FROM cancellation.cancellations WHERE feedback <> ''"
        assert await connection.fetchval(said)
    finally:
        await connection.close()
    async with open_pool(database, name="test") as pool:
        app = api.build(
            pool=pool, store=SERVICE.store, processor=SERVICE.processor(settings, pool),
            plans=plan_processor(settings, pool), settings=CancellationSettings(access="open"),
            dsn=database,
        )  # fmt: skip
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://shop") as client:
            for what, paths in questions.items():
                for path in paths[:4]:
                    answer = await client.get(path)
                    assert answer.status_code == 200, (what, path, answer.text)
