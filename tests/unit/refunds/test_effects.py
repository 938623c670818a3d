"""From a refund asked for to a call, and from the provider's answer to a command."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from kit.effects import Effect, Finished, RetryLater
from kit.facts import Fact, RecordedFact
from kit.ids import child_id
from services.refunds.domain import commands, events
from services.refunds.domain.ledger import LEDGER
from services.refunds.effects import REFUND, VOID, WATCH, execute_with, give_up, intents_of
from services.refunds.ports import (
    Declined,
    NoAnswer,
    NotMade,
    ProviderRefund,
    RefundRequest,
    Voided,
    VoidRequest,
    WatchRequest,
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


VOID_REQUEST = VoidRequest(
    void_id=child_id(FIRST, "void"), order_id=ORDER_ID, payment_id=PAYMENT_ID, amount_minor=2000,
)  # fmt: skip
WATCHED = WatchRequest(
    order_id=ORDER_ID, refund_id=REFUND_ID, provider_reference="re_1", status="pending"
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

    async def look(self, provider_reference: str) -> ProviderRefund | NoAnswer:
        self.calls.append(f"look {provider_reference}")
        return self.found

    async def told_since(self, _: datetime) -> AsyncIterator[bytes]:
        raise AssertionError("the calls of effects do not listen")
        yield

    async def void(self, request: VoidRequest) -> Voided | Declined | NoAnswer:
        assert request == VOID_REQUEST
        self.calls.append("void")
        return self.answer


NOW = A_CAUSE.recorded_at + timedelta(minutes=1)


async def execute(
    provider: Answering, effect: Effect, *, at: datetime = NOW, looks: bool = True
) -> Finished | RetryLater:
    return await execute_with(provider, looks=looks, clock=lambda: at)(effect)


def an_effect(
    *, is_abandoned: bool = False, attempts: int = 1, kind: str = REFUND, request: Any = REQUEST
) -> Effect:
    body = request.model_dump_json().encode()
    return Effect(REFUND_ID, kind, STREAM, body, A_CAUSE, attempts, is_abandoned)


def word(status: Any, **more: Any) -> commands.RecordProviderStatus:
    return commands.RecordProviderStatus(
        order_id=ORDER_ID, refund_id=REFUND_ID, status=status, **more
    )


def test_a_refund_asked_for_wants_one_call_under_our_own_id() -> None:
    (fact,) = ledger.when(an_order_cancelled()).facts
    (intent,) = intents_of(RecordedFact(STREAM, 1, fact, A_CAUSE))
    assert intent.effect_id == REFUND_ID
    assert intent.request == REQUEST


def recorded(fact: Fact, version: int = 2) -> RecordedFact:
    return RecordedFact(STREAM, version, fact, A_CAUSE)


@pytest.mark.parametrize(
    "said", [word("succeeded", provider_reference="re_1"), word("canceled")], ids=["done", "ended"]
)
def test_a_final_fact_wants_no_call(said: Any) -> None:
    (fact,) = ledger.given(an_order_cancelled()).when(said).facts
    assert list(intents_of(recorded(fact))) == []


def test_a_failure_that_may_pass_wants_another_attempt_under_an_id_of_its_own() -> None:
    requested = ledger.given(an_order_cancelled())
    said = word("failed", provider_reference="re_1", failure_reason="insufficient_funds")
    _, fact = requested.when(said).facts
    assert isinstance(fact, events.RefundRetried)
    (intent,) = intents_of(recorded(fact))
    assert intent.effect_id == fact.attempt_id != REFUND_ID
    assert intent.request == REQUEST.model_copy(
        update={"refund_id": fact.attempt_id, "not_before": fact.not_before}
    )


def test_what_is_under_way_is_watched_each_word_by_a_watch_of_its_own() -> None:
    requested = ledger.given(an_order_cancelled())
    found = set()
    for version, status in enumerate(("requires_action", "pending")):
        (fact,) = requested.when(word(status, provider_reference="re_1")).facts
        (intent,) = intents_of(recorded(fact, version))
        assert intent.kind == WATCH
        assert intent.request == WATCHED.model_copy(update={"status": status})
        found.add(intent.effect_id)
    assert len(found) == 2


@pytest.mark.parametrize(
    ("answer", "report"),
    [
        (ProviderRefund("re_1", "succeeded"), word("succeeded", provider_reference="re_1")),
        (
            ProviderRefund("re_1", "pending", pending_reason="processing"),
            word("pending", provider_reference="re_1", pending_reason="processing"),
        ),
        (
            ProviderRefund("re_1", "failed", failure_reason="declined"),
            word("failed", provider_reference="re_1", failure_reason="declined"),
        ),
        (Declined("disputed", "no"), word("failed", failure_reason="disputed", detail="no")),
    ],
    ids=["succeeded", "pending", "failed", "refused"],
)
async def test_an_answer_becomes_the_providers_word(answer: Any, report: Any) -> None:
    provider = Answering(answer)
    assert await execute(provider, an_effect()) == Finished(report)
    assert provider.calls == ["refund"]


async def test_another_attempt_waits_for_its_time() -> None:
    later = REQUEST.model_copy(update={"not_before": NOW + timedelta(seconds=1)})
    provider = Answering(ProviderRefund("re_1", "succeeded"))
    assert isinstance(await execute(provider, an_effect(request=later)), RetryLater)
    assert provider.calls == []


@pytest.mark.parametrize(
    ("seen", "report"),
    [
        (ProviderRefund("re_1", "pending"), None),
        (NoAnswer("HTTP 503"), None),
        (ProviderRefund("re_1", "succeeded"), word("succeeded", provider_reference="re_1")),
        (
            ProviderRefund("re_1", "failed", refund_id=UUID(int=5)),
            word("failed", provider_reference="re_1").model_copy(update={"refund_id": UUID(int=5)}),
        ),
    ],
)
async def test_a_watch_ends_when_the_refund_is_no_longer_as_it_was(seen: Any, report: Any) -> None:
    provider = Answering(None, found=seen)
    outcome = await execute(provider, an_effect(kind=WATCH, request=WATCHED))
    assert provider.calls == ["look re_1"]
    assert outcome == Finished(report) if report else isinstance(outcome, RetryLater)


def test_a_watch_that_is_given_up_claims_nothing_new() -> None:
    said = give_up(an_effect(kind=WATCH, request=WATCHED), "tired")
    pending = word("pending", provider_reference="re_1")
    assert said == pending
    assert ledger.given(an_order_cancelled(), pending).when(said).facts == []


@pytest.mark.parametrize(
    ("answer", "report"),
    [
        (Voided(), {"status": "voided"}),
        (Declined("gone", "no"), {"status": "failed", "code": "gone", "detail": "no"}),
    ],
)
async def test_what_became_of_a_release_is_recorded(answer: Any, report: Any) -> None:
    provider = Answering(answer)
    outcome = await execute(provider, an_effect(kind=VOID, request=VOID_REQUEST))
    about = {"order_id": ORDER_ID, "void_id": VOID_REQUEST.void_id}
    assert outcome == Finished(commands.RecordVoidOutcome(**about, **report))


async def test_a_release_without_answer_is_asked_for_again_and_then_uncertain() -> None:
    effect = an_effect(kind=VOID, request=VOID_REQUEST)
    assert await execute(Answering(NoAnswer("HTTP 503")), effect) == RetryLater("HTTP 503")
    assert give_up(effect, "x" * 900) == commands.RecordVoidOutcome(
        order_id=ORDER_ID, void_id=VOID_REQUEST.void_id, status="uncertain", detail="x" * 500
    )


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
    ("said", "type_"),
    [
        (
            word("succeeded", provider_reference="re_1"),
            "refunds.refund-succeeded.v1",
        ),
        (
            word("failed", failure_reason="c", detail="d"),
            "refunds.refund-failed.v1",
        ),
        (
            commands.RecordRefundUncertainty(refund_id=REFUND_ID, detail="d"),
            "refunds.refund-uncertain.v1",
        ),
    ],
)
def test_every_outcome_is_published_under_the_order_number(said: Any, type_: str) -> None:
    fact, *_ = ledger.given(an_order_cancelled()).when(said).facts
    topic, key, message = translate(fact, A_CAUSE)
    assert (topic, key) == ("refunds.events", ORDER_ID)
    assert type_ == type(message).TYPE  # type: ignore[attr-defined]
    assert message.model_dump(include={"refund_id", "amount_minor"}) == {
        "refund_id": REFUND_ID,
        "amount_minor": 2000,
    }
