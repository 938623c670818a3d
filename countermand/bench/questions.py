"""What people ask a large shop's read models: every list, search, filter, detail and figure.

The values asked for are taken from the store, so that every question finds something, whatever was
stored.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from urllib.parse import urlencode

from kit.postgres import OwnConnection
from services.cancellation.projections.figure_queries import CancelledBy
from services.cancellation.projections.placing import LINES_AS_JSON

Asked = dict[str, list[str]]

WORD_MIN = 4
"""Letters of a word somebody looks for."""

VALUES = 200
"""So many different values of each question."""

_SAMPLE = f"""
    SELECT order_id, customer_id, email, country, placed_at, total_minor,
        ordered -> 0 ->> 'sku' AS sku, ordered -> 0 ->> 'title' AS title
    FROM cancellation.order_summaries TABLESAMPLE BERNOULLI ($1) REPEATABLE (7),
        LATERAL (SELECT {LINES_AS_JSON}) AS found (ordered)
    WHERE customer_id IS NOT NULL LIMIT $2"""

_COMMON_COUNTRIES = """
    SELECT country FROM cancellation.placed_sums WHERE sku = '' AND country <> ''
    GROUP BY country ORDER BY sum(order_count) DESC"""

SPANS_DAYS = (30, 90, 365, 730)


async def orders_asked(connection: OwnConnection, order_count: int) -> Asked:
    """Return the addresses of lists, searches, filters and details, by what they show."""
    share = min(100.0, 100 * VALUES * 4 / order_count)
    rows = await connection.fetch(_SAMPLE, share, VALUES)
    countries = [row["country"] for row in await connection.fetch(_COMMON_COUNTRIES)]

    def lists(**asked: Sequence[Any]) -> list[str]:
        length = max(len(values) for values in asked.values())
        return [
            "/v1/orders?" + urlencode({name: str(v[n % len(v)]) for name, v in asked.items()})
            for n in range(length)
        ]

    cursors = [f"{row['placed_at'].isoformat()}~{row['order_id']}" for row in rows]
    words = [[w for w in row["title"].split() if len(w) >= WORD_MIN] or ["gift"] for row in rows]
    return {
        "list, newest": ["/v1/orders"],
        "list, any page": lists(before=cursors),
        "list, oldest": lists(sort=["OLDEST"]),
        "list, dearest": lists(sort=["HIGHEST", "LOWEST"]),
        "order": [f"/v1/orders/{row['order_id']}" for row in rows],
        "order, history": [f"/v1/orders/{row['order_id']}/history" for row in rows],
        "search: number": lists(q=[row["order_id"] for row in rows]),
        "search: customer": lists(q=[row["customer_id"] for row in rows]),
        "search: e-mail": lists(q=[row["email"] for row in rows]),
        "search: article": lists(q=[row["sku"] for row in rows]),
        "search: word of a title": lists(q=[some[n % len(some)] for n, some in enumerate(words)]),
        "search: two words": lists(q=[" ".join(some[:2]) for some in words]),
        "search: nothing there": lists(q=[f"nobody-{n}" for n in range(VALUES)]),
        "filter: state": lists(state=["CANCELLED", "PARTIALLY_CANCELLED", "PLACED", "HELD"]),
        "filter: reason": lists(reason=["CUSTOMER", "FRAUD"]),
        "filter: refund": lists(refund_state=["FAILED", "PENDING", "SUCCEEDED", "OWED"]),
        "filter: stuck leg": lists(stuck=["MONEY", "STOCK", "MESSAGE"]),
        "filter: channel": lists(channel=["web"]),
        "filter: country": lists(country=countries),
        "filter: amount": lists(
            total_from_minor=[row["total_minor"] for row in rows],
            total_to_minor=[row["total_minor"] + 1_000 for row in rows],
        ),
        "filter: age": lists(placed_within_s=[86_400, 7 * 86_400]),
        "filter: several": lists(
            state=["CANCELLED"], refund_state=["FAILED"], country=countries, sort=["HIGHEST"]
        ),
        "search and filter": lists(q=[some[-1] for some in words], state=["CANCELLED", "PLACED"]),
    }


def figures_asked() -> Asked:
    """Return the addresses of all figures, by what they count; the longest spans among them."""
    today = datetime.now(UTC).date()
    spans = [
        {"first": str(today - timedelta(days=days - 1)), "last": str(today)} for days in SPANS_DAYS
    ]
    found: Asked = {}
    for by in get_args(CancelledBy):
        found[f"cancellations by {by.lower()}"] = [
            "/v1/figures/cancellations?" + urlencode({**span, "by": by, "dates": dates})
            for span, days in zip(spans, SPANS_DAYS, strict=True)
            for dates in ("ORDER", "EVENT")
            if by != "DAY" or days < 400  # noqa: PLR2004 - so many days it tells one by one
        ]
    for name, groups in {"refunds": ("MONTH", "TENDER"), "requests": ("KIND",)}.items():
        found[name] = [
            f"/v1/figures/{name}?" + urlencode({**span, "by": by})
            for span in spans
            for by in groups
        ]
    found["entries"] = [
        "/v1/figures/entries?" + urlencode({**span, "of": of})
        for span in spans
        for of in ("PLACED", "KEPT", "WHOLE", "CANCELLED", "REFUNDS")
    ]
    return found
