"""Events, inbox, dead letters and projection cursors."""

from yoyo import step

from kit import tables

steps = [
    step(statement)
    for statement in (
        *tables.event_store("cancellation"),
        *tables.inbox("cancellation"),
        *tables.projection_cursors("cancellation"),
    )
]
