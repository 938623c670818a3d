"""From facts to calls, and from answers to commands; pure but for the gateway it is given."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from kit.clock import Clock, utc_now
from kit.effects import Effect, Execute, Finished, Intent, RetryLater
from kit.facts import RecordedFact
from services.refunds.domain import commands, events
from services.refunds.ports import (
    Declined,
    NoAnswer,
    NotMade,
    ProviderRefund,
    RefundGateway,
    RefundRequest,
)

KEY_TRUSTED = timedelta(hours=12)
"""Stripe keeps idempotency keys at least 24 h; from half of that on only looking tells."""


def intents_of(recorded: RecordedFact) -> Iterator[Intent]:
    """Want one call per refund asked for, and one per further attempt."""
    fact = recorded.fact
    if isinstance(fact, events.RefundRequested | events.RefundRetried):
        again = fact if isinstance(fact, events.RefundRetried) else None
        request = RefundRequest(
            refund_id=again.attempt_id if again else fact.refund_id,
            order_id=fact.order_id,
            payment_id=fact.payment_id,
            amount_minor=fact.amount_minor,
            currency=fact.currency,
            not_before=again.not_before if again else None,
        )
        yield Intent(request.refund_id, "refund", request)


def execute_with(gateway: RefundGateway, *, looks: bool = True, clock: Clock = utc_now) -> Execute:
    """Return the call.

    Args:
        gateway: the provider.
        looks: whether it looks before it asks again; off only in a control run.
        clock: tells how long ago the refund was decided.
    """

    async def execute(effect: Effect) -> Finished | RetryLater:
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


def _report(
    request: RefundRequest, outcome: ProviderRefund | Declined | NoAnswer
) -> Finished | RetryLater:
    of = request.refund_id
    match outcome:
        case ProviderRefund(status="succeeded", provider_reference=reference):
            word = commands.RecordRefundSuccess(refund_id=of, provider_reference=reference)
            return Finished(word)
        case ProviderRefund(status="failed" | "canceled" as status, failure_reason=reason):
            detail = f"the provider calls the refund {status}"
            failed = commands.RecordRefundFailure(
                refund_id=of, code=reason or status, detail=detail
            )
            return Finished(failed)
        case ProviderRefund(status=status):
            return RetryLater(f"the provider calls the refund {status}")
        case Declined(code=code, detail=detail):
            return Finished(commands.RecordRefundFailure(refund_id=of, code=code, detail=detail))
        case NoAnswer(detail=detail):
            return RetryLater(detail)


def word_of(order_id: str, refund_id: UUID, seen: ProviderRefund) -> commands.RecordProviderStatus:
    """Return the command that records how the provider sees a refund."""
    return commands.RecordProviderStatus(
        order_id=order_id, refund_id=refund_id, status=seen.status,
        provider_reference=seen.provider_reference, pending_reason=seen.pending_reason,
        failure_reason=seen.failure_reason, acquirer_reference=seen.acquirer_reference,
    )  # fmt: skip


def give_up(effect: Effect, reason: str) -> commands.RecordRefundUncertainty:
    """Stop asking: nobody may assume either way."""
    return commands.RecordRefundUncertainty(refund_id=effect.effect_id, detail=reason[:500])
