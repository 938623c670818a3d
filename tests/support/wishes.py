"""Commands with names, and facts that only some orders have; see `mothers` for the others.

All about order 489434, as there.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from contracts import cancellation, fulfillment, orders
from contracts.cancellation import Actor
from services.cancellation.domain.default_policy import DEFAULT_POLICY
from services.cancellation.domain.policy import Rulebook
from tests.support.mothers import ORDER_ID, PAYMENT_ID, PLACED_AT

KIM = Actor(type="STAFF", id="kim", role="AGENT")
LEA = Actor(type="STAFF", id="lea", role="MANAGER")
ROOT = Actor(type="STAFF", id="root", role="ADMIN")
VERA = Actor(type="STAFF", id="vera", role="VIEWER")
ADA = Actor(type="CUSTOMER", id="13085")
TIMER = Actor(type="TIMER", id="timer")
WAREHOUSE = Actor(type="SERVICE", id="warehouse")
BULK = Actor(type="BULK", id="plan-7", role="MANAGER")


def a_policy(**changes: Any) -> Rulebook:
    """The built-in policy with other terms, in force as version 1."""
    return Rulebook(
        cancellation.Policy.model_validate({**DEFAULT_POLICY.model_dump(), "version": 1, **changes})
    )


def lines_of(units: Sequence[tuple[str, int]] | None) -> tuple[cancellation.CancelLine, ...] | None:
    """Write `[("1", 2)]` as a command does."""
    if units is None:
        return None
    return tuple(cancellation.CancelLine(line_id=id_, quantity=count) for id_, count in units)


def a_request(
    lines: Sequence[tuple[str, int]] | None = None, **changes: Any
) -> cancellation.RequestCancellation:
    """Ada asks for all that is left."""
    return cancellation.RequestCancellation(
        **{"order_id": ORDER_ID, "actor": ADA, "lines": lines_of(lines), **changes}
    )


def an_approval(request_id: UUID, actor: Actor = LEA) -> cancellation.ApproveCancellation:
    """Lea grants it."""
    return cancellation.ApproveCancellation(order_id=ORDER_ID, request_id=request_id, actor=actor)


def a_denial(request_id: UUID, actor: Actor = LEA, **changes: Any) -> cancellation.DenyCancellation:
    """Lea refuses it."""
    return cancellation.DenyCancellation(
        order_id=ORDER_ID, request_id=request_id, actor=actor, **changes
    )


def an_expiry(request_id: UUID) -> cancellation.ExpireCancellationRequest:
    """The timer closes a request."""
    return cancellation.ExpireCancellationRequest(
        order_id=ORDER_ID, request_id=request_id, actor=TIMER
    )


def an_unpaid_timer() -> cancellation.CancelUnpaidOrder:
    """The timer thinks nobody paid."""
    return cancellation.CancelUnpaidOrder(order_id=ORDER_ID, actor=TIMER)


def a_release(cancellation_id: UUID, actor: Actor = TIMER) -> cancellation.ReleaseHold:
    """The hold is over."""
    return cancellation.ReleaseHold(order_id=ORDER_ID, cancellation_id=cancellation_id, actor=actor)


def an_undo(cancellation_id: UUID, actor: Actor = KIM) -> cancellation.UndoCancellation:
    """Kim takes it back within the hold."""
    return cancellation.UndoCancellation(
        order_id=ORDER_ID, cancellation_id=cancellation_id, actor=actor
    )


def a_reinstatement(cancellation_id: UUID, actor: Actor = LEA) -> cancellation.ReinstateOrder:
    """Lea takes it back after the hold."""
    return cancellation.ReinstateOrder(
        order_id=ORDER_ID, cancellation_id=cancellation_id, actor=actor
    )


def a_settlement(amount_minor: int | None = None, **changes: Any) -> cancellation.SettleRefund:
    """Kim settles all that is owed, or a part of it."""
    return cancellation.SettleRefund(
        **{"order_id": ORDER_ID, "actor": KIM, "amount_minor": amount_minor, **changes}
    )


def a_manual_refund(amount_minor: int = 2000, **changes: Any) -> cancellation.RecordManualRefund:
    """Kim has given money back over the counter."""
    return cancellation.RecordManualRefund(
        **{
            "order_id": ORDER_ID, "actor": KIM, "amount_minor": amount_minor, "currency": "EUR",
            "proof": "receipt 17", **changes,
        }
    )  # fmt: skip


def tenders(**amounts_minor: int) -> tuple[cancellation.TenderAmount, ...]:
    """Name amounts per payment: `tenders(pi_a=500)`."""
    return tuple(
        cancellation.TenderAmount(payment_id=id_, amount_minor=amount)
        for id_, amount in amounts_minor.items()
    )


def units_back(
    *units: tuple[str, int], location: str | None = None, condition: str = "SELLABLE"
) -> tuple[cancellation.RestockUnits, ...]:
    """Name units for the shelf: `units_back(("1", 2))`."""
    return tuple(
        cancellation.RestockUnits.model_validate(
            {"line_id": id_, "quantity": count, "location": location, "condition": condition}
        )
        for id_, count in units
    )


def a_restock_by_hand(
    *units: tuple[str, int], **changes: Any
) -> cancellation.RestockCancelledItems:
    """Kim puts cancelled units back."""
    return cancellation.RestockCancelledItems(
        order_id=ORDER_ID, actor=KIM, lines=units_back(*units, **changes)
    )


def a_claim(*units: tuple[str, int]) -> fulfillment.ClaimFulfillment:
    """The warehouse packs all that is open, or some units."""
    return fulfillment.ClaimFulfillment(
        order_id=ORDER_ID, actor=WAREHOUSE, lines=lines_of(units or None)
    )


def a_claim_release(claim_id: UUID) -> fulfillment.ReleaseFulfillmentClaim:
    """The warehouse gives a claim up."""
    return fulfillment.ReleaseFulfillmentClaim(
        order_id=ORDER_ID, claim_id=claim_id, actor=WAREHOUSE
    )


def a_publication(policy: cancellation.Policy, actor: Actor = ROOT) -> cancellation.PublishPolicy:
    """Root puts a policy in force."""
    return cancellation.PublishPolicy(policy=policy, actor=actor)


def a_capture_start(
    amount_minor: int = 2000, payment_id: str = PAYMENT_ID
) -> orders.PaymentCaptureStarted:
    """Somebody asked the provider for the money."""
    return orders.PaymentCaptureStarted(
        order_id=ORDER_ID, payment_id=payment_id, amount_minor=amount_minor, started_at=PLACED_AT
    )


def a_capture_failure(
    amount_minor: int = 2000, payment_id: str = PAYMENT_ID
) -> orders.PaymentCaptureFailed:
    """The money did not come."""
    return orders.PaymentCaptureFailed(
        order_id=ORDER_ID, payment_id=payment_id, amount_minor=amount_minor, failed_at=PLACED_AT
    )


def a_void(payment_id: str = PAYMENT_ID) -> orders.PaymentVoided:
    """The provider holds the money no longer."""
    return orders.PaymentVoided(order_id=ORDER_ID, payment_id=payment_id, voided_at=PLACED_AT)


def a_hold_of_money(amount_minor: int = 2000, payment_id: str = PAYMENT_ID, **changes: Any) -> Any:
    """Money held on one payment or another."""
    return orders.PaymentAuthorized(
        order_id=ORDER_ID, payment_id=payment_id, amount_minor=amount_minor,
        authorized_at=PLACED_AT, **changes,
    )  # fmt: skip


def a_return(*units: tuple[str, int]) -> orders.ItemsReturned:
    """Units back at the shop."""
    return orders.ItemsReturned(
        order_id=ORDER_ID,
        lines=tuple(orders.LineQuantity(line_id=id_, quantity=count) for id_, count in units),
        returned_at=PLACED_AT,
    )
