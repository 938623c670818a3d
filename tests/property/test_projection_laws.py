"""Laws of the read models: the same rows however the log is cut, and what the decider knows."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kit.event_store import LogEntry
from kit.ids import child_id
from services.cancellation.bootstrap import SERVICE
from services.cancellation.domain.decisions.later import off_shelf
from services.cancellation.domain.legs import Legs, worth_of
from services.cancellation.domain.order import Order
from services.cancellation.projections.finding import words_of
from services.cancellation.projections.orders import OrdersProjection
from services.cancellation.projections.placing import PLACED, read_placed
from services.cancellation.projections.row import (
    NOTIFICATION_STATES,
    ORDER_STATES,
    REFUND_STATES,
    RESTOCK_STATES,
    OrderSummary,
)
from services.cancellation.projections.states import state_rows
from tests.support.lives import Life, live
from tests.support.rows import Row, follow, log_of, row_of

laws = settings(max_examples=80, deadline=None, database=None)
OTHER = SERVICE.stream_of(type("About", (), {"order_id": "other"}))[1]
seeds = st.integers(0, 2**32)
steps = st.integers(2, 40)
"""Shorter lives of the same seed begin alike, so a failure is shown with few steps."""
ends = st.lists(st.integers(0, 60), max_size=8)


def woven(seed: int, steps: int) -> list[LogEntry]:
    """Two orders' lives, woven into one log; refusals may come before the placement."""
    chance = Random(seed)
    mine = log_of(live(Random(seed), steps).facts)
    theirs = log_of(live(Random(seed + 1), steps // 2).facts, OTHER)
    log: list[LogEntry] = []
    while mine or theirs:
        source = mine if mine and (not theirs or chance.random() < 0.5) else theirs
        log.append(source.pop(0)._replace(position=len(log) + 1))
    return log


def pages_of(log: Sequence[LogEntry], ends: Sequence[int]) -> list[Sequence[LogEntry]]:
    """Cut a log where told; some pages may be empty, none is lost."""
    cuts = [0, *sorted(end % (len(log) + 1) for end in ends), len(log)]
    return [log[start:end] for start, end in pairwise(cuts) if start < end]


@laws
@given(seed=seeds, steps=steps, ends=ends)
def test_rows_are_the_same_in_one_page_and_in_many(
    seed: int, steps: int, ends: Sequence[int]
) -> None:
    log = woven(seed, steps)
    assert follow(pages_of(log, ends)) == follow([log])


@laws
@given(seed=seeds, steps=steps, ends=ends)
def test_a_rebuild_by_stream_gives_the_rows_the_log_gave(
    seed: int, steps: int, ends: Sequence[int]
) -> None:
    log = woven(seed, steps)
    projection = OrdersProjection()
    by_stream = sorted(log, key=lambda entry: (entry.stream, entry.version))
    rows: dict[str, list[Any]] = {name: [] for name in (*projection.tables, *projection.sums)}
    carried: Any = None
    for page in [*pages_of(by_stream, ends), []]:
        finished, carried = projection.fold(page, carried)
        for name, more in finished.items():
            rows[name] += more
    table = follow([log])
    assert sorted(rows["order_summaries"]) == sorted(table.values())
    words = {
        entry.stream: words_of(read_placed(entry.body)) for entry in log if entry.name == PLACED
    }
    orders = [OrderSummary.of_row(row, words[row[0]]) for row in table.values()]
    told = {row[0]: row for row in rows["order_states"]}
    assert told == {row[0]: row for row in state_rows(orders)}


@settings(laws, max_examples=200)
@given(seed=seeds, steps=steps)
def test_a_row_tells_what_the_decider_knows(seed: int, steps: int) -> None:
    life = live(Random(seed), steps)
    if life.story.state.placed is None:
        assert follow([log_of(life.facts)]) == {}
        return
    assert_is(row_of(life.facts), life.story.state)


def assert_is(row: Row, order: Order) -> None:
    """Check every figure and word of a row against the decider's state, worked out anew."""
    counted = [legs for legs in order.cancellations.values() if legs.status != "UNDONE"]
    standing = list(order.standing())
    assert figures_of(row) == {
        "captured_minor": sum(order.captured.values()),
        "cancelled_minor": sum(worth_of(legs.cancelled) for legs in standing),
        "fee_minor": sum(fee_of(legs) for legs in standing),
        "kept_minor": sum(legs.terms.kept_minor + legs.kept_minor for legs in standing),
        "refund_due_minor": sum(order.due.values()),
        "refunded_minor": sum(
            amount for _, amount, word in refunds(counted) if word == "SUCCEEDED"
        ),
        "balance_minor": sum(legs.balance_minor for legs in standing),
        "cancellation_count": len(standing),
        "reason": standing[-1].cancelled.reason if standing else None,
    }
    assert_lines_are(row, order)
    assert_cancellations_are(row, order)
    assert row["refund_state"] == first(REFUND_STATES, money_words(order, counted))
    assert row["restock_state"] == first(RESTOCK_STATES, stock_words(order, counted))
    assert row["notification_state"] == first(NOTIFICATION_STATES, mail_words(order, counted))
    assert row["state"] == first(ORDER_STATES, order_words(row, order))
    assert {x["request_id"]: x["outcome"] is None for x in row["requests"]} == {
        str(id_): request.is_open for id_, request in order.seldom.requests.items()
    }


def figures_of(row: Row) -> Row:
    names = (
        "captured_minor", "cancelled_minor", "fee_minor", "kept_minor", "refund_due_minor",
        "refunded_minor", "balance_minor", "cancellation_count", "reason",
    )  # fmt: skip
    return {name: row[name] for name in names}


def assert_lines_are(row: Row, order: Order) -> None:
    for line in row["lines"]:
        line_id = line["line_id"]
        assert line["cancelled"] == order.cancelled.get(line_id, 0)
        assert line["fulfilled"] == order.fulfilled.get(line_id, 0)
        assert line["claimed"] == order.claimed_units(line_id)
        assert line["returned"] == order.seldom.returned.get(line_id, 0)
        assert line["off_shelf"] == order.seldom.off_shelf.get(line_id, 0)
    payments = {payment["payment_id"]: payment for payment in row["payments"]}
    for payment_id, payment in payments.items():
        assert payment["captured_minor"] == order.captured.get(payment_id, 0)
        assert payment["authorized_minor"] == order.authorized.get(payment_id, 0)
        assert payment["in_flight_minor"] == order.seldom.in_flight.get(payment_id, 0)
        assert payment["is_voided"] == (payment_id in order.seldom.voided)
    assert set(order.captured) | set(order.seldom.in_flight) <= set(payments)


def assert_cancellations_are(row: Row, order: Order) -> None:
    for shown, (id_, legs) in zip(row["cancellations"], order.cancellations.items(), strict=True):
        assert (shown["cancellation_id"], shown["status"]) == (str(id_), legs.status)
        assert set(shown["awaited"]) == set(legs.awaited)
        assert shown["balance_minor"] == legs.balance_minor or legs.status == "UNDONE"
        assert shown["is_completed"] == legs.is_completed
        waits = {"HELD": "HELD", "UNDONE": "NOT_DUE"}.get(legs.status, "PENDING")
        as_known = {"VOID_FAILED": "FAILED"}
        assert {
            void["payment_id"]: as_known.get(void["state"], void["state"])
            for void in shown["voids"]
        } == {payment_id: word or waits for payment_id, word in legs.voids.items()}
        replaced = {"REPLACED": "NOT_DUE"}
        told = [replaced.get(refund["state"], refund["state"]) for refund in shown["refunds"]]
        words = [word if word != "PENDING" else waits for _, _, word in refunds([legs])]
        assert sorted(told) == sorted(words)
        assert {owed["refund_id"]: owed["left_minor"] for owed in shown["owed_by_hand"]} == {
            str(id_): owed.left_minor for id_, owed in legs.by_hand.items() if owed.left_minor
        }
        assert shown["restock_state"] == (legs.restock or waits)


def fee_of(legs: Legs) -> int:
    fee = legs.terms.fee
    return fee.percent_minor + fee.flat_minor if fee else 0


def refunds(counted: Sequence[Legs]) -> Iterator[tuple[Legs, int, str]]:
    for legs in counted:
        for due in legs.cancelled.refunds:
            refund_id = child_id(legs.cancelled.cancellation_id, due.payment_id)
            open_ = "OWED" if refund_id in legs.by_hand else "PENDING"
            yield legs, due.amount_minor, legs.refunds[due.payment_id] or open_
        for refund_id, due in legs.later_due.items():
            open_ = "OWED" if refund_id in legs.by_hand else "PENDING"
            yield legs, due.amount_minor, legs.later[refund_id] or open_


def money_words(order: Order, counted: Sequence[Legs]) -> set[str]:
    words = {"HELD" if legs.status == "HELD" else word for legs, _, word in refunds(counted)}
    for legs in counted:
        voids = {None: "TO_VOID", "SUCCEEDED": "VOIDED", "UNCERTAIN": "UNCERTAIN"}
        found = {
            voids.get(word, "NOT_DUE" if order.captured.get(payment_id) else "FAILED")
            for payment_id, word in legs.voids.items()
        }
        found |= {"CREDITED"} if "SUCCEEDED" in legs.credits.values() else set()
        owed = "FAILED" if legs.is_reopened else "OWED"
        found |= {owed} if legs.balance_minor else set()
        found |= {"AWAITING_CAPTURE"} if legs.awaited else set()
        found |= {"CREDIT_DUE"} if None in legs.credits.values() else set()
        words |= {"HELD"} if legs.status == "HELD" and found else found
    return words


def stock_words(order: Order, counted: Sequence[Legs]) -> set[str]:
    words = {"SETTLED"} if counted else set[str]()
    words |= {legs.restock or "PENDING" for legs in counted if legs.status != "HELD"}
    words |= {"HELD" for legs in counted if legs.status == "HELD" and legs.restock is None}
    words |= {restock.outcome or "PENDING" for restock in order.seldom.restocks.values()}
    left = any(off_shelf(order).values())
    return words | {"LEFT_FOR_LATER"} if left else words - {"FAILED"}


def mail_words(order: Order, counted: Sequence[Legs]) -> set[str]:
    words = set()
    customer = order.placed.customer if order.placed else None
    for legs in counted:
        word = legs.notification or ("HELD" if legs.status == "HELD" else "PENDING")
        if word == "NOT_DUE" and customer is not None and customer.email is not None:
            word = "SUPPRESSED"
        words.add({"SUCCEEDED": "SETTLED", "NOT_DUE": "SETTLED"}.get(word, word))
    return words


def order_words(row: Row, order: Order) -> set[str]:
    open_ = [request.asked.kind for request in order.seldom.requests.values() if request.is_open]
    words = {"AWAITING_APPROVAL" if k == "APPROVAL" else "CANCELLATION_REQUESTED" for k in open_}
    words |= {"HELD"} if order.is_held else set()
    words |= {"CLAIMED"} if any(order.seldom.claims.values()) else set()
    words |= {"REINSTATED"} if "REINSTATED" in statuses(order) else set()
    if list(order.standing()):
        # What ships after a cancellation does not make it a whole one.
        words.add(row["state"] if row["state"] == "CANCELLED" else "PARTIALLY_CANCELLED")
        if row["state"] == "CANCELLED":
            assert not any(order.open_units(x["line_id"], x["quantity"]) for x in row["lines"])
    return words


def statuses(order: Order) -> set[str]:
    return {legs.status for legs in order.cancellations.values()}


def first(words: Sequence[str], fitting: set[str]) -> str:
    return next((word for word in words if word in fitting), words[-1])


@settings(laws, max_examples=200)
@given(seed=seeds, steps=steps)
def test_an_undone_cancellation_leaves_every_word_and_figure_as_it_was(
    seed: int, steps: int
) -> None:
    """Undone at once, it is as if it had never been; the story alone goes on."""
    life = live(Random(seed), steps)
    for before, during, after in _undone_at_once(life):
        rows = [row_of(life.facts[:version]) for version in (before, during, after)]
        assert rows[1]["state"] in ("HELD", "AWAITING_APPROVAL", "CANCELLATION_REQUESTED")
        changed = {name for name in rows[0] if rows[0][name] != rows[2][name]}
        assert changed <= {"version", "last_position", "cancellations"}
        assert [x["status"] for x in rows[2]["cancellations"]][-1] == "UNDONE"


def _undone_at_once(life: Life) -> Iterator[tuple[int, int, int]]:
    """Return the versions before, during and after."""
    names = [fact.NAME for fact in life.facts]
    for n, (first_, second) in enumerate(pairwise(names)):
        pair = (first_, second)
        if pair == ("order.cancelled.v1", "order.cancellation-undone.v1"):
            yield n, n + 1, n + 2
