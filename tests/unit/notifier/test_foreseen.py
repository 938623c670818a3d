"""The mail somebody sees before they cancel is the mail the customer then gets."""

import re
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from contracts.cancellation import CancellationDetails, CancelReason
from contracts.values import Locale
from kit.decider import Context
from services.notifier.domain.messages import tell_of_cancellation
from services.notifier.domain.state import Messages
from services.notifier.domain.stationery import BUILT_IN, Stationery
from services.notifier.foreseen import CODE_TO_COME, foresee, text_of
from tests.support.mails import mail_of
from tests.support.mails import text_of as sent_text
from tests.support.mothers import a_recipient, an_order_cancelled
from tests.support.spec import NOW, STREAM

LATER = CancellationDetails(customer_message="Sorry about that.")
VOUCHER = Stationery.model_validate(
    {
        "version": 1,
        "voucher": {
            "reasons": get_args(CancelReason), "currency": "EUR", "amount_minor": 500,
            "budget": "SPRING", "budget_minor": 1_000, "valid_days": 30,
        },
    }
)  # fmt: skip


def ahead(locale: Locale, stationery: Stationery = BUILT_IN, **changes: Any) -> Any:
    """Foresee the mail of a cancellation as its preview answers it."""
    event = an_order_cancelled(**changes)
    answer = event.model_dump(mode="json", exclude={"recipient", "command_id", "cancelled_at"})
    return foresee({**answer, "outcome": "CANCELLED", "notify": True}, locale, stationery, NOW)


@pytest.mark.parametrize("locale", get_args(Locale))
@pytest.mark.parametrize("changes", [{}, {"nothing_left": False, "details": LATER}])
def test_it_says_what_is_then_sent_word_for_word(locale: Locale, changes: dict[str, Any]) -> None:
    seen = ahead(locale, **changes)
    event = an_order_cancelled(**{"recipient": a_recipient(locale), **changes})
    (fact,) = tell_of_cancellation(Messages(), event, Context(NOW, "m", STREAM, 0, BUILT_IN))
    sent = mail_of(fact)  # type: ignore[arg-type]
    assert seen["Subject"] == sent["Subject"]
    for kind in ("plain", "html"):
        assert text_of(seen, kind) == sent_text(sent, kind)


def test_a_held_cancellation_is_seen_as_it_will_be_told() -> None:
    assert text_of(ahead("en", held_until=NOW), "plain") == text_of(ahead("en"), "plain")


def test_a_voucher_is_announced_without_a_code_that_nobody_has_drawn() -> None:
    text = text_of(ahead("en", VOUCHER), "plain")
    assert re.search(rf"{CODE_TO_COME}.*5\.00 EUR|5\.00 EUR.*{CODE_TO_COME}", text, re.DOTALL)


def test_what_no_preview_answers_is_not_written_about() -> None:
    with pytest.raises(ValidationError):
        foresee({"outcome": "REQUESTED"}, "en", BUILT_IN, NOW)
