"""Events, inbox, dead letters, effects, and the functions that write a batch."""

from yoyo import step

from kit import tables

steps = [
    step(statement)
    for statement in (
        *tables.event_store("webhooks"),
        *tables.inbox("webhooks"),
        *tables.effects("webhooks"),
        *tables.recording("webhooks"),
        *tables.redrives("webhooks"),
    )
]
