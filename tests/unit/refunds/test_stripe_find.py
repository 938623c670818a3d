"""Looking a refund up before it is made again: only a complete list may say it was never made."""

from typing import Any

import httpx2
import pytest

from services.refunds.adapters.stripe_http import PAGE_SIZE, StripeHttpRefunds
from services.refunds.ports import Declined, NoAnswer, NotMade, Refunded
from tests.support.mothers import PAYMENT_ID
from tests.unit.refunds.test_effects import REFUND_ID, REQUEST

GATEWAY = StripeHttpRefunds("http://provider.example", "sk_test")


def a_refund(number: int, *, refund_id: Any = "another", status: str = "succeeded") -> Any:
    return {"id": f"re_{number}", "status": status, "metadata": {"refund_id": str(refund_id)}}


async def find(*answers: httpx2.Response | Exception) -> tuple[Any, list[dict[str, str]]]:
    """Return what is found in these answers, one a page, and what was asked."""
    asked: list[dict[str, str]] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        asked.append(dict(request.url.params))
        answer = answers[len(asked) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer

    GATEWAY._client._transport = httpx2.MockTransport(handle)
    return await GATEWAY.find(REQUEST), asked


def page(*refunds: Any, has_more: bool = False) -> httpx2.Response:
    return httpx2.Response(200, json={"data": refunds, "has_more": has_more})


async def test_ours_is_known_by_our_own_id() -> None:
    found, asked = await find(page(a_refund(1), a_refund(2, refund_id=REFUND_ID)))
    assert found == Refunded("re_2")
    assert asked == [{"payment_intent": PAYMENT_ID, "limit": str(PAGE_SIZE)}]


async def test_it_is_looked_for_on_every_page() -> None:
    found, asked = await find(
        page(a_refund(1), a_refund(2), has_more=True), page(a_refund(3, refund_id=REFUND_ID))
    )
    assert found == Refunded("re_3")
    assert [parameters.get("starting_after") for parameters in asked] == [None, "re_2"]


@pytest.mark.parametrize("answer", [page(), page(a_refund(1)), httpx2.Response(404)])
async def test_a_complete_list_without_it_says_it_was_never_made(answer: httpx2.Response) -> None:
    assert (await find(answer))[0] == NotMade()


async def test_one_that_failed_there_is_declined() -> None:
    found, _ = await find(page(a_refund(1, refund_id=REFUND_ID, status="failed")))
    assert isinstance(found, Declined)


async def test_one_that_is_still_pending_is_no_answer() -> None:
    found, _ = await find(page(a_refund(1, refund_id=REFUND_ID, status="pending")))
    assert isinstance(found, NoAnswer)


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(401),
        httpx2.Response(429),
        httpx2.Response(500, json={"data": [], "has_more": False}),
        httpx2.Response(200, content=b"<html>"),
        httpx2.Response(200, json=[]),
        httpx2.Response(200, json={"data": []}),
        httpx2.Response(200, json={"data": [], "has_more": True}),
        httpx2.Response(200, json={"data": [{"id": "re_1"}], "has_more": False}),
        httpx2.ReadTimeout("slow"),
        httpx2.ConnectError("refused"),
    ],
)
async def test_anything_less_never_says_it_was_not_made(
    answer: httpx2.Response | Exception,
) -> None:
    """`NotMade` lets money move; only a list read to its end may say so."""
    found, _ = await find(answer)
    assert isinstance(found, NoAnswer)


async def test_a_page_lost_on_the_way_is_no_answer() -> None:
    found, _ = await find(page(a_refund(1), has_more=True), httpx2.Response(502))
    assert isinstance(found, NoAnswer)
