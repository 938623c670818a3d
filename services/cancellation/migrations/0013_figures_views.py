"""Views for outside dashboards, in a schema of their own, and who may read them.

A rebuild puts new tables in the place of old ones. A view would hold on to the old table; the text
of a function does not, and PostgreSQL writes it into the query all the same.
"""

from yoyo import step

ROLE = "figures_reader"
"""Reads figures and nothing else; nobody signs in as it, it is granted to who does."""

_STANDS = "c.status IN ('STANDING', 'HELD')"

VIEWS: dict[str, tuple[dict[str, str], str]] = {
    "cancellations": (
        {
            "cancellation_id": "uuid", "order_id": "text", "status": "text",
            "is_standing": "boolean", "is_whole_order": "boolean", "cancelled_at": "timestamptz",
            "placed_at": "timestamptz", "currency": "text", "channel": "text", "country": "text",
            "reason": "text", "sub_reason": "text", "asked_as": "text", "asked_by": "text",
            "units": "bigint", "cancelled_minor": "bigint", "shipping_minor": "bigint",
            "fee_minor": "bigint",
        },
        ("SELECT c.cancellation_id, c.order_id, c.status,"
        f" {_STANDS}, c.is_whole, c.cancelled_at, c.placed_at, c.currency, c.channel, c.country,"
        " c.reason, c.sub_reason, c.asked_as, c.asked_by, c.unit_count, c.amount_minor,"
        " c.shipping_minor, c.fee_minor FROM cancellation.cancellations c"),
    ),
    "cancelled_lines": (
        {
            "cancellation_id": "uuid", "order_id": "text", "line_id": "text", "product": "text",
            "title": "text", "units": "bigint", "cancelled_minor": "bigint", "currency": "text",
            "is_standing": "boolean", "cancelled_at": "timestamptz", "placed_at": "timestamptz",
        },
        ("SELECT l.cancellation_id, c.order_id, l.line_id, l.sku, l.title, l.quantity,"
        f" l.amount_minor, c.currency, {_STANDS}, c.cancelled_at, c.placed_at"
        " FROM cancellation.cancelled_lines l JOIN cancellation.cancellations c"
        " USING (stream_id, cancellation_id)"),
    ),
    "refunds": (
        {
            "refund_id": "uuid", "cancellation_id": "uuid", "order_id": "text",
            "payment_id": "text", "tender": "text", "method": "text", "state": "text",
            "is_counted": "boolean", "due_at": "timestamptz", "ended_at": "timestamptz",
            "placed_at": "timestamptz", "currency": "text", "channel": "text", "country": "text",
            "reason": "text", "refund_minor": "bigint",
        },
        ("SELECT r.refund_id, r.cancellation_id, r.order_id, r.payment_id, r.tender, r.method,"
        " r.state, r.state <> 'REPLACED', r.due_at, r.ended_at, r.placed_at, r.currency,"
        " r.channel, r.country, r.reason, r.amount_minor FROM cancellation.refunds r"),
    ),
    "requests": (
        {
            "request_id": "uuid", "order_id": "text", "kind": "text", "outcome": "text",
            "is_by_default": "boolean", "requested_at": "timestamptz",
            "answered_at": "timestamptz", "placed_at": "timestamptz", "currency": "text",
            "channel": "text", "country": "text", "reason": "text", "refund_minor": "bigint",
        },
        ("SELECT q.request_id, q.order_id, q.kind, q.outcome, q.is_by_default, q.requested_at,"
        " q.answered_at, q.placed_at, q.currency, q.channel, q.country, q.reason, q.refund_minor"
        " FROM cancellation.requests q"),
    ),
    "placed_daily": (
        {
            "placed_on": "date", "currency": "text", "channel": "text", "country": "text",
            "orders": "bigint", "units": "bigint", "gross_minor": "numeric",
        },
        ("SELECT p.placed_on, p.currency, p.channel, p.country, p.order_count, p.unit_count,"
        " p.gross_minor FROM cancellation.placed_sums p WHERE p.sku = ''"),
    ),
    "placed_products_daily": (
        {
            "product": "text", "placed_on": "date", "currency": "text", "channel": "text",
            "country": "text", "orders": "bigint", "units": "bigint", "gross_minor": "numeric",
        },
        ("SELECT p.sku, p.placed_on, p.currency, p.channel, p.country, p.order_count,"
        " p.unit_count, p.gross_minor FROM cancellation.placed_sums p WHERE p.sku <> ''"),
    ),
    "freshness": (
        {"position": "bigint", "moved_at": "timestamptz"},
        ("SELECT c.position, c.moved_at FROM cancellation.projection_cursors c"
        " WHERE c.projection = 'orders'"),
    ),
}  # fmt: skip
"""By name: columns with their types, and where they come from."""

TABLES = (
    "cancellations", "cancelled_lines", "refunds", "requests", "placed_sums", "projection_cursors",
)  # fmt: skip


def _view(name: str, columns: dict[str, str], query: str) -> list[str]:
    told = ", ".join(f'"{column}" {type_}' for column, type_ in columns.items())
    return [
        (
            f"CREATE FUNCTION figures.read_{name}() RETURNS TABLE ({told})"
            f" LANGUAGE sql STABLE AS $$ {query} $$"
        ),
        f"CREATE VIEW figures.{name} AS SELECT * FROM figures.read_{name}()",
    ]


_LET_IN = f"""DO $$
    BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN
            CREATE ROLE {ROLE} NOLOGIN;
        END IF;
    EXCEPTION
        -- Another database of this server makes it right now.
        WHEN duplicate_object OR unique_violation THEN NULL;
    END $$"""

steps = [
    step(statement)
    for statement in (
        "CREATE SCHEMA figures",
        *(statement for name, view in VIEWS.items() for statement in _view(name, *view)),
        _LET_IN,
        f"GRANT USAGE ON SCHEMA figures, cancellation TO {ROLE}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA figures TO {ROLE}",
        f"GRANT SELECT ON {', '.join(f'cancellation.{table}' for table in TABLES)} TO {ROLE}",
    )
]
