"""The provider's door: what is taken, once, and what is refused or kept."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from deploy.simulators.payments.webhooks import sign
from services.refunds.api import PATH
from tests.support.refunding import AMOUNT_MINOR, SECRETS, Refunding, refunding
from tests.support.stack import Servers, count, fetch

pytestmark = pytest.mark.integration


@pytest.fixture
async def shop(servers: Servers, database: str, tmp_path: Path) -> AsyncIterator[Refunding]:
    async with refunding(servers, database, tmp_path, "api") as shop:
        await shop.hear("1")
        yield shop


async def a_refund(shop: Refunding, **more: Any) -> dict[str, Any]:
    """Return the refund of order 1 as the provider would tell of it."""
    rows = await _requests(shop)
    return {
        "id": "re_1", "object": "refund", "status": "succeeded", "amount": AMOUNT_MINOR,
        "metadata": {"refund_id": rows[0]["refund_id"], "order_id": "1"}, **more,
    }  # fmt: skip


async def _requests(shop: Refunding) -> list[dict[str, Any]]:
    rows = await fetch(shop.dsn, "SELECT request FROM refunds.effects")
    return [json.loads(row[0]) for row in rows]


def event(subject: Any, number: int = 1, type_: str = "refund.updated") -> bytes:
    body = {"id": f"evt_{number}", "object": "event", "type": type_, "data": {"object": subject}}
    return json.dumps(body).encode()


def signed(body: bytes, secret: str = SECRETS[0], at: float | None = None) -> str:
    return sign(body, [secret], int(time.time() if at is None else at))


async def test_a_webhook_is_taken_once_however_often_it_comes(shop: Refunding) -> None:
    body = event(await a_refund(shop))
    first = await shop.tell(body, signed(body))
    assert (first.status_code, first.json()) == (200, {"outcomes": ["HANDLED"]})
    assert (await shop.facts())[-1] == "refund.succeeded.v1"
    later = await asyncio.gather(*(shop.tell(body, signed(body, SECRETS[1])) for _ in range(20)))
    assert {one.status_code for one in later} == {200}
    assert [one.json() for one in later] == [{"outcomes": ["DUPLICATE"]}] * 20
    assert (await shop.facts()).count("refund.succeeded.v1") == 1


async def test_the_answer_comes_after_the_store_has_it(shop: Refunding) -> None:
    body = event(await a_refund(shop))
    await shop.tell(body, signed(body))
    assert await count(shop.dsn, "refunds.inbox WHERE message_id = 'stripe:evt_1'") == 1


@pytest.mark.parametrize(
    "header", ["", "t=1,v1=00", "mine"], ids=["missing", "malformed", "nonsense"]
)
async def test_what_is_not_signed_is_refused_and_leaves_nothing(
    shop: Refunding, header: str
) -> None:
    body = event(await a_refund(shop))
    answer = await shop.tell(body, header)
    assert (answer.status_code, answer.json()["code"]) == (400, "SIGNATURE_INVALID")
    assert answer.headers["content-type"] == "application/problem+json"
    old = await shop.tell(body, signed(body, at=time.time() - 301))
    wrong = await shop.tell(body, signed(body, "whsec_other"))
    assert [old.status_code, wrong.status_code] == [400, 400]
    assert await shop.facts() == ["refund.requested.v1"]
    assert await shop.letters() == []
    assert await shop.processes["api"].metric("countermand_requests_refused_total") == 3


async def test_a_refund_that_is_not_ours_or_not_known_is_kept_and_taken(shop: Refunding) -> None:
    foreign = event(await a_refund(shop, metadata={}), 1)
    unknown = event(await a_refund(shop, metadata={"refund_id": f"{0:032x}", "order_id": "9"}), 2)
    unreadable = b"\x7b not json"
    for body in (foreign, unknown, unreadable) * 2:
        answer = await shop.tell(body, signed(body))
        assert answer.status_code == 200, "kept here; saying it again would bring nothing"
    assert await shop.letters() == [
        ("REFUND_NOT_OURS", "stripe:evt_1"), ("REFUND_NOT_FOUND", "stripe:evt_2"),
        ("EVENT_UNREADABLE", None),
    ]  # fmt: skip


async def test_one_id_with_two_bodies_is_kept_for_a_person(shop: Refunding) -> None:
    first, second = event(await a_refund(shop)), event(await a_refund(shop, status="failed"))
    await shop.tell(first, signed(first))
    answer = await shop.tell(second, signed(second))
    assert answer.json() == {"outcomes": ["KEPT"]}
    assert await shop.letters() == [("MESSAGE_ID_REUSED", "stripe:evt_1")]


async def test_what_nobody_listens_to_is_skipped_and_counted(shop: Refunding) -> None:
    for number, type_ in enumerate(["payout.paid", "charge.refunded"]):
        body = event({"id": "x"}, number, type_)
        assert (await shop.tell(body, signed(body))).json() == {"outcomes": ["SKIPPED"]}
    assert await shop.processes["api"].metric("countermand_messages_skipped_total") == 2


async def test_other_requests_get_typed_answers(shop: Refunding) -> None:
    large = b"x" * 300_000
    too_large = await shop.tell(large, signed(large))
    assert (too_large.status_code, too_large.json()["code"]) == (413, "BODY_TOO_LARGE")
    for method, path, status, code in (
        ("GET", PATH, 405, "METHOD_NOT_ALLOWED"), ("POST", "/v1/other", 404, "ROUTE_NOT_FOUND"),
    ):  # fmt: skip
        answer = await shop.door.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_it_does_not_start_without_a_secret(
    servers: Servers, database: str, tmp_path: Path
) -> None:
    with pytest.raises(AssertionError, match="REFUNDS_WEBHOOK_SECRETS: names no secret"):
        async with refunding(
            servers, database, tmp_path, "api", env={"REFUNDS_WEBHOOK_SECRETS": " , "}
        ):
            pass
