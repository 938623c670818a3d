"""The read model of one order, folded as the projector folds it, page after page."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from kit.event_store import LogEntry
from kit.facts import Fact
from services.cancellation.bootstrap import SERVICE
from services.cancellation.projections.folding import fold_page
from services.cancellation.projections.placing import placed_body
from services.cancellation.projections.row import SUMMARY_COLUMNS, OrderSummary
from services.cancellation.projections.shown import in_detail
from tests.support.mothers import A_CAUSE
from tests.support.spec import STREAM, Story

Row = dict[str, Any]


def log_of(facts: Sequence[Fact], stream: UUID = STREAM) -> list[LogEntry]:
    """Return the log some facts leave behind."""
    mapper = SERVICE.store.mapper
    cause = mapper.transcoder.encode(A_CAUSE)
    return [
        LogEntry(n, stream, n, fact.NAME, mapper.write_body(fact, cause))
        for n, fact in enumerate(facts, 1)
    ]


def follow(pages: Sequence[Sequence[LogEntry]]) -> dict[UUID, tuple[Any, ...]]:
    """Fold page after page as `apply` does, rows going to the table in between."""
    table: dict[UUID, tuple[Any, ...]] = {}
    for page in pages:
        touched = {entry.stream for entry in page}
        known = {key: OrderSummary.of_row(row) for key, row in table.items() if key in touched}
        table.update((row[0], row) for row in fold_page(page, known))
    return table


def row_of(facts: Sequence[Fact]) -> Row:
    """Return an order in detail, as the API would."""
    log = log_of(facts)
    return shown(follow([log])[STREAM], log)


def shown(values: Sequence[Any], log: Sequence[LogEntry]) -> Row:
    """Return a row in detail; its lines stand in the log."""
    row = dict(zip(SUMMARY_COLUMNS, values, strict=True))
    return in_detail({**row, "placed": placed_body(log)})


def told(story: Story[Any], *messages: Any) -> tuple[Row, Story[Any]]:
    """Let messages come to an order and return what is read of it then, and the story so far.

    A `timedelta` among them lets time pass.
    """
    facts: list[Fact] = []
    for number, message in enumerate(messages):
        if isinstance(message, timedelta):
            story = story.after(seconds=message.total_seconds())
            continue
        decided = story.when(message, message_id=f"message-{number}").facts
        assert decided, f"{type(message).__name__} leaves no trace in this story"
        story = story.given(*decided)
        facts += decided
    return row_of(facts), story
