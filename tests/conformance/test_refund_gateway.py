"""One suite for everybody who gives money back behind `services.refunds.ports.RefundGateway`."""

import asyncio

import pytest

from services.refunds.adapters.stripe_refunds import StripeRefunds
from services.refunds.ports import Declined, NoAnswer, NotMade, ProviderRefund
from tests.integration.simulator_process import free_port
from tests.support.gateways import CAPTURED_MINOR, Strict, Subject, request_of

pytestmark = pytest.mark.integration


async def prepare(subject: Subject, order_id: str) -> None:
    if subject.provider:
        await subject.provider.capture([order_id], CAPTURED_MINOR)


async def test_a_refund_is_made_and_named(subject: Subject) -> None:
    await prepare(subject, "1")
    answer = await subject.gateway.refund(request_of("1"))
    assert isinstance(answer, ProviderRefund)
    assert answer.provider_reference


async def test_the_same_request_again_gets_the_same_refund(subject: Subject) -> None:
    await prepare(subject, "1")
    request = request_of("1")
    answers = [await subject.gateway.refund(request) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    if subject.provider:
        assert len(await subject.provider.refunds()) == 1


async def test_the_same_request_ten_times_at_once_moves_money_once(subject: Subject) -> None:
    await prepare(subject, "1")
    request = request_of("1")
    answers = await asyncio.gather(*(subject.gateway.refund(request) for _ in range(10)))
    # Whoever meets the key in flight may be sent away to ask again.
    assert {type(answer) for answer in answers} <= {ProviderRefund, NoAnswer}
    assert len({answer for answer in answers if isinstance(answer, ProviderRefund)}) == 1
    assert isinstance(await subject.gateway.refund(request), ProviderRefund)
    if subject.provider:
        assert len(await subject.provider.refunds()) == 1


async def test_two_refunds_on_one_payment_are_two(subject: Subject) -> None:
    await prepare(subject, "1")
    answers = [await subject.gateway.refund(request_of("1")) for _ in range(2)]
    assert answers[0] != answers[1]
    assert {type(answer) for answer in answers} == {ProviderRefund}


async def test_more_than_was_captured_is_declined(strict: Strict) -> None:
    gateway, behind = strict
    answer = await gateway.refund(request_of("1", CAPTURED_MINOR + 1))
    assert isinstance(answer, Declined)
    assert answer.code == "amount_too_large"
    assert await behind.refunds() == []


async def test_an_unknown_payment_is_declined(strict: Strict) -> None:
    gateway, behind = strict
    answer = await gateway.refund(request_of("unknown"))
    assert isinstance(answer, Declined)
    assert answer.code == "resource_missing"
    assert await behind.refunds() == []


async def test_a_refund_the_provider_calls_failed_stays_so(strict: Strict) -> None:
    gateway, behind = strict
    await behind.arm("decline", count=1)
    request = request_of("1")
    first, again = [await gateway.refund(request) for _ in range(2)]
    assert isinstance(first, ProviderRefund)
    assert (first.status, first.failure_reason) == ("failed", "declined")
    assert first == again == await gateway.find(request)
    assert (await behind.summary())["refunded_minor"] == {}


@pytest.mark.parametrize("fault", ["fail_before", "fail_after", "garbage"])
async def test_an_answer_lost_or_unreadable_is_no_answer_and_asking_again_is_safe(
    strict: Strict, fault: str
) -> None:
    gateway, behind = strict
    await behind.arm(fault, count=1)
    request = request_of("1")
    assert isinstance(await gateway.refund(request), NoAnswer)
    assert isinstance(await gateway.refund(request), ProviderRefund)
    assert len(await behind.refunds()) == 1


async def test_a_key_still_in_flight_is_no_answer(strict: Strict) -> None:
    gateway, behind = strict
    await behind.arm("slow", count=1, delay_ms=800)
    request = request_of("1")
    slow = asyncio.create_task(gateway.refund(request))
    await asyncio.sleep(0.3)
    assert isinstance(await gateway.refund(request), NoAnswer)
    assert isinstance(await slow, ProviderRefund)
    assert len(await behind.refunds()) == 1


async def test_what_was_never_asked_for_is_not_found(strict: Strict) -> None:
    gateway, _ = strict
    assert isinstance(await gateway.refund(request_of("1")), ProviderRefund)
    assert isinstance(await gateway.find(request_of("1")), NotMade)
    assert isinstance(await gateway.find(request_of("unknown")), NotMade)


@pytest.mark.parametrize(
    ("fault", "found"),
    [("fail_before", NotMade), ("fail_after", ProviderRefund), ("decline", ProviderRefund)],
)
async def test_finding_tells_what_became_of_a_lost_request(
    strict: Strict, fault: str, found: type
) -> None:
    gateway, behind = strict
    await behind.arm(fault, count=1)
    request = request_of("1")
    first = await gateway.refund(request)
    answer = await gateway.find(request)
    assert isinstance(answer, found)
    assert isinstance(first, NoAnswer) or first == answer


async def test_a_look_that_is_not_answered_never_says_it_was_not_made(strict: Strict) -> None:
    gateway, behind = strict
    request = request_of("1")
    await gateway.refund(request)
    await behind.arm("fail_look", probability=1)
    assert isinstance(await gateway.find(request), NoAnswer)
    await behind.disarm()
    assert isinstance(await gateway.find(request), ProviderRefund)


async def test_a_refund_is_found_behind_many_others(strict: Strict) -> None:
    gateway, _ = strict
    first = request_of("1", 1)
    made = await gateway.refund(first)
    await asyncio.gather(*(gateway.refund(request_of("1", 1)) for _ in range(120)))
    assert await gateway.find(first) == made


async def test_nobody_there_is_no_answer() -> None:
    gateway = StripeRefunds(f"http://127.0.0.1:{free_port()}", "sk_test")
    assert isinstance(await gateway.refund(request_of("1")), NoAnswer)
    assert isinstance(await gateway.find(request_of("1")), NoAnswer)
    await gateway.close()
