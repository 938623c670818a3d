"""Looking a refund up before it is made again: only a complete list may say it was never made."""

from typing import Any

import aiohttp
import pytest

from services.refunds.adapters.stripe_refunds import PAGE_SIZE
from services.refunds.ports import NoAnswer, NotMade, ProviderRefund
from tests.support.mothers import PAYMENT_ID
from tests.support.wire import Answered, answered, gateway_to
from tests.unit.refunds.test_effects import REFUND_ID, REQUEST


def a_refund(number: int, *, refund_id: Any = "another", status: str = "succeeded") -> Any:
    return {"id": f"re_{number}", "status": status, "metadata": {"refund_id": str(refund_id)}}


async def find(*answers: Answered | Exception) -> tuple[Any, list[dict[str, str]]]:
    """Return what is found in these answers, one a page, and what was asked."""
    gateway, wire = gateway_to(*answers)
    return await gateway.find(REQUEST), [sent.fields for sent in wire.sent]


def page(*refunds: Any, has_more: bool = False) -> Answered:
    return answered(200, {"object": "list", "data": refunds, "has_more": has_more})


async def test_ours_is_known_by_our_own_id() -> None:
    found, asked = await find(page(a_refund(1), a_refund(2, refund_id=REFUND_ID)))
    assert found == ProviderRefund("re_2", "succeeded", REFUND_ID)
    assert asked == [{"payment_intent": PAYMENT_ID, "limit": str(PAGE_SIZE)}]


async def test_it_is_looked_for_on_every_page() -> None:
    found, asked = await find(
        page(a_refund(1), a_refund(2), has_more=True), page(a_refund(3, refund_id=REFUND_ID))
    )
    assert found == ProviderRefund("re_3", "succeeded", REFUND_ID)
    assert [parameters.get("starting_after") for parameters in asked] == [None, "re_2"]


UNKNOWN = {"error": {"type": "invalid_request_error", "code": "resource_missing", "message": "No"}}


@pytest.mark.parametrize("answer", [page(), page(a_refund(1)), answered(404, UNKNOWN)])
async def test_a_complete_list_without_it_says_it_was_never_made(answer: Answered) -> None:
    assert (await find(answer))[0] == NotMade()


@pytest.mark.parametrize("status", ["pending", "failed", "canceled", "requires_action"])
async def test_one_that_has_not_succeeded_is_found_as_it_stands(status: Any) -> None:
    found, _ = await find(page(a_refund(1, refund_id=REFUND_ID, status=status)))
    assert found == ProviderRefund("re_1", status, REFUND_ID)


@pytest.mark.parametrize(
    "answer",
    [
        answered(401, {"error": {"type": "invalid_request_error", "message": "key"}}),
        answered(400, {"error": {"type": "invalid_request_error", "code": "x", "message": "?"}}),
        answered(429, {}),
        answered(500, {"data": [], "has_more": False}),
        answered(404, {}),
        Answered(404, b"not found"),
        Answered(200, b"<html>"),
        answered(200, []),
        answered(200, {"data": []}),
        answered(200, {"data": [], "has_more": True}),
        answered(200, {"data": [{"id": "re_1"}], "has_more": False}),
        TimeoutError("slow"),
        aiohttp.ClientConnectionError("refused"),
    ],
)
async def test_anything_less_never_says_it_was_not_made(answer: Answered | Exception) -> None:
    """`NotMade` lets money move; only a list read to its end may say so."""
    found, _ = await find(answer)
    assert isinstance(found, NoAnswer)


@pytest.mark.parametrize("second", [answered(502, {}), answered(404, UNKNOWN)])
async def test_a_page_lost_on_the_way_is_no_answer(second: Answered) -> None:
    found, _ = await find(page(a_refund(1), has_more=True), second)
    assert isinstance(found, NoAnswer)
