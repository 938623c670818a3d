"""The suite goes on: refunds on their way, what a provider says by itself, and releases."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from services.refunds.ports import (
    AwayError,
    Declined,
    NoAnswer,
    ProviderRefund,
    Voided,
    VoidRequest,
)
from tests.support.gateways import CAPTURED_MINOR, Strict, request_of

pytestmark = pytest.mark.integration

HOUR = timedelta(hours=1)
PENDING = {"status": "pending", "pending_reason": "processing"}
SUCCEEDED = {"status": "succeeded", "acquirer_reference": "74521"}
FAILED = {"status": "failed", "failure_reason": "lost_or_stolen_card"}


async def test_a_refund_is_found_at_every_status_of_its_way(strict: Strict) -> None:
    gateway, behind = strict
    await behind.script([PENDING, {"status": "requires_action"}, SUCCEEDED, FAILED])
    request = request_of("1", CAPTURED_MINOR)
    made = await gateway.refund(request)
    assert isinstance(made, ProviderRefund)
    reference = made.provider_reference
    begun = ProviderRefund(reference, "pending", request.refund_id, pending_reason="processing")
    assert made == begun
    paid = replace(begun, status="succeeded", pending_reason=None, acquirer_reference="74521")
    for expected in (
        replace(begun, status="requires_action", pending_reason=None),
        paid,
        replace(paid, status="failed", failure_reason="lost_or_stolen_card"),
    ):
        await behind.advance(reference)
        assert await gateway.find(request) == await gateway.look(reference) == expected
    await behind.clear_scripts()
    assert isinstance(await gateway.refund(request_of("1", CAPTURED_MINOR)), ProviderRefund)


def void_of(order_id: str) -> VoidRequest:
    return VoidRequest(
        void_id=uuid4(), order_id=order_id, payment_id=f"pi_{order_id}",
        amount_minor=CAPTURED_MINOR, currency="EUR",
    )  # fmt: skip


async def test_a_look_at_a_refund_nobody_has_is_no_answer(strict: Strict) -> None:
    gateway, _ = strict
    assert isinstance(await gateway.look("re_unknown"), NoAnswer)


async def test_everything_said_since_a_moment_is_listed_to_its_end(strict: Strict) -> None:
    gateway, behind = strict
    await behind.script([PENDING, SUCCEEDED])
    made = [await gateway.refund(request_of("1", 1)) for _ in range(120)]
    references = [one.provider_reference for one in made if isinstance(one, ProviderRefund)]
    for reference in references:
        await behind.advance(reference)
    said = [json.loads(body) async for body in gateway.told_since(datetime.now(UTC) - HOUR)]
    assert [event["data"]["object"]["id"] for event in reversed(said)] == references
    assert {event["type"] for event in said} == {"refund.updated"}
    assert [body async for body in gateway.told_since(datetime.now(UTC) + HOUR)] == []
    await behind.arm("fail_look", probability=1)
    with pytest.raises(AwayError):
        _ = [body async for body in gateway.told_since(datetime.now(UTC) - HOUR)]


async def test_an_authorised_payment_is_voided_once_and_for_all(strict: Strict) -> None:
    gateway, behind = strict
    await behind.authorize(["2"], CAPTURED_MINOR)
    request = void_of("2")
    assert [await gateway.void(request) for _ in range(2)] == [Voided(), Voided()]
    assert await gateway.void(void_of("2")) == Voided()
    answer = await gateway.refund(request_of("2"))
    assert isinstance(answer, Declined)


async def test_a_captured_payment_is_not_voided(strict: Strict) -> None:
    gateway, _ = strict
    answer = await gateway.void(void_of("1"))
    assert isinstance(answer, Declined)
    assert answer.code == "payment_intent_unexpected_state"


async def test_a_payment_nobody_knows_is_not_voided(strict: Strict) -> None:
    gateway, _ = strict
    answer = await gateway.void(void_of("unknown"))
    assert isinstance(answer, Declined)
    assert answer.code == "resource_missing"


@pytest.mark.parametrize("fault", ["fail_before", "fail_after", "garbage"])
async def test_a_void_whose_answer_is_lost_is_asked_for_again(strict: Strict, fault: str) -> None:
    gateway, behind = strict
    await behind.authorize(["2"], CAPTURED_MINOR)
    await behind.arm(fault, count=1)
    request = void_of("2")
    assert isinstance(await gateway.void(request), NoAnswer)
    assert await gateway.void(request) == Voided()
