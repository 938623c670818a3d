"""The API about webhooks over a real database: the first API says who comes in, and as whom."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from contracts.cancellation import RIGHTS_OF, Right
from kit.postgres import Pool, open_pool
from kit.settings import KitSettings
from services.notifier.webhooks import api
from services.notifier.webhooks.desk import Desk
from services.notifier.webhooks.guard import Guard
from services.notifier.webhooks.registered import Registered
from services.notifier.webhooks.service import SERVICE
from tests.support.people import ROLES, ROOT, House, open_house

pytestmark = pytest.mark.integration

AN_ID = "0b5a3f5e-6c0e-4a39-8d6c-0f7a2f1f4c11"
A_HOOK = {"url": "https://shop.example/hook", "who": "somebody else"}


@pytest.fixture
async def pool(settings: KitSettings) -> AsyncIterator[Pool]:
    async with open_pool(settings.postgres_dsn, size_max=4, name="test") as pool:
        yield pool


@pytest.fixture
async def house(settings: KitSettings, pool: Pool) -> AsyncIterator[House]:
    async with open_house(settings, pool) as house:
        yield house


@pytest.fixture
async def hooks(settings: KitSettings, pool: Pool, house: House) -> AsyncIterator[Any]:
    """The notifier's API, as whoever has a token asks it."""
    desk = Desk(pool, Registered(), SERVICE.processor(settings, pool), Guard(frozenset({443})))
    app = api.build(desk, body_bytes_max=10_000, api=house.client, access="required")
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://notifier") as client:

        async def ask(token: str | None, method: str, path: str, **more: Any) -> Any:
            headers = {"Idempotency-Key": "k"}
            if token is not None:
                headers["Authorization"] = f"Bearer {token}"
            return await client.request(method, f"/v1/webhooks{path}", headers=headers, **more)

        yield ask


DOORS = (
    ("GET", "/endpoints", Right.READ),
    ("GET", "/deliveries", Right.READ),
    ("POST", "/endpoints", Right.POLICY),
    ("PATCH", f"/endpoints/{AN_ID}", Right.POLICY),
    ("POST", f"/endpoints/{AN_ID}/secret", Right.POLICY),
    ("POST", f"/endpoints/{AN_ID}/ping", Right.POLICY),
    ("POST", f"/deliveries/{AN_ID}/send-again", Right.REPLAY),
)


async def test_every_door_opens_to_the_roles_with_its_right_and_to_nobody_else(
    house: House, hooks: Any
) -> None:
    sessions = await house.staff(*ROLES)
    for method, path, right in DOORS:
        assert (await hooks(None, method, path)).status_code == 401
        assert (await hooks("somebodys", method, path)).json()["code"] == "CREDENTIAL_INVALID"
        for role, session in sessions.items():
            status = (await hooks(session, method, path, json={"who": "x"})).status_code
            assert (status == 403) is (right not in RIGHTS_OF[role]), (path, role)


async def test_the_name_of_whoever_is_signed_in_stands_below_what_they_do(
    house: House, hooks: Any, pool: Pool
) -> None:
    sessions = await house.staff("ADMIN")
    assert (await hooks(sessions["ADMIN"], "POST", "/endpoints", json=A_HOOK)).status_code == 201
    [row] = await pool.fetch("SELECT state FROM webhooks.webhooks_events")
    assert b'"who":"admin"' in row[0]


async def test_a_key_opens_until_it_is_revoked(house: House, hooks: Any) -> None:
    key = await house.book.issue_key("erp", (Right.READ,), ROOT)
    assert (await hooks(key, "GET", "/endpoints")).status_code == 200
    await house.book.revoke_key("erp", ROOT)
    assert (await hooks(key, "GET", "/endpoints")).json()["code"] == "CREDENTIAL_INVALID"
