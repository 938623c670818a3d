"""What a placed order says, as far as rows need it.

Placed orders are nearly all bytes of a log, and whoever folds it is bound by reading them. So they
are read into exactly what is asked of them, and what an order holds stays where it is stored: in
the log, from which a reader takes its lines.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import orjson
from pydantic_core import to_jsonable_python

from contracts.orders import OrderLine
from kit.event_store import LogEntry
from services.cancellation.projections.row import Json

PLACED = "order.placed.v1"

PLACED_BODY = (
    "(SELECT e.state FROM cancellation.cancellation_events e"
    f" WHERE e.originator_id = order_summaries.stream_id AND e.topic = '{PLACED}')"
)
"""The stored fact of an order's row, as PostgreSQL finds it."""

LINES = f"lines, CASE WHEN lines IS NULL THEN {PLACED_BODY} END AS placed"
"""Columns `lines_of` needs beside `details`."""

LINES_AS_JSON = (
    f"coalesce(lines, convert_from({PLACED_BODY}, 'UTF8')::json #> '{{fact,message,lines}}')"
)
"""The lines as they were placed, for a question about articles."""


_LINE: Json = {
    name: None if field.is_required() else to_jsonable_python(field.default)
    for name, field in OrderLine.model_fields.items()
}
"""Every field of a line in its place, with what leaving it out says."""


class Line(msgspec.Struct, gc=False):
    """One item, old bodies know nothing but prices."""

    sku: str
    title: str
    quantity: int
    unit_price_minor: int
    discount_minor: int = 0
    tax_minor: int = 0
    duties_minor: int = 0


class Customer(msgspec.Struct, gc=False):
    """Who ordered."""

    customer_id: str | None = None
    email: str | None = None


class Shipping(msgspec.Struct, gc=False):
    """What bringing it costs."""

    amount_minor: int = 0
    discount_minor: int = 0
    tax_minor: int = 0


class PlacedOrder(msgspec.Struct, gc=False):
    """An order as it was placed."""

    order_id: str
    placed_at: str
    currency: str
    lines: list[Line]
    customer: Customer | None = None
    country: str | None = None
    tax_included: bool = False
    shipping: Shipping | None = None
    channel: str | None = None

    def worths_minor(self) -> list[int]:
        """Return what each line costs."""
        if self.tax_included:
            return [
                x.quantity * x.unit_price_minor - x.discount_minor + x.duties_minor
                for x in self.lines
            ]
        return [
            x.quantity * x.unit_price_minor - x.discount_minor + x.tax_minor + x.duties_minor
            for x in self.lines
        ]

    def shipping_minor(self) -> int:
        """Return what bringing it costs."""
        if self.shipping is None:
            return 0
        on_top_minor = 0 if self.tax_included else self.shipping.tax_minor
        return self.shipping.amount_minor - self.shipping.discount_minor + on_top_minor


class _Fact(msgspec.Struct, gc=False):
    message: PlacedOrder


class _Stored(msgspec.Struct, gc=False):
    fact: _Fact


_read = msgspec.json.Decoder(_Stored).decode


def read_placed(body: bytes) -> PlacedOrder:
    """Read the stored fact."""
    return _read(body).fact.message


def placed_body(entries: Iterable[LogEntry]) -> bytes | None:
    """Return the stored fact out of those of an order."""
    return next((entry.body for entry in entries if entry.name == PLACED), None)


def total_minor(message: Json) -> int:
    """Return what an order cost."""
    placed = msgspec.convert(message, PlacedOrder)
    return sum(placed.worths_minor()) + placed.shipping_minor()


def lines_of(row: Mapping[str, Any], kept: Json) -> list[Json]:
    """Return the lines of an order, and how many units of each were shipped and cancelled.

    Args:
        row: with `LINES`. Only one from before version 7 has lines of its own, and their counts.
        kept: its details.
    """
    if row.get("lines"):
        own: list[Json] = orjson.loads(row["lines"])
        return own
    lines: Sequence[Json] = orjson.loads(row["placed"])["fact"]["message"]["lines"]
    fulfilled, cancelled = kept.get("fulfilled", {}), kept.get("cancelled", {})
    return [
        {
            **_LINE,
            **line,
            "fulfilled": fulfilled.get(line["line_id"], 0),
            "cancelled": cancelled.get(line["line_id"], 0),
        }
        for line in lines
    ]
