"""`C` invoices as cancel commands for the newest earlier orders that hold their items.

A `C` invoice goes as a whole to the newest order that still holds all of it; where none does, each
row goes alone to the newest that still holds that row. A row is never cancelled in part.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from contracts.cancellation import CancelLine, CancelOrder, CancelReason
from countermand.retail.messages import Outgoing
from countermand.retail.open_orders import Item, OpenOrder, OrderBook, Taken, item_of
from countermand.retail.orders import Cancellation, Order
from countermand.retail.report import MatchOutcome, RetailReport, UnmatchedRow
from countermand.retail.rows import Row
from countermand.retail.treatments import Unmatched

REASON: Final[CancelReason] = "CUSTOMER"
"""The file gives no reason; a `C` invoice is a customer giving goods back."""

REQUESTED_BY: Final = "retail-import"


@dataclass(slots=True)
class _Match:
    """What one order gives back for one `C` invoice."""

    order: Order
    taken: list[Taken]


def match_cancellations(
    orders: Iterable[Order], cancellations: Iterable[Cancellation], report: RetailReport
) -> list[Outgoing]:
    """Return the commands for `cancellations`, which must come oldest first.

    What one command takes is gone for the next, so a service that decides them in this order
    accepts every one.
    """
    book = OrderBook(orders)
    commands: list[Outgoing] = []
    for cancellation in cancellations:
        unmatched_before = len(report.unmatched)
        matches = _match(cancellation, book, report)
        matched = _commands(cancellation, matches)
        outcome = _outcome(len(matched), len(report.unmatched) - unmatched_before)
        report.outcomes[outcome] += 1
        report.invoices_cancelling += 1
        report.commands += len(matched)
        for taken in (each for match in matches for each in match.taken):
            report.units_cancelled += taken.quantity
            report.refund_minor += taken.quantity * taken.line.unit_price_minor
        commands += matched
    return commands


def _match(cancellation: Cancellation, book: OrderBook, report: RetailReport) -> list[_Match]:
    rows: list[Row] = []
    for row in cancellation.rows:
        if reason := _refusal(cancellation, row):
            report.unmatched.append(UnmatchedRow(reason, row))
        else:
            rows.append(row)
    if not rows or cancellation.customer_id is None:
        return []
    earlier = [
        each
        for each in book.newest_first(cancellation.customer_id)
        if each.order.sequence < cancellation.sequence
    ]
    whole = _holder(earlier, rows)
    matches: dict[str, _Match] = {}
    for row in rows:
        holder = whole or _holder(earlier, [row])
        if holder is None:
            report.unmatched.append(UnmatchedRow(_shortage(earlier, row), row))
            continue
        match = matches.setdefault(holder.order.order_id, _Match(holder.order, []))
        match.taken += _take(holder, row, report)
    return list(matches.values())


def _refusal(cancellation: Cancellation, row: Row) -> Unmatched | None:
    """Return why `row` asks for nothing any order could give back, if so."""
    if row.quantity > 0:
        return "POSITIVE_QUANTITY"
    if row.article.kind in {"BOOKKEEPING", "TEST"} or row.price.pounds < 0:
        return "NOT_GOODS"
    if cancellation.names_several_customers:
        return "CUSTOMER_UNCLEAR"
    return "NO_CUSTOMER" if cancellation.customer_id is None else None


def _holder(newest_first: list[OpenOrder], rows: list[Row]) -> OpenOrder | None:
    units_by_item: Counter[Item] = Counter()
    for row in rows:
        units_by_item[item_of(row.article, row.price.minor)] -= row.quantity
    return next((each for each in newest_first if each.holds(units_by_item)), None)


def _take(holder: OpenOrder, row: Row, report: RetailReport) -> list[Taken]:
    item = item_of(row.article, row.price.minor)
    taken = holder.take(item, -row.quantity, row.price.minor)
    report.rows_cancelled += 1
    if any(each.line.unit_price_minor != row.price.minor for each in taken):
        report.note_kept("PRICE_DIFFERS", row)
    return taken


def _shortage(earlier: list[OpenOrder], row: Row) -> Unmatched:
    """Return why none of the customer's `earlier` orders gives `row` back."""
    item = item_of(row.article, row.price.minor)
    if not earlier:
        return "NO_EARLIER_ORDER"
    if not any(each.has_sku(row.article.sku) for each in earlier):
        return "ITEM_NEVER_BOUGHT"
    if not any(each.ordered(item) for each in earlier):
        return "CHARGE_DIFFERS"
    if not any(each.ordered(item) >= -row.quantity for each in earlier):
        return "QUANTITY_NEVER_BOUGHT"
    return "QUANTITY_NOT_LEFT"


def _outcome(command_count: int, unmatched_count: int) -> MatchOutcome:
    if not command_count:
        return "NOTHING"
    if unmatched_count:
        return "PARTLY"
    return "WHOLE" if command_count == 1 else "SPLIT"


def _commands(cancellation: Cancellation, matches: list[_Match]) -> list[Outgoing]:
    """Return one command per order; only a split `C` invoice numbers them."""
    base = f"retail-{cancellation.invoice}"
    if len(matches) == 1:
        return [_command(base, cancellation, matches[0])]
    return [
        _command(f"{base}-{number}", cancellation, match)
        for number, match in enumerate(matches, start=1)
    ]


def _command(command_id: str, cancellation: Cancellation, match: _Match) -> Outgoing:
    units_by_line_id: Counter[str] = Counter()
    for taken in match.taken:
        units_by_line_id[taken.line.line_id] += taken.quantity
    command = CancelOrder(
        order_id=match.order.order_id,
        reason=REASON,
        lines=tuple(
            CancelLine(line_id=line_id, quantity=units_by_line_id[line_id])
            for line_id in sorted(units_by_line_id, key=int)
        ),
        # A charge has no shelf to go back to.
        restock=any(taken.line.article.kind == "GOODS" for taken in match.taken),
        requested_by=REQUESTED_BY,
    )
    return Outgoing(command_id, cancellation.at, command)
