"""Figures of one order, as the API's own functions put them together; its SQL is left out."""

from collections.abc import Mapping
from typing import Any

from services.cancellation.figure_shares import (
    beside,
    conversion_of,
    with_refund_shares,
    with_request_shares,
)
from services.cancellation.projections.figure_filters import Wanted
from services.cancellation.reads_figures import CancelledFilter, RefundsFilter, RequestsFilter

Json = dict[str, Any]
MONEY: Json = {"succeeded_minor": 0, "open_minor": 900, "failed_minor": 0}


def figures_of(order: Json, what: str, query: Mapping[str, str]) -> Json:
    """Answer a question about figures; everything happened on the day of the order."""
    model: Any = {
        "cancellations": CancelledFilter, "refunds": RefundsFilter, "requests": RequestsFilter,
    }[what]  # fmt: skip
    asked = model(**query)
    wanted, by = asked.wanted(), asked.by
    if what == "cancellations":
        total = _cancelled(order, wanted, "TOTAL")
        answer = {
            "rows": _cancelled(order, wanted, by), "total": total,
            "conversion": conversion_of(total, asked.visits),
        }  # fmt: skip
    elif what == "refunds":
        told = {
            "currency": order["currency"], "key": "CARD", "refunds": 1, "refund_minor": 900,
            "succeeded": 0, "open": 1, "failed": 0, "median_s": None, "p90_s": 90_000, **MONEY,
        }  # fmt: skip
        answer = {"rows": with_refund_shares(wanted, by, [told])}
    else:
        told = {
            "currency": order["currency"], "key": "APPROVAL", "requests": 2, "granted": 1,
            "denied": 1, "open": 0, "by_default": 0, "refund_minor": 900, "median_s": 40,
            "p90_s": 40,
        }  # fmt: skip
        answer = {"rows": with_request_shares(wanted, by, [told])}
    return {"first": wanted.first, "last": wanted.last, **answer}


def _cancelled(order: Json, wanted: Wanted, by: Any) -> list[Json]:
    day = f"{order['placed_at'].date()}"
    spans = {"DAY": day, "WEEK": "2026-02-23", "MONTH": "2026-02-01"}
    groups = {"COUNTRY": order["country"] or "", "PRODUCT": order["lines"][0]["title"], **spans}
    key = groups.get(by, "")
    placed = {
        "currency": order["currency"], "key": key, "orders": 1, "units": 4,
        "gross_minor": order["total_minor"],
    }  # fmt: skip
    cancelled = [
        {
            "currency": order["currency"], "orders": 1, "cancellations": 1, "whole_orders": 0,
            "key": one["reason"] if by == "REASON" else key, "units": len(one["lines"]),
            "cancelled_minor": one["amount_minor"], "good": 1, "fair": 0, "poor": 0,
        }
        for one in order["cancellations"][:1]
    ]  # fmt: skip
    return beside(wanted, by, [placed], cancelled, titles={}, limit=50)


def entries_of(order: Json) -> Json:
    """Return what stands behind a number: the order's first cancellation."""
    rows = [
        {
            "order_id": order["order_id"], "id": one["cancellation_id"], "at": one["cancelled_at"],
            "currency": order["currency"], "reason": one["reason"], "status": one["status"],
            "amount_minor": one["amount_minor"], "is_whole": False, "asked_by": "kim",
        }
        for one in order["cancellations"]
    ]  # fmt: skip
    return {"rows": rows, "first": "2026-02-01", "last": "2026-03-01", "next_after": None}
