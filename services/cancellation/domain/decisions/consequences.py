"""What follows when a fact meets a cancellation.

Late money goes back, held money is released.
"""

from kit.decider import Context
from kit.ids import event_id
from services.cancellation.domain import events
from services.cancellation.domain.allocation import allocate, refund_on, releasable, release
from services.cancellation.domain.decisions.answering import basis_of
from services.cancellation.domain.legs import Legs
from services.cancellation.domain.money import books_of
from services.cancellation.domain.order import Order
from services.cancellation.domain.policy import rulebook_of

LATE, FREED = "late-payment.v1", "late-release.v1"


def last_standing(order: Order) -> Legs | None:
    """Return the newest cancellation that stands and is not held."""
    found = [legs for legs in order.cancellations.values() if legs.status == "STANDING"]
    return found[-1] if found else None


def late_refund(
    order: Order, context: Context, *, amount_minor: int, number: int, payment_id: str | None = None
) -> events.RefundRequested | None:
    """Give back money that came after its cancellation, as far as nothing is left to pay with it.

    Once, because what is decided to go back is no longer there to go back. What a cancellation
    kept stays kept; what is held waits for the end of its hold.

    Args:
        order: after the fact that brought the money.
        context: of the decision.
        amount_minor: what came.
        number: place of the new fact among those of this decision.
        payment_id: where it came from; without one any payment may give it back.
    """
    legs = last_standing(order)
    if legs is None or amount_minor <= 0:
        return None
    late_minor = min(amount_minor, books_of(order, with_held=False).room(0))
    if payment_id is None:
        refunds = allocate(order, rulebook_of(context), late_minor)
    else:
        late_minor = min(late_minor, order.refundable_minor(payment_id))
        book = rulebook_of(context)
        refunds = (refund_on(order, book, payment_id, late_minor),) if late_minor else ()
    if not refunds:
        return None
    return events.RefundRequested(
        order_id=legs.cancelled.order_id,
        cancellation_id=legs.cancelled.cancellation_id,
        request_id=event_id(context.stream_id, context.version + number),
        command_id=None,
        cause="LATE_PAYMENT",
        currency=legs.cancelled.currency,
        refunds=refunds,
        store_credit=None,
        refund_minor=sum(refund.amount_minor for refund in refunds),
        kept_minor=0,
        balance_minor=legs.balance_minor,
        actor=None,
        staff_note=None,
        basis=basis_of(context, LATE),
    )


def late_release(
    order: Order, context: Context, payment_id: str
) -> events.PaymentVoidRequested | None:
    """Release a payment that holds money nobody needs any more."""
    legs = last_standing(order)
    held = releasable(order)
    owes = any(legs.owed_minor for legs in order.standing() if legs.status == "STANDING")
    if legs is None or payment_id not in held or not owes:
        return None
    books = books_of(order, with_held=False)
    others_minor = sum(held.values()) - held[payment_id]
    needed_minor = max(0, books.still_needed(0, 0, 0) - others_minor)
    voids = release(order, rulebook_of(context), {payment_id: held[payment_id]}, needed_minor)
    if not voids:
        return None
    return events.PaymentVoidRequested(
        order_id=legs.cancelled.order_id,
        cancellation_id=legs.cancelled.cancellation_id,
        voids=voids,
        basis=basis_of(context, FREED),
        currency=legs.cancelled.currency,
    )
