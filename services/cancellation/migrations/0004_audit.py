"""The audit history of the log."""

from yoyo import step

from audit import tables

steps = [step(statement) for statement in tables.audit_history("cancellation")]
