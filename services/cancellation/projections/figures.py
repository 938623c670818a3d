"""What figures are counted from: rows per cancellation, refund and request, and sums of orders.

Rows come from an order's details, so they cannot say something else than the order does. Of orders
nobody has cancelled there is no row, only sums per day.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from kit.ids import child_id
from rebuild.summing import SumTable
from services.cancellation.projections.placing import PlacedOrder
from services.cancellation.projections.row import Json

FIGURE_TABLES: dict[str, dict[str, str]] = {
    "cancellations": {
        "stream_id": "uuid", "cancellation_id": "uuid", "order_id": "text", "status": "text",
        "is_whole": "boolean", "cancelled_at": "timestamptz", "placed_at": "timestamptz",
        "currency": "text", "channel": "text", "country": "text", "reason": "text",
        "sub_reason": "text", "asked_as": "text", "asked_by": "text", "unit_count": "bigint",
        "amount_minor": "bigint", "shipping_minor": "bigint", "fee_minor": "bigint",
        "feedback": "text", "is_only": "boolean",
    },
    "cancelled_lines": {
        "stream_id": "uuid", "cancellation_id": "uuid", "line_id": "text", "sku": "text",
        "title": "text", "quantity": "bigint", "amount_minor": "bigint", "is_first": "boolean",
    },
    "refunds": {
        "stream_id": "uuid", "refund_id": "uuid", "cancellation_id": "uuid", "order_id": "text",
        "payment_id": "text", "tender": "text", "method": "text", "state": "text",
        "due_at": "timestamptz", "ended_at": "timestamptz", "placed_at": "timestamptz",
        "currency": "text", "channel": "text", "country": "text", "reason": "text",
        "amount_minor": "bigint",
    },
    "requests": {
        "stream_id": "uuid", "request_id": "uuid", "order_id": "text", "kind": "text",
        "outcome": "text", "is_by_default": "boolean", "requested_at": "timestamptz",
        "answered_at": "timestamptz", "placed_at": "timestamptz", "currency": "text",
        "channel": "text", "country": "text", "reason": "text", "refund_minor": "bigint",
    },
}  # fmt: skip
"""Columns and their types, in table order.

`is_only`: its order has no other cancellation, whatever became of it. `is_first`: no line before it
cancels some of the same article. So most orders and cancellations are counted without asking
whether they were counted before.
"""

FIGURE_KEYS = {
    "cancellations": ("stream_id", "cancellation_id"),
    "cancelled_lines": ("stream_id", "cancellation_id", "line_id"),
    "refunds": ("stream_id", "refund_id"),
    "requests": ("stream_id", "request_id"),
}

PLACED_SUMS = SumTable(
    key={
        "sku": "text", "placed_on": "date", "currency": "text", "channel": "text",
        "country": "text",
    },
    sums={"order_count": "bigint", "unit_count": "bigint", "gross_minor": "numeric"},
)  # fmt: skip

COUNTED = frozenset(
    {
        "order.cancelled.v1", "order.cancellation-confirmed.v1", "order.cancellation-undone.v1",
        "order.reinstated.v1", "order.refund-requested.v1", "order.refund-progressed.v1",
        "order.refund-reported.v1", "order.refund-fallback-chosen.v1",
        "order.cancellation-requested.v1", "order.cancellation-approved.v1",
        "order.cancellation-denied.v1", "order.feedback-given.v1",
    }
)  # fmt: skip
"""Facts after which an order's rows may be others."""

KEPT_MAX = 50_000
"""Rows of sums kept together before they are written."""

LINES_MAX = 100_000
"""Lines noted before they are added up, a day's by themselves: its sums then stay in a processor's
cache, and all days' do not fit."""

_Where = tuple[date, str, str, str]


class PlacedSums:
    """What orders come to, by day, currency, channel, country and article."""

    def __init__(self) -> None:
        self._sums: dict[_Where, dict[str, list[int]]] = {}
        self._noted: dict[_Where, tuple[list[str], array[int], array[int]]] = {}
        """Articles' numbers, units and worths; a whole order stands there without a number."""
        self._line_count = self._size = 0

    @property
    def is_full(self) -> bool:
        """Tell whether it is time to write; the more is kept together, the less often it is."""
        return self._size >= KEPT_MAX

    def __bool__(self) -> bool:
        return bool(self._noted or self._sums)

    def count(self, row: Any, order: PlacedOrder, skus: list[str]) -> None:
        """Count an order that was placed: as a whole, and once for each of its articles.

        Args:
            row: its row.
            order: it.
            skus: each line's article, in strings that last: the order's own would hold on to all
                that was read beside them.
        """
        day = row.placed_at.astimezone(UTC).date()
        where = day, row.currency, row.channel or "", row.country or ""
        units, worths = [line.quantity for line in order.lines], row.worths_minor
        if len(set(skus)) < len(skus):
            skus, units, worths = _each_once(skus, units, worths)
        if (noted := self._noted.get(where)) is None:
            noted = self._noted[where] = [], array("q"), array("q")
        noted[0].extend((*skus, ""))
        noted[1].extend((*units, row.unit_count))
        noted[2].extend((*worths, row.total_minor))
        self._line_count += len(skus)
        if self._line_count >= LINES_MAX:
            self._add_up()

    def _add_up(self) -> None:
        for where, noted in self._noted.items():
            sums = self._sums.setdefault(where, {})
            self._size -= len(sums)
            for sku, units, worth_minor in zip(*noted, strict=True):
                if (found := sums.get(sku)) is None:
                    sums[sku] = [1, units, worth_minor]
                    continue
                found[0] += 1
                found[1] += units
                found[2] += worth_minor
            self._size += len(sums)
        self._noted, self._line_count = {}, 0

    def rows(self) -> list[tuple[Any, ...]]:
        """Return what is to be added to the table."""
        self._add_up()
        return [
            (sku, *where, *amounts)
            for where, sums in self._sums.items()
            for sku, amounts in sums.items()
        ]


def _each_once(
    skus: list[str], units: list[int], worths: Sequence[int]
) -> tuple[list[str], list[int], list[int]]:
    """Add up the lines of an order that have one article."""
    found: dict[str, tuple[int, int]] = {}
    for sku, count, worth_minor in zip(skus, units, worths, strict=True):
        before = found.get(sku, (0, 0))
        found[sku] = before[0] + count, before[1] + worth_minor
    return list(found), [one[0] for one in found.values()], [one[1] for one in found.values()]


def asked(entry: Json, fact: Json) -> None:
    """Note who asked for a cancellation."""
    actor = fact.get("actor")
    entry["by"] = [actor["type"], actor["id"]] if actor else ["SERVICE", fact["requested_by"]]


def due(entry: Json, root: str, refunds: list[Json], at: str) -> None:
    """Note when refunds became due, and on what kind of payment.

    Args:
        entry: the cancellation.
        root: what the refunds' ids descend from.
        refunds: as decided.
        at: when.
    """
    for each in refunds:
        method = (each.get("method") or {}).get("kind", "")
        refund_id = str(child_id(UUID(root), each["payment_id"]))
        told = [at, None, each.get("tender", "CARD"), method]
        entry.setdefault("moments", {})[refund_id] = told


def ended(entry: Json, refund_id: str, at: str) -> None:
    """Note when the last word about a refund came."""
    moments = entry.setdefault("moments", {})
    moments.setdefault(refund_id, [at, None, "CARD", ""])[1] = at


def figure_rows(row: Any) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of an order, by table; of its lines those that are new."""
    cancellations = row.details.get("cancellations", {})
    return {
        "cancellations": list(_cancellations(row, cancellations)),
        "cancelled_lines": list(row.new_lines),
        "refunds": [
            refund for id_, entry in cancellations.items() for refund in _refunds(row, id_, entry)
        ],
        "requests": list(_requests(row)),
    }


def lines_in(row: Any, fact: Json) -> Iterator[tuple[Any, ...]]:
    """Return the rows of a cancellation's lines; they never change."""
    seen: set[str] = set()
    for line in fact["lines"]:
        sku = line["sku"]
        yield (
            row.stream_id, UUID(fact["cancellation_id"]), line["line_id"], sku,
            line["title"].replace("\x00", ""), line["quantity"], line["amount_minor"],
            sku not in seen,
        )  # fmt: skip
        seen.add(sku)


def _where(row: Any) -> tuple[Any, ...]:
    return row.placed_at, row.currency, row.channel or "", row.country or ""


def _cancellations(row: Any, cancellations: Mapping[str, Json]) -> Iterator[tuple[Any, ...]]:
    standing = [id_ for id_, entry in cancellations.items() if _stands(entry)]
    gone = sum(row.details.get("cancelled", {}).values())
    is_all = bool(standing) and gone >= row.unit_count
    for id_, entry in cancellations.items():
        yield (
            row.stream_id, UUID(id_), row.order_id, entry.get("status", "STANDING"),
            is_all and id_ == standing[-1], datetime.fromisoformat(entry["cancelled_at"]),
            *_where(row), entry["reason"], entry.get("sub_reason", ""), *entry["by"],
            sum(entry["lines"].values()), entry["amount_minor"], entry.get("shipping_minor", 0),
            entry.get("fee_minor", 0), entry.get("feedback", ""), len(cancellations) == 1,
        )  # fmt: skip


def _stands(entry: Json) -> bool:
    return "status" not in entry or entry["status"] == "HELD"


def _refunds(row: Any, cancellation_id: str, entry: Json) -> Iterator[tuple[Any, ...]]:
    """Return refunds that are due, or were; while a cancellation is held none is."""
    own = UUID(cancellation_id)
    known: dict[str, tuple[str, int, str | None]] = {
        str(child_id(own, payment_id)): (payment_id, amount_minor, outcome)
        for payment_id, (amount_minor, outcome) in entry["refunds"].items()
    }
    known |= {id_: (one[0], one[1], one[2]) for id_, one in entry.get("later", {}).items()}
    for refund_id, (due_at, ended_at, tender, method) in entry.get("moments", {}).items():
        payment_id, amount_minor, outcome = known[refund_id]
        yield (
            row.stream_id, UUID(refund_id), own, row.order_id, payment_id, tender, method,
            outcome or "PENDING", datetime.fromisoformat(due_at),
            datetime.fromisoformat(ended_at) if ended_at else None, *_where(row), entry["reason"],
            amount_minor,
        )  # fmt: skip


def _requests(row: Any) -> Iterator[tuple[Any, ...]]:
    for id_, entry in row.details.get("requests", {}).items():
        answered_at = entry.get("answered_at")
        yield (
            row.stream_id, UUID(id_), row.order_id, entry["kind"], entry.get("outcome", "OPEN"),
            entry.get("is_by_default", False), datetime.fromisoformat(entry["requested_at"]),
            datetime.fromisoformat(answered_at) if answered_at else None, *_where(row),
            entry["reason"], entry["refund_minor"],
        )  # fmt: skip
