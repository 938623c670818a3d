"""From facts to calls, and from answers to commands; pure but for the gateway it is given."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from kit.clock import Clock, utc_now
from kit.effects import Effect, Execute, Finished, Intent, RetryLater
from kit.facts import RecordedFact
from kit.ids import child_id, event_id
from services.refunds.domain import commands, events
from services.refunds.ports import (
    Declined,
    NoAnswer,
    NotMade,
    ProviderRefund,
    RefundGateway,
    RefundRequest,
    Voided,
    VoidRequest,
    WatchRequest,
)

REFUND, VOID, WATCH = "refund", "void", "refund_watch"
"""Kinds of calls; stored, so never changed."""

KEY_TRUSTED = timedelta(hours=12)
"""Stripe keeps idempotency keys at least 24 h; from half of that on only looking tells."""


def intents_of(recorded: RecordedFact) -> Iterator[Intent]:
    """Want one call per attempt at a refund and per release, and a watch on what is under way."""
    fact = recorded.fact
    match fact:
        case events.RefundRequested():
            yield Intent(fact.refund_id, REFUND, _refund(fact, fact.refund_id))
        case events.RefundRetried():
            request = _refund(fact, fact.attempt_id, fact.not_before)
            yield Intent(fact.attempt_id, REFUND, request)
        case events.RefundPending():
            watch = WatchRequest(
                order_id=fact.order_id, refund_id=fact.refund_id,
                provider_reference=fact.provider_reference, status=fact.status,
            )  # fmt: skip
            of = event_id(recorded.originator_id, recorded.originator_version)
            yield Intent(child_id(of, "watch"), WATCH, watch)
        case events.VoidRequested():
            void = VoidRequest(
                void_id=fact.void_id, order_id=fact.order_id, payment_id=fact.payment_id,
                amount_minor=fact.amount_minor, currency=fact.currency,
            )  # fmt: skip
            yield Intent(fact.void_id, VOID, void)


def _refund(
    fact: events.RefundFact, attempt_id: UUID, not_before: datetime | None = None
) -> RefundRequest:
    return RefundRequest(
        refund_id=attempt_id, order_id=fact.order_id, payment_id=fact.payment_id,
        amount_minor=fact.amount_minor, currency=fact.currency, not_before=not_before,
    )  # fmt: skip


def execute_with(gateway: RefundGateway, *, looks: bool = True, clock: Clock = utc_now) -> Execute:
    """Return the call.

    Args:
        gateway: the provider.
        looks: whether it looks before it asks again; off only in a control run.
        clock: tells how long ago a refund was decided.
    """

    async def execute(effect: Effect) -> Finished | RetryLater:
        if effect.kind == VOID:
            return await _void(gateway, VoidRequest.model_validate_json(effect.request))
        if effect.kind == WATCH:
            return await _watch(gateway, WatchRequest.model_validate_json(effect.request))
        request = RefundRequest.model_validate_json(effect.request)
        if request.not_before is not None and clock() < request.not_before:
            return RetryLater(f"waits until {request.not_before.isoformat()}")
        outcome: ProviderRefund | Declined | NotMade | NoAnswer = NotMade()
        if looks and _may_have_been_made(effect, clock):
            outcome = await gateway.find(request)
        if isinstance(outcome, NotMade):
            outcome = await gateway.refund(request)
        return _report(request, outcome)

    return execute


def _may_have_been_made(effect: Effect, clock: Clock) -> bool:
    """Tell whether an earlier call may have had its effect.

    The age of the fact counts, not of the row: a row that was restored knows of no earlier attempt.
    """
    is_old = clock() - effect.cause.recorded_at > KEY_TRUSTED
    return effect.attempts > 1 or effect.is_abandoned or is_old


async def _watch(gateway: RefundGateway, watch: WatchRequest) -> Finished | RetryLater:
    """Look until the refund is no longer as it was; a webhook may have said so before."""
    seen = await gateway.look(watch.provider_reference)
    if isinstance(seen, NoAnswer):
        return RetryLater(seen.detail)
    if seen.status == watch.status:
        return RetryLater(f"the provider still calls the refund {seen.status}")
    return Finished(word_of(watch.order_id, seen.refund_id or watch.refund_id, seen))


async def _void(gateway: RefundGateway, request: VoidRequest) -> Finished | RetryLater:
    about: dict[str, Any] = {"order_id": request.order_id, "void_id": request.void_id}
    match await gateway.void(request):
        case Voided():
            return Finished(commands.RecordVoidOutcome(**about, status="voided"))
        case Declined(code=code, detail=detail):
            refused = commands.RecordVoidOutcome(**about, status="failed", code=code, detail=detail)
            return Finished(refused)
        case NoAnswer(detail=detail):
            return RetryLater(detail)


def _report(
    request: RefundRequest, outcome: ProviderRefund | Declined | NoAnswer
) -> Finished | RetryLater:
    match outcome:
        case ProviderRefund():
            return Finished(word_of(request.order_id, request.refund_id, outcome))
        case Declined(code=code, detail=detail):
            return Finished(
                commands.RecordProviderStatus(
                    order_id=request.order_id, refund_id=request.refund_id, status="failed",
                    failure_reason=code, detail=detail,
                )
            )  # fmt: skip
        case NoAnswer(detail=detail):
            return RetryLater(detail)


def word_of(order_id: str, refund_id: UUID, seen: ProviderRefund) -> commands.RecordProviderStatus:
    """Return the command that records how the provider sees a refund."""
    return commands.RecordProviderStatus(
        order_id=order_id, refund_id=refund_id, status=seen.status,
        provider_reference=seen.provider_reference, pending_reason=seen.pending_reason,
        failure_reason=seen.failure_reason, acquirer_reference=seen.acquirer_reference,
    )  # fmt: skip


def give_up(effect: Effect, reason: str) -> Any:
    """Stop asking: nobody may assume either way.

    A refund under way stays so; the provider's webhooks and its list of events go on telling.
    """
    if effect.kind == VOID:
        void = VoidRequest.model_validate_json(effect.request)
        return commands.RecordVoidOutcome(
            order_id=void.order_id, void_id=void.void_id, status="uncertain", detail=reason[:500]
        )
    if effect.kind == WATCH:
        watch = WatchRequest.model_validate_json(effect.request)
        as_it_was = ProviderRefund(watch.provider_reference, watch.status)
        return word_of(watch.order_id, watch.refund_id, as_it_was)
    return commands.RecordRefundUncertainty(refund_id=effect.effect_id, detail=reason[:500])
