"""What staff do afterwards: settle what is owed, put units back by hand."""

from collections.abc import Sequence

from contracts.cancellation import (
    RefundDue,
    Refusal,
    RestockCancelledItems,
    RestockLine,
    SettleRefund,
    StoreCreditDue,
)
from kit.decider import Context
from kit.facts import Fact
from kit.ids import event_id
from services.cancellation.domain import events
from services.cancellation.domain.allocation import allocate, by_hand, refund_on
from services.cancellation.domain.decisions.answering import (
    basis_of,
    completed,
    not_permitted,
    rejected,
    said,
)
from services.cancellation.domain.draft import tenders_minor
from services.cancellation.domain.evolve.decided import kept_off
from services.cancellation.domain.evolve.later import request_refund
from services.cancellation.domain.legs import Legs
from services.cancellation.domain.money import books_of
from services.cancellation.domain.order import Order
from services.cancellation.domain.policy import Asker, rulebook_of
from services.cancellation.domain.refusals import refuse
from services.cancellation.domain.rules import restock_excluded
from services.cancellation.domain.units import minus, units_of

SETTLED, RESTOCKED = "settle-refund.v1", "restock-cancelled-items.v1"


def settle_refund(order: Order, command: SettleRefund, context: Context) -> Sequence[Fact]:
    """Give back what a cancellation left owed, or a part of it; never above what was paid."""
    legs, refusals = _find_owed(order, command)
    refusals += not_permitted(context, Asker.of(command.actor), "SETTLE")
    amount_minor = 0
    if legs is not None:
        amount_minor, more = _amount(order, legs, command)
        refusals += [*more, *_check_ways(order, command, context)]
    if legs is None or refusals:
        return [rejected(command, context, refusals, SETTLED)]
    book = rulebook_of(context)
    due: tuple[RefundDue, ...] = tuple(
        refund_on(order, book, tender.payment_id, tender.amount_minor)
        for tender in command.tenders or ()
        if tender.amount_minor
    ) or allocate(order, book, amount_minor)
    if command.refund_to == "BY_HAND":
        due = tuple(by_hand(order, book, refund) for refund in due)
    left_minor = legs.balance_minor - amount_minor
    credit = _credit(order, command, due) if command.refund_to == "STORE_CREDIT" and due else None
    refunds = () if credit else due
    fact = events.RefundRequested(
        order_id=command.order_id,
        cancellation_id=legs.cancelled.cancellation_id,
        request_id=event_id(context.stream_id, context.version + 1),
        command_id=context.message_id,
        cause="SETTLEMENT",
        currency=legs.cancelled.currency,
        refunds=refunds,
        store_credit=credit,
        refund_minor=sum(refund.amount_minor for refund in refunds),
        kept_minor=left_minor if command.is_final else 0,
        balance_minor=0 if command.is_final else left_minor,
        actor=command.actor,
        staff_note=command.staff_note,
        basis=basis_of(context, SETTLED),
        asked=said(command),
    )
    after = request_refund(order, fact).cancellations[fact.cancellation_id]
    return [fact, *completed(after, command.order_id, context)]


def _find_owed(order: Order, command: SettleRefund) -> tuple[Legs | None, list[Refusal]]:
    """Return the cancellation to settle, or why there is none."""
    if order.placed is None:
        return None, [refuse("ORDER_NOT_FOUND", "no such order")]
    owing = [legs for legs in order.standing() if legs.balance_minor]
    if command.cancellation_id is not None:
        legs = order.cancellations.get(command.cancellation_id)
        if legs is None:
            detail = f"no cancellation {command.cancellation_id}"
            return None, [refuse("CANCELLATION_NOT_FOUND", detail)]
        owing = [one for one in owing if one is legs]
    if not owing:
        return None, [refuse("NOTHING_OWED", "nothing is left to settle")]
    if len(owing) > 1:
        names = " ".join(str(legs.cancelled.cancellation_id) for legs in owing)
        return None, [refuse("CANCELLATION_NOT_NAMED", f"{len(owing)} owe something: {names}")]
    if owing[0].status == "HELD":
        return None, [refuse("HOLD_RUNNING", "money waits for the end of the hold")]
    return owing[0], []


def _amount(order: Order, legs: Legs, command: SettleRefund) -> tuple[int, list[Refusal]]:
    """Return what to settle, or why not so much."""
    owed_minor = legs.balance_minor
    limit_minor = min(owed_minor, books_of(order).room(0, -owed_minor))
    asked_minor = command.amount_minor
    if command.tenders is not None:
        asked_minor = tenders_minor(command.tenders)
        if command.amount_minor not in (None, asked_minor):
            detail = "the amounts per payment do not add up to the amount named"
            return 0, [refuse("CHOICES_CONTRADICT", detail)]
    if asked_minor is None:
        asked_minor = limit_minor if limit_minor or command.is_final else owed_minor
    if asked_minor > owed_minor:
        detail = f"{asked_minor} minor units asked, {owed_minor} owed"
        return 0, [refuse("OPEN_BALANCE_TOO_SMALL", detail, asked=asked_minor, owed=owed_minor)]
    if asked_minor > limit_minor:
        detail = f"{asked_minor} minor units asked, {limit_minor} of what is owed were paid"
        return 0, [refuse("REFUND_TOO_GREAT", detail, asked=asked_minor, limit=limit_minor)]
    if not asked_minor and not command.is_final:
        return 0, [refuse("CHOICES_CONTRADICT", "nothing is to be given back and nothing closed")]
    return asked_minor, []


def _check_ways(order: Order, command: SettleRefund, context: Context) -> list[Refusal]:
    """Check where the money is to go."""
    found = []
    expires_at, is_credit = command.store_credit_expires_at, command.refund_to == "STORE_CREDIT"
    if is_credit and order.placed is not None and order.placed.customer is None:
        found.append(refuse("STORE_CREDIT_CUSTOMER_MISSING", "the order is a guest's"))
    if is_credit and command.tenders is not None:
        found.append(refuse("CHOICES_CONTRADICT", "store credit is not spread over payments"))
    if expires_at is not None and not is_credit:
        detail = "an expiry is named, and no store credit is given"
        found.append(refuse("CHOICES_CONTRADICT", detail))
    if expires_at is not None and expires_at <= context.now:
        moment = expires_at.isoformat()
        found.append(refuse("STORE_CREDIT_EXPIRY_PAST", f"{moment} is over", expires_at=moment))
    named = [tender.payment_id for tender in command.tenders or ()]
    if len(set(named)) < len(named):
        found.append(refuse("CHOICES_CONTRADICT", "a payment is named twice"))
    for tender in command.tenders or ():
        id_, left_minor = tender.payment_id, order.refundable_minor(tender.payment_id)
        if id_ not in order.captured and id_ not in order.authorized:
            found.append(refuse("TENDER_NOT_FOUND", f"no payment {id_}", payment_id=id_))
        elif tender.amount_minor > left_minor:
            detail = f"{tender.amount_minor} minor units asked of {id_}, {left_minor} left"
            found.append(
                refuse("REFUND_TOO_GREAT", detail, payment_id=id_, limit=left_minor)
            )  # fmt: skip
    return found


def _credit(order: Order, command: SettleRefund, due: tuple[RefundDue, ...]) -> StoreCreditDue:
    assert order.placed is not None  # noqa: S101 - a rule has seen to it
    assert order.placed.customer is not None  # noqa: S101 - as above
    return StoreCreditDue(
        amount_minor=sum(part.amount_minor for part in due),
        customer_id=order.placed.customer.customer_id,
        expires_at=command.store_credit_expires_at,
        payments=due,
    )


def restock_items(order: Order, command: RestockCancelledItems, context: Context) -> Sequence[Fact]:
    """Put cancelled units back by hand: at most those cancelled and not put back yet."""
    placed = order.placed
    if placed is None:
        refusals = [refuse("ORDER_NOT_FOUND", "no such order")]
        return [rejected(command, context, refusals, RESTOCKED)]
    lines = {line.line_id: line for line in placed.lines}
    refusals = not_permitted(context, Asker.of(command.actor), "RESTOCK")
    refusals += restock_excluded(rulebook_of(context), lines, command.lines)
    waiting = off_shelf(order)
    for line_id, units in units_of(command.lines).items():
        if line_id not in lines:
            refusals.append(refuse("LINE_NOT_FOUND", f"no line {line_id}", line_id=line_id))
        elif units > (limit := waiting.get(line_id, 0)):
            detail = f"{units} to put back, {limit} cancelled and not back yet"
            refusals.append(
                refuse("RESTOCK_TOO_GREAT", detail, line_id=line_id, asked=units, limit=limit)
            )
    if refusals:
        return [rejected(command, context, refusals, RESTOCKED)]
    decided = [legs for legs in order.cancellations.values() if legs.status in _MOVED]
    return [
        events.RestockRequested(
            order_id=command.order_id,
            cancellation_id=decided[-1].cancelled.cancellation_id,
            request_id=event_id(context.stream_id, context.version + 1),
            command_id=context.message_id,
            lines=tuple(
                RestockLine(
                    line_id=units.line_id,
                    sku=lines[units.line_id].sku,
                    quantity=units.quantity,
                    ordered_quantity=lines[units.line_id].quantity,
                    location=units.location or lines[units.line_id].location,
                )
                for units in command.lines
                if units.condition == "SELLABLE"
            ),
            kept_out=tuple(units for units in command.lines if units.condition != "SELLABLE"),
            actor=command.actor,
            staff_note=command.staff_note,
            basis=basis_of(context, RESTOCKED),
        )
    ]


_MOVED = ("STANDING", "REINSTATED")


def off_shelf(order: Order) -> dict[str, int]:
    """Return the units that may go back by hand; those of held cancellations may not yet."""
    waiting = dict(order.seldom.off_shelf)
    for legs in order.cancellations.values():
        if legs.status == "HELD":
            waiting = minus(waiting, kept_off(legs.cancelled).items())
    return waiting
