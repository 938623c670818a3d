"""The mail somebody sees before they cancel is the mail the customer then gets."""

import re
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from contracts.cancellation import CancellationDetails, CancelReason
from contracts.orders import PaymentMethod
from contracts.values import Locale
from kit.decider import Context
from services.notifier.domain.events import NotificationRequested
from services.notifier.domain.messages import MESSAGES, tell_of_cancellation
from services.notifier.domain.state import Messages
from services.notifier.domain.stationery import BUILT_IN, Stationery
from services.notifier.foreseen import CODE_TO_COME, foresee, foresee_next, text_of
from tests.support.mails import mail_of, told_after
from tests.support.mails import text_of as sent_text
from tests.support.mothers import a_recipient, a_refund_due, an_order_cancelled
from tests.support.said import a_customers_request, a_denial, a_later_refund, a_reinstatement
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


NEXT = (
    (an_order_cancelled(), a_reinstatement(), "REINSTATED", {"reinstated_at"}),
    (a_customers_request(), a_denial(), "DENIED", {"denied_at"}),
)


@pytest.mark.parametrize(("before", "event", "outcome", "moments"), NEXT, ids=lambda _: "")
def test_what_follows_is_seen_as_it_is_then_sent(
    before: Any, event: Any, outcome: str, moments: set[str]
) -> None:
    answer = event.model_dump(mode="json", exclude={"command_id", *moments})
    messages = told_after(before)
    ((locale, seen),) = foresee_next(messages, {**answer, "outcome": outcome}, BUILT_IN, NOW)
    (fact,) = MESSAGES.decide(messages, event, Context(NOW, "m", STREAM, 2, BUILT_IN))
    assert isinstance(fact, NotificationRequested)
    assert locale == fact.recipient.locale
    sent = mail_of(fact)
    assert (seen["Subject"], text_of(seen, "plain")) == (sent["Subject"], sent_text(sent))


def test_money_settled_is_seen_as_the_mail_once_the_provider_has_made_the_refund() -> None:
    due = a_refund_due(350)
    by_hand = PaymentMethod(kind="other", is_offline=True)
    event = a_later_refund(
        due,
        due.model_copy(update={"payment_id": "pi_2", "method": by_hand}),
        due.model_copy(update={"payment_id": "gift", "tender": "GIFT_CARD"}),
    )
    answer = event.model_dump(mode="json", exclude={"command_id", "requested_at"})
    messages = told_after(an_order_cancelled())
    ((_, mail),) = foresee_next(messages, {**answer, "outcome": "REFUND_REQUESTED"}, BUILT_IN, NOW)
    assert "3.50" in text_of(mail, "plain")


def test_who_was_told_nothing_gets_nothing_and_what_is_no_answer_is_refused() -> None:
    answer = a_reinstatement().model_dump(mode="json", exclude={"command_id", "reinstated_at"})
    assert not list(foresee_next(Messages(), {**answer, "outcome": "REINSTATED"}, BUILT_IN, NOW))
    with pytest.raises(ValidationError):
        list(foresee_next(Messages(), {"outcome": "RESTOCK_REQUESTED"}, BUILT_IN, NOW))
