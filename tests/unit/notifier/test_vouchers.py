"""A voucher with the mail about a cancellation: once each, and the mail goes out either way."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.notifier import VoucherIssued
from kit.effects import Effect, Finished, RetryLater
from kit.facts import RecordedFact
from kit.ids import child_id
from services.notifier.domain import commands, events, voucher_events
from services.notifier.domain.messages import MESSAGES
from services.notifier.domain.stationery import Stationery, VoucherTerms
from services.notifier.effects import VOUCHER, execute_with, give_up, intents_of
from services.notifier.ports import Accepted
from services.notifier.sealing import feedback_token, read_feedback_token, voucher_code
from services.notifier.translation import translate
from tests.support.mails import mail_of, shown
from tests.support.money_words import failure
from tests.support.mothers import (
    A_CAUSE,
    FIRST,
    ORDER_ID,
    SHOP,
    a_recipient,
    an_order_cancelled,
)
from tests.support.said import a_confirmation, a_held_cancellation, a_reinstated_order
from tests.support.spec import NOW, STREAM, story_of
from tests.unit.notifier.test_effects import Answering

TERMS = VoucherTerms(budget="SORRY", budget_minor=10_000, amount_minor=500, currency="EUR")
generous = story_of(MESSAGES).under(Stationery(version=1, voucher=TERMS))
VOUCHER_ID = child_id(FIRST, "voucher")
CODE = "ABCD-EFGH-IJKL-MNOP"
DRAWN = commands.RecordVoucher(voucher_id=VOUCHER_ID, code=CODE)
NONE = commands.RecordVoucher(voucher_id=VOUCHER_ID)
SECRET = b"secret"


def cancelled(**changes: Any) -> Any:
    return an_order_cancelled(**{"reason": "INVENTORY", **changes})


waiting = generous.given(cancelled())


def wanted() -> voucher_events.VoucherWanted:
    (fact,) = generous.when(cancelled()).facts
    assert isinstance(fact, voucher_events.VoucherWanted)
    return fact


def test_the_mail_waits_for_its_voucher_and_goes_out_once_with_it() -> None:
    generous.when(cancelled()).then_names("voucher.wanted.v1")
    waiting.when(cancelled(), message_id="again").then_nothing()
    issued, mail = waiting.when(DRAWN).facts
    assert isinstance(issued, voucher_events.VoucherIssued)
    assert isinstance(mail, events.NotificationRequested)
    assert issued.code == mail.voucher_code == CODE
    assert mail.message_id == child_id(FIRST, "order_cancelled")
    assert mail.voucher_until == NOW + timedelta(days=365)
    done = waiting.given(DRAWN)
    done.when(DRAWN, message_id="again").then_nothing()
    done.when(NONE, message_id="again").then_nothing()
    done.when(cancelled(), message_id="again").then_nothing()


def test_without_a_voucher_the_mail_goes_out_all_the_same() -> None:
    refused, mail = waiting.when(NONE).facts
    assert isinstance(refused, voucher_events.VoucherRefused)
    assert refused.why == "the budget is used up"
    assert isinstance(mail, events.NotificationRequested)
    assert mail.voucher_code is None
    waiting.given(NONE).when(DRAWN, message_id="again").then_nothing()
    generous.when(NONE).then_set_aside("VOUCHER_NOT_FOUND")


@pytest.mark.parametrize(
    "changes", [{"reason": "CUSTOMER"}, {"currency": "GBP"}], ids=["reason", "currency"]
)
def test_who_is_not_meant_gets_a_mail_at_once(changes: dict[str, Any]) -> None:
    generous.when(cancelled(**changes)).then_names("notification.requested.v1")
    story_of(MESSAGES).when(cancelled()).then_names("notification.requested.v1")


def test_who_is_not_to_be_told_and_who_still_waits_draws_none() -> None:
    generous.when(cancelled(recipient=None)).then_names("notification.suppressed.v1")
    generous.when(a_held_cancellation(reason="INVENTORY")).then_nothing()
    generous.when(a_confirmation(reason="INVENTORY")).then_names("voucher.wanted.v1")


def test_what_becomes_of_the_order_meanwhile_is_told() -> None:
    waiting.when(failure()).then_names("notification.requested.v1")
    waiting.when(a_reinstated_order([])).then_names("notification.requested.v1")
    early = generous.given(failure())
    early.when(cancelled()).then_names("voucher.wanted.v1", "notification.requested.v1")


def test_only_what_was_drawn_is_published() -> None:
    issued, _ = waiting.when(DRAWN).facts
    _, key, message = translate(issued, A_CAUSE)
    assert isinstance(message, VoucherIssued)
    assert (key, message.code, message.amount_minor) == (ORDER_ID, CODE, 500)
    assert "@" not in message.model_dump_json()


@pytest.mark.parametrize(
    ("locale", "worth", "day"),
    [("en", "5.00 EUR", "1 March 2027"), ("fr", "5,00 EUR", "1er mars 2027")],
)
def test_the_mail_names_code_worth_and_end(locale: str, worth: str, day: str) -> None:
    story = generous.given(cancelled(recipient=a_recipient(locale)))
    _, mail = story.when(DRAWN).facts
    assert isinstance(mail, events.NotificationRequested)
    for kind in ("plain", "html"):
        said = shown(mail_of(mail), kind)
        for words in (CODE, worth, day):
            assert words in said


class Drawing:
    """A purse with one answer."""

    def __init__(self, answer: bool | Exception) -> None:
        self.answer = answer

    async def draw(self, _: voucher_events.VoucherWanted) -> bool:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def outcome_of(
    answer: bool | Exception, *, secret: bytes = SECRET, is_abandoned: bool = False
) -> Finished | RetryLater:
    (intent,) = intents_of(RecordedFact(STREAM, 1, wanted(), A_CAUSE))
    assert (intent.kind, intent.effect_id) == (VOUCHER, VOUCHER_ID)
    body = intent.request.model_dump_json().encode()
    effect = Effect(intent.effect_id, intent.kind, STREAM, body, A_CAUSE, 1, is_abandoned)
    server = Answering(Accepted())
    call = execute_with(server, sender=SHOP, purse=Drawing(answer), secret=secret)
    outcome = await call(effect)
    assert server.offered == []
    return outcome


@pytest.mark.parametrize("is_abandoned", [True, False])
async def test_a_voucher_is_drawn_again_by_whoever_takes_over(is_abandoned: bool) -> None:
    outcome = await outcome_of(answer=True, is_abandoned=is_abandoned)
    code = voucher_code(SECRET, VOUCHER_ID)
    assert outcome == Finished(commands.RecordVoucher(voucher_id=VOUCHER_ID, code=code))


async def test_a_used_up_budget_a_purse_away_and_no_secret_draw_none() -> None:
    assert await outcome_of(answer=False) == Finished(NONE)
    assert isinstance(await outcome_of(ConnectionRefusedError("no")), RetryLater)
    without = await outcome_of(answer=True, secret=b"")
    assert isinstance(without, Finished)
    assert isinstance(without.report, commands.RecordVoucher)
    assert without.report.code is None


def test_giving_up_on_a_voucher_lets_the_mail_go() -> None:
    effect = Effect(VOUCHER_ID, VOUCHER, STREAM, b"", A_CAUSE, 900, is_abandoned=False)
    word = give_up(effect, "away")
    _, mail = waiting.when(word).facts
    assert isinstance(mail, events.NotificationRequested)


@pytest.mark.parametrize(
    "wrong", [{"amount_minor": 0}, {"valid_days": 0}, {"reasons": ()}, {"budget": "sorry"}]
)
def test_terms_that_make_no_sense_are_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        VoucherTerms.model_validate({**TERMS.model_dump(), **wrong})


@settings(max_examples=60, deadline=None, database=None)
@given(st.uuids(), st.uuids(), st.binary(min_size=1, max_size=40))
def test_codes_and_links_are_ours_alone(one: UUID, other: UUID, secret: bytes) -> None:
    assert voucher_code(secret, one) == voucher_code(secret, one)
    assert (voucher_code(secret, one) == voucher_code(secret, other)) is (one == other)
    assert voucher_code(secret, one) != voucher_code(secret + b"x", one)
    token = feedback_token(secret, one)
    assert read_feedback_token(secret, token) == one
    assert read_feedback_token(secret + b"x", token) is None
    swapped = feedback_token(secret, other)[:21] + token[21:]
    assert (read_feedback_token(secret, swapped) is None) is (one != other)


@pytest.mark.parametrize("token", ["", "x", "é", "a" * 43, "=" * 43, "A" * 10_000, "../../x", "\0"])
def test_what_is_no_link_of_ours_is_none(token: str) -> None:
    assert read_feedback_token(SECRET, token) is None
