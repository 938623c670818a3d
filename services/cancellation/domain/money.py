"""What cancelled units are worth, what is kept of it, and what the customer has overpaid.

Shares are rounded down over all cancellations of a line together, never one by one: whatever the
pieces and their sequence, a line that is cancelled whole has given back exactly what it cost.
"""

from typing import NamedTuple

from contracts.cancellation import CancelledLine, FeeKept, FeeTerms, LineWorth
from contracts.orders import OrderLine, OrderPlaced
from services.cancellation.domain.allocation import due_at_once
from services.cancellation.domain.order import Order

WHOLE_BPS = 10_000


class Shares(NamedTuple):
    """Parts of a line's discount, tax and duties."""

    discount_minor: int = 0
    tax_minor: int = 0
    duties_minor: int = 0


def line_total(line: OrderLine, *, tax_included: bool) -> int:
    """Return what the whole line cost the customer."""
    tax_minor = 0 if tax_included else line.tax_minor
    price_minor = line.unit_price_minor * line.quantity
    return price_minor - line.discount_minor + tax_minor + line.duties_minor


def shipping_total(placed: OrderPlaced) -> int:
    """Return what delivery cost the customer."""
    shipping = placed.shipping
    if shipping is None:
        return 0
    tax_minor = 0 if placed.tax_included else shipping.tax_minor
    return shipping.amount_minor - shipping.discount_minor + tax_minor


def order_total(placed: OrderPlaced) -> int:
    """Return what the whole order cost the customer."""
    lines = sum(line_total(line, tax_included=placed.tax_included) for line in placed.lines)
    return lines + shipping_total(placed)


def given_shares(order: Order, line_id: str) -> Shares:
    """Return the parts of a line that its cancellations so far have taken."""
    taken = [
        line.worth
        for legs in order.standing()
        for line in legs.cancelled.lines
        if line.line_id == line_id and line.worth is not None
    ]
    return Shares(
        sum(worth.discount_minor for worth in taken),
        sum(worth.tax_minor for worth in taken),
        sum(worth.duties_minor for worth in taken),
    )


def price_units(
    order: Order, line: OrderLine, units: int, *, tax_included: bool
) -> tuple[int, LineWorth | None]:
    """Return what so many more units of a line are worth, and what that is made of.

    The second is None when it is the price alone.
    """
    price_minor = line.unit_price_minor * units
    if not (line.discount_minor or line.tax_minor or line.duties_minor):
        return price_minor, None
    given = given_shares(order, line.line_id)
    so_far = order.cancelled.get(line.line_id, 0) + units
    ordered = line.quantity
    # Never more off than the units cost: after an undone cancellation the rest may lag behind.
    off_minor = min(_next_share(line.discount_minor, so_far, ordered, given[0]), price_minor)
    tax_minor = _next_share(line.tax_minor, so_far, ordered, given[1])
    duties_minor = _next_share(line.duties_minor, so_far, ordered, given[2])
    worth = LineWorth(
        price_minor=price_minor,
        discount_minor=off_minor,
        tax_minor=tax_minor,
        duties_minor=duties_minor,
    )
    return price_minor - off_minor + (0 if tax_included else tax_minor) + duties_minor, worth


def _next_share(whole_minor: int, so_far: int, ordered: int, given_minor: int) -> int:
    return max(0, whole_minor * so_far // ordered - given_minor)


def cancelled_line(
    order: Order, line: OrderLine, units: int, *, tax_included: bool
) -> CancelledLine:
    """Write one line of a cancellation."""
    amount_minor, worth = line.unit_price_minor * units, None
    if line.discount_minor or line.tax_minor or line.duties_minor:
        amount_minor, worth = price_units(order, line, units, tax_included=tax_included)
    return CancelledLine(
        line_id=line.line_id,
        sku=line.sku,
        title=line.title,
        quantity=units,
        ordered_quantity=line.quantity,
        amount_minor=amount_minor,
        worth=worth,
        location=line.location,
        components=line.components,
        gift_card_ids=_cards(order, line, units) if line.gift_card_ids else (),
    )


def _cards(order: Order, line: OrderLine, units: int) -> tuple[str, ...]:
    """Return the gift cards of so many more units: the first that no cancellation has named."""
    named = {
        card
        for legs in order.standing()
        for cancelled in legs.cancelled.lines
        if cancelled.line_id == line.line_id
        for card in cancelled.gift_card_ids
    }
    return tuple(card for card in line.gift_card_ids if card not in named)[:units]


def fee_on(order: Order, base_minor: int, terms: FeeTerms) -> FeeKept:
    """Return what the shop keeps of goods of this value.

    The percentage is rounded down over all cancellations it was taken of; the flat part is kept
    once per order, from as many cancellations as it needs. Never more than the goods are worth.
    """
    kept = [legs.terms.fee for legs in order.standing() if legs.terms.fee]
    alike = [fee for fee in kept if fee.percent_bps == terms.percent_bps]
    base_so_far = sum(fee.base_minor for fee in alike) + base_minor
    percent_so_far = sum(fee.percent_minor for fee in alike)
    percent_minor = max(0, base_so_far * terms.percent_bps // WHOLE_BPS - percent_so_far)
    percent_minor = min(percent_minor, base_minor)
    flat_left = max(0, terms.flat_minor - sum(fee.flat_minor for fee in kept))
    return FeeKept(
        percent_bps=terms.percent_bps,
        base_minor=base_minor,
        percent_minor=percent_minor,
        flat_minor=min(flat_left, base_minor - percent_minor),
    )


class Books(NamedTuple):
    """An order's money in all, as a decision finds it."""

    total_minor: int
    """What the whole order cost."""
    captured_minor: int
    """What has moved to the shop."""
    due_minor: int
    """What was decided to go back."""
    owed_minor: int
    """What the cancellations that stand owe, in all."""
    balance_minor: int
    """What of that is to be settled later."""

    def room(self, owed_minor: int, balance_minor: int = 0) -> int:
        """Return what can go back when so much more is owed: what the customer has overpaid.

        What the customer still has to pay for stays; so does what is promised for later.
        """
        to_pay = self.total_minor - self.owed_minor - owed_minor
        promised = self.balance_minor + balance_minor
        return max(0, self.captured_minor - self.due_minor - to_pay - promised)

    def still_needed(self, owed_minor: int, now_minor: int, balance_minor: int) -> int:
        """Return what authorised payments must still bring once so much more is owed."""
        to_pay = self.total_minor - self.owed_minor - owed_minor
        stays = self.captured_minor - self.due_minor - now_minor - self.balance_minor
        return max(0, to_pay - (stays - balance_minor))


def books_of(order: Order, *, with_held: bool = True, total_minor: int | None = None) -> Books:
    """Add up an order's money.

    Args:
        order: a placed order.
        with_held: without, a held cancellation counts as if it had not been decided.
        total_minor: what the order cost, where that is known.
    """
    if total_minor is None:
        assert order.placed is not None  # noqa: S101 - nobody decides on unknown orders' money
        total_minor = order_total(order.placed)
    captured_minor = sum(order.captured.values())
    if not order.cancellations:
        return Books(total_minor, captured_minor, 0, 0, 0)
    standing = [legs for legs in order.standing() if with_held or legs.status != "HELD"]
    due_minor = sum(order.due.values())
    if not with_held:
        due_minor -= sum(
            amount_minor
            for legs in order.standing()
            if legs.status == "HELD"
            for amount_minor in due_at_once(legs.cancelled).values()
        )
    return Books(
        total_minor,
        captured_minor,
        due_minor,
        sum(legs.owed_minor for legs in standing),
        sum(legs.balance_minor for legs in standing),
    )
