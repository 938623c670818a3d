"""Events, inbox, dead letters and effects."""

from yoyo import step

from kit import tables

steps = [
    step(statement)
    for statement in (
        *tables.event_store("refunds"),
        *tables.inbox("refunds"),
        *tables.effects("refunds"),
    )
]
