"""The four services over one life, and the books the others would have kept of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

from contracts.message import Command
from contracts.topics import COMMANDS, ORDERS
from countermand.verify import by_hand, with_us
from countermand.verify.decided import Decided, Movement
from countermand.verify.laws import check_decided
from countermand.verify.mismatch import Mismatch
from countermand.verify.peers import Money, check_messages, check_money
from countermand.verify.reading import read_page
from countermand.verify.stock import StockBook, check_stock
from kit.effects import Effect
from kit.event_store import LogEntry
from kit.facts import RecordedFact
from kit.ids import stream_id
from services.cancellation.domain.order import Order
from services.inventory.ledger import movements_of
from services.notifier.domain import commands as mail_words
from services.notifier.domain.events import CustomerNotified
from services.refunds.domain import commands as refund_words
from services.refunds.domain.events import RefundSucceeded
from services.refunds.effects import REFUND, VOID
from services.refunds.ports import RefundRequest, VoidRequest
from tests.property.world import Node, World
from tests.support.lives import a_random_order, a_random_policy, next_from_outside
from tests.support.mothers import A_CAUSE, ORDER_ID

STREAM = stream_id(f"order:{ORDER_ID}")


@dataclass
class Peers:
    """What the payment provider, the stock ledger and the mailbox hold."""

    ledger: list[Any]
    stock: StockBook
    mails: Counter[str]

    @property
    def moved(self) -> dict[UUID, Movement]:
        """What went back on a shelf."""
        return self.stock.moved

    def mismatches(
        self, world: World, *, log: Sequence[LogEntry] | None = None,
        books: Sequence[LogEntry] | None = None,
    ) -> list[Mismatch]:  # fmt: skip
        """Compare them with what was decided, or with other logs of the two who know of money."""
        decided = Decided()
        read_page(decided, world.cancellation.log if log is None else log)
        for read in (by_hand.read_page, with_us.read_page):
            read(decided, world.refunds.log if books is None else books)
        return [
            *check_decided(decided),
            *check_money(Money(self.ledger), decided),
            *check_stock(self.stock, decided),
            *check_messages(self.mails, decided),
        ]


def peers_of(world: World) -> Peers:
    """Return the books as they are when everybody did what the services recorded."""
    peers = Peers([], StockBook(), Counter())
    for fact in world.refunds.facts():
        if isinstance(fact, RefundSucceeded):
            amount = fact.amount_minor
            peers.ledger.append(refund(fact.refund_id, fact.payment_id, amount, fact.currency))
    for version, fact in enumerate(world.inventory.facts(), 1):
        peers.stock.note(fact)
        for row in movements_of(RecordedFact(STREAM, version, fact, A_CAUSE)):
            peers.stock.count(row)
    for fact in world.notifier.facts():
        if isinstance(fact, CustomerNotified):
            peers.mails[str(fact.message_id)] += 1
    return peers


def refund(refund_id: UUID, payment_id: str, amount_minor: int, currency: str) -> dict[str, Any]:
    """Return a line of the provider's ledger."""
    return {
        "type": "refund_created",
        "refund": {
            "id": f"re_{refund_id.hex}",
            "status": "succeeded",
            "amount": amount_minor,
            "currency": currency.lower(),
            "payment_intent": payment_id,
            "metadata": {"refund_id": str(refund_id)},
        },
    }


def say(world: World, message: Any, message_id: str) -> None:
    """Publish a message as upstream or staff do, and let the cancellation service decide."""
    topic = COMMANDS if isinstance(message, Command) else ORDERS
    world.say(topic.name, message, message_id)
    world.deliver(world.cancellation, topic.name, 1)


def order_in(world: World) -> Order:
    """Return the order as the cancellation service sees it."""
    order, _ = world.cancellation.states.get(STREAM, (Order(), 0))
    return order  # type: ignore[no-any-return]


def money_word(effect: Effect, refund: Any, void: Any) -> Any:
    """Return what a worker records of a call to the provider that ends so."""
    if effect.kind == "void":
        asked = VoidRequest.model_validate_json(effect.request)
        return refund_words.RecordVoidOutcome(
            order_id=asked.order_id, void_id=asked.void_id, status=void, detail="?"
        )
    request = RefundRequest.model_validate_json(effect.request)
    return refund_words.RecordProviderStatus(
        order_id=request.order_id, refund_id=request.refund_id, status=refund,
        provider_reference=f"re_{request.refund_id}", failure_reason="no",
    )  # fmt: skip


def all_good(_: Node, effect: Effect) -> Any:
    """Have every call end well."""
    if effect.kind in (REFUND, VOID):
        return money_word(effect, "succeeded", "voided")
    return mail_words.RecordAcceptance(message_id=effect.effect_id)


class Whims:
    """Have calls end one way or another, each always the same way."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._words: dict[UUID, Any] = {}

    def __call__(self, node: Node, effect: Effect) -> Any:
        """Return the outcome of a call."""
        id_ = effect.effect_id
        if id_ not in self._words:
            bad: Any = mail_words.RecordRejection(message_id=id_, code="no", detail="no")
            if effect.kind in (REFUND, VOID):
                bad = money_word(effect, "failed", "failed")
            is_good = self._chance.random() < 0.8
            self._words[id_] = all_good(node, effect) if is_good else bad
        return self._words[id_]


def a_random_shop(chance: Random, steps: int) -> World:
    """Let anything happen to an order, with all four services at work, until nothing moves."""
    world, whims = World(), Whims(chance)
    world.cancellation.reference = a_random_policy(chance)
    say(world, a_random_order(chance), "placed")
    for number in range(steps):
        say(world, next_from_outside(chance, order_in(world)), f"message-{number}")
        if chance.random() < 0.4:
            world.relay(world.cancellation)
            world.settle(whims)
    world.relay(world.cancellation)
    world.settle(whims)
    return world
