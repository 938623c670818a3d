"""What the adapter sends, and how it reads every kind of answer; no server needed."""

from typing import Any

import aiohttp
import pytest
import stripe
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from contracts.values import Identifier
from kit.ids import child_id
from services.refunds import effects
from services.refunds.ports import (
    Declined,
    NoAnswer,
    ProviderRefund,
    RefundRequest,
    Voided,
    VoidRequest,
)
from tests.support.mothers import FIRST, ORDER_ID, PAYMENT_ID
from tests.support.wire import Answered, Sent, answered, gateway_to

REQUEST = RefundRequest(
    refund_id=child_id(FIRST, PAYMENT_ID), order_id=ORDER_ID, payment_id=PAYMENT_ID,
    amount_minor=2000, currency="EUR",
)  # fmt: skip
VOID = VoidRequest(
    void_id=child_id(FIRST, "void"), order_id=ORDER_ID, payment_id=PAYMENT_ID,
    amount_minor=2000, currency="EUR",
)  # fmt: skip
Answer = ProviderRefund | Declined | NoAnswer


async def ask(answer: Answered | Exception) -> tuple[Answer, list[Sent]]:
    """Return what the adapter makes of `answer`, and what it sent."""
    gateway, wire = gateway_to(answer)
    return await gateway.refund(REQUEST), wire.sent


async def read(status: int, /, **body: Any) -> Answer:
    return (await ask(answered(status, body)))[0]


async def test_sends_the_refund_under_a_key_made_of_our_id() -> None:
    _, (sent,) = await ask(answered(200, {"id": "re_1", "status": "succeeded"}))
    assert (sent.method, sent.path) == ("post", "/v1/refunds")
    assert sent.headers["Idempotency-Key"] == f"refund-{REQUEST.refund_id}"
    assert sent.headers["Authorization"] == "Bearer sk_test"
    assert sent.fields == {
        "payment_intent": PAYMENT_ID,
        "amount": "2000",
        "metadata[refund_id]": str(REQUEST.refund_id),
        "metadata[order_id]": ORDER_ID,
    }


async def test_the_same_refund_is_sent_the_same_way_every_time() -> None:
    answer = answered(503, {})
    (_, (first,)), (_, (second,)) = await ask(answer), await ask(answer)
    assert first.body == second.body
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]


@pytest.mark.parametrize(
    "status", ["pending", "requires_action", "succeeded", "failed", "canceled"]
)
async def test_every_status_is_passed_on_as_the_provider_says_it(status: Any) -> None:
    assert await read(200, id="re_1", status=status) == ProviderRefund("re_1", status)


async def test_why_it_waits_why_it_failed_and_what_the_bank_finds_it_by() -> None:
    arrived = {"type": "card", "card": {"reference": "7452", "reference_status": "available"}}
    assert await read(
        200, id="re_1", status="succeeded", destination_details=arrived
    ) == ProviderRefund("re_1", "succeeded", acquirer_reference="7452")
    waits = await read(200, id="re_1", status="pending", pending_reason="processing")
    assert waits == ProviderRefund("re_1", "pending", pending_reason="processing")
    failed = await read(200, id="re_1", status="failed", failure_reason="lost_or_stolen_card")
    assert failed == ProviderRefund("re_1", "failed", failure_reason="lost_or_stolen_card")


@pytest.mark.parametrize("status", ["something_new", "", None, 7])
async def test_a_status_nobody_knows_is_no_answer(status: Any) -> None:
    answer = await read(200, id="re_1", status=status)
    assert isinstance(answer, NoAnswer)
    assert str(status) in answer.detail


@pytest.mark.parametrize("status", [400, 402, 404])
async def test_a_refusal_is_final_with_the_providers_code(status: int) -> None:
    error = {"code": "charge_already_refunded", "type": "invalid_request_error", "message": "No."}
    assert await read(status, error=error) == Declined("charge_already_refunded", "No.")


async def test_a_refusal_without_a_code_is_named_by_its_type() -> None:
    error = {"type": "invalid_request_error", "message": "m" * 900}
    assert await read(400, error=error) == Declined("invalid_request_error", "m" * 500)


async def test_a_key_used_for_something_else_tells_nothing_about_this_refund() -> None:
    error = {"type": "idempotency_error", "message": "other parameters"}
    assert await read(400, error=error) == NoAnswer("HTTP 400")


@pytest.mark.parametrize("status", [500, 502, 503, 504, 529, 401, 403, 408, 409, 429])
async def test_an_answer_that_decides_nothing_is_no_answer(status: int) -> None:
    error = {"type": "api_error", "message": "later"}
    assert await read(status, error=error) == NoAnswer(f"HTTP {status}")


@pytest.mark.parametrize(
    "lost",
    [
        aiohttp.ClientConnectionError("refused"), TimeoutError("slow"),
        aiohttp.ServerDisconnectedError("cut"), aiohttp.ClientPayloadError("cut in the middle"),
    ],
)  # fmt: skip
async def test_a_lost_line_is_no_answer(lost: Exception) -> None:
    answer, _ = await ask(lost)
    assert answer == NoAnswer(f"{type(lost).__name__}: {lost}")


async def test_what_the_library_says_of_a_lost_line_names_its_cause() -> None:
    lost = stripe.APIConnectionError("Unexpected error communicating with Stripe.")
    lost.__cause__ = TimeoutError("slow")
    answer, _ = await ask(lost)
    assert answer == NoAnswer("TimeoutError: slow")


UNREADABLE: list[tuple[int, bytes]] = [
    (200, b""),
    (200, b"<html>"),
    (200, b"[]"),
    (200, b"null"),
    (200, b'"succeeded"'),
    (200, b'{"status":"succeeded"}'),
    (200, b'{"status":"succeeded","id":null}'),
    (200, b'{"status":"succeeded","id":7}'),
    (302, b""),
    (404, b"not found"),
    (400, b'{"error":"no"}'),
    (400, b'{"error":{}}'),
    (200, b"\xff"),
]


@pytest.mark.parametrize(("status", "content"), UNREADABLE)
async def test_an_answer_we_cannot_read_is_no_answer(status: int, content: bytes) -> None:
    answer, _ = await ask(Answered(status, content))
    assert isinstance(answer, NoAnswer)


@pytest.mark.parametrize("word", ["", "_x", "é", ".", "a b\r\nc", "x" * 300, "-", "re_é"])
async def test_whatever_words_the_provider_uses_can_be_recorded(word: str) -> None:
    made = await read(200, id=word, status="succeeded")
    assert isinstance(made, ProviderRefund)
    effects.word_of(REQUEST.order_id, REQUEST.refund_id, made)
    declined = await read(400, error={"code": word, "type": "card_error", "message": word * 9})
    assert isinstance(declined, Declined)
    TypeAdapter(Identifier).validate_python(declined.code)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "status", "error", "code", "type", "message", "destination_details"]
            ),
            inner | st.sampled_from(["succeeded", "failed", "canceled", "pending", "card"]),
            max_size=4,
        )
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, database=None)
@given(status=st.integers(200, 599), body=json_values)
async def test_no_answer_makes_the_adapter_raise(status: int, body: Any) -> None:
    answer, _ = await ask(answered(status, body))
    assert isinstance(answer, ProviderRefund | Declined | NoAnswer)
    if isinstance(answer, ProviderRefund):
        assert body["status"] == answer.status


async def void(*answers: Answered | Exception) -> tuple[Voided | Declined | NoAnswer, list[Sent]]:
    gateway, wire = gateway_to(*answers)
    return await gateway.void(VOID), wire.sent


async def test_a_void_cancels_the_payment_under_a_key_made_of_our_id() -> None:
    outcome, (sent,) = await void(answered(200, {"id": PAYMENT_ID, "status": "canceled"}))
    assert outcome == Voided()
    assert sent.path == f"/v1/payment_intents/{PAYMENT_ID}/cancel"
    assert sent.headers["Idempotency-Key"] == f"void-{VOID.void_id}"


REFUSED = answered(
    400, {"error": {"type": "invalid_request_error", "code": "payment_intent_unexpected_state",
                    "message": "status of canceled"}},
)  # fmt: skip


async def test_a_payment_that_is_cancelled_already_counts_as_voided() -> None:
    outcome, sent = await void(REFUSED, answered(200, {"id": PAYMENT_ID, "status": "canceled"}))
    assert outcome == Voided()
    assert [one.method for one in sent] == ["post", "get"]


async def test_a_payment_that_was_captured_is_not_voided() -> None:
    outcome, _ = await void(REFUSED, answered(200, {"id": PAYMENT_ID, "status": "succeeded"}))
    assert outcome == Declined("payment_intent_unexpected_state", "status of canceled")


@pytest.mark.parametrize("unclear", [TimeoutError("slow"), answered(500, {}), answered(200, {})])
async def test_a_refused_void_is_unclear_until_the_payment_was_looked_at(unclear: Any) -> None:
    outcome, _ = await void(REFUSED, unclear)
    assert isinstance(outcome, NoAnswer)


async def test_a_lost_void_is_no_answer() -> None:
    outcome, _ = await void(TimeoutError("slow"))
    assert outcome == NoAnswer("TimeoutError: slow")
