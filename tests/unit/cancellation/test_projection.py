"""The read model's arithmetic: what each fact does to a row, wherever a page ends."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from kit.event_store import LogEntry
from kit.facts import Fact, UnknownFactError
from services.cancellation.bootstrap import SERVICE
from services.cancellation.domain.decisions import ORDER
from services.cancellation.domain.events import FACTS
from services.cancellation.projections.figures import lines_in
from services.cancellation.projections.folding import FOLD, fold_page
from services.cancellation.projections.history import history_row
from services.cancellation.projections.row import SUMMARY_COLUMNS, OrderSummary
from tests.support.mothers import (
    A_CAUSE,
    FIRST,
    ORDER_ID,
    PLACED_AT,
    a_cancel_command,
    a_capture,
    a_line,
    a_notification,
    a_notification_failure,
    a_notification_uncertainty,
    a_refund_failure,
    a_refund_success,
    a_refund_uncertainty,
    a_restock,
    a_restock_failure,
    a_shipment,
    an_authorization,
    an_order,
    cancellation_at,
)
from tests.support.rows import shown
from tests.support.spec import NOW, STREAM, story_of

order = story_of(ORDER)
cancelled = (an_order(), a_capture(), a_cancel_command())


def facts_of(*messages: Any) -> list[Fact]:
    story, facts = order, list[Fact]()
    for message in messages:
        decided = story.when(message).facts
        facts += decided
        story = story.given(*decided)
    return facts


def log_of(facts: Sequence[Fact]) -> list[LogEntry]:
    mapper = SERVICE.store.mapper
    cause = mapper.transcoder.encode(A_CAUSE)
    return [
        LogEntry(100 + n, STREAM, n, fact.NAME, mapper.write_body(fact, cause))
        for n, fact in enumerate(facts, 1)
    ]


def fold(pages: Sequence[Sequence[LogEntry]]) -> dict[Any, Any]:
    """Fold pages as `apply` does: rows go to the table and come back as plain values."""
    table: dict[Any, Any] = {}
    for page in pages:
        rows = fold_page(page, {key: OrderSummary.of_row(row) for key, row in table.items()})
        table.update((row[0], row) for row in rows)
    return table


def row_of(*messages: Any) -> dict[str, Any]:
    table = fold([log_of(facts_of(*messages))])
    return dict(zip(SUMMARY_COLUMNS, table[STREAM], strict=True))


def lines_of(*messages: Any) -> dict[str, tuple[int, int]]:
    """Return how many units of each line were cancelled and shipped."""
    log = log_of(facts_of(*messages))
    order = shown(fold([log])[STREAM], log)
    return {line["line_id"]: (line["cancelled"], line["fulfilled"]) for line in order["lines"]}


def words(row: dict[str, Any]) -> tuple[str, str, str]:
    """Return what is said of money, stock and message."""
    return row["refund_state"], row["restock_state"], row["notification_state"]


WHOLE_LIFE = (
    a_cancel_command(),  # refused: nobody placed it yet
    an_order(),
    an_authorization(),
    a_capture(1500),
    a_capture(500, "pi_b"),
    a_shipment(("2", 1)),
    a_cancel_command(lines=[("1", 1)]),
    a_cancel_command(lines=[("9", 1)]),
    a_cancel_command(),
    a_restock(cancellation_at(7)),
    a_refund_failure(cancellation_at(7), amount_minor=500),
    a_notification(cancellation_at(7)),
)


def test_a_placed_order_has_a_row_of_its_own() -> None:
    row = row_of(an_order())
    assert row["state"] == "PLACED"
    assert (row["order_id"], row["customer_id"], row["country"]) == (ORDER_ID, "13085", "France")
    assert (row["currency"], row["total_minor"], row["captured_minor"]) == ("EUR", 2000, 0)
    assert row["placed_at"] == PLACED_AT
    assert row["cancelled_at"] is None
    assert lines_of(an_order()) == {"1": (0, 0), "2": (0, 0)}


def test_a_guest_has_no_customer_number() -> None:
    assert row_of(an_order(customer=None))["customer_id"] is None


def test_an_authorization_is_not_counted_as_money() -> None:
    assert row_of(an_order(), an_authorization())["captured_minor"] == 0


def test_captures_of_all_payments_add_up() -> None:
    assert row_of(an_order(), a_capture(300), a_capture(400, "pi_b"))["captured_minor"] == 700


def test_a_whole_cancellation_opens_every_leg() -> None:
    row = row_of(*cancelled)
    assert (row["state"], row["reason"], row["cancelled_at"]) == ("CANCELLED", "CUSTOMER", NOW)
    assert (row["cancelled_minor"], row["refund_due_minor"], row["refunded_minor"]) == (
        2000, 2000, 0,
    )  # fmt: skip
    assert words(row) == ("PENDING", "PENDING", "PENDING")


def test_a_partial_cancellation_shows_what_is_left_per_line() -> None:
    messages = (an_order(), a_shipment(("2", 1)), a_cancel_command(lines=[("1", 1)]))
    assert row_of(*messages)["state"] == "PARTIALLY_CANCELLED"
    assert lines_of(*messages) == {"1": (1, 0), "2": (0, 1)}


def test_legs_that_are_not_due_are_never_open() -> None:
    command = a_cancel_command(refund="NONE", restock=False, notify=False)
    row = row_of(an_order(), a_capture(), command)
    assert words(row) == ("NOT_DUE", "LEFT_FOR_LATER", "SUPPRESSED")
    assert (row["cancellation_count"], row["kept_minor"]) == (1, 2000)


REPORTS: list[tuple[Any, dict[str, Any]]] = [
    (a_refund_success(), {"refund_state": "SUCCEEDED", "refunded_minor": 2000}),
    (
        a_refund_failure(),
        {"refund_state": "FAILED", "refund_due_minor": 0, "balance_minor": 2000},
    ),
    (a_refund_uncertainty(), {"refund_state": "UNCERTAIN", "refunded_minor": 0}),
    (a_restock(), {"restock_state": "SETTLED"}),
    (a_restock_failure(), {"restock_state": "FAILED"}),
    (a_notification(), {"notification_state": "SETTLED"}),
    (a_notification_failure(), {"notification_state": "FAILED"}),
    (a_notification_uncertainty(), {"notification_state": "UNCERTAIN"}),
]


@pytest.mark.parametrize(
    ("report", "expected"), REPORTS, ids=[type(report).__name__ for report, _ in REPORTS]
)
def test_a_report_closes_its_leg_and_no_other(report: Any, expected: dict[str, Any]) -> None:
    before, after = row_of(*cancelled), row_of(*cancelled, report)
    assert {column: after[column] for column in expected} == expected
    changed = {column for column in SUMMARY_COLUMNS if before[column] != after[column]}
    assert changed <= {*expected, "version", "last_position", "details", "case_count"}


def test_a_refusal_is_counted_and_changes_nothing_else() -> None:
    before, after = row_of(an_order()), row_of(an_order(), a_cancel_command(lines=[("9", 1)]))
    assert after["rejection_count"] == 1
    changed = {column for column in SUMMARY_COLUMNS if before[column] != after[column]}
    assert changed == {"rejection_count", "version", "last_position"}


def test_a_refusal_of_an_unknown_order_makes_no_row_and_is_in_the_history() -> None:
    log = log_of(facts_of(a_cancel_command()))
    assert fold([log]) == {}
    assert [history_row(entry)[3] for entry in log] == ["order.cancellation-rejected.v1"]


def test_the_history_holds_every_fact_readable_with_its_cause() -> None:
    facts = facts_of(*WHOLE_LIFE)
    history = [history_row(entry) for entry in log_of(facts)]
    assert [entry[3] for entry in history] == [fact.NAME for fact in facts]
    assert [json.loads(entry[7]) for entry in history] == [
        fact.model_dump(mode="json", exclude_defaults=fact.IS_SPARSE) for fact in facts
    ]
    assert {entry[4:7] for entry in history} == {(NOW, "command-1", "story-1")}


@pytest.mark.parametrize("size", range(1, 14))
def test_rows_do_not_depend_on_where_pages_end(size: int) -> None:
    log = log_of(facts_of(*WHOLE_LIFE))
    pages = [log[start : start + size] for start in range(0, len(log), size)]
    assert fold(pages) == fold([log])


def test_two_orders_in_one_page_stay_apart() -> None:
    log = log_of(facts_of(*cancelled))
    other = [entry._replace(stream=FIRST, position=entry.position + 50) for entry in log[:1]]
    table = fold([[log[0], other[0], *log[1:]]])
    state = list(SUMMARY_COLUMNS).index("state")
    assert (table[STREAM][state], table[FIRST][state]) == ("CANCELLED", "PLACED")


def test_every_fact_has_a_fold() -> None:
    assert set(FOLD) == {fact.NAME for fact in FACTS}


def test_a_name_without_a_fold_stops_by_name() -> None:
    entry = log_of(facts_of(an_order()))[0]._replace(name="order.teleported.v1")
    with pytest.raises(UnknownFactError, match=r"order\.teleported\.v1"):
        fold([[entry]])


def test_the_dearest_order_fits_its_columns() -> None:
    row = row_of(an_order(a_line("1", quantity=1, price_minor=10**15)), a_capture(10**15))
    assert row["total_minor"] < 2**63
    assert row["captured_minor"] < 2**63


def test_a_zero_byte_in_a_country_does_not_reach_a_text_column() -> None:
    assert row_of(an_order(country="Fra\x00nce"))["country"] == "France"
    assert row_of(an_order(country=None))["country"] is None


def test_of_lines_with_the_same_article_the_first_is_told() -> None:
    row = OrderSummary(STREAM)
    lines = [
        {"line_id": id_, "sku": sku, "title": "", "quantity": 1, "amount_minor": 1}
        for id_, sku in (("1", "b"), ("2", "a"), ("3", "b"), ("4", "a"))
    ]
    fact = {"cancellation_id": str(UUID(int=1)), "lines": lines}
    assert [told[-1] for told in lines_in(row, fact)] == [True, True, False, False]
