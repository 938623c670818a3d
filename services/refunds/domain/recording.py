"""What the provider or a person says becomes of it.

Late, doubled and reordered words come to the same.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from contracts.cancellation import ManualRefundRecorded
from kit.decider import Context, Unacceptable
from kit.facts import Fact
from kit.ids import child_id
from services.refunds.domain import commands, events
from services.refunds.domain.arrivals import expect_arrival
from services.refunds.domain.retries import retried_after
from services.refunds.domain.state import RANKS, Ledger, Refund

CREDIT_NOTE_MAX = 100
"""Characters; longest `Identifier`."""


def record_status(
    ledger: Ledger, command: commands.RecordProviderStatus, context: Context
) -> Sequence[Fact]:
    """Record the provider's word, if it says more than the one that is known."""
    refund = _find(ledger, command.refund_id)
    status = command.status
    is_current = command.refund_id == refund.attempt_id
    if refund.word == "canceled":  # its amount is free, and may be on another way
        return []
    if not is_current or RANKS[status] <= RANKS.get(refund.word, -1):
        return _late_reference(refund, command) if is_current else []
    about = _about(refund)
    match status:
        case "requires_action" | "pending":
            return [
                events.RefundPending(
                    **about,
                    **_arrival(refund, context, is_pending=True),
                    status=status,
                    provider_reference=_reference(command),
                    pending_reason=command.pending_reason,
                )
            ]
        case "succeeded":
            return [
                events.RefundSucceeded(
                    **about,
                    **_arrival(refund, context, is_pending=False),
                    provider_reference=_reference(command),
                    acquirer_reference=command.acquirer_reference,
                    credit_note_number=credit_note_number(ledger, refund),
                )
            ]
        case "canceled":
            detail = command.detail or "the provider calls the refund canceled"
            return [
                events.RefundCanceled(
                    **about, provider_reference=command.provider_reference, detail=detail
                )
            ]
        case "failed":
            return _failed(refund, about, command, context)


def _find(ledger: Ledger, attempt_id: UUID) -> Refund:
    refund_id = ledger.attempts.get(attempt_id)
    if refund_id is None:
        raise Unacceptable("REFUND_NOT_FOUND", f"refund {attempt_id} was never asked for")
    return ledger.refunds[refund_id]


def _about(refund: Refund) -> dict[str, Any]:
    return {name: getattr(refund.about, name) for name in events.RefundFact.model_fields}


def _reference(command: commands.RecordProviderStatus) -> str:
    if command.provider_reference is None:
        detail = f"a refund that is {command.status} has an id at the provider"
        raise Unacceptable("PROVIDER_REFERENCE_MISSING", detail)
    return command.provider_reference


def _arrival(refund: Refund, context: Context, *, is_pending: bool) -> dict[str, Any]:
    first, last = expect_arrival(
        refund.about.tender,
        refund.about.method,
        context.now.date(),
        is_pending=is_pending,
        learnt=context.reference,
    )
    return {"arrival_from": first, "arrival_until": last}


def _late_reference(refund: Refund, command: commands.RecordProviderStatus) -> Sequence[Fact]:
    reference = command.acquirer_reference
    if refund.word != "succeeded" or reference is None or refund.acquirer_reference is not None:
        return []
    return [events.RefundReferenceLearnt(**_about(refund), acquirer_reference=reference)]


def _failed(
    refund: Refund, about: dict[str, Any], command: commands.RecordProviderStatus, context: Context
) -> Sequence[Fact]:
    """Record a failure, and try once more where that may help."""
    code = command.failure_reason or "unknown"
    wait = retried_after(code, refund.attempts)
    retry_at = context.now + wait if wait else None
    failed = events.RefundFailed(
        **about,
        code=code,
        detail=command.detail or "the provider calls the refund failed",
        after_success=refund.word == "succeeded",
        retry_at=retry_at,
    )
    if retry_at is None:
        return [failed]
    attempt_id = child_id(refund.about.refund_id, f"attempt-{refund.attempts + 1}")
    return [failed, events.RefundRetried(**about, attempt_id=attempt_id, not_before=retry_at)]


def credit_note_number(ledger: Ledger, refund: Refund) -> str:
    """Return the number of a refund's credit note: the next of its order's series, once.

    A refund that fails afterwards and is given back by another attempt keeps its number.
    """
    if refund.credit_note_number is not None:
        return refund.credit_note_number
    number = f"{refund.about.order_id}/CN{ledger.credit_note_count + 1}"
    return number if len(number) <= CREDIT_NOTE_MAX else f"CN-{refund.about.refund_id}"


def record_uncertainty(
    ledger: Ledger, command: commands.RecordRefundUncertainty, _: Context
) -> Sequence[Fact]:
    """Record that we stopped asking; a word of the provider says more."""
    refund = _find(ledger, command.refund_id)
    if refund.word != "asked" or command.refund_id != refund.attempt_id:
        return []
    return [events.RefundUncertain(**_about(refund), detail=command.detail)]


def record_void(ledger: Ledger, command: commands.RecordVoidOutcome, _: Context) -> Sequence[Fact]:
    """Record what became of a release; what is known for certain stays."""
    void = ledger.voids.get(command.void_id)
    if void is None:
        raise Unacceptable("VOID_NOT_FOUND", f"void {command.void_id} was never asked for")
    if void.word in ("voided", "failed") or void.word == command.status:
        return []
    about = {name: getattr(void.about, name) for name in events.VoidFact.model_fields}
    if command.status == "voided":
        return [events.VoidSucceeded(**about)]
    is_uncertain = command.status == "uncertain"
    code = command.code or ("UNCERTAIN" if is_uncertain else "unknown")
    return [events.VoidFailed(**about, code=code, detail=command.detail, is_uncertain=is_uncertain)]


def record_paid_by_hand(ledger: Ledger, said: ManualRefundRecorded, _: Context) -> Sequence[Fact]:
    """Take what a person paid into the books; a credit note is written once all of it is paid.

    What is left only shrinks, so a word that comes again, or late, changes nothing.
    """
    refund = ledger.refunds.get(said.refund_id)
    if refund is None or refund.word not in ("owed", "paid"):
        raise Unacceptable("REFUND_NOT_OWED", f"refund {said.refund_id} is not owed by hand")
    if said.left_minor >= refund.left_minor:
        return []
    about = {**_about(refund), "proof": said.proof, "paid_at": said.paid_at}
    if said.left_minor:
        paid_minor = refund.left_minor - said.left_minor
        return [
            events.ManualRefundPartPaid(**about, paid_minor=paid_minor, left_minor=said.left_minor)
        ]
    number = credit_note_number(ledger, refund)
    return [events.ManualRefundPaid(**about, credit_note_number=number)]
