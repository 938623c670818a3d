"""The question below a mail, answered over HTTP: once, by whoever has the link."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx2
import pytest

from kit.settings import KitSettings
from services.notifier.bootstrap import SERVICE
from services.notifier.feedback import build
from services.notifier.sealing import feedback_token
from tests.support.effects import hear, outcomes
from tests.support.stack import count, fetch

pytestmark = pytest.mark.integration

SECRET = b"secret"


@pytest.fixture
async def door(settings: KitSettings, database: str) -> AsyncIterator[httpx2.AsyncClient]:
    await hear(SERVICE, settings, ["1"])
    async with SERVICE.pool(settings, "test") as pool:
        processor = replace(SERVICE.processor(settings, pool), remembered_max=0)
        app = build(pool, SERVICE.store, processor, SECRET, ())
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://shop") as client:
            yield client


async def link(dsn: str) -> str:
    ((message_id,),) = await fetch(dsn, "SELECT effect_id FROM notifier.effects")
    return f"/v1/feedback/{feedback_token(SECRET, message_id)}"


async def test_looking_changes_nothing_and_the_first_answer_counts(
    door: httpx2.AsyncClient, database: str
) -> None:
    url = await link(database)
    page = await door.get(url)
    assert (page.status_code, page.text.count("<button")) == (200, 3)
    assert "example" not in page.text, "it names nobody"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert (await outcomes(database, "notifier"))["feedback.given.v1"] == 0
    answers = [("GOOD", "POOR", "FAIR")[number % 3] for number in range(24)]
    said = await asyncio.gather(*(door.post(url, data={"answer": one}) for one in answers))
    assert Counter(one.status_code for one in said) == {200: 24}
    assert (await outcomes(database, "notifier"))["feedback.given.v1"] == 1
    assert await count(database, "notifier.dead_letters") == 0


async def test_no_link_but_ours_opens_and_no_other_answer_is_taken(
    door: httpx2.AsyncClient, database: str
) -> None:
    url = await link(database)
    for wrong in (url[:-2] + "AA", "/v1/feedback/x", url.replace("feedback/", "feedback/A")):
        assert (await door.get(wrong)).status_code == 404
        assert (await door.post(wrong, data={"answer": "GOOD"})).status_code == 404
    assert (await door.post(url, data={"answer": "<script>"})).status_code == 422
    assert (await door.post(url, content=b"x" * 2_000)).status_code == 413
    assert (await outcomes(database, "notifier"))["feedback.given.v1"] == 0
