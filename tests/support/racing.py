"""Many processes at the same orders at once: what each of them does, and how it is started.

Each process has several processors with connections of their own. They play staff, customers,
warehouse and upstream on the same few orders at a time, in whatever sequence the servers make of
it. Every message is written down before it is sent, so that the log can be judged afterwards.
"""

import asyncio
import random
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from uuid import UUID

import orjson

from kit.cloudevents import Incoming
from kit.decider import Decider
from kit.event_store import EventStore, Stream
from kit.metrics import CONFLICTS
from kit.postgres import AnyConnection, Pool, open_pool
from kit.processor import Answer, Processor
from kit.settings import KitSettings
from services.cancellation.bootstrap import SERVICE
from services.cancellation.domain import events
from tests.support import mothers, wishes
from tests.support.messages import incoming

PROCESSES = 4
PROCESSORS = 3
"""In each process."""
LINE_IDS = ("1", "2", "3")
UNITS = 8
PRICE_MINOR = 100
COMMANDS_PER_ORDER = 60
HOT = 6
"""Orders that are in everybody's hands at a time."""
BATCH_MAX = 6


class Race(NamedTuple):
    """What one process is told."""

    dsn: str
    name: str
    count: int
    orders: int
    seed: int
    record: str
    """File every message is written into."""
    without: str
    """The protection that is left out in a control run: `versions`, `reload`, or nothing."""

    @property
    def may_fail(self) -> bool:
        """True in a control run: whoever is unprotected may meet what cannot be."""
        return bool(self.without)


def order_id_of(number: int) -> str:
    """Return an order's number."""
    return f"race-{number}"


def orders_for(count: int) -> int:
    """Return how many orders so many messages are about."""
    return max(HOT, count // COMMANDS_PER_ORDER)


def opening(number: int) -> list[Incoming]:
    """Return what happens to an order before the race: it is placed, and its money is held."""
    order_id = order_id_of(number)
    lines = [mothers.a_line(x, quantity=UNITS, price_minor=PRICE_MINOR) for x in LINE_IDS]
    placed = mothers.an_order(*lines, order_id=order_id)
    held = wishes.a_hold_of_money(UNITS * PRICE_MINOR, f"pi_{number}_held")
    return [
        incoming(placed, f"{order_id}-placed"),
        incoming(_about(held, order_id), f"{order_id}-held"),
    ]


def contested(number: int) -> Incoming:
    """Return a command that everybody sends, with the same id and body."""
    order_id = order_id_of(number)
    command = mothers.a_cancel_command(lines=[("1", 1)])
    return incoming(_about(command, order_id), f"{order_id}-contested")


def _about(message: Any, order_id: str) -> Any:
    return message.model_copy(update={"order_id": order_id})


class Player:
    """Somebody who works on the same orders as everybody else."""

    def __init__(self, name: str, chance: random.Random) -> None:
        self._name, self._chance = name, chance
        self._sent = 0
        self._claims: list[tuple[str, events.FulfillmentClaimed]] = []
        self._shipped: list[tuple[str, str, int]] = []
        self._on_their_way: list[tuple[str, str, int]] = []
        self._old: list[Incoming] = []

    def next(self, number: int) -> Incoming:
        """Return the next message, most likely about the order of this number."""
        if self._old and self._chance.random() < 0.02:
            return self._chance.choice(self._old)
        if self._chance.random() < 0.03:
            return contested(number)
        order_id = order_id_of(number)
        about, message = self._follow_up() or (order_id, self._message(number))
        self._sent += 1
        made = incoming(_about(message, about), f"{self._name}-{self._sent}")
        self._old = [*self._old[-20:], made]
        return made

    def _message(self, number: int) -> Any:
        chance = self._chance
        line_id, units = chance.choice(LINE_IDS), chance.randint(1, 2)
        payment = f"pi_{number}_{chance.randint(1, 3)}", PRICE_MINOR * chance.randint(1, 8)
        kind = chance.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
        if kind == "capture":
            self._on_their_way.append((order_id_of(number), *payment))
        messages: dict[str, Any] = {
            "cancel": lambda: mothers.a_cancel_command(lines=[(line_id, units)]),
            "cancel all": mothers.a_cancel_command,
            "cancel later": lambda: mothers.a_cancel_command(
                lines=[(line_id, units)], refund="LATER", restock=False, notify=False
            ),
            "claim": lambda: wishes.a_claim((line_id, units)),
            "capture": lambda: wishes.a_capture_start(payment[1], payment[0]),
            "capture at once": lambda: mothers.a_capture(payment[1], payment[0]),
            "ship unasked": lambda: mothers.a_shipment((line_id, 1)),
            "settle": wishes.a_settlement,
            "put back": lambda: wishes.a_restock_by_hand((line_id, 1)),
        }
        return messages[kind]()

    def _follow_up(self) -> tuple[str, Any] | None:
        """Go on with something begun: ship what was claimed, end a capture, take units back."""
        chance = self._chance
        if self._claims and chance.random() < 0.7:
            order_id, claim = self._claims.pop(0)
            if chance.random() < 0.2:
                return order_id, wishes.a_claim_release(claim.claim_id)
            units = [(line.line_id, line.quantity) for line in claim.lines]
            self._shipped += [(order_id, *unit) for unit in units]
            shipment = mothers.a_shipment(*units)
            return order_id, shipment.model_copy(update={"claim_id": claim.claim_id})
        if self._on_their_way and chance.random() < 0.5:
            order_id, payment_id, amount_minor = self._on_their_way.pop(0)
            if chance.random() < 0.3:
                return order_id, wishes.a_capture_failure(amount_minor, payment_id)
            return order_id, mothers.a_capture(amount_minor, payment_id)
        if self._shipped and chance.random() < 0.2:
            order_id, line_id, units = self._shipped.pop(0)
            return order_id, wishes.a_return((line_id, units))
        return None

    def hear(self, answer: Answer) -> None:
        """Take note of what was granted."""
        for fact in answer.facts:
            if isinstance(fact, events.FulfillmentClaimed):
                self._claims.append((fact.order_id, fact))


_WEIGHTS = {
    "cancel": 30, "claim": 30, "capture": 10, "capture at once": 6, "cancel later": 5,
    "ship unasked": 2, "settle": 5, "put back": 5, "cancel all": 3,
}  # fmt: skip


class Forgetful(EventStore):
    """A store for control runs: after a lost race it tells the new version and the old state."""

    async def fold_many(
        self, connection: AnyConnection, streams: Any, decider: Decider[Any], known: Any
    ) -> dict[UUID, Stream[Any]]:
        """Read what is not known, and of what is known nothing but how far it has come."""
        wanted = list(streams)
        read = await super().fold_many(connection, wanted, decider, known)
        return {
            stream: Stream(known[stream].state, now.version) if stream in known else now
            for stream, now in read.items()
        }


def _processor(pool: Pool, race: Race) -> Processor[Any]:
    settings = KitSettings.model_validate({"postgres_dsn": race.dsn, "kafka_bootstrap": "none:1"})
    processor = SERVICE.processor(settings, pool)
    if race.without == "reload":
        return replace(processor, store=Forgetful(SERVICE.name, SERVICE.store.mapper))
    return processor


async def run(race: Race, record: BinaryIO) -> dict[str, Any]:
    """Play one process's part and return what it saw."""
    answers: Counter[str] = Counter()
    async with open_pool(race.dsn, size_max=PROCESSORS, name=race.name) as pool:
        players = [
            _play(race, f"{race.name}-{number}", _processor(pool, race), record, answers)
            for number in range(PROCESSORS)
        ]
        await asyncio.gather(*players)
    return {"answers": answers, "conflicts": CONFLICTS.labels(SERVICE.name)._value.get()}


async def _play(
    race: Race, name: str, processor: Processor[Any], record: BinaryIO, answers: Counter[str]
) -> None:
    chance = random.Random(f"{race.seed}-{name}")
    player = Player(name, chance)
    count = -(-race.count // PROCESSORS)
    done = 0
    while done < count:
        size = min(count - done, chance.choice((1, 1, 1, BATCH_MAX)))
        first = done * (race.orders - HOT) // count
        batch = [player.next(first + chance.randrange(HOT)) for _ in range(size)]
        for message in batch:
            data = message.data.model_dump(mode="json")
            record.write(
                orjson.dumps({"id": message.id, "type": message.type, "data": data}) + b"\n"
            )
        for answer in await processor.process(batch):
            answers[answer.status] += 1
            player.hear(answer)
        done += size


if __name__ == "__main__":
    told = Race(**orjson.loads(sys.argv[1]))
    with Path(told.record).open("wb") as file:
        sys.stdout.write(orjson.dumps(asyncio.run(run(told, file))).decode())
