"""What a cancellation would be: its lines priced, its money worked out; nothing decided yet."""

from collections.abc import Iterable
from typing import NamedTuple

from contracts.cancellation import CancelledLine, CancelLine, CancelOrder, FeeKept, TenderAmount
from contracts.orders import OrderPlaced
from kit.decider import Context
from services.cancellation.domain.money import (
    books_of,
    cancelled_line,
    fee_on,
    price_units,
    shipping_total,
)
from services.cancellation.domain.order import Order
from services.cancellation.domain.policy import Asker, Rulebook
from services.cancellation.domain.unit_rules import Asked
from services.cancellation.domain.units import units_of


class Case(NamedTuple):
    """A wish to cancel, with all a decision may look at."""

    order: Order
    placed: OrderPlaced
    wish: CancelOrder
    asker: Asker
    book: Rulebook
    asked: Asked
    context: Context


class Draft(NamedTuple):
    """A cancellation as it would be."""

    lines: tuple[CancelledLine, ...]
    shipping_minor: int
    """Delivery given back."""
    fee: FeeKept | None
    limit_minor: int
    """What can be given back at most: the worth of what is meant, less the fee."""
    room_minor: int
    """What of that the customer has overpaid by now."""
    owed_minor: int
    """What the customer is to have back of it, now or later."""
    kept_minor: int
    """What is not given back because the command says so."""
    now_minor: int
    """What goes back at once."""
    balance_minor: int
    """What is to be settled later."""
    nothing_left: bool
    """True when no unit of the order remains open."""


def asked_minor(wish: CancelOrder) -> int | None:
    """Return the amount a command names, None when it names none."""
    if wish.refund_amount_minor is not None:
        return wish.refund_amount_minor
    if wish.refund_tenders is not None:
        return tenders_minor(wish.refund_tenders)
    return None


def tenders_minor(tenders: Iterable[TenderAmount]) -> int:
    """Add up what is named per payment."""
    return sum(tender.amount_minor for tender in tenders)


def draft(case: Case) -> Draft:
    """Work a cancellation out; its units are known to be open."""
    order, placed, wish, wanted = case.order, case.placed, case.wish, case.asked.wanted
    tax_included = placed.tax_included
    lines = tuple(
        [
            cancelled_line(order, line, wanted[line.line_id], tax_included=tax_included)
            for line in placed.lines
            if line.line_id in wanted
        ]
    )
    nothing_left, all_cancelled = _look_ahead(case)
    shipping_minor = _shipping(case, all_cancelled=all_cancelled)
    worth_minor = sum([line.amount_minor for line in lines]) + shipping_minor
    is_first = all_cancelled and not order.cancellations and (
        placed.shipping is None or wish.shipping != "KEEP"
    )  # fmt: skip
    books = books_of(order, total_minor=worth_minor if is_first else None)
    if wish.refund == "NONE":
        return Draft(
            lines, shipping_minor, None, 0, 0, 0, worth_minor, 0, 0, nothing_left
        )  # fmt: skip
    goods_minor = worth_minor - shipping_minor
    if wish.refund_lines is not None:
        goods_minor = _goods(case, wish.refund_lines)
    gross_minor = goods_minor + shipping_minor
    fee = None
    terms = case.book.find_fee(case.asker, wish.reason, wish.sub_reason, placed.currency)
    # A fee is kept of money that would go back, so only where all of it was captured.
    if terms and not wish.is_statutory_withdrawal and books.room(gross_minor) >= gross_minor:
        fee = fee_on(order, goods_minor, terms)
    fee_minor = fee.percent_minor + fee.flat_minor if fee else 0
    limit_minor = gross_minor - fee_minor
    named_minor = asked_minor(wish)
    owed_minor = limit_minor if named_minor is None else min(named_minor, limit_minor)
    room_minor = min(limit_minor, books.room(limit_minor))
    is_now = wish.refund == "NOW"
    return Draft(
        lines=lines,
        shipping_minor=shipping_minor,
        fee=fee,
        limit_minor=limit_minor,
        room_minor=room_minor,
        owed_minor=owed_minor,
        kept_minor=worth_minor - fee_minor - owed_minor,
        now_minor=min(owed_minor, room_minor) if is_now else 0,
        balance_minor=0 if is_now else owed_minor,
        nothing_left=nothing_left,
    )


def _look_ahead(case: Case) -> tuple[bool, bool]:
    """Tell whether no unit remains open, and whether every unit ordered is cancelled."""
    order, wanted = case.order, case.asked.wanted
    nothing_left = all_cancelled = True
    for line in case.placed.lines:
        line_id, units = line.line_id, wanted.get(line.line_id, 0)
        if units != line.quantity:
            if units != order.open_units(line_id, line.quantity):
                return False, False
            if units + order.cancelled.get(line_id, 0) < line.quantity:
                all_cancelled = False
    return nothing_left, all_cancelled


def _shipping(case: Case, *, all_cancelled: bool) -> int:
    """Return what of the delivery goes back with this cancellation; it goes back once."""
    choice = case.wish.shipping
    if case.placed.shipping is None or choice == "KEEP":
        return 0
    if choice == "WITH_LAST" and not all_cancelled:
        return 0
    if any(legs.terms.shipping_minor for legs in case.order.standing()):
        return 0
    return shipping_total(case.placed)


def _goods(case: Case, named: Iterable[CancelLine]) -> int:
    """Return the worth of those cancelled units that money is to go back for."""
    order, lines, tax_included = case.order, case.asked.lines, case.placed.tax_included
    return sum(
        price_units(order, lines[line_id], units, tax_included=tax_included)[0]
        for line_id, units in units_of(named).items()
    )
