"""Which version of a projection its tables hold, and what was rebuilt, by whom and why."""

from yoyo import step

from kit import tables

steps = [step(statement) for statement in tables.projection_versions("cancellation")]
