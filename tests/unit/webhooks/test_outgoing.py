"""What leaves the house: the fields named, and never a person or a word somebody has written."""

import json
from pathlib import Path
from typing import Any

import pytest

from contracts.message import Event
from services.notifier.webhooks.domain.outgoing import OFFERED, PING, TYPES, said, said_to_try
from tests.support.spec import NOW

SAMPLES = Path("contracts/samples")

PERSONAL = {
    "recipient", "email", "locale", "customer", "customer_id", "customer_message", "staff_note",
    "note", "actor", "who", "why", "detail", "details", "title", "reason_label", "command_id",
    "gift_card_ids", "account", "pending_reason",
}  # fmt: skip
"""Fields that name somebody, or hold words that somebody has written."""


def sample(model: type[Event], kind: str) -> Any:
    return model.model_validate_json((SAMPLES / f"{model.TYPE}.{kind}.json").read_text("utf-8"))


def names_in(value: Any) -> set[str]:
    match value:
        case dict():
            return set(value) | {name for one in value.values() for name in names_in(one)}
        case list():
            return {name for one in value for name in names_in(one)}
    return set()


def texts_in(value: Any, *, is_personal: bool = False) -> set[str]:
    """Return every text below a field that must not leave the house."""
    match value:
        case dict():
            return {
                text
                for name, one in value.items()
                for text in texts_in(one, is_personal=is_personal or name in PERSONAL)
            }
        case list():
            return {text for one in value for text in texts_in(one, is_personal=is_personal)}
        case str() if is_personal:
            return {value}
    return set()


@pytest.mark.parametrize("kind", ["full", "minimal"])
@pytest.mark.parametrize("model", OFFERED)
def test_nothing_about_a_person_goes_out(model: type[Event], kind: str) -> None:
    event = sample(model, kind)
    body = said(event).body
    assert not names_in(json.loads(body)["data"]) & PERSONAL
    hidden = {text for text in texts_in(event.model_dump(mode="json")) if len(text) > 3}
    assert [text for text in hidden if json.dumps(text) in body] == []


@pytest.mark.parametrize("kind", ["full", "minimal"])
@pytest.mark.parametrize("model", OFFERED)
def test_a_body_is_type_timestamp_and_data(model: type[Event], kind: str) -> None:
    event = sample(model, kind)
    told = said(event)
    body = json.loads(told.body)
    assert list(body) == ["type", "timestamp", "data"]
    assert body["type"] == told.type == model.TYPE
    assert body["timestamp"] == told.moment.isoformat()
    whole = json.loads(event.model_dump_json())
    assert body["data"]["order_id"] == whole["order_id"]
    for name, value in body["data"].items():
        assert names_in(value) <= names_in(whole[name])
    assert said(event) == told, "the same characters, whenever it is written"


def test_what_a_cancellation_tells() -> None:
    (model,) = [one for one in OFFERED if one.TYPE == "cancellation.order-cancelled.v1"]
    data = json.loads(said(sample(model, "full")).body)["data"]
    assert data["lines"][0] == {
        "line_id": "1", "sku": "85048", "quantity": 12, "amount_minor": 8340,
    }  # fmt: skip
    assert data["reason"] == "CUSTOMER"
    assert (data["refund_minor"], data["currency"]) == (11040, "GBP")


def test_a_ping_names_the_endpoint_and_is_nothing_to_ask_for() -> None:
    told = said_to_try("e", NOW)
    assert json.loads(told.body) == {
        "type": PING, "timestamp": NOW.isoformat(), "data": {"endpoint_id": "e"},
    }  # fmt: skip
    assert PING not in TYPES
