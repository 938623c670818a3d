"""The messages of one order: one per cancellation, settled by one word."""

from itertools import product
from typing import Any
from uuid import UUID

import pytest

from kit.ids import child_id
from services.notifier.domain import commands, events
from services.notifier.domain.messages import MESSAGES
from services.notifier.translation import PUBLISHES, translate
from tests.support.mothers import (
    A_CAUSE,
    FIRST,
    ORDER_ID,
    a_cancelled_line,
    a_recipient,
    an_order_cancelled,
)
from tests.support.spec import NOW, story_of

messages = story_of(MESSAGES)
MESSAGE_ID = child_id(FIRST, "order_cancelled")
ABOUT: dict[str, Any] = {
    "order_id": ORDER_ID,
    "cancellation_id": FIRST,
    "message_id": MESSAGE_ID,
}
requested = messages.given(an_order_cancelled())
ACCEPTANCE = commands.RecordAcceptance(message_id=MESSAGE_ID)
REJECTION = commands.RecordRejection(message_id=MESSAGE_ID, code="SMTP_550", detail="no")
UNCERTAINTY = commands.RecordUncertainty(message_id=MESSAGE_ID, detail="lost")


def test_the_customer_is_to_be_told_once_of_a_cancellation() -> None:
    messages.when(an_order_cancelled()).then(
        events.NotificationRequested(
            **ABOUT,
            template="order_cancelled",
            recipient=a_recipient(),
            currency="EUR",
            refund_minor=2000,
            lines=(a_cancelled_line("1"), a_cancelled_line("2")),
            nothing_left=True,
            reason="CUSTOMER",
            told_at=NOW,
        )
    )


def test_nobody_is_told_when_there_is_no_recipient() -> None:
    messages.when(an_order_cancelled(recipient=None)).then(
        events.NotificationSuppressed(**ABOUT, template="order_cancelled", why="NOBODY_TO_TELL")
    )


@pytest.mark.parametrize("word", [None, ACCEPTANCE, REJECTION, UNCERTAINTY])
def test_a_cancellation_heard_twice_is_told_once(word: Any) -> None:
    story = requested if word is None else requested.given(word)
    story.when(an_order_cancelled(), message_id="another id").then_nothing()


def test_each_cancellation_of_an_order_is_told() -> None:
    (fact,) = requested.when(an_order_cancelled(cancellation_id=UUID(int=2))).facts
    assert isinstance(fact, events.NotificationRequested)
    assert fact.message_id != MESSAGE_ID


def test_the_servers_word_is_recorded() -> None:
    requested.when(ACCEPTANCE).then(events.CustomerNotified(**ABOUT))
    requested.when(REJECTION).then(
        events.CustomerNotificationFailed(**ABOUT, code="SMTP_550", detail="no")
    )
    requested.when(UNCERTAINTY).then(events.CustomerNotificationUncertain(**ABOUT, detail="lost"))


@pytest.mark.parametrize(
    ("first", "second"), list(product([ACCEPTANCE, REJECTION, UNCERTAINTY], repeat=2))
)
def test_a_second_word_changes_nothing(first: Any, second: Any) -> None:
    requested.given(first).when(second).then_nothing()


def test_a_word_on_a_message_nobody_asked_for_is_put_aside() -> None:
    messages.when(ACCEPTANCE).then_set_aside("MESSAGE_NOT_FOUND")


@pytest.mark.parametrize("word", [ACCEPTANCE, REJECTION, UNCERTAINTY])
def test_outcomes_are_published_without_the_address(word: Any) -> None:
    (fact,) = requested.when(word).facts
    assert fact.NAME in PUBLISHES
    topic, key, message = translate(fact, A_CAUSE)
    assert (topic, key) == ("notifier.events", ORDER_ID)
    assert "@" not in message.model_dump_json()


def test_that_a_mail_was_asked_for_is_not_published() -> None:
    (fact,) = messages.when(an_order_cancelled()).facts
    assert fact.NAME not in PUBLISHES
    with pytest.raises(TypeError, match="private"):
        translate(fact, A_CAUSE)
