"""What is read of the provider's events, and what is kept because it cannot be."""

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.refunds.adapters.stripe_webhooks import REFUND_TYPES, read_event
from services.refunds.ports import News, NoNews, ProviderRefund, Strange

REFUND_ID = UUID(int=7)
OURS = {"refund_id": str(REFUND_ID), "order_id": "1001"}


def a_refund(**more: Any) -> dict[str, Any]:
    return {"id": "re_1", "object": "refund", "status": "succeeded", "metadata": OURS, **more}


def an_event(type_: str = "refund.updated", subject: Any = None, **more: Any) -> bytes:
    event = {"id": "evt_1", "object": "event", "type": type_, "created": 1_767_000_000,
             "data": {"object": a_refund() if subject is None else subject}, **more}  # fmt: skip
    return json.dumps(event).encode()


@pytest.mark.parametrize("type_", sorted(REFUND_TYPES))
def test_every_event_about_a_refund_says_how_it_stands(type_: str) -> None:
    subject = a_refund(status="failed", failure_reason="lost_or_stolen_card")
    refund = ProviderRefund("re_1", "failed", REFUND_ID, failure_reason="lost_or_stolen_card")
    assert read_event(an_event(type_, subject)) == [News("stripe:evt_1", "1001", REFUND_ID, refund)]


def test_a_charge_that_carries_its_refunds_says_how_each_stands() -> None:
    other = a_refund(id="re_2", status="pending")
    charge = {"id": "ch_1", "refunds": {"data": [a_refund(), other]}}
    assert read_event(an_event("charge.refunded", charge)) == [
        News(
            "stripe:evt_1:re_1", "1001", REFUND_ID, ProviderRefund("re_1", "succeeded", REFUND_ID)
        ),
        News("stripe:evt_1:re_2", "1001", REFUND_ID, ProviderRefund("re_2", "pending", REFUND_ID)),
    ]


@pytest.mark.parametrize("charge", [{"id": "ch_1"}, {"id": "ch_1", "refunds": None}])
def test_a_charge_without_them_says_nothing(charge: Any) -> None:
    assert read_event(an_event("charge.refunded", charge)) == [NoNews("charge.refunded")]


@pytest.mark.parametrize("type_", ["charge.succeeded", "payout.paid", "customer.created", "new"])
def test_other_events_say_nothing(type_: str) -> None:
    assert read_event(an_event(type_)) == [NoNews(type_)]


@pytest.mark.parametrize(
    "metadata",
    [None, {}, {"refund_id": "7", "order_id": "1"}, {"order_id": "1"},
     {"refund_id": str(REFUND_ID)}, {"refund_id": str(REFUND_ID), "order_id": ""},
     {"refund_id": 7, "order_id": "1"}],
)  # fmt: skip
def test_a_refund_somebody_made_elsewhere_is_kept(metadata: Any) -> None:
    (said,) = read_event(an_event(subject=a_refund(metadata=metadata)))
    assert isinstance(said, Strange)
    assert (said.code, said.message_id, said.type) == (
        "REFUND_NOT_OURS", "stripe:evt_1", "refund.updated",
    )  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff", b"{}", b'{"id":"evt_1"}',
     b'{"id":"evt_1","type":"refund.updated","data":{}}',
     b'{"id":"evt_1","type":"refund.updated","data":{"object":7}}',
     an_event(subject={"status": "succeeded", "metadata": OURS}),
     an_event(subject=a_refund(status="something_new"))],
)  # fmt: skip
def test_what_cannot_be_read_is_kept(body: bytes) -> None:
    (said,) = read_event(body)
    assert isinstance(said, Strange)
    assert said.code == "EVENT_UNREADABLE"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["id", "type", "data", "object", "metadata", "status", "refunds"]),
        inner | st.sampled_from(["refund.updated", "charge.refunded", "succeeded"]), max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=300, deadline=None, database=None)
@given(body=st.binary(max_size=40) | json_values.map(lambda value: json.dumps(value).encode()))
def test_no_event_makes_the_reader_raise(body: bytes) -> None:
    said = read_event(body)
    assert said
    assert all(isinstance(one, News | NoNews | Strange) for one in said)
