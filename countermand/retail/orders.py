"""Invoices of the file, sorted into orders, cancellations and what is neither.

An `Order` is compact on purpose: the year has half a million lines, so the messages are built
from orders one at a time, when they are wanted (see `messages` and `plan`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from contracts.values import LINES_MAX
from countermand.retail.articles import Article
from countermand.retail.report import RetailReport
from countermand.retail.rows import BadRow, Row
from countermand.retail.treatments import Kept


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an order."""

    line_id: str
    """`1`, `2`, … in the order of the file, counting only rows that are lines."""
    article: Article
    title: str
    quantity: int
    unit_price_minor: int
    """Pence."""


@dataclass(frozen=True, slots=True)
class Order:
    """One invoice that a customer placed and paid."""

    order_id: str
    """The invoice number: digits."""
    placed_at: datetime
    """The earliest time on its rows, UTC."""
    customer_id: str | None
    """None for a guest."""
    country: str | None
    lines: tuple[Line, ...]

    @property
    def amount_minor(self) -> int:
        """What was paid, in pence: the sum of the lines."""
        return sum(line.quantity * line.unit_price_minor for line in self.lines)

    @property
    def sequence(self) -> tuple[datetime, int]:
        """Sorts orders and cancellations: by time, and by number within a minute."""
        return self.placed_at, int(self.order_id)


@dataclass(frozen=True, slots=True)
class Cancellation:
    """One `C` invoice."""

    invoice: str
    """`C` and digits."""
    at: datetime
    """The earliest time on its rows, UTC."""
    customer_id: str | None
    names_several_customers: bool
    rows: tuple[Row, ...]

    @property
    def sequence(self) -> tuple[datetime, int]:
        """Sorts orders and cancellations: by time, and by number within a minute."""
        return self.at, int(self.invoice[1:])


@dataclass(frozen=True, slots=True)
class Invoices:
    """All invoices that mean something to Countermand, oldest first."""

    orders: tuple[Order, ...]
    cancellations: tuple[Cancellation, ...]


def sort_invoices(rows: Iterable[Row | BadRow], report: RetailReport) -> Invoices:
    """Group `rows` by invoice, sort the invoices, and note in `report` what is odd or no order.

    The rows of one invoice need not stand together: in the public file, 697 times they do not.
    """
    rows_by_invoice: dict[str, list[Row]] = {}
    for row in rows:
        report.rows_read += 1
        if isinstance(row, BadRow):
            report.note_malformed(row)
        else:
            rows_by_invoice.setdefault(row.invoice, []).append(row)
    report.invoices_read = len(rows_by_invoice)

    orders: list[Order] = []
    cancellations: list[Cancellation] = []
    for invoice in tuple(rows_by_invoice):
        # Rows are let go as their order is made, so the year is never held twice.
        invoice_rows = rows_by_invoice.pop(invoice)
        if invoice.startswith("C"):
            cancellations.append(_cancellation(invoice, invoice_rows))
        elif invoice.startswith("A"):
            report.note_set_aside("ADJUSTMENT_INVOICE", invoice_rows)
        elif order := _order(invoice, invoice_rows, report):
            orders.append(order)
    orders.sort(key=lambda order: order.sequence)
    cancellations.sort(key=lambda cancellation: cancellation.sequence)
    return Invoices(tuple(orders), tuple(cancellations))


def _cancellation(invoice: str, rows: list[Row]) -> Cancellation:
    customers = _customers(rows)
    return Cancellation(
        invoice=invoice,
        at=min(row.at for row in rows),
        customer_id=next(iter(customers), None),
        names_several_customers=len(customers) > 1,
        rows=tuple(rows),
    )


def _order(invoice: str, rows: list[Row], report: RetailReport) -> Order | None:
    customers = _customers(rows)
    if len(customers) > 1:
        report.note_set_aside("SEVERAL_CUSTOMERS", rows)
        return None
    customer_id = next(iter(customers), None)
    ordered = _ordered_rows(rows, report)
    if not customers and all(row.price.pounds == 0 for row in ordered):
        report.note_set_aside("STOCK_ENTRY", ordered)
        return None
    if len(ordered) > LINES_MAX:
        report.note_set_aside("TOO_MANY_LINES", ordered)
        return None
    if not ordered:
        return None
    _note_oddities(ordered, customer_id, report)
    lines = tuple(
        Line(str(number), row.article, row.title, row.quantity, row.price.minor)
        for number, row in enumerate(ordered, start=1)
    )
    placed_at = min(row.at for row in ordered)
    return Order(invoice, placed_at, customer_id, ordered[0].country, lines)


def _ordered_rows(rows: list[Row], report: RetailReport) -> list[Row]:
    """Return the rows somebody ordered; the others are set aside, one by one."""
    ordered: list[Row] = []
    for row in rows:
        if row.quantity < 0:
            report.note_set_aside("STOCK_CORRECTION", [row])
        elif row.price.pounds < 0:
            report.note_set_aside("NEGATIVE_PRICE", [row])
        elif row.article.kind == "BOOKKEEPING":
            report.note_set_aside("BOOKKEEPING", [row])
        elif row.article.kind == "TEST":
            report.note_set_aside("TEST_ARTICLE", [row])
        else:
            ordered.append(row)
    return ordered


def _note_oddities(rows: list[Row], customer_id: str | None, report: RetailReport) -> None:
    seen: set[str] = set()
    nothing_to_pay = not any(row.price.minor for row in rows)
    for row in rows:
        for code in _oddities(row):
            report.note_kept(code, row)
        if customer_id is None:
            report.note_kept("MISSING_CUSTOMER", row)
        if row.article.sku in seen:
            report.note_kept("REPEATED_ARTICLE", row)
        if row.at != rows[0].at:
            report.note_kept("SEVERAL_TIMES", row)
        if nothing_to_pay:
            report.note_kept("NOTHING_TO_PAY", row)
        seen.add(row.article.sku)


def _oddities(row: Row) -> Iterator[Kept]:
    if row.price.pounds == 0:
        yield "ZERO_PRICE"
    if row.price.is_rounded:
        yield "SUB_PENNY_PRICE"
    if row.article.kind == "CHARGE":
        yield "CHARGE"
    if row.article.cleaned:
        yield "CODE_CLEANED"
    if not row.title:
        yield "EMPTY_DESCRIPTION"


def _customers(rows: list[Row]) -> set[str]:
    return {row.customer_id for row in rows if row.customer_id is not None}
