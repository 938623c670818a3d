"""The question below a mail: where it is asked, and whose answer counts."""

from typing import Any

from contracts.notifier import FeedbackGiven
from services.notifier.domain import commands, events
from services.notifier.domain.messages import MESSAGES
from services.notifier.domain.stationery import Stationery
from services.notifier.rendering import render
from services.notifier.sealing import read_feedback_token
from services.notifier.translation import translate
from tests.support.mails import parts_of
from tests.support.money_words import failure
from tests.support.mothers import A_CAUSE, FIRST, ORDER_ID, SHOP, an_order_cancelled
from tests.support.spec import story_of

ASKING = Stationery(version=1, feedback_url="https://say.shop.example/")
SECRET = b"secret"
messages = story_of(MESSAGES).under(ASKING)
(_FACT,) = messages.when(an_order_cancelled()).facts
assert isinstance(_FACT, events.NotificationRequested)
MAIL = _FACT
told = messages.given(an_order_cancelled())


def an_answer(answer: Any = "GOOD", **changes: Any) -> commands.GiveFeedback:
    return commands.GiveFeedback(
        **{"order_id": ORDER_ID, "message_id": MAIL.message_id, "answer": answer, **changes}
    )


def test_the_first_answer_about_a_cancellation_counts() -> None:
    (fact,) = told.when(an_answer()).facts
    assert isinstance(fact, events.FeedbackGiven)
    _, key, message = translate(fact, A_CAUSE)
    assert isinstance(message, FeedbackGiven)
    assert (key, message.cancellation_id, message.answer) == (ORDER_ID, FIRST, "GOOD")
    told.given(an_answer()).when(an_answer("POOR"), message_id="again").then_nothing()
    messages.when(an_answer()).then_set_aside("MESSAGE_NOT_FOUND")


def test_the_link_is_in_the_mail_about_the_cancellation_and_names_nobody() -> None:
    for part in parts_of(render(MAIL, A_CAUSE, sender=SHOP, stationery=ASKING, secret=SECRET)):
        start = part.index("https://say.shop.example/v1/feedback/")
        token = part[start:].split()[0].partition('"')[0].rpartition("/")[2]
        assert ORDER_ID not in token
        assert read_feedback_token(SECRET, token) == MAIL.message_id


def test_without_a_secret_an_address_or_a_cancellation_nobody_is_asked() -> None:
    (failed,) = told.when(failure()).facts
    assert isinstance(failed, events.NotificationRequested)
    silent = Stationery(version=1)
    for mail, stationery, secret in (
        (MAIL, ASKING, b""), (MAIL, silent, SECRET), (failed, ASKING, SECRET),
    ):  # fmt: skip
        content = render(mail, A_CAUSE, sender=SHOP, stationery=stationery, secret=secret)
        assert not any("/v1/feedback/" in part for part in parts_of(content))
