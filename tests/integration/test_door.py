"""The notifier's API over a real database: the first API says who comes in, and as whom."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from contracts.cancellation import RIGHTS_OF, Right
from kit.postgres import Pool, open_pool
from kit.settings import KitSettings
from services.notifier import api as staff
from services.notifier.desk import Desk as Mails
from services.notifier.domain.commands import RecordAcceptance
from services.notifier.drafts import names
from services.notifier.service import SERVICE as NOTIFIER
from services.notifier.webhooks import api
from services.notifier.webhooks.desk import Desk
from services.notifier.webhooks.guard import Guard
from services.notifier.webhooks.registered import Registered
from services.notifier.webhooks.service import SERVICE
from tests.support.people import ROLES, ROOT, House, open_house
from tests.support.replaying import cancel_orders, deliver, settle

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
    mails = staff.router(Mails(pool, NOTIFIER.processor(settings, pool)))
    app = api.build(
        desk, body_bytes_max=10_000, api=house.client, access="required",
        more=api.More(mails, staff.right_of, staff.LARGER),
    )  # fmt: skip
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://notifier") as client:

        async def ask(token: str | None, method: str, path: str, **more: Any) -> Any:
            headers = {"Idempotency-Key": "k"}
            if token is not None:
                headers["Authorization"] = f"Bearer {token}"
            return await client.request(method, f"/v1{path}", headers=headers, **more)

        yield ask


DOORS = (
    ("GET", "/webhooks/endpoints", Right.READ),
    ("GET", "/webhooks/deliveries", Right.READ),
    ("POST", "/webhooks/endpoints", Right.POLICY),
    ("PATCH", f"/webhooks/endpoints/{AN_ID}", Right.POLICY),
    ("POST", f"/webhooks/endpoints/{AN_ID}/secret", Right.POLICY),
    ("POST", f"/webhooks/endpoints/{AN_ID}/ping", Right.POLICY),
    ("POST", f"/webhooks/deliveries/{AN_ID}/send-again", Right.REPLAY),
    ("GET", "/orders/1/messages", Right.READ),
    ("GET", f"/messages/{AN_ID}", Right.READ),
    ("POST", f"/messages/{AN_ID}/resend", Right.CASE),
    ("GET", "/stationery", Right.READ),
    ("GET", "/stationery/draft", Right.READ),
    ("POST", "/stationery-previews", Right.READ),
    ("POST", "/mail-previews", Right.READ),
    ("POST", "/next-mail-previews", Right.READ),
    ("POST", "/stationery", Right.POLICY),
    ("POST", "/stationery/versions/0/restoration", Right.POLICY),
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
    assert (
        await hooks(sessions["ADMIN"], "POST", "/webhooks/endpoints", json=A_HOOK)
    ).status_code == 201
    [row] = await pool.fetch("SELECT state FROM webhooks.webhooks_events")
    assert b'"who":"admin"' in row[0]


async def test_a_key_opens_until_it_is_revoked(house: House, hooks: Any) -> None:
    key = await house.book.issue_key("erp", (Right.READ,), ROOT)
    assert (await hooks(key, "GET", "/webhooks/endpoints")).status_code == 200
    await house.book.revoke_key("erp", ROOT)
    assert (await hooks(key, "GET", "/webhooks/endpoints")).json()["code"] == "CREDENTIAL_INVALID"


async def test_a_mail_is_seen_and_sent_again_once_per_key_by_whoever_is_signed_in(
    house: House, hooks: Any, settings: KitSettings
) -> None:
    kim = (await house.staff("AGENT"))["AGENT"]
    await cancel_orders(settings, ["1"])
    await deliver(settings, "notifier", ["1"])
    [mail] = (await hooks(kim, "GET", "/orders/1/messages")).json()["messages"]
    assert (mail["kind"], mail["outcome"]) == ("ORDER_CANCELLED", "PENDING")
    again = f"/messages/{mail['message_id']}/resend"
    wish = {"who": "somebody else", "why": "says it never came"}
    too_soon = await hooks(kim, "POST", again, json=wish)
    assert (too_soon.status_code, too_soon.json()["code"]) == (409, "MESSAGE_NOT_SETTLED")
    await settle(settings, "notifier", lambda id_: RecordAcceptance(message_id=id_))
    answer = await hooks(kim, "POST", again, json=wish)
    assert answer.status_code == 201
    new = answer.json()["message_id"]
    assert (await hooks(kim, "POST", again, json=wish)).json() == answer.json()
    mails = (await hooks(kim, "GET", "/orders/1/messages")).json()["messages"]
    assert [one["message_id"] for one in mails] == [mail["message_id"], new]
    shown = (await hooks(kim, "GET", f"/messages/{new}")).json()
    assert (shown["resent_by"], shown["resend_of"]) == ("agent", mail["message_id"])
    assert "@" not in str(shown)
    assert (await hooks(kim, "GET", f"/messages/{AN_ID}")).status_code == 404


async def test_stationery_is_drafted_looked_at_and_put_in_force(house: House, hooks: Any) -> None:
    admin = (await house.staff("ADMIN"))["ADMIN"]
    draft = (await hooks(admin, "GET", "/stationery/draft")).json()
    assert len(draft["texts"]) == len([*names()])
    draft["shop_name"] = "The Gift Shop"
    seen = await hooks(admin, "POST", "/stationery-previews", json={"stationery": draft})
    assert all("The Gift Shop" in mail["html"] for mail in seen.json()["mails"])
    assert (await hooks(admin, "GET", "/stationery")).json()["in_force"] == 0
    wish = {"stationery": draft, "who": "somebody else", "why": "our name"}
    for _ in range(2):
        published = await hooks(admin, "POST", "/stationery", json=wish)
        assert (published.status_code, published.json()) == (201, {"version": 1})
    known = (await hooks(admin, "GET", "/stationery")).json()
    assert [(one["version"], one["published_by"]) for one in known["versions"]] == [(1, "admin")]
    stale = await hooks(admin, "POST", "/stationery", json={**wish, "stationery": {"version": 1}})
    assert (stale.status_code, stale.json()["code"]) == (409, "STATIONERY_VERSION_STALE")
    wrong = {**draft, "version": 2, "texts": {"refund_failed.en": "x\n\n{{ secret }}"}}
    refused = await hooks(admin, "POST", "/stationery", json={**wish, "stationery": wrong})
    assert (refused.status_code, refused.json()["code"]) == (422, "STATIONERY_INVALID")
    back = await hooks(
        admin, "POST", "/stationery/versions/0/restoration", json={"who": "x", "why": "no"}
    )
    assert back.json() == {"version": 2}
    assert (await hooks(admin, "GET", "/stationery/versions/2")).json()["shop_name"] is None
