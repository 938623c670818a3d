"""Exercises: none is done before anybody trains, each can be done, and only the facts tick it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from console.training import EXERCISES, Exercise, done
from contracts import cancellation as c
from contracts.orders import PaymentCaptured
from contracts.refunds import ManualRefundOwed
from countermand.training import filling
from countermand.training.orders import BASKETS, feed_of
from kit.decider import Context
from kit.ids import stream_id
from services.cancellation.domain.decisions import ORDER
from services.cancellation.domain.default_policy import DEFAULT_POLICY
from services.cancellation.domain.policy import Rulebook
from tests.support.money_mothers import a_manual_refund_owed

BEGAN_AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
HELD = Rulebook(DEFAULT_POLICY.model_copy(update={"hold_s": filling.HOLD_S}))
NOW = Rulebook(DEFAULT_POLICY.model_copy(update={"approvals": (filling.TWO_PEOPLE,)}))
MODELS = {"cancellations": c.CancelOrder, "cancellation-requests": c.RequestCancellation}
AGENT = {"type": "STAFF", "id": "agent", "role": "AGENT"}
MANAGER = {"type": "STAFF", "id": "manager", "role": "MANAGER"}


@dataclass
class Order:
    """One order of a sandbox, and what was decided about it."""

    order_id: str
    state: Any = ORDER.initial
    facts: list[Any] = field(default_factory=list)

    def say(self, message: Any, book: Rulebook = NOW) -> None:
        id_, stream = f"m-{len(self.facts)}", stream_id(f"order:{self.order_id}")
        context = Context(BEGAN_AT, id_, stream, len(self.facts), book)
        for fact in ORDER.decide(self.state, message, context):
            self.state = ORDER.evolve(self.state, fact)
            self.facts.append(fact)

    def ask(self, model: Any, *, by: Any = AGENT, **said: Any) -> None:
        body = {"order_id": self.order_id, "actor": by, **said}
        self.say(model.model_validate(body, strict=False))
        assert "rejected" not in self.facts[-1].NAME, self.facts[-1]

    def the(self, name: str) -> Any:
        return next(fact for fact in reversed(self.facts) if name == fact.NAME)

    @property
    def history(self) -> Sequence[Any]:
        return [{"name": one.NAME, "fact": one.model_dump(mode="json")} for one in self.facts]


def order_of(order_id: str) -> Order:
    """Return an order as a sandbox that was just filled has it."""
    order = Order(order_id)
    for one in feed_of(BEGAN_AT).facts:
        if getattr(one.message, "order_id", None) == order_id:
            order.say(one.message)
    for wish in (filling.HELD, *filling.WISHES):
        if wish.order_id == order_id:
            body = {"order_id": order_id, **wish.body}
            command = MODELS[wish.path].model_validate(body, strict=False)
            order.say(command, HELD if wish is filling.HELD else NOW)
    return order


def solve(order: Order, key: str) -> None:
    """Do what a step asks for, as somebody at the console does."""
    wish: dict[str, Any] = {"reason": "CUSTOMER"}
    match key:
        case "cancel" | "rest" | "ask" | "cancel_cash":
            order.ask(c.CancelOrder, **wish)
        case "owe":
            order.ask(c.CancelOrder, **wish, refund="LATER")
        case "settle":
            order.ask(c.SettleRefund)
        case "undo":
            cancelled = order.the("order.cancelled.v1").cancellation_id
            order.ask(c.UndoCancellation, cancellation_id=cancelled)
        case "answer":
            asked = order.the("order.cancellation-requested.v1").request_id
            order.ask(c.DenyCancellation, request_id=asked, by=MANAGER, staff_note="too late")
        case "approve":
            asked = order.the("order.cancellation-requested.v1").request_id
            order.ask(c.ApproveCancellation, request_id=asked, by=MANAGER)
        case "record":
            (due,) = order.the("order.cancelled.v1").refunds
            order.say(owed_by_hand(order, due))
            order.ask(c.RecordManualRefund, amount_minor=due.amount_minor, currency="EUR",
                      proof="receipt 7")  # fmt: skip
        case "restock":
            order.ask(c.RestockCancelledItems, lines=[{"line_id": "MUG", "quantity": 4}])
        case "reinstate":
            cancelled = order.the("order.cancelled.v1").cancellation_id
            order.ask(c.ReinstateOrder, cancellation_id=cancelled, by=MANAGER)


def owed_by_hand(order: Order, due: Any) -> ManualRefundOwed:
    """Say what the refunds service says of money no provider can give back."""
    cancelled = order.the("order.cancelled.v1").cancellation_id
    said = a_manual_refund_owed(cancelled, due.payment_id, due.amount_minor)
    return said.model_copy(update={"order_id": order.order_id})


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda one: one.key)
def test_each_exercise_is_ticked_step_by_step_and_by_its_facts_alone(exercise: Exercise) -> None:
    order = order_of(exercise.order_id)
    assert done(exercise, order.history) == 0
    for number, step in enumerate(exercise.steps, 1):
        solve(order, step.key)
        assert done(exercise, order.history) == number, step.key


def test_another_way_than_the_one_asked_for_ticks_nothing() -> None:
    by_key = {one.key: one for one in EXERCISES}
    later = order_of("T-1002")
    solve(later, "cancel")
    assert done(by_key["later"], later.history) == 0
    now = order_of("T-1001")
    solve(now, "owe")
    assert done(by_key["now"], now.history) == 0
    refused = order_of("T-1006")
    solve(refused, "ask")
    command = {"order_id": "T-1006", "actor": AGENT,
               "request_id": refused.the("order.cancellation-requested.v1").request_id}  # fmt: skip
    refused.say(c.ApproveCancellation.model_validate(command, strict=False))
    assert done(by_key["second"], refused.history) == 1, "whoever asked does not approve"


def test_a_sandbox_says_the_same_of_the_same_moment_and_has_every_order() -> None:
    first, second = feed_of(BEGAN_AT), feed_of(BEGAN_AT)
    assert first == second
    ids = [one.message_id for one in first.facts]
    assert len(ids) == len(set(ids))
    assert {one.order_id for one in EXERCISES} < set(BASKETS)
    paid = {
        one.message.payment_id for one in first.facts if isinstance(one.message, PaymentCaptured)
    }
    known = {one["payment_id"] for one in first.payments}
    assert paid - known == {"pi_T-1007", "gift_T-1011"}, "cash and gift cards no provider knows"
