"""Any life of a shop, over a bus that repeats itself, ends with every book in balance.

How: Hypothesis drives all four services through `world.World`, one rule at a time; after every run
everything still under way is let through, then the books are compared. A failure prints the steps.
"""

from collections import Counter
from typing import Any

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from contracts.cancellation import CancelOrder
from contracts.topics import COMMANDS, ORDERS
from kit.effects import Effect
from services.cancellation.domain import events as cancelling
from services.inventory.domain.events import RestockFailed, StockRestocked
from services.notifier.domain import commands as mail_words
from services.notifier.domain.events import NotificationRequested
from services.refunds.domain.events import RefundRequested, RefundSucceeded
from services.refunds.effects import REFUND, VOID, give_up
from tests.property.effort import runs
from tests.property.strategies import LINE_IDS, captures, commands, placements, shipments
from tests.property.world import Node, World
from tests.support.books import money_word
from tests.support.mothers import a_cancel_command, a_capture, a_line, an_order
from tests.support.wishes import (
    ROOT,
    a_policy,
    a_reinstatement,
    a_release,
    a_restock_by_hand,
    a_settlement,
    an_undo,
)

ORDER_IDS = ("A", "B")
order_ids = st.sampled_from(ORDER_IDS)
consumers = st.integers(0, 3)
OUTCOMES = ("good", "bad", "unknown")
HELD = a_policy(hold_s=600)


def word_on(effect: Effect, outcome: str) -> Any:
    """Return what a worker records of a call with such an outcome."""
    id_ = effect.effect_id
    if effect.kind in (REFUND, VOID):
        if outcome == "unknown":
            return give_up(effect, "?")
        return money_word(effect, *{"good": ("succeeded", "voided")}.get(outcome, ("failed",) * 2))
    return {
        "good": mail_words.RecordAcceptance(message_id=id_),
        "bad": mail_words.RecordRejection(message_id=id_, code="no", detail="no"),
        "unknown": mail_words.RecordUncertainty(message_id=id_, detail="?"),
    }[outcome]


class Shop(RuleBasedStateMachine):
    """Upstream, the four services and the world around them."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.said = 0
        self.commands: dict[str, CancelOrder] = {}
        self.words: dict[Any, Any] = {}

    def _say(self, topic: str, message: Any, order_id: str) -> str:
        self.said += 1
        message_id = f"upstream-{self.said}"
        about = message.model_copy(update={"order_id": order_id})
        self.world.say(topic, about, message_id)
        return message_id

    @initialize(paid_minor=st.integers(0, 60), price_minor=st.integers(1, 9))
    def open_shop(self, paid_minor: int, price_minor: int) -> None:
        """Every run has one order with enough of everything, so that something always happens."""
        lines = (a_line(line_id, quantity=4, price_minor=price_minor) for line_id in LINE_IDS)
        self._say(ORDERS.name, an_order(*lines), ORDER_IDS[0])
        self._say(ORDERS.name, a_capture(paid_minor, "pi_a"), ORDER_IDS[0])

    @rule(message=placements(), order_id=order_ids)
    def place(self, message: Any, order_id: str) -> None:
        self._say(ORDERS.name, message, order_id)

    @rule(message=captures, order_id=order_ids)
    def capture(self, message: Any, order_id: str) -> None:
        self._say(ORDERS.name, message, order_id)

    @rule(message=shipments, order_id=order_ids)
    def ship(self, message: Any, order_id: str) -> None:
        self._say(ORDERS.name, message, order_id)

    @rule(message=commands, order_id=order_ids)
    def cancel(self, message: Any, order_id: str) -> None:
        self.commands[self._say(COMMANDS.name, message, order_id)] = message

    @rule(line_id=st.sampled_from(LINE_IDS), quantity=st.integers(1, 3))
    def cancel_some(self, line_id: str, quantity: int) -> None:
        command = a_cancel_command(lines=[(line_id, quantity)])
        self.commands[self._say(COMMANDS.name, command, ORDER_IDS[0])] = command

    @rule(refund=st.sampled_from(["NOW", "LATER"]), restock=st.booleans())
    def cancel_the_first(self, refund: str, *, restock: bool) -> None:
        command = a_cancel_command(lines=[("1", 1)], refund=refund, restock=restock)
        self.commands[self._say(COMMANDS.name, command, ORDER_IDS[0])] = command

    @rule(is_held=st.booleans())
    def hold(self, *, is_held: bool) -> None:
        self.world.cancellation.reference = HELD if is_held else None

    @rule(data=st.data(), act=st.sampled_from([an_undo, a_release, a_reinstatement]))
    def go_back(self, data: Any, act: Any) -> None:
        if cancelled := self._cancelled():
            about = data.draw(st.sampled_from(cancelled))
            self._say(COMMANDS.name, act(about.cancellation_id, ROOT), about.order_id)

    @rule(units=st.tuples(st.sampled_from(LINE_IDS), st.integers(1, 2)), order_id=order_ids)
    def restock(self, units: Any, order_id: str) -> None:
        self._say(COMMANDS.name, a_restock_by_hand(units), order_id)

    @rule(amount=st.none() | st.integers(1, 9), order_id=order_ids)
    def settle(self, amount: int | None, order_id: str) -> None:
        self._say(COMMANDS.name, a_settlement(amount), order_id)

    @rule(number=consumers, count=st.integers(1, 9))
    def read(self, number: int, count: int) -> None:
        node = self.world.nodes[number]
        for topic in node.cursors:
            self.world.deliver(node, topic, count)

    @rule(number=consumers, count=st.integers(1, 9))
    def crash(self, number: int, count: int) -> None:
        node = self.world.nodes[number]
        for topic in node.cursors:
            self.world.repeat(node, topic, count)

    @rule(number=consumers)
    def relay(self, number: int) -> None:
        self.world.relay(self.world.nodes[number])

    @rule(outcome=st.sampled_from(OUTCOMES))
    def work(self, outcome: str) -> None:
        for node in (self.world.refunds, self.world.notifier):
            for effect in node.effects.values():
                node.record(effect, self._word(node, effect, outcome))

    def _word(self, _: Node, effect: Effect, outcome: str = "good") -> Any:
        return self.words.setdefault(effect.effect_id, word_on(effect, outcome))

    def teardown(self) -> None:
        self.world.settle(self._word)
        self._check_answers()
        self._check_money()
        self._check_stock()
        self._check_mail()
        self._check_completions()

    def _facts(self, node: Node, type_: Any) -> list[Any]:
        return [fact for fact in node.facts() if isinstance(fact, type_)]

    def _cancelled(self) -> list[cancelling.OrderCancelled]:
        return self._facts(self.world.cancellation, cancelling.OrderCancelled)

    def _moving(self) -> list[Any]:
        """Return what let the legs go: cancellations not held, and those whose hold is over."""
        at_once = [c for c in self._cancelled() if c.held_until is None]
        return at_once + self._facts(self.world.cancellation, cancelling.CancellationConfirmed)

    def _check_answers(self) -> None:
        """Every cancel command has exactly one answer; nothing of our own is ever put aside."""
        types = cancelling.OrderCancelled | cancelling.CancellationRejected
        answers = self._facts(self.world.cancellation, types)
        assert Counter(a.command_id for a in answers) == Counter(self.commands.keys())
        for node in (self.world.refunds, self.world.notifier):
            assert node.set_aside == []
        strange = {"ORDER_NOT_FOUND", "LINE_NOT_FOUND"}
        assert set(self.world.inventory.set_aside) <= strange, "parcels of orders never placed"
        assert set(self.world.cancellation.set_aside) <= {*strange, "ORDER_EXISTS"}

    def _check_money(self) -> None:
        """Asked for = decided; asked for and given back ≤ captured, per payment."""
        captured: Counter[Any] = Counter()
        for fact in self._facts(self.world.cancellation, cancelling.PaymentCaptured):
            captured[fact.message.order_id, fact.message.payment_id] += fact.message.amount_minor
        asked, given_back = Counter[Any](), Counter[Any]()
        for fact in self._facts(self.world.refunds, RefundRequested):
            asked[fact.order_id, fact.payment_id] += fact.amount_minor
        for fact in self._facts(self.world.refunds, RefundSucceeded):
            given_back[fact.order_id, fact.payment_id] += fact.amount_minor
        assert asked <= captured
        assert given_back <= asked
        decided = Counter[Any]()
        later = self._facts(self.world.cancellation, cancelling.RefundRequested)
        for fact in [*self._moving(), *later]:
            for due in fact.refunds:
                decided[fact.order_id, due.payment_id] += due.amount_minor
        assert asked == decided

    def _check_stock(self) -> None:
        """Every unit to go back is on the shelf, once; no other is."""
        decided, back = Counter[Any](), Counter[Any]()
        for fact in self._moving():
            lines = fact.lines if fact.restock_lines is None else fact.restock_lines
            for line in lines if fact.restock else ():
                decided[fact.cancellation_id, line.line_id] += line.quantity
        for fact in self._facts(self.world.cancellation, cancelling.RestockRequested):
            for line in fact.lines:
                decided[fact.request_id, line.line_id] += line.quantity
        for fact in self._facts(self.world.inventory, StockRestocked):
            for line in fact.lines:
                back[fact.request_id or fact.cancellation_id, line.line_id] += line.quantity
        assert back == decided
        assert not self._facts(self.world.inventory, RestockFailed)

    def _check_mail(self) -> None:
        """One mail per fact, and only of cancellations with somebody to tell."""
        asked = self._facts(self.world.notifier, NotificationRequested)
        to_tell = [c.cancellation_id for c in self._moving() if c.recipient]
        cancelled = [f.cancellation_id for f in asked if f.template == "order_cancelled"]
        assert Counter(cancelled) == Counter(to_tell)
        assert {f.cancellation_id for f in asked if f.cancellation_id} <= set(to_tell)
        assert set(Counter(f.message_id for f in asked).values()) <= {1}
        silent = [c for c in self._cancelled() if not self.commands[c.command_id].notify]
        assert all(c.recipient is None for c in silent)

    def _check_completions(self) -> None:
        """Every cancellation that waits for nobody is complete, once."""
        completed = self._facts(self.world.cancellation, cancelling.CancellationCompleted)
        times = Counter(fact.cancellation_id for fact in completed)
        assert set(times.values()) <= {1}
        for state, _ in self.world.cancellation.states.values():
            for id_, legs in state.cancellations.items():
                waits = legs.status in ("HELD", "UNDONE") or legs.balance_minor
                assert times[id_] == (0 if waits else 1), legs
                assert waits or legs.is_settled


TestShop = Shop.TestCase
TestShop.settings = runs((100, 25), (1_000, 50))
