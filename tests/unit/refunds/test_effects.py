"""From a refund asked for to a call, and from the provider's answer to a command."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from kit.effects import Effect, Finished, RetryLater
from kit.facts import RecordedFact
from kit.ids import child_id
from services.refunds.domain import commands
from services.refunds.domain.ledger import LEDGER
from services.refunds.effects import execute_with, give_up, intents_of
from services.refunds.ports import (
    Declined,
    NoAnswer,
    NotMade,
    ProviderRefund,
    RefundRequest,
    Voided,
    VoidRequest,
)
from services.refunds.translation import PUBLISHES, translate
from tests.support.mothers import A_CAUSE, FIRST, ORDER_ID, PAYMENT_ID, an_order_cancelled
from tests.support.spec import STREAM, story_of

ledger = story_of(LEDGER)
REFUND_ID: UUID = child_id(FIRST, PAYMENT_ID)
REQUEST = RefundRequest(
    refund_id=REFUND_ID,
    order_id=ORDER_ID,
    payment_id=PAYMENT_ID,
    amount_minor=2000,
    currency="EUR",
)


class Answering:
    """A provider with one answer, which knows what `found` says; remembers what it was asked."""

    def __init__(self, answer: Any, found: Any = None) -> None:
        self.answer, self.found, self.calls = answer, found or NotMade(), list[str]()

    async def refund(self, request: RefundRequest) -> ProviderRefund | Declined | NoAnswer:
        assert request == REQUEST
        self.calls.append("refund")
        return self.answer

    async def find(self, request: RefundRequest) -> ProviderRefund | NotMade | NoAnswer:
        assert request == REQUEST
        self.calls.append("find")
        return self.found

    async def void(self, _: VoidRequest) -> Voided | Declined | NoAnswer:
        self.calls.append("void")
        return self.answer


NOW = A_CAUSE.recorded_at + timedelta(minutes=1)


async def execute(
    provider: Answering, effect: Effect, *, at: datetime = NOW, looks: bool = True
) -> Finished | RetryLater:
    return await execute_with(provider, looks=looks, clock=lambda: at)(effect)


def an_effect(*, is_abandoned: bool = False, attempts: int = 1) -> Effect:
    body = REQUEST.model_dump_json().encode()
    return Effect(REFUND_ID, "refund", STREAM, body, A_CAUSE, attempts, is_abandoned)


def test_a_refund_asked_for_wants_one_call_under_our_own_id() -> None:
    (fact,) = ledger.when(an_order_cancelled()).facts
    (intent,) = intents_of(RecordedFact(STREAM, 1, fact, A_CAUSE))
    assert intent.effect_id == REFUND_ID
    assert intent.request == REQUEST


def test_no_other_fact_wants_a_call() -> None:
    requested = ledger.given(an_order_cancelled())
    word = commands.RecordRefundSuccess(refund_id=REFUND_ID, provider_reference="re_1")
    (fact,) = requested.when(word).facts
    assert list(intents_of(RecordedFact(STREAM, 2, fact, A_CAUSE))) == []


@pytest.mark.parametrize(
    ("answer", "report"),
    [
        (
            ProviderRefund("re_1", "succeeded"),
            commands.RecordRefundSuccess(refund_id=REFUND_ID, provider_reference="re_1"),
        ),
        (
            Declined("disputed", "no"),
            commands.RecordRefundFailure(refund_id=REFUND_ID, code="disputed", detail="no"),
        ),
    ],
)
async def test_a_final_answer_becomes_a_command(answer: Any, report: Any) -> None:
    provider = Answering(answer)
    assert await execute(provider, an_effect()) == Finished(report)
    assert provider.calls == ["refund"]


async def test_no_answer_is_asked_again_and_never_taken_for_success() -> None:
    outcome = await execute(Answering(NoAnswer("HTTP 503")), an_effect())
    assert outcome == RetryLater("HTTP 503")


def test_giving_up_leaves_the_outcome_uncertain() -> None:
    report = give_up(an_effect(attempts=12), "x" * 900)
    assert report == commands.RecordRefundUncertainty(refund_id=REFUND_ID, detail="x" * 500)


def test_that_a_refund_was_asked_for_is_not_published() -> None:
    (fact,) = ledger.when(an_order_cancelled()).facts
    assert fact.NAME not in PUBLISHES
    with pytest.raises(TypeError, match="private"):
        translate(fact, A_CAUSE)


@pytest.mark.parametrize(
    ("word", "type_"),
    [
        (
            commands.RecordRefundSuccess(refund_id=REFUND_ID, provider_reference="re_1"),
            "refunds.refund-succeeded.v1",
        ),
        (
            commands.RecordRefundFailure(refund_id=REFUND_ID, code="c", detail="d"),
            "refunds.refund-failed.v1",
        ),
        (
            commands.RecordRefundUncertainty(refund_id=REFUND_ID, detail="d"),
            "refunds.refund-uncertain.v1",
        ),
    ],
)
def test_every_outcome_is_published_under_the_order_number(word: Any, type_: str) -> None:
    (fact,) = ledger.given(an_order_cancelled()).when(word).facts
    topic, key, message = translate(fact, A_CAUSE)
    assert (topic, key) == ("refunds.events", ORDER_ID)
    assert type_ == type(message).TYPE  # type: ignore[attr-defined]
    assert message.model_dump(include={"refund_id", "amount_minor"}) == {
        "refund_id": REFUND_ID,
        "amount_minor": 2000,
    }
