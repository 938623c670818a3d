"""The functions that write a batch in one round trip."""

from yoyo import step

from kit import tables

steps = [step(statement) for statement in tables.recording("notifier")]
