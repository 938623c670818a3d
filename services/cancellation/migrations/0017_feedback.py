"""What customers answered about their cancellations, beside the reasons.

The column is true for every old row: no answer was heard before. Views keep their columns, and get
the new one at the end.
"""

from yoyo import step

_COLUMNS = (
    ("cancellation_id", "uuid", "c.cancellation_id"),
    ("order_id", "text", "c.order_id"),
    ("status", "text", "c.status"),
    ("is_standing", "boolean", "c.status IN ('STANDING', 'HELD')"),
    ("is_whole_order", "boolean", "c.is_whole"),
    ("cancelled_at", "timestamptz", "c.cancelled_at"),
    ("placed_at", "timestamptz", "c.placed_at"),
    ("currency", "text", "c.currency"),
    ("channel", "text", "c.channel"),
    ("country", "text", "c.country"),
    ("reason", "text", "c.reason"),
    ("sub_reason", "text", "c.sub_reason"),
    ("asked_as", "text", "c.asked_as"),
    ("asked_by", "text", "c.asked_by"),
    ("units", "bigint", "c.unit_count"),
    ("cancelled_minor", "bigint", "c.amount_minor"),
    ("shipping_minor", "bigint", "c.shipping_minor"),
    ("fee_minor", "bigint", "c.fee_minor"),
    ("feedback", "text", "c.feedback"),
)
_TOLD = ", ".join(f'"{name}" {type_}' for name, type_, _ in _COLUMNS)
_READ = ", ".join(expression for _, _, expression in _COLUMNS)

steps = [
    step(statement)
    for statement in (
        "ALTER TABLE cancellation.cancellations ADD COLUMN feedback text NOT NULL DEFAULT ''",
        "DROP VIEW figures.cancellations",
        "DROP FUNCTION figures.read_cancellations()",
        (
            f"CREATE FUNCTION figures.read_cancellations() RETURNS TABLE ({_TOLD})"
            f" LANGUAGE sql STABLE AS $$ SELECT {_READ} FROM cancellation.cancellations c $$"
        ),
        "CREATE VIEW figures.cancellations AS SELECT * FROM figures.read_cancellations()",
        "GRANT SELECT ON figures.cancellations TO figures_reader",
    )
]
