"""The tables every service has, for its migrations: one SQL text each, in `kit/sql/`.

The events table is the library's own layout (eventsourcing 9.5.6, `PostgresApplicationRecorder`),
so the library reads and appends beside us. A text is never changed once released: what comes later
comes in a text of its own.
"""

from pathlib import Path

_TEXTS = Path(__file__).parent / "sql"


def _read(name: str, schema: str) -> list[str]:
    return [(_TEXTS / f"{name}.sql").read_text("utf-8").replace("{schema}", schema)]


def event_store(schema: str) -> list[str]:
    """Return the events table, its log index, and the guard that makes it append-only."""
    return _read("event_store", schema)


def recording(schema: str) -> list[str]:
    """Return the functions that write a batch: each is one round trip instead of five.

    `append_events` takes the lock that makes commit order the log's order, so whoever calls it
    holds it until the commit. `record` writes all that one batch decided, and fails on
    `inbox_pkey` when a message of it was handled before. Rows of a service's own that belong to
    its facts go to its `write_along(rows json)`, if it has one.
    """
    return _read("recording", schema)


def inbox(schema: str) -> list[str]:
    """Return the inbox (what was handled, exactly) and the dead letters (what could not be)."""
    return _read("inbox", schema)


def redrives(schema: str) -> list[str]:
    """Return what dead letters need to be sent again: redrives, and who did what to which.

    A letter may share its place with another, because offsets begin again in a new Kafka; and one
    redrive that reached Kafka twice leaves one letter.
    """
    return _read("redrives", schema)


def effects(schema: str) -> list[str]:
    """Return the effects table: one row per call to the outside world."""
    return _read("effects", schema)


def projection_cursors(schema: str) -> list[str]:
    """Return the cursors: how far each projection has followed the log."""
    return _read("projection_cursors", schema)


def projection_versions(schema: str) -> list[str]:
    """Return which version of a projection its tables hold, and what was rebuilt and why."""
    return _read("projection_versions", schema)
