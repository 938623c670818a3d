"""What became of every row, as counts a person can check against the file.

Rows are counted where they end: in an order, in a command, unmatched, set aside or malformed;
the five always sum to the rows read. `kept` counts rows of the first two once more, by oddity.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, Literal, TypeVar

from countermand.retail.rows import BadRow, Row
from countermand.retail.treatments import MEANINGS, Kept, Malformed, SetAside, Unmatched

SAMPLES_MAX: Final = 3
"""Samples remembered per code; unmatched rows are remembered in full."""

MatchOutcome = Literal["WHOLE", "SPLIT", "PARTLY", "NOTHING"]
"""How much of a `C` invoice became commands: all by one order, all by several, some, none."""

_Code = TypeVar("_Code", bound=str)


@dataclass(frozen=True, slots=True)
class Sample:
    """One row, as evidence."""

    line_number: int
    """In the file; the first line is 1."""
    row: str
    """The row in short."""


@dataclass(slots=True)
class CodeCount:
    """How many rows and invoices go under one code."""

    rows: int = 0
    invoices: int = 0
    """0 for malformed rows, whose invoice is unknown."""
    samples: list[Sample] = field(default_factory=list)
    """The first `SAMPLES_MAX` rows."""
    _last_invoice: str = ""

    def add(self, invoice: str, sample: Sample) -> None:
        """Count one row; an invoice's rows must come one after the other."""
        self.rows += 1
        if invoice != self._last_invoice:
            self.invoices += 1
            self._last_invoice = invoice
        if len(self.samples) < SAMPLES_MAX:
            self.samples.append(sample)


@dataclass(frozen=True, slots=True)
class UnmatchedRow:
    """One row of a `C` invoice that became no command, and why."""

    reason: Unmatched
    row: Row


@dataclass(slots=True)
class RetailReport:
    """Counts of one file; filled while it is read, then left alone."""

    rows_read: int = 0
    """Rows after the first line, empty lines left out."""
    rows_ordered: int = 0
    """Rows that are lines of an order."""
    rows_cancelled: int = 0
    """Rows of `C` invoices that are part of a command."""
    invoices_read: int = 0
    """Different invoice numbers on well-formed rows."""
    invoices_cancelling: int = 0
    """Those with a `C`."""
    orders: int = 0
    guest_orders: int = 0
    """Orders without a customer; part of `orders`."""
    order_lines_max: int = 0
    """Lines of the longest order."""
    payments: int = 0
    captured_minor: int = 0
    """Sum of all payments, in pence."""
    commands: int = 0
    units_cancelled: int = 0
    """Units all commands take back; what a complete run must end with."""
    refund_minor: int = 0
    """What the cancelled units were paid with, in pence; what a complete run must give back."""
    outcomes: dict[MatchOutcome, int] = field(
        default_factory=lambda: dict.fromkeys(("WHOLE", "SPLIT", "PARTLY", "NOTHING"), 0)
    )
    """`C` invoices by how much of them became commands."""
    kept: dict[Kept, CodeCount] = field(default_factory=dict)
    set_aside: dict[SetAside, CodeCount] = field(default_factory=dict)
    malformed: dict[Malformed, CodeCount] = field(default_factory=dict)
    unmatched: list[UnmatchedRow] = field(default_factory=list)
    """Every one of them, in the order of the `C` invoices."""

    def note_kept(self, code: Kept, row: Row) -> None:
        """Note that `row` is used although it is odd."""
        self.kept.setdefault(code, CodeCount()).add(row.invoice, sample_of(row))

    def note_set_aside(self, code: SetAside, rows: Iterable[Row]) -> None:
        """Note that `rows` of one invoice are not used."""
        for row in rows:
            self.set_aside.setdefault(code, CodeCount()).add(row.invoice, sample_of(row))

    def note_malformed(self, bad: BadRow) -> None:
        """Note a row that cannot be read."""
        count = self.malformed.setdefault(bad.reason, CodeCount())
        count.add("", Sample(bad.line_number, bad.raw))

    @property
    def unmatched_by_reason(self) -> dict[Unmatched, CodeCount]:
        """The rows of `unmatched`, counted."""
        counts: dict[Unmatched, CodeCount] = {}
        for unmatched in self.unmatched:
            row = unmatched.row
            counts.setdefault(unmatched.reason, CodeCount()).add(row.invoice, sample_of(row))
        return counts

    @property
    def rows_accounted(self) -> int:
        """Rows with a fate; equals `rows_read`, or the import is wrong."""
        apart = [*self.set_aside.values(), *self.malformed.values()]
        used = self.rows_ordered + self.rows_cancelled
        return used + len(self.unmatched) + sum(count.rows for count in apart)

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain values; unmatched rows as counts with samples."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        numbers = {name: value for name, value in values.items() if isinstance(value, int)}
        return numbers | {
            "outcomes": dict(self.outcomes),
            "rows_accounted": self.rows_accounted,
            "kept": _counts_to_json(self.kept),
            "set_aside": _counts_to_json(self.set_aside),
            "malformed": _counts_to_json(self.malformed),
            "unmatched": _counts_to_json(self.unmatched_by_reason),
        }


def sample_of(row: Row) -> Sample:
    """Write `row` in short, for a report."""
    customer = row.customer_id or "no customer"
    text = f"{row.invoice} {row.quantity} x {row.article.sku} at {row.price.pounds}, {customer}"
    return Sample(row.line_number, text)


def _counts_to_json(counts: Mapping[_Code, CodeCount]) -> dict[str, Any]:
    return {
        code: {
            "meaning": MEANINGS[code],
            "rows": count.rows,
            "invoices": count.invoices,
            "samples": [asdict(sample) for sample in count.samples],
        }
        for code, count in sorted(counts.items(), key=lambda item: -item[1].rows)
    }
