"""The refund form is read strictly."""

from urllib.parse import urlencode

import pytest

from deploy.simulators.payments.errors import ApiError
from deploy.simulators.payments.refund_form import parse_refund

SOUND = {"payment_intent": "pi_1", "amount": "1250"}


def form(**changes: str) -> bytes:
    return urlencode(SOUND | changes).encode()


def test_reads_every_field() -> None:
    parsed = parse_refund(form(reason="duplicate") + b"&metadata%5Border_id%5D=Ren%C3%A9e")
    assert parsed[:4] == ("pi_1", 1250, "duplicate", {"order_id": "Renée"})


def test_the_fingerprint_ignores_order_and_nothing_else() -> None:
    one = parse_refund(b"payment_intent=pi_1&amount=5").fingerprint
    assert parse_refund(b"amount=5&payment_intent=pi%5F1").fingerprint == one
    assert parse_refund(b"amount=6&payment_intent=pi_1").fingerprint != one
    assert parse_refund(b"amount=5&payment_intent=pi_1&metadata[a]=").fingerprint != one


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"amount=5", "payment_intent"),
        (b"payment_intent=pi_1", "amount"),
        (form(amount="0"), "amount"),
        (form(amount="-5"), "amount"),
        (form(amount="12.5"), "amount"),
        (form(amount="1e3"), "amount"),
        (form(amount=" 5"), "amount"),
        (form(amount="1_0"), "amount"),
        (form(amount="٣"), "amount"),
        (form(amount="9" * 5_000), "amount"),
        (form(reason="whim"), "reason"),
        (form(currency="eur"), "currency"),
        (urlencode(SOUND | {"metadata[]": "x"}).encode(), "metadata[]"),
        (urlencode(SOUND | {f"metadata[{'k' * 41}]": "x"}).encode(), f"metadata[{'k' * 41}]"),
        (urlencode(SOUND | {"metadata[k]": "x" * 501}).encode(), "metadata[k]"),
        (urlencode(SOUND | {f"metadata[{n}]": "" for n in range(51)}).encode(), "metadata"),
        (b"payment_intent=pi_1&amount=5&amount=5", None),
        (b"\xff", None),
        (b"payment_intent=%FF&amount=5", None),
        (b"{}", None),
        (b"", "payment_intent"),
    ],
)
def test_refuses_and_names_the_parameter(body: bytes, param: str | None) -> None:
    with pytest.raises(ApiError) as refusal:
        parse_refund(body)
    assert refusal.value.status == 400
    assert refusal.value.param == param
