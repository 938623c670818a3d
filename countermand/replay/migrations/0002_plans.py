"""A copy of each plan's file, for whoever looks at it, approves and runs it by a page."""

from yoyo import step

steps = [
    step(
        """CREATE TABLE operations.replay_plan_parts (
            plan_hash text NOT NULL,
            part integer NOT NULL,
            todo integer NOT NULL,
            lines bytea NOT NULL,
            PRIMARY KEY (plan_hash, part)
        )"""
    )
]
