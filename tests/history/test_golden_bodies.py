"""Bodies as they were stored once, read and folded by today's code.

One file per stored name, written by hand and never changed again: what is in a store cannot be
edited either. `complete` says all that could be said in its day, `minimal` leaves empty what could
be left empty. A new fact needs a file of its own; a new optional field needs none, because the old
bodies still have to do.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from countermand.contracts_schemas import MESSAGES
from countermand.replay import facts as replays
from countermand.replay import journal
from countermand.replay.decisions import REPLAY
from kit.event_store import LogEntry
from kit.facts import Fact
from kit.ids import child_id
from services.cancellation.bootstrap import SERVICE as CANCELLATION
from services.cancellation.domain import events as cancelling
from services.cancellation.projections.folding import fold_page
from services.cancellation.projections.history import HISTORY_COLUMNS, history_row
from services.cancellation.projections.row import SUMMARY_COLUMNS
from services.inventory.bootstrap import SERVICE as INVENTORY
from services.notifier.bootstrap import SERVICE as NOTIFIER
from services.notifier.webhooks.service import SERVICE as WEBHOOKS
from services.refunds.bootstrap import SERVICE as REFUNDS
from tests.support.mothers import A_CAUSE, PAYMENT_ID, cancellation_at
from tests.support.spec import STREAM

DIRECTORY = Path(__file__).parent / "golden"
GOLDEN: dict[str, dict[str, Any]] = {
    path.name.removesuffix(".json"): json.loads(path.read_text("utf-8"))
    for path in sorted(DIRECTORY.glob("*.json"))
}
SERVICES = (CANCELLATION, INVENTORY, REFUNDS, NOTIFIER, WEBHOOKS)
OPERATIONS = SimpleNamespace(facts=replays.FACTS, store=journal.STORE, decider=REPLAY)
"""The tool's own log; nothing of it is published."""

OWNERS: dict[str, Any] = {
    fact.NAME: spec for spec in (*SERVICES, OPERATIONS) for fact in spec.facts
}
CANCELLED = cancellation_at(5)
KINDS = ("complete", "minimal")


def read(name: str, kind: str = "complete") -> Fact:
    body = json.dumps(GOLDEN[name][kind]).encode()
    return OWNERS[name].store.mapper.read_body(name, body)[0]


def fold(spec: Any, names: Sequence[str], kind: str = "complete") -> Any:
    state = spec.decider.initial
    for name in names:
        state = spec.decider.evolve(state, read(name, kind))
    return state


def lost(golden: Any, rewritten: Any, path: str = "") -> list[str]:
    """Return the places where a stored value is missing or different in what we would write."""
    match golden, rewritten:
        case dict(), dict():
            pairs = [(key, value, rewritten.get(key)) for key, value in golden.items()]
        case list(), list() if len(golden) == len(rewritten):
            pairs = list(zip(range(len(golden)), golden, rewritten, strict=True))
        case _:
            return [] if golden == rewritten else [path]
    return [place for key, old, new in pairs for place in lost(old, new, f"{path}.{key}")]


def test_every_stored_name_has_a_golden_file_and_every_file_a_fact() -> None:
    """A name that was ever stored stays readable for ever; a new one is pinned before it ships."""
    assert set(GOLDEN) == set(OWNERS)


@pytest.mark.parametrize("name", GOLDEN)
def test_a_golden_body_has_the_fields_a_store_of_its_day_had(name: str) -> None:
    complete, minimal = GOLDEN[name]["complete"], GOLDEN[name]["minimal"]
    assert minimal.keys() == complete.keys() == {"fact", "cause"}
    assert minimal["cause"].keys() == complete["cause"].keys()
    assert minimal["fact"].keys() == complete["fact"].keys()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", GOLDEN)
def test_an_old_body_is_read_without_losing_a_value(name: str, kind: str) -> None:
    golden = GOLDEN[name][kind]
    mapper = OWNERS[name].store.mapper
    fact, cause = mapper.read_body(name, json.dumps(golden).encode())
    rewritten = json.loads(mapper.write_body(fact, mapper.transcoder.encode(cause)))
    assert lost(golden, rewritten) == []


ORDER_NAMES = [
    "order.placed.v1",
    "order.payment-authorized.v1",
    "order.payment-captured.v1",
    "order.lines-fulfilled.v1",
    "order.cancelled.v1",
    "order.cancellation-rejected.v1",
    "order.refund-reported.v1",
    "order.restock-reported.v1",
    "order.notification-reported.v1",
    "order.cancellation-completed.v1",
]
"""One life, as it could be told before there were policies."""

LATER_NAMES = [
    "order.placed.v1",
    "order.payment-authorized.v1",
    "order.payment-capture-started.v1",
    "order.payment-capture-failed.v1",
    "order.payment-captured.v1",
    "order.cancellation-requested.v1",
    "order.cancelled.v1",
    "order.cancellation-approved.v1",
    "order.cancellation-confirmed.v1",
    "order.command-rejected.v1",
    "order.refund-requested.v1",
    "order.payment-void-requested.v1",
    "order.payment-voided.v1",
    "order.restock-requested.v1",
    "order.fulfillment-claim-rejected.v1",
    "order.fulfillment-claimed.v1",
    "order.fulfillment-claim-released.v1",
    "order.lines-fulfilled.v1",
    "order.case-opened.v1",
    "order.items-returned.v1",
]
"""Another life, with everything that came later but the ways back."""


@pytest.mark.parametrize("kind", KINDS)
def test_a_later_order_folds_to_what_it_was(kind: str) -> None:
    order = fold(CANCELLATION, LATER_NAMES, kind)
    legs = order.cancellations[CANCELLED]
    assert legs.status == "STANDING"
    assert isinstance(legs.cancelled, cancelling.CancellationConfirmed)
    assert len(legs.later) == 1
    assert "pi_x" in legs.voids or kind == "minimal"
    assert [request.is_open for request in order.seldom.requests.values()] == [False]
    assert order.seldom.claims == {cancellation_at(15): {}}
    assert order.seldom.returned["1"] == 1
    assert PAYMENT_ID in order.seldom.voided
    assert list(order.seldom.restocks) == [cancellation_at(13)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("back", "status"),
    [("order.cancellation-undone.v1", "UNDONE"), ("order.reinstated.v1", "REINSTATED")],
)
def test_a_cancellation_of_old_that_was_taken_back_opened_its_units(
    back: str, status: str, kind: str
) -> None:
    order = fold(CANCELLATION, ["order.placed.v1", "order.cancelled.v1", back], kind)
    assert order.cancelled == {}
    assert order.cancellations[CANCELLED].status == status


def test_a_request_of_old_that_was_refused_is_closed() -> None:
    names = ["order.placed.v1", "order.cancellation-requested.v1", "order.cancellation-denied.v1"]
    (request,) = fold(CANCELLATION, names).seldom.requests.values()
    assert not request.is_open


def test_a_policy_of_old_is_the_one_it_was() -> None:
    state = fold(CANCELLATION, ["policy.published.v1"])
    assert (state.policy.version, state.policy.hold_s) == (1, 900)


def test_an_order_of_old_folds_to_what_it_was() -> None:
    order = fold(CANCELLATION, ORDER_NAMES)
    assert order.placed.order_id == "489434"
    assert order.authorized == {PAYMENT_ID: 2000}
    assert order.captured == {PAYMENT_ID: 1500}
    assert order.due == {PAYMENT_ID: 700, "pi_b": 300}
    assert order.fulfilled == {"1": 1, "2": 1}
    assert order.cancelled == {"1": 1, "2": 1}
    legs = order.cancellations[CANCELLED]
    assert legs.refunds == {PAYMENT_ID: "SUCCEEDED", "pi_b": None}
    assert (legs.restock, legs.notification) == ("SUCCEEDED", "SUCCEEDED")


def test_an_order_of_old_with_little_said_folds_too() -> None:
    order = fold(CANCELLATION, ORDER_NAMES, "minimal")
    assert order.placed.customer is None
    assert order.cancellations[CANCELLED].restock == "FAILED"
    assert order.cancellations[CANCELLED].notification == "UNCERTAIN"


@pytest.mark.parametrize(
    ("last", "word", "committed"),
    [
        ("refund.succeeded.v1", "succeeded", 700),
        ("refund.uncertain.v1", "uncertain", 700),
        ("refund.failed.v1", "failed", 0),
        ("refund.requested.v1", "asked", 1400),
    ],
)
def test_a_refund_of_old_folds_to_what_it_was(last: str, word: str, committed: int) -> None:
    ledger = fold(REFUNDS, ["refund.requested.v1", last])
    assert ledger.refunds[child_id(CANCELLED, PAYMENT_ID)].word == word
    assert ledger.committed == {PAYMENT_ID: committed}


def test_a_restock_of_old_folds_to_what_it_was() -> None:
    restocks = fold(INVENTORY, ["stock.restocked.v1", "stock.restock-failed.v1"])
    assert restocks.units == {"1": 1, "2": 1}
    assert restocks.answered == {CANCELLED}


@pytest.mark.parametrize("last", ["accepted", "failed", "uncertain"])
def test_a_notification_of_old_folds_to_what_it_was(last: str) -> None:
    messages = fold(NOTIFIER, ["notification.requested.v1", f"notification.{last}.v1"])
    assert messages.settled == {child_id(CANCELLED, "order_cancelled")}


@pytest.mark.parametrize("kind", KINDS)
def test_a_bulk_plan_of_old_folds_to_what_it_was(kind: str) -> None:
    names: list[str] = []
    for word, status in (("started", "RUNNING"), ("paused", "PAUSED"), ("resumed", "RUNNING"),
                         ("cancelled", "CANCELLED"), ("completed", "COMPLETED")):  # fmt: skip
        names.append(f"bulk.plan-{word}.v1")
        assert fold(CANCELLATION, names, kind).status == status
    assert fold(CANCELLATION, names, kind).orders_per_s == (500 if kind == "complete" else 50)


def test_a_replay_of_old_folds_to_what_it_was() -> None:
    names = [f"replay.{word}.v1" for word in ("planned", "approved", "started", "paused")]
    replay = fold(OPERATIONS, names)
    assert (replay.status, replay.planner, replay.approver) == ("PAUSED", "Ada", "Bob")
    assert replay.needs_approval
    for word, status in (("resumed", "RUNNING"), ("refused", "PAUSED"), ("cancelled", "CANCELLED"),
                         ("completed", "COMPLETED")):  # fmt: skip
        assert fold(OPERATIONS, [*names, f"replay.{word}.v1"]).status == status


@pytest.mark.parametrize("kind", KINDS)
def test_the_read_model_is_rebuilt_from_bodies_of_old(kind: str) -> None:
    """The projection reads stored JSON itself, so every body of old must do."""
    log = [
        LogEntry(n, STREAM, n, name, json.dumps(GOLDEN[name][kind], separators=(",", ":")).encode())
        for n, name in enumerate(ORDER_NAMES, 1)
    ]
    ((*values,),) = fold_page(log, {})
    row = dict(zip(SUMMARY_COLUMNS, values, strict=True))
    assert row["order_id"] == "489434"
    assert row["captured_minor"] == 1500
    assert row["refunded_minor"] == (700 if kind == "complete" else 0)
    assert row["cancellation_count"] == row["rejection_count"] == 1
    history = [dict(zip(HISTORY_COLUMNS, history_row(entry), strict=True)) for entry in log]
    assert [orjson.loads(entry["fact"]) for entry in history] == [
        GOLDEN[name][kind]["fact"] for name in ORDER_NAMES
    ]


KEYS = {
    "policy.published.v1": "policy:default",
    "stock.adjusted.v1": "sku:SKU-1",
    "stock.location-set.v1": "stock:locations",
    "stock.command-rejected.v1": "stock:locations",
}
"""Of facts about no order."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", [name for spec in SERVICES for name in sorted(spec.publishes)])
def test_a_published_fact_of_old_can_still_be_relayed(name: str, kind: str) -> None:
    key = KEYS.get(name, "489434")
    assert OWNERS[name].translate(read(name, kind), A_CAUSE).key == key


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", [name for spec in SERVICES for name in sorted(spec.says)])
def test_what_is_said_unread_is_what_its_translation_says(name: str, kind: str) -> None:
    spec = OWNERS[name]
    body = spec.store.mapper.write_body(read(name, kind), A_CAUSE.model_dump_json().encode())
    today = LogEntry(1, STREAM, 1, name, body)
    assert spec.writer().write(today) == spec.writer()._replace(says={}).write(today)


@pytest.mark.parametrize("name", [name for spec in SERVICES for name in sorted(spec.says)])
def test_a_row_of_old_says_unread_what_its_translation_says(name: str) -> None:
    """Only fields with a default may be left out."""
    spec = OWNERS[name]
    models = {message.model.TYPE: message.model for message in MESSAGES}
    for body in GOLDEN[name].values():
        row = LogEntry(1, STREAM, 1, name, json.dumps(body).encode())
        said, translated = spec.writer().write(row), spec.writer()._replace(says={}).write(row)
        model = models[said.type]
        assert model.model_validate_json(said.value) == model.model_validate_json(translated.value)
        assert said._replace(value=b"") == translated._replace(value=b"")
