"""Reinstating after the hold: what comes back by itself, and what somebody has to see to."""

from collections.abc import Iterator, Sequence

from contracts.cancellation import Aftermath, ReinstateOrder
from contracts.orders import LineQuantity
from kit.decider import Context
from kit.facts import Fact
from services.cancellation.domain import events
from services.cancellation.domain.decisions.answering import (
    basis_of,
    completed,
    not_permitted,
    rejected,
)
from services.cancellation.domain.decisions.holds import find_cancellation
from services.cancellation.domain.evolve.decided import reinstate
from services.cancellation.domain.legs import Legs, worth_of
from services.cancellation.domain.order import Order
from services.cancellation.domain.policy import Asker
from services.cancellation.domain.refusals import refuse
from services.cancellation.domain.units import Totals

RULE_SET = "reinstate-order.v1"


def reinstate_order(order: Order, command: ReinstateOrder, context: Context) -> Sequence[Fact]:
    """Open the units of a cancellation again and name all that does not come back with them."""
    legs, refusals = find_cancellation(order, command)
    refusals += not_permitted(context, Asker.of(command.actor), "REINSTATE")
    if legs is not None and not legs.stands:
        refusals.append(refuse("ALREADY_REINSTATED", f"it is {legs.status}", status=legs.status))
    if legs is not None and legs.status == "HELD":
        refusals.append(refuse("HOLD_RUNNING", "it can still be undone", status=legs.status))
    if legs is None or refusals:
        return [rejected(command, context, refusals, RULE_SET)]
    lines = legs.cancelled.lines
    off_shelf = order.seldom.off_shelf
    reserve = {
        line.line_id: short
        for line in lines
        if (short := line.quantity - off_shelf.get(line.line_id, 0)) > 0
    }
    found = [*_stock(legs, reserve), *_money(legs), *_promises(legs)]
    fact = events.OrderReinstated(
        order_id=command.order_id,
        cancellation_id=command.cancellation_id,
        command_id=context.message_id,
        actor=command.actor,
        staff_note=command.staff_note,
        currency=legs.cancelled.currency,
        lines=tuple(LineQuantity(line_id=line.line_id, quantity=line.quantity) for line in lines),
        amount_minor=worth_of(legs.cancelled),
        reserve_lines=tuple(
            LineQuantity(line_id=line_id, quantity=units) for line_id, units in reserve.items()
        ),
        charge_minor=sum(x.amount_minor or 0 for x in found if x.code == "MONEY_TO_CHARGE"),
        aftermath=tuple(found),
        basis=basis_of(context, RULE_SET),
    )
    after = reinstate(order, fact).cancellations[command.cancellation_id]
    return [fact, *completed(after, command.order_id, context)]


def _stock(legs: Legs, reserve: Totals) -> Iterator[Aftermath]:
    for line in legs.cancelled.lines:
        needed = reserve.get(line.line_id, 0)
        if needed:
            yield Aftermath(
                code="STOCK_TO_RESERVE", is_restored=False, line_id=line.line_id, quantity=needed,
                detail=f"{needed} of {line.sku} went back on the shelf and may have been sold",
            )  # fmt: skip
        if needed < line.quantity:
            yield Aftermath(
                code="STOCK_STAYED", is_restored=True, line_id=line.line_id,
                quantity=line.quantity - needed,
                detail=f"{line.quantity - needed} of {line.sku} never went back on a shelf",
            )  # fmt: skip


def _money(legs: Legs) -> Iterator[Aftermath]:
    refunds = [(refund, legs.refunds[refund.payment_id]) for refund in legs.cancelled.refunds]
    refunds += [(refund, legs.later[id_]) for id_, refund in legs.later_due.items()]
    for refund, outcome in refunds:
        has_failed = outcome in ("FAILED", "NOT_DUE")
        yield Aftermath(
            code="MONEY_STAYED" if has_failed else "MONEY_TO_CHARGE",
            is_restored=has_failed,
            payment_id=refund.payment_id,
            amount_minor=refund.amount_minor,
            detail="the refund had failed; the money is still with the shop"
            if has_failed
            else "given back or on its way; it takes a new payment",
        )
    for void in legs.terms.voids:
        has_failed = legs.voids[void.payment_id] == "FAILED"
        yield Aftermath(
            code="PAYMENT_STAYED" if has_failed else "PAYMENT_TO_RENEW",
            is_restored=has_failed,
            payment_id=void.payment_id,
            amount_minor=void.amount_minor,
            detail="the payment was not released"
            if has_failed
            else "the payment was released; it takes a new one",
        )


def _promises(legs: Legs) -> Iterator[Aftermath]:
    terms = legs.terms
    if legs.balance_minor:
        yield Aftermath(
            code="BALANCE_CLOSED", is_restored=True, amount_minor=legs.balance_minor,
            detail="what was owed and not settled is no longer owed",
        )  # fmt: skip
    if terms.store_credit and legs.store_credit not in ("FAILED", "NOT_DUE"):
        yield Aftermath(
            code="CREDIT_TO_TAKE_BACK", is_restored=False,
            amount_minor=terms.store_credit.amount_minor,
            detail="store credit was given for it",
        )  # fmt: skip
    if terms.fee:
        yield Aftermath(
            code="FEE_DROPPED", is_restored=True,
            amount_minor=terms.fee.percent_minor + terms.fee.flat_minor,
            detail="what was kept counts towards the order again",
        )  # fmt: skip
    if legs.cancelled.recipient:
        yield Aftermath(
            code="MESSAGE_TO_CORRECT", is_restored=False,
            detail="the customer was told; apologise, and perhaps offer a voucher",
        )  # fmt: skip
