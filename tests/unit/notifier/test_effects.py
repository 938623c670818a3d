"""From a message asked for to a mail, and from the server's word to a command."""

from hashlib import sha256
from typing import Any

import pytest

from kit.effects import Effect, Finished, RetryLater
from kit.facts import RecordedFact
from services.notifier.domain import commands
from services.notifier.domain.events import NotificationRequested
from services.notifier.domain.messages import MESSAGES
from services.notifier.effects import execute_with, give_up, intents_of
from services.notifier.ports import Accepted, Mail, NotReached, Refused, Unknown
from services.notifier.rendering import render
from tests.support.mothers import A_CAUSE, SHOP, a_recipient, an_order_cancelled
from tests.support.spec import STREAM, story_of

messages = story_of(MESSAGES)
Answer = Accepted | Refused | NotReached | Unknown


class Answering:
    """A mail server with one answer; remembers what it was offered."""

    def __init__(self, answer: Answer) -> None:
        self.answer, self.offered = answer, list[Mail]()

    async def send(self, mail: Mail) -> Answer:
        self.offered.append(mail)
        return self.answer


def a_request(**changes: Any) -> NotificationRequested:
    (fact,) = messages.when(an_order_cancelled(**changes)).facts
    assert isinstance(fact, NotificationRequested)
    return fact


def an_effect(request: NotificationRequested, *, is_abandoned: bool = False) -> Effect:
    body = request.model_dump_json().encode()
    return Effect(request.message_id, "mail", STREAM, body, A_CAUSE, 1, is_abandoned)


REQUEST = a_request()
MESSAGE_ID = REQUEST.message_id
CONTENT_HASH = sha256(render(REQUEST, A_CAUSE, sender=SHOP)).hexdigest()


def test_a_message_asked_for_wants_one_mail_under_our_own_id() -> None:
    (intent,) = intents_of(RecordedFact(STREAM, 1, REQUEST, A_CAUSE))
    assert (intent.effect_id, intent.request) == (MESSAGE_ID, REQUEST)


def test_no_other_fact_wants_a_mail() -> None:
    word = commands.RecordAcceptance(message_id=MESSAGE_ID)
    (fact,) = messages.given(REQUEST).when(word).facts
    assert list(intents_of(RecordedFact(STREAM, 2, fact, A_CAUSE))) == []


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (
            Accepted("250 queued"),
            Finished(
                commands.RecordAcceptance(
                    message_id=MESSAGE_ID, sha256=CONTENT_HASH, answer="250 queued"
                )
            ),
        ),
        (
            Refused("SMTP_550", "no"),
            Finished(commands.RecordRejection(message_id=MESSAGE_ID, code="SMTP_550", detail="no")),
        ),
        (NotReached("away"), RetryLater("away")),
        (
            Unknown("cut"),
            Finished(commands.RecordUncertainty(message_id=MESSAGE_ID, detail="cut")),
        ),
    ],
)
async def test_each_word_of_the_server_has_its_outcome(answer: Answer, outcome: Any) -> None:
    server = Answering(answer)
    assert await execute_with(server, sender=SHOP)(an_effect(REQUEST)) == outcome
    assert [mail.recipient for mail in server.offered] == ["ada@example.com"]


async def test_an_abandoned_mail_is_never_offered_again() -> None:
    server = Answering(Accepted())
    outcome = await execute_with(server, sender=SHOP)(an_effect(REQUEST, is_abandoned=True))
    assert server.offered == []
    assert isinstance(outcome, Finished)
    assert isinstance(outcome.report, commands.RecordUncertainty)


@pytest.mark.parametrize("address", ["a\x1cb@c.example", "\\-@[:'.a(.", "(\x00'\\[]@:].!):)"])
async def test_no_address_however_odd_makes_it_raise(address: str) -> None:
    """The standard library's own address parser fails on these in four different ways."""
    server = Answering(Refused("SMTP_553", "no such address"))
    request = a_request(recipient=a_recipient(email=address))
    outcome = await execute_with(server, sender=SHOP)(an_effect(request))
    assert isinstance(outcome, Finished)
    assert isinstance(outcome.report, commands.RecordRejection)
    assert [mail.recipient for mail in server.offered] == [address]


def test_giving_up_says_the_server_was_never_reached() -> None:
    assert give_up(an_effect(REQUEST), "x" * 900) == commands.RecordRejection(
        message_id=MESSAGE_ID, code="SERVER_NOT_REACHED", detail="x" * 500
    )
