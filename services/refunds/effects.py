"""From facts to calls, and from answers to commands; pure but for the gateway it is given."""

from collections.abc import Iterator

from kit.effects import Effect, Execute, Finished, Intent, RetryLater
from kit.facts import RecordedFact
from services.refunds.domain import commands, events
from services.refunds.ports import (
    Declined,
    NoAnswer,
    NotMade,
    Refunded,
    RefundGateway,
    RefundRequest,
)

KEY_TRUSTED_S = 12 * 3600.0
"""Stripe keeps idempotency keys at least 24 h; from half of that on we look before we ask again."""


def intents_of(recorded: RecordedFact) -> Iterator[Intent]:
    """Want one call per refund asked for."""
    fact = recorded.fact
    if isinstance(fact, events.RefundRequested):
        request = RefundRequest(
            refund_id=fact.refund_id,
            order_id=fact.order_id,
            payment_id=fact.payment_id,
            amount_minor=fact.amount_minor,
            currency=fact.currency,
        )
        yield Intent(fact.refund_id, "refund", request)


def execute_with(gateway: RefundGateway) -> Execute:
    """Return the call. An abandoned attempt is simply made again: the key makes that harmless."""

    async def execute(effect: Effect) -> Finished | RetryLater:
        request = RefundRequest.model_validate_json(effect.request)
        outcome: Refunded | Declined | NotMade | NoAnswer = NotMade()
        if effect.attempts > 1 and effect.age_s > KEY_TRUSTED_S:
            outcome = await gateway.find(request)
        if isinstance(outcome, NotMade):
            outcome = await gateway.refund(request)
        match outcome:
            case Refunded(provider_reference=reference):
                return Finished(
                    commands.RecordRefundSuccess(
                        refund_id=request.refund_id, provider_reference=reference
                    )
                )
            case Declined(code=code, detail=detail):
                return Finished(
                    commands.RecordRefundFailure(
                        refund_id=request.refund_id, code=code, detail=detail
                    )
                )
            case NoAnswer(detail=detail):
                return RetryLater(detail)

    return execute


def give_up(effect: Effect, reason: str) -> commands.RecordRefundUncertainty:
    """Stop asking: nobody may assume either way."""
    return commands.RecordRefundUncertainty(refund_id=effect.effect_id, detail=reason[:500])
