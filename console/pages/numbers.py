"""Figures: what was sold, cancelled and refunded; every number opens to what it counts."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.responses import Response

from console.api import Json, path
from console.charts import draw
from console.desk import Visit
from contracts.values import minor_digits

REASONS = ("CUSTOMER", "INVENTORY", "FRAUD", "DECLINED", "STAFF", "OTHER")
GROUPS = ("REASON", "PRODUCT", "CHANNEL", "COUNTRY", "ACTOR", "STAFF", "FEEDBACK")
DATES = ("ORDER", "EVENT")
PRESETS = (30, 90, 365)
"""Periods that are one click away, in days up to today."""

TABLES = ("cancellations", "refunds", "requests")
FILTERS = ("dates", "first", "last", "currency", "channel", "country", "reason")
ASKED = (*FILTERS, "by", "visits")
DAYS_BY_DAY, DAYS_BY_WEEK = 45, 200
"""Longer periods are shown by week, still longer ones by month."""

GROUPS_MAX = 20
ENTRIES = 50
OPEN = "/v1/figures/entries?"


async def show(visit: Visit) -> Response:
    """Show the figures of a period, in one currency at a time."""
    asked = {name: value for name, value in visit.query.items() if value and name in ASKED}
    by = asked.get("by") if asked.get("by") in GROUPS else GROUPS[0]
    filters: dict[str, Any] = {name: asked[name] for name in FILTERS if name in asked}
    whole = await visit.api.get(_table("cancellations"), visits=asked.get("visits"), **filters)
    first, last = date.fromisoformat(whole["first"]), date.fromisoformat(whole["last"])
    total = sorted(whole["total"], key=lambda row: -row["placed"]["orders"])
    values: Json = {"total": total, "by": by, "asked": asked, "conversion": whole["conversion"]}
    if total:
        currency = asked.get("currency") or total[0]["currency"]
        filters |= {"currency": currency, "first": first, "last": last}
        span = _span(first, last)
        trend, groups, refunds, requests = await asyncio.gather(
            visit.api.get(_table("cancellations"), by=span, **filters),
            visit.api.get(_table("cancellations"), by=by, limit=GROUPS_MAX, **filters),
            visit.api.get(_table("refunds"), by="TENDER", **filters),
            visit.api.get(_table("requests"), by="KIND", **filters),
        )
        days = list(_filled(trend["rows"], span, first, last))
        values |= {
            "currency": currency, "span": span, "trend": days, "groups": groups["rows"],
            "refunds": refunds["rows"], "requests": requests["rows"],
            "rates": draw([(row["rate"]["value"] or 0) * 100 for row in days]),
            "amounts": draw(
                [row["cancelled"]["cancelled_minor"] / 10 ** minor_digits(currency) for row in days]
            ),
            "most_minor": max((_minor(row) for row in groups["rows"]), default=0) or 1,
        }  # fmt: skip
    return visit.page(
        "numbers.html",
        first=first,
        last=last,
        groupings={name: _address({**asked, "by": name}) + "#groups" for name in GROUPS},
        presets={
            days: _address({**asked, "first": last - timedelta(days=days - 1), "last": last})
            for days in PRESETS
        },
        days=(last - first).days + 1,
        csv={
            name: f"/numbers/{name}/csv?" + urlencode(_of_table(filters, name, by))
            for name in TABLES
        },
        choices={"reason": REASONS, "dates": DATES},
        behind=behind,
        **values,
    )


async def show_entries(visit: Visit) -> Response:
    """List exactly what a number counts."""
    query = visit.query
    found = await visit.api.exactly("/v1/figures/entries", {**query, "limit": str(ENTRIES)})
    more = {**query, "after": found["next_after"]} if found["next_after"] else None
    return visit.page(
        "entries.html",
        of=query.get("of"),
        entries=found["rows"],
        first=found["first"],
        last=found["last"],
        next=f"/numbers/entries?{urlencode(more)}" if more else None,
    )


async def download(visit: Visit) -> Response:
    """Hand on a table for spreadsheets."""
    name = visit.within("table")
    if name not in TABLES:
        raise HTTPException(404)
    text = await visit.api.table(_table(name), visit.query)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


def behind(address: str) -> str:
    """Return the page of the entries the API opens a number to."""
    return f"/numbers/entries?{address.removeprefix(OPEN)}"


def _table(name: str) -> str:
    return path("v1", "figures", name)


def _of_table(filters: Mapping[str, Any], name: str, by: str | None) -> dict[str, Any]:
    groups = {"cancellations": by, "refunds": "TENDER", "requests": "KIND"}
    return {**filters, "by": groups[name]}


def _address(asked: Mapping[str, Any]) -> str:
    return f"/numbers?{urlencode(asked)}"


def _minor(row: Json) -> int:
    return int(row["cancelled"]["cancelled_minor"])


def _span(first: date, last: date) -> str:
    days = (last - first).days + 1
    return "DAY" if days <= DAYS_BY_DAY else "WEEK" if days <= DAYS_BY_WEEK else "MONTH"


def _filled(rows: list[Json], span: str, first: date, last: date) -> Iterator[Json]:
    """Return a row for every span of a period, also where nothing happened."""
    known = {row["key"]: row for row in rows}
    day = first - timedelta(days=first.weekday()) if span == "WEEK" else first
    day = day.replace(day=1) if span == "MONTH" else day
    while day <= last:
        key = day.isoformat()
        yield known.get(key) or {
            "key": key, "placed": {"orders": 0, "gross_minor": 0}, "rate": {"value": None},
            "cancelled": {"cancellations": 0, "cancelled_minor": 0}, "opens": None,
        }  # fmt: skip
        if span == "MONTH":
            day = (day + timedelta(days=31)).replace(day=1)
        else:
            day += timedelta(days=7 if span == "WEEK" else 1)
