"""What dead letters need to be sent again, and who did what to which."""

from yoyo import step

from kit import tables

steps = [step(statement) for statement in tables.redrives("cancellation")]
