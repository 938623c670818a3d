"""Laws of the read model: page ends, rebuilds and retries never show in a row."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.decider import Unacceptable
from kit.event_store import LogEntry
from services.cancellation.bootstrap import SERVICE
from services.cancellation.domain.decisions import ORDER
from services.cancellation.domain.order import Order
from services.cancellation.projections.orders import (
    SUMMARY_COLUMNS,
    OrdersProjection,
    OrderSummary,
    fold_page,
)
from tests.property.strategies import lives, placements
from tests.property.test_order_laws import reports_on
from tests.support.mothers import A_CAUSE
from tests.support.spec import STREAM, Story, story_of

laws = settings(max_examples=80, deadline=None, database=None)
OTHER = SERVICE.stream_of(type("About", (), {"order_id": "other"}))[1]


def _log_of(stream: Any, messages: Sequence[Any], after: int) -> tuple[list[LogEntry], Order]:
    """Return the log one life leaves behind, with every leg reported on, and the last state."""
    mapper = SERVICE.store.mapper
    story: Story[Order] = story_of(ORDER)
    log: list[LogEntry] = []
    waiting = list(messages)
    while waiting:
        try:
            facts = story.when(waiting.pop(0), message_id=f"message-{len(log)}").facts
        except Unacceptable:
            continue
        for fact in facts:
            body = mapper.write_body(fact, mapper.transcoder.encode(A_CAUSE))
            log.append(LogEntry(after + len(log) + 1, stream, len(log) + 1, fact.NAME, body))
            if fact.NAME == "order.cancelled.v1":
                waiting += [leg[len(log) % len(leg)] for leg in reports_on(fact)]  # type: ignore[arg-type]
        story = story.given(*facts)
    return log, story.state


@st.composite
def logs(draw: st.DrawFn) -> tuple[list[LogEntry], dict[Any, Order]]:
    """Two orders' lives, woven into one log; refusals may come before the placement."""
    mine, state = _log_of(STREAM, [*draw(lives), draw(placements()), *draw(lives)], 0)
    theirs, other = _log_of(OTHER, [draw(placements()), *draw(lives)], 0)
    woven: list[LogEntry] = []
    while mine or theirs:
        source = mine if mine and (not theirs or draw(st.booleans())) else theirs
        woven.append(source.pop(0)._replace(position=len(woven) + 1))
    return woven, {STREAM: state, OTHER: other}


def pages_of(log: Sequence[LogEntry], ends: Sequence[int]) -> list[Sequence[LogEntry]]:
    """Cut a log where told; some pages may be empty, none is lost."""
    cuts = [0, *sorted(end % (len(log) + 1) for end in ends), len(log)]
    return [log[start:end] for start, end in pairwise(cuts) if start < end]


def follow(pages: Sequence[Sequence[LogEntry]]) -> tuple[dict[Any, Any], list[Any]]:
    """Fold page after page as `apply` does, rows going to the table in between."""
    table: dict[Any, Any] = {}
    history: list[Any] = []
    for page in pages:
        touched = {entry.stream for entry in page}
        known = {key: OrderSummary.of_row(row) for key, row in table.items() if key in touched}
        rows, more = fold_page(page, known)
        table.update((row[0], row) for row in rows)
        history += more
    return table, history


ends = st.lists(st.integers(0, 60), max_size=8)


@laws
@given(woven=logs(), ends=ends)
def test_rows_are_the_same_in_one_page_and_in_many(woven: Any, ends: Sequence[int]) -> None:
    log, _ = woven
    assert follow(pages_of(log, ends)) == follow([log])


@laws
@given(woven=logs(), ends=ends)
def test_a_rebuild_by_stream_gives_the_rows_the_log_gave(woven: Any, ends: Sequence[int]) -> None:
    log, _ = woven
    projection = OrdersProjection()
    by_stream = sorted(log, key=lambda entry: (entry.stream, entry.version))
    rows: dict[str, list[Any]] = {name: [] for name in projection.tables}
    carried: Any = None
    for page in [*pages_of(by_stream, ends), []]:
        finished, carried = projection.fold(page, carried)
        for name, more in finished.items():
            rows[name] += more
    table, history = follow([log])
    assert sorted(rows["order_summaries"]) == sorted(table.values())
    assert sorted(rows["order_history"]) == sorted(history)


@laws
@given(woven=logs())
def test_a_row_tells_what_the_decider_knows(woven: Any) -> None:
    log, states = woven
    table, _ = follow([log])
    for stream, state in states.items():
        if state.placed is None:
            assert stream not in table
            continue
        row = dict(zip(SUMMARY_COLUMNS, table[stream], strict=True))
        lines = {line["line_id"]: line for line in orjson.loads(row["lines"])}
        for line in state.placed.lines:
            assert lines[line.line_id]["cancelled"] == state.cancelled.get(line.line_id, 0)
            assert lines[line.line_id]["fulfilled"] == state.fulfilled.get(line.line_id, 0)
        assert row["captured_minor"] == sum(state.captured.values())
        assert row["refund_due_minor"] == sum(state.due.values())
        assert row["refunded_minor"] <= row["refund_due_minor"]
        assert row["cancellation_count"] == len(state.cancellations)
        open_legs = [row["refunds_open"], row["restocks_open"], row["notifications_open"]]
        assert open_legs == [0, 0, 0], "every leg of this log has reported"
        words = [legs.restock for legs in state.cancellations.values()]
        assert row["restocks_failed"] == words.count("FAILED")
        words = [legs.notification for legs in state.cancellations.values()]
        assert row["notifications_failed"] == words.count("FAILED")
        assert row["notifications_uncertain"] == words.count("UNCERTAIN")
