"""Which payment money goes back on, and which authorised payments are released instead.

A payment is either refunded, as far as it was captured, or released, when nothing of it was; never
both. What is in flight is neither until its outcome is known.
"""

from collections.abc import Iterable, Mapping

from contracts.cancellation import RefundDue, VoidDue
from contracts.orders import PaymentMethod
from services.cancellation.domain import events
from services.cancellation.domain.order import Order
from services.cancellation.domain.policy import Rulebook


def sequence(order: Order, book: Rulebook, payments: Iterable[str]) -> list[str]:
    """Sort payments as the policy wants them refunded."""
    policy, tenders = book.policy, order.seldom.tenders
    ids = list(payments)
    if len(ids) < 2:  # noqa: PLR2004 - nothing to sort
        return ids
    if policy.refund_sequence == "LAST_FIRST":
        ids.reverse()
    if policy.refund_first:
        ranks = {tender: rank for rank, tender in enumerate(policy.refund_first)}
        ids.sort(key=lambda id_: ranks.get(tenders.get(id_, "CARD"), len(ranks)))
    return ids


def allocate(order: Order, book: Rulebook, amount_minor: int) -> tuple[RefundDue, ...]:
    """Spread an amount over the payments, never above what is left of each."""
    due = []
    for payment_id in sequence(order, book, order.captured):
        if not amount_minor:
            break
        if share := min(amount_minor, order.refundable_minor(payment_id)):
            due.append(refund_on(order, book, payment_id, share))
            amount_minor -= share
    return tuple(due)


def by_hand(order: Order, book: Rulebook, refund: RefundDue) -> RefundDue:
    """Write the same refund for a person; store credit is ours to enter, whatever else fails."""
    if refund.tender == "STORE_CREDIT":
        return refund
    method = order.seldom.methods.get(refund.payment_id) or BY_HAND
    return refund.model_copy(
        update={
            "method": method.model_copy(update={"is_offline": True}),
            "by_hand_within_s": book.policy.manual_refund_within_s,
        }
    )


BY_HAND = PaymentMethod(kind="other", is_offline=True)
"""Of a payment about whose way nothing was said."""


def refund_on(order: Order, book: Rulebook, payment_id: str, amount_minor: int) -> RefundDue:
    """Write one refund."""
    method = order.seldom.methods.get(payment_id)
    is_by_hand = method is not None and method.is_offline
    return RefundDue(
        payment_id=payment_id,
        amount_minor=amount_minor,
        captured_minor=order.captured.get(payment_id, 0),
        tender=order.seldom.tenders.get(payment_id, "CARD"),
        method=method,
        by_hand_within_s=book.policy.manual_refund_within_s if is_by_hand else None,
    )


def due_at_once(fact: events.Cancellation) -> dict[str, int]:
    """Return what a cancellation gives back or credits at once, per payment."""
    due = {refund.payment_id: refund.amount_minor for refund in fact.refunds}
    credit = fact.money.store_credit if fact.money else None
    for part in credit.payments if credit else ():
        due[part.payment_id] = due.get(part.payment_id, 0) + part.amount_minor
    return due


def releasable(order: Order) -> dict[str, int]:
    """Return the payments that can be released, with what is held on them.

    Nothing of them was captured, nothing is in flight, and nobody has released them.
    """
    if not order.authorized:
        return {}
    asked = {
        payment_id
        for legs in order.cancellations.values()
        if legs.status != "UNDONE"
        for payment_id in legs.voids
    }
    seldom = order.seldom
    return {
        payment_id: held_minor
        for payment_id, held_minor in order.authorized.items()
        if held_minor
        and not order.captured.get(payment_id)
        and payment_id not in seldom.in_flight
        and payment_id not in seldom.voided
        and payment_id not in asked
    }


def release(
    order: Order, book: Rulebook, held: Mapping[str, int], needed_minor: int
) -> tuple[VoidDue, ...]:
    """Choose the payments that are not needed to bring what the customer still has to pay."""
    left_minor, voids = sum(held.values()), []
    for payment_id in sequence(order, book, held):
        if left_minor - held[payment_id] >= needed_minor:
            left_minor -= held[payment_id]
            voids.append(VoidDue(payment_id=payment_id, amount_minor=held[payment_id]))
    return tuple(voids)
