"""The history of an order: its facts as they are stored, with where each comes from.

Nothing is copied. The view `order_history` shows the log as far as the read models have come, and
`history_row` says the same of a fact at hand.
"""

from datetime import datetime
from typing import Any

import orjson

from kit.event_store import LogEntry
from kit.facts import fact_json

HISTORY_COLUMNS = (
    "stream_id", "version", "position", "name", "recorded_at", "message_id", "correlation_id",
    "fact",
)  # fmt: skip


def history_row(entry: LogEntry) -> tuple[Any, ...]:
    """Return a fact as a row of the view."""
    position, stream, version, name, body = entry
    cause = orjson.loads(body)["cause"]
    return (
        stream, version, position, name, datetime.fromisoformat(cause["recorded_at"]),
        cause["message_id"], cause["correlation_id"], fact_json(body),
    )  # fmt: skip
