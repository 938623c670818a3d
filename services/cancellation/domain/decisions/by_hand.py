"""Money that a person has to give back, because no provider can: recorded once it was paid."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from contracts.cancellation import RecordManualRefund, Refusal
from kit.decider import Context
from kit.facts import Fact
from services.cancellation.domain import events
from services.cancellation.domain.decisions.answering import (
    basis_of,
    not_permitted,
    rejected,
    said,
)
from services.cancellation.domain.legs import Legs
from services.cancellation.domain.order import Order
from services.cancellation.domain.policy import Asker
from services.cancellation.domain.refusals import refuse

RULE_SET = "record-manual-refund.v1"


class Owed(NamedTuple):
    """One refund that a person has to give back."""

    legs: Legs
    refund_id: UUID
    payment_id: str
    left_minor: int


def owed_by_hand(order: Order) -> Iterator[Owed]:
    """Return what is still owed by hand; a reinstated order does not take a debt away."""
    for legs in order.cancellations.values():
        for refund_id, (payment_id, left_minor) in legs.by_hand.items():
            if left_minor:
                yield Owed(legs, refund_id, payment_id, left_minor)


def record_manual_refund(
    order: Order, command: RecordManualRefund, context: Context
) -> Sequence[Fact]:
    """Record what a person has given back; never more than is owed by hand."""
    owed, refusals = _find(order, command)
    refusals += not_permitted(context, Asker.of(command.actor), "SETTLE")
    paid_at = command.paid_at or context.now
    if owed is not None:
        refusals += _check(order, command, owed)
    if paid_at > context.now:
        moment = paid_at.isoformat()
        refusals.append(refuse("PAID_AT_IN_FUTURE", f"{moment} has not come", paid_at=moment))
    if owed is None or refusals:
        return [rejected(command, context, refusals, RULE_SET)]
    return [
        events.ManualRefundRecorded(
            order_id=command.order_id,
            cancellation_id=owed.legs.cancelled.cancellation_id,
            refund_id=owed.refund_id,
            payment_id=owed.payment_id,
            command_id=context.message_id,
            currency=command.currency,
            amount_minor=command.amount_minor,
            left_minor=owed.left_minor - command.amount_minor,
            proof=command.proof,
            paid_at=paid_at,
            actor=command.actor,
            staff_note=command.staff_note,
            basis=basis_of(context, RULE_SET),
            asked=said(command),
        )
    ]


def _find(order: Order, command: RecordManualRefund) -> tuple[Owed | None, list[Refusal]]:
    """Return the refund that was paid, or why there is none."""
    if order.placed is None:
        return None, [refuse("ORDER_NOT_FOUND", "no such order")]
    owing = list(owed_by_hand(order))
    if not owing:
        return None, [refuse("NOTHING_OWED_BY_HAND", "no person has to give anything back")]
    meant = [
        owed
        for owed in owing
        if command.refund_id in (None, owed.refund_id)
        and command.payment_id in (None, owed.payment_id)
    ]
    if not meant:
        named = command.refund_id or command.payment_id
        return None, [refuse("MANUAL_REFUND_NOT_FOUND", f"{named} is not owed by hand")]
    if len(meant) > 1:
        names = " ".join(str(owed.refund_id) for owed in meant)
        detail = f"{len(meant)} are owed by hand: {names}"
        return None, [refuse("MANUAL_REFUND_NOT_NAMED", detail)]
    return meant[0], []


def _check(order: Order, command: RecordManualRefund, owed: Owed) -> Iterator[Refusal]:
    assert order.placed is not None  # noqa: S101 - something of it is owed
    if command.currency != order.placed.currency:
        detail = f"{command.currency} given back, {order.placed.currency} owed"
        yield refuse("CURRENCY_DIFFERENT", detail)
    elif command.amount_minor > owed.left_minor:
        asked, limit = command.amount_minor, owed.left_minor
        detail = f"{asked} minor units given back, {limit} owed by hand"
        yield refuse("PAID_MORE_THAN_OWED", detail, asked=asked, owed=limit)
