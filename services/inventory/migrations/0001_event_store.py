"""Events, inbox and dead letters."""

from yoyo import step

from kit import tables

steps = [
    step(statement) for statement in (*tables.event_store("inventory"), *tables.inbox("inventory"))
]
