"""What is logged says nothing about a person and opens nothing."""

import json
import logging
import sys
import time

import asyncpg
import pytest
import structlog
from pydantic import BaseModel, ValidationError

from kit.logs import configure_logs, get_logger
from kit.settings import KitSettings
from telemetry.redaction import REDACTED, redact, redact_text, type_label

WORDS = "Ada Lovelace\n12 St James's Square"
ADA = "ada.lovelace@example.com"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"550 no mailbox <{ADA}> here", f"550 no mailbox <{REDACTED}> here"),
        ("postgresql://ada:pass@db:5432/x", f"postgresql://{REDACTED}@db:5432/x"),
        ("Authorization: Bearer abc.def-1", f"Authorization: {REDACTED}"),
        ("key cmk_abcdefgh1234 opens", f"key {REDACTED} opens"),
        ("sk_live_51H8xYz and whsec_MfKQ9r", f"{REDACTED} and {REDACTED}"),
        ("GET /o/o.NDg5NDY1.17.aGk came", f"GET /o/{REDACTED} came"),
        ("from DE89 3704 0044 0532 0130 00 today", f"from {REDACTED} today"),
        ("paid by 4242 4242 4242 4242.", f"paid by {REDACTED}."),
        ("Failing row contains (7, Ada, London).", f"Failing row contains {REDACTED}."),
        ("DETAIL:  Key (email)=(nobody) exists", f"DETAIL:  Key {REDACTED} exists"),
    ],
)  # fmt: skip
def test_what_has_the_shape_of_a_person_or_a_secret_is_taken_out(text: str, left: str) -> None:
    assert redact_text(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "order 489465, payment pi_489465, refund re_ee319046af18041d",
        "5d75626a-b414-5d6c-ad65-e573c9df6311 at 2026-11-27T09:30:01.123456+00:00",
        "4242424242424241 is no card", "1764245998123456", "cancellation.events/3@17",
        "http://127.0.0.1:8080/v1/orders", "lines.0.quantity: Input should be greater than 0",
    ],
)  # fmt: skip
def test_ids_moments_and_places_stay(text: str) -> None:
    assert redact_text(text) == text


def test_a_long_line_takes_no_longer_than_it_has_to() -> None:
    started = time.perf_counter()
    redact_text("a" * 200_000)
    assert time.perf_counter() - started < 2


def test_a_field_is_emptied_by_its_name_at_any_depth() -> None:
    event = {
        "event": "message.set_aside", "message_id": "m1", "code": "DATA_INVALID", "order_id": "1",
        "customer_email": "x", "Name": "Ada", "tokens": ["t"], "password": None,
        "sent": [{"recipient": {"locale": "en"}, "count": 1}],
    }  # fmt: skip
    assert redact(None, "info", event) == {
        "event": "message.set_aside", "message_id": "m1", "code": "DATA_INVALID", "order_id": "1",
        "customer_email": REDACTED, "Name": REDACTED, "tokens": REDACTED, "password": None,
        "sent": [{"recipient": REDACTED, "count": 1}],
    }  # fmt: skip


class Mail(BaseModel):
    sent: int


def _fail(words: str) -> None:
    Mail.model_validate({"sent": words})


@pytest.fixture(params=["json", "pretty"])
def written(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, capfd) -> object:
    """Log as a process does; returns what was written so far."""
    monkeypatch.setenv("COUNTERMAND_POSTGRES_DSN", "x")
    monkeypatch.setenv("COUNTERMAND_KAFKA_BOOTSTRAP", "x")
    root, level = logging.getLogger(), logging.getLogger().level
    handlers = root.handlers[:]
    monkeypatch.setattr(sys, "stderr", sys.__stderr__)
    configure_logs(KitSettings(log_format=request.param), service="lamp")
    yield lambda: capfd.readouterr().err
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_failure_is_logged_without_what_it_was_about(written) -> None:
    try:
        _fail(WORDS)
    except ValidationError:
        get_logger("effects").exception("effect.failed", effect_id="e1")
    text = written()
    assert "effect.failed" in text
    assert "e1" in text
    assert "_fail" in text, "where it was stays"
    assert "validation error for Mail" in text
    assert "Ada" not in text


def test_libraries_are_redacted_too(written) -> None:
    logging.getLogger("aiosmtplib").warning("refused %s", ADA)
    get_logger("lane").warning("postgres.unavailable", reason=str(asyncpg.PostgresError(ADA)))
    text = written()
    assert text.count(REDACTED) == 2
    assert "Lovelace" not in text.title()


def test_a_line_of_json_stays_one(written) -> None:
    get_logger("a").warning("b", reason=f'"{ADA}"', email=ADA)
    text = written()
    if text.startswith("{"):
        assert json.loads(text)["email"] == REDACTED
    assert ADA not in text


@pytest.mark.parametrize(
    ("type_", "label"),
    [
        ("order.placed.v1", "order.placed.v1"), ("order.placed.v12", "order.placed.v12"),
        (ADA, "malformed"), ("", "malformed"), ("a" * 500 + ".v1", "malformed"),
    ],
)  # fmt: skip
def test_a_type_becomes_a_label_only_if_it_is_a_name(type_: str, label: str) -> None:
    assert type_label(type_) == label
