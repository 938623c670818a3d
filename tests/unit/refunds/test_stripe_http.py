"""What the adapter sends, and how it reads every kind of answer; no server needed."""

from typing import Any
from urllib.parse import parse_qs

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.ids import child_id
from services.refunds.adapters.stripe_http import StripeHttpRefunds
from services.refunds.domain import commands
from services.refunds.ports import Declined, NoAnswer, Refunded, RefundRequest
from tests.support.mothers import FIRST, ORDER_ID, PAYMENT_ID

REQUEST = RefundRequest(
    refund_id=child_id(FIRST, PAYMENT_ID),
    order_id=ORDER_ID,
    payment_id=PAYMENT_ID,
    amount_minor=2000,
    currency="EUR",
)
GATEWAY = StripeHttpRefunds("http://provider.example", "sk_test")
Answer = Refunded | Declined | NoAnswer


async def ask(answer: Any) -> tuple[Answer, list[httpx2.Request]]:
    """Return what the adapter makes of `answer`, and what it sent."""
    sent: list[httpx2.Request] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, httpx2.Response)
        return answer

    GATEWAY._client._transport = httpx2.MockTransport(handle)
    return await GATEWAY.refund(REQUEST), sent


async def read(status: int, /, **body: Any) -> Answer:
    return (await ask(httpx2.Response(status, json=body)))[0]


async def test_sends_the_refund_under_a_key_made_of_our_id() -> None:
    _, (request,) = await ask(httpx2.Response(200, json={"id": "re_1", "status": "succeeded"}))
    assert request.url.path == "/v1/refunds"
    assert request.headers["Idempotency-Key"] == f"refund-{REQUEST.refund_id}"
    assert request.headers["Authorization"] == "Bearer sk_test"
    form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
    assert form == {
        "payment_intent": PAYMENT_ID,
        "amount": "2000",
        "metadata[refund_id]": str(REQUEST.refund_id),
        "metadata[order_id]": ORDER_ID,
    }


async def test_the_same_refund_is_sent_the_same_way_every_time() -> None:
    answer = httpx2.Response(503)
    (_, (first,)), (_, (second,)) = await ask(answer), await ask(answer)
    assert first.content == second.content
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]


async def test_succeeded_is_success() -> None:
    assert await read(200, id="re_1", status="succeeded") == Refunded("re_1")


@pytest.mark.parametrize("status", ["pending", "requires_action", "something_new"])
async def test_a_refund_that_is_not_final_is_asked_about_again(status: str) -> None:
    answer = await read(200, id="re_1", status=status)
    assert isinstance(answer, NoAnswer)
    assert status in answer.detail


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"status": "failed", "failure_reason": "lost_or_stolen_card"}, "lost_or_stolen_card"),
        ({"status": "failed"}, "failed"),
        ({"status": "canceled", "failure_reason": None}, "canceled"),
    ],
)
async def test_a_refund_the_provider_ended_is_declined(body: dict[str, Any], code: str) -> None:
    answer = await read(200, id="re_1", **body)
    assert isinstance(answer, Declined)
    assert answer.code == code


@pytest.mark.parametrize("status", [400, 402, 404])
async def test_a_refusal_is_final_with_the_providers_code(status: int) -> None:
    answer = await read(
        status, error={"code": "charge_already_refunded", "type": "x", "message": "No."}
    )
    assert answer == Declined("charge_already_refunded", "No.")


async def test_a_refusal_without_a_code_is_named_by_its_type() -> None:
    error = {"type": "invalid_request_error", "message": "m" * 900}
    assert await read(400, error=error) == Declined("invalid_request_error", "m" * 500)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 529, 401, 403, 408, 409, 429])
async def test_an_answer_that_decides_nothing_is_no_answer(status: int) -> None:
    error = {"type": "api_error", "message": "later"}
    assert await read(status, error=error) == NoAnswer(f"HTTP {status}")


@pytest.mark.parametrize(
    "lost",
    [httpx2.ConnectError("refused"), httpx2.ReadTimeout("slow"), httpx2.RemoteProtocolError("cut")],
)
async def test_a_lost_line_is_no_answer(lost: Exception) -> None:
    answer, _ = await ask(lost)
    assert answer == NoAnswer(f"{type(lost).__name__}: {lost}")


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
    answer, _ = await ask(httpx2.Response(status, content=content))
    assert isinstance(answer, NoAnswer)


@pytest.mark.parametrize("word", ["", "_x", "é", ".", "a b\r\nc", "x" * 300, "-", "re_é"])
async def test_whatever_words_the_provider_uses_can_be_recorded(word: str) -> None:
    refunded = await read(200, id=word, status="succeeded")
    assert isinstance(refunded, Refunded)
    commands.RecordRefundSuccess(
        refund_id=REQUEST.refund_id, provider_reference=refunded.provider_reference
    )
    declined = await read(400, error={"code": word, "type": word, "message": word * 9})
    assert isinstance(declined, Declined)
    commands.RecordRefundFailure(
        refund_id=REQUEST.refund_id, code=declined.code, detail=declined.detail
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "status", "error", "code", "type", "message", "failure_reason"]),
            inner | st.sampled_from(["succeeded", "failed", "canceled", "pending"]),
            max_size=4,
        )
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, database=None)
@given(status=st.integers(200, 599), body=json_values)
async def test_no_answer_makes_the_adapter_raise(status: int, body: Any) -> None:
    answer, _ = await ask(httpx2.Response(status, json=body))
    assert isinstance(answer, Refunded | Declined | NoAnswer)
    if isinstance(answer, Refunded):
        assert body["status"] == "succeeded"
