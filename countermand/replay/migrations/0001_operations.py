"""The log of operations: who planned, approved and ran which replay, and how far each has come."""

from yoyo import step

from kit import tables

steps = [
    step(statement)
    for statement in (
        *tables.event_store("operations"),
        *tables.recording("operations"),
        *tables.inbox("operations"),
        """CREATE TABLE operations.replay_cursors (
            plan_hash text PRIMARY KEY,
            done_to bigint NOT NULL DEFAULT 0,
            sending_to bigint NOT NULL DEFAULT 0,
            did bigint NOT NULL DEFAULT 0,
            moved bigint NOT NULL DEFAULT 0,
            moved_at timestamptz NOT NULL DEFAULT now()
        )""",
    )
]
