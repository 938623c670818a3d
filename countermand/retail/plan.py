"""The whole import as one plan: facts, commands, payments, and what became of every row.

Facts are built when asked for and not before: as objects, the year's half a million lines would
take over half a gigabyte. Publish all facts before the first command, in the given order.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, overload

from countermand.retail.files import RetailFileError
from countermand.retail.matching import match_cancellations
from countermand.retail.messages import (
    Outgoing,
    Payment,
    order_placed,
    payment_captured,
    payment_of,
)
from countermand.retail.orders import Invoices, Order, sort_invoices
from countermand.retail.report import RetailReport
from countermand.retail.rows import BadRow, Row, read_rows

PROGRESS_ROWS: Final = 20_000
"""`on_progress` is called once per so many rows, and at the end."""


class Facts(Sequence[Outgoing]):
    """`OrderPlaced` and, where there was something to pay, `PaymentCaptured`; oldest order first.

    Behaves as a list would, but every access builds its message anew.
    """

    def __init__(self, orders: Iterable[Order]) -> None:
        self._entries: list[tuple[Order, Payment | None]] = []
        for order in orders:
            self._entries.append((order, None))
            if payment := payment_of(order):
                self._entries.append((order, payment))

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, index: int) -> Outgoing: ...
    @overload
    def __getitem__(self, index: slice) -> list[Outgoing]: ...
    def __getitem__(self, index: int | slice) -> Outgoing | list[Outgoing]:
        if isinstance(index, slice):
            return [_fact(*entry) for entry in self._entries[index]]
        return _fact(*self._entries[index])


@dataclass(frozen=True, slots=True)
class RetailPlan:
    """Everything one file asks for."""

    facts: Facts
    """To publish first."""
    commands: list[Outgoing]
    """`CancelOrder`, oldest first; each is acceptable once those before it are decided."""
    payments: list[Payment]
    """To make known to the provider before the first command."""
    report: RetailReport


def read_plan(path: Path, on_progress: Callable[[int], None] | None = None) -> RetailPlan:
    """Read `path` and return its plan; the same file always gives the same plan.

    Args:
        path: An Online Retail II file, CSV or the same compressed with gzip.
        on_progress: Told the rows read so far, now and then.

    Raises:
        RetailFileError: The file as a whole cannot be read, or has no row.
    """
    plan = plan_rows(_counted(read_rows(path), on_progress))
    if not plan.report.rows_read:
        raise RetailFileError(f"{path} has column names but no row.", "Give a file with rows.")
    return plan


def plan_rows(rows: Iterable[Row | BadRow]) -> RetailPlan:
    """Return the plan of rows already read."""
    report = RetailReport()
    invoices = sort_invoices(rows, report)
    commands = match_cancellations(invoices.orders, invoices.cancellations, report)
    payments = [payment for order in invoices.orders if (payment := payment_of(order))]
    _count_orders(invoices, payments, report)
    return RetailPlan(Facts(invoices.orders), commands, payments, report)


def _count_orders(invoices: Invoices, payments: list[Payment], report: RetailReport) -> None:
    orders = invoices.orders
    report.orders = len(orders)
    report.guest_orders = sum(order.customer_id is None for order in orders)
    report.rows_ordered = sum(len(order.lines) for order in orders)
    report.order_lines_max = max((len(order.lines) for order in orders), default=0)
    report.payments = len(payments)
    report.captured_minor = sum(payment.amount_minor for payment in payments)


def _fact(order: Order, payment: Payment | None) -> Outgoing:
    return payment_captured(order, payment) if payment else order_placed(order)


def _counted(
    rows: Iterable[Row | BadRow], on_progress: Callable[[int], None] | None
) -> Iterator[Row | BadRow]:
    count = 0
    for count, row in enumerate(rows, start=1):
        if on_progress and count % PROGRESS_ROWS == 0:
            on_progress(count)
        yield row
    if on_progress:
        on_progress(count)
