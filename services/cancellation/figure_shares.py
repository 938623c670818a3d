"""What follows from counts: net, rates, shares, and where each number opens; pure."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from starlette.datastructures import QueryParams

from services.cancellation.projections.figure_filters import Wanted
from services.cancellation.projections.figure_queries import ANSWERS, SPANS, Row

DIGITS = 6
"""Of a share: a hundredth of a percent and more."""

_FILTERS = {
    "REASON": "reason", "SUB_REASON": "sub_reason", "PRODUCT": "product", "CHANNEL": "channel",
    "COUNTRY": "country", "ACTOR": "actor", "STAFF": "staff", "TENDER": "tender",
    "METHOD": "method", "KIND": "kind", "OUTCOME": "outcome", "FEEDBACK": "feedback",
}  # fmt: skip
"""The filter that asks for one row of a grouping."""

_OF_CANCELLATIONS = ("reason", "sub_reason", "actor", "staff", "feedback")
"""What only a cancellation has, so that nothing placed can be grouped by it."""

_GROUPED_ALONE = frozenset({"REASON", "SUB_REASON", "ACTOR", "STAFF", "FEEDBACK"})


def share(part: int, whole: int) -> float | None:
    """Return a part of a whole; None of nothing."""
    return round(part / whole, DIGITS) if whole else None


def narrowed(wanted: Wanted, by: str, row: Row) -> Wanted:
    """Return the filter of one row: its currency, and its group or its days."""
    one = wanted._replace(currency=row["currency"])
    if by in SPANS:
        first = date.fromisoformat(row["key"])
        last = _last_of(by, first)
        return one._replace(first=max(first, one.first), last=min(last, one.last))
    return one._replace(**{_FILTERS[by]: row["key"]}) if by in _FILTERS else one


def _last_of(by: str, first: date) -> date:
    if by == "MONTH":
        return (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return first + timedelta(days=6 if by == "WEEK" else 0)


def opens(wanted: Wanted, of: str, **more: Any) -> str:
    """Return the address of what stands behind a number."""
    told: dict[str, Any] = {"of": of, **wanted._asdict(), **more}
    if of in ("PLACED", "KEPT"):
        told |= dict.fromkeys(_OF_CANCELLATIONS)
    asked = QueryParams({name: value for name, value in told.items() if value is not None})
    return f"/v1/figures/entries?{asked}"


def beside(
    wanted: Wanted, by: str, placed: Sequence[Row], cancelled: Sequence[Row], *,
    titles: Mapping[str, str], limit: int,
) -> list[Row]:  # fmt: skip
    """Put what was placed beside what was cancelled, group by group.

    Args:
        wanted: the filter.
        by: how rows are grouped.
        placed: by currency and group; by currency alone where nothing placed has the group.
        cancelled: by currency and group.
        titles: what products are called.
        limit: rows of one currency at most, of groups that are no days.
    """
    base = {(row["currency"], row["key"]): row for row in placed}
    found = {(row["currency"], row["key"]): row for row in cancelled}
    # Of products only those cancelled are looked at, and each in the currency it was cancelled in.
    is_of_cancelled = by == "PRODUCT" or by in _GROUPED_ALONE
    keys = list(found) if is_of_cancelled else [*found, *(k for k in base if k not in found)]
    rows = [
        _row(wanted, by, key, base.get((key[0], "") if by in _GROUPED_ALONE else key),
             found.get(key))
        for key in keys
    ]  # fmt: skip
    if by in SPANS:
        return sorted(rows, key=lambda row: (row["currency"], row["key"]))
    rows.sort(key=_greatest_first)
    counts: dict[str, int] = {}
    kept = []
    for row in rows:
        counts[row["currency"]] = counts.get(row["currency"], 0) + 1
        if counts[row["currency"]] <= limit:
            kept.append(row | {"title": titles[row["key"]]} if row["key"] in titles else row)
    return kept


def _greatest_first(row: Row) -> tuple[Any, ...]:
    return (
        row["currency"], -row["cancelled"]["cancelled_minor"], -row["placed"]["gross_minor"],
        row["key"],
    )  # fmt: skip


def _row(
    wanted: Wanted, by: str, key: tuple[str, str], placed: Row | None, cancelled: Row | None
) -> Row:
    row: Row = {"currency": key[0], "key": key[1]}
    is_line = by == "PRODUCT" or wanted.product is not None
    base = placed or {"orders": 0, "units": 0, "gross_minor": 0}
    gone = cancelled or {
        "cancellations": 0, "orders": 0, "whole_orders": None if is_line else 0, "units": 0,
        "cancelled_minor": 0, **dict.fromkeys(map(str.lower, ANSWERS), 0),
    }  # fmt: skip
    row["placed"] = {name: base[name] for name in ("orders", "units", "gross_minor")}
    row["cancelled"] = {
        name: gone[name]
        for name in ("cancellations", "orders", "whole_orders", "units", "cancelled_minor")
    }
    row["feedback"] = _feedback(gone)
    is_narrow = by in _GROUPED_ALONE or any(
        getattr(wanted, name) is not None for name in _OF_CANCELLATIONS
    )
    if not is_narrow:
        row["net"] = {
            "orders": None if is_line else base["orders"] - gone["whole_orders"],
            "units": base["units"] - gone["units"],
            "net_minor": base["gross_minor"] - gone["cancelled_minor"],
        }
    row["rate"] = {
        "orders": share(gone["orders"], base["orders"]),
        "units": share(gone["units"], base["units"]),
        "value": share(gone["cancelled_minor"], base["gross_minor"]),
    }
    where = narrowed(wanted, by, row)
    row["opens"] = {"placed": opens(where, "PLACED"), "cancelled": opens(where, "CANCELLED")}
    if by in _GROUPED_ALONE:
        row["opens"]["placed"] = opens(wanted._replace(currency=key[0]), "PLACED")
    if by != "FEEDBACK" and wanted.feedback is None:
        row["opens"] |= {x.lower(): opens(where, "CANCELLED", feedback=x) for x in ANSWERS}
    if not is_line:
        row["opens"]["whole"] = opens(where, "WHOLE")
        if not is_narrow and wanted.dates == "ORDER":
            row["opens"]["net"] = opens(where, "KEPT")
    return row


def _feedback(cancelled: Row) -> Row:
    """Return what customers answered about the cancellations of a row."""
    told: Row = {x.lower(): cancelled[x.lower()] for x in ANSWERS}
    answers = sum(told.values())
    return {"answers": answers, **told, "good_share": share(told["good"], answers)}


def conversion_of(total: Sequence[Row], visits: int | None) -> Row:
    """Return what cancellations do to the orders a shop counts, of every currency.

    Orders may be added up where their amounts may not.
    """
    placed = sum(row["placed"]["orders"] for row in total)
    whole = sum(row["cancelled"]["whole_orders"] or 0 for row in total)
    told: Row = {
        "orders": placed, "net_orders": placed - whole, "kept_share": share(placed - whole, placed),
    }  # fmt: skip
    if visits:
        told |= {
            "visits": visits,
            "gross_rate": share(placed, visits),
            "net_rate": share(placed - whole, visits),
        }
    return told


def with_refund_shares(wanted: Wanted, by: str, rows: list[Row]) -> list[Row]:
    """Add to rows of refunds, grouped as said, what share is open and where each number opens."""
    for row in rows:
        row["open_share"] = share(row["open"], row["refunds"])
        where = narrowed(wanted, by, row)
        row["opens"] = {"refunds": opens(where, "REFUNDS")} | {
            state.lower(): opens(where, "REFUNDS", refund_state=state)
            for state in ("SUCCEEDED", "OPEN", "FAILED")
        }
    return rows


def with_request_shares(wanted: Wanted, by: str, rows: list[Row]) -> list[Row]:
    """Add to rows of requests, grouped as said, what share was granted and where numbers open."""
    for row in rows:
        row["granted_share"] = share(row["granted"], row["granted"] + row["denied"])
        where = narrowed(wanted, by, row)
        row["opens"] = {"requests": opens(where, "REQUESTS")}
        if by != "OUTCOME":
            row["opens"] |= {
                name: opens(where, "REQUESTS", outcome=outcome)
                for name, outcome in (
                    ("granted", "APPROVED"), ("denied", "DENIED"), ("open", "OPEN"),
                )
            }  # fmt: skip
    return rows
