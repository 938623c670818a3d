"""What was decided, read straight from the cancellation log: the book all others must match."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from countermand.verify.mismatch import Mismatch
from kit.event_store import LogEntry
from kit.ids import child_id
from kit.postgres import OwnConnection

PAGE_SIZE = 5_000


class Refund(NamedTuple):
    """One refund decided."""

    order_id: str
    payment_id: str
    amount_minor: int


@dataclass(slots=True)
class Decided:
    """Everything the cancellation log says."""

    orders: set[str] = field(default_factory=set)
    cancellations: dict[UUID, str] = field(default_factory=dict)
    """Order per cancellation."""
    cancelled_orders: set[str] = field(default_factory=set)
    answers: Counter[str] = field(default_factory=Counter)
    """How often each command id was answered; more than once is a double."""
    refused_by_code: Counter[str] = field(default_factory=Counter)
    refused_count: int = 0
    refunds: dict[UUID, Refund] = field(default_factory=dict)
    refund_outcomes: dict[UUID, str] = field(default_factory=dict)
    units: dict[UUID, int] = field(default_factory=dict)
    """Units to restock per movement id."""
    restocked: dict[UUID, str] = field(default_factory=dict)
    """Outcome per cancellation that restocks."""
    messages: dict[UUID, str] = field(default_factory=dict)
    """Order per message to send."""
    message_outcomes: dict[UUID, str] = field(default_factory=dict)
    completed: Counter[UUID] = field(default_factory=Counter)
    restocking: set[UUID] = field(default_factory=set)


async def read_log(connection: OwnConnection, service: str) -> AsyncIterator[list[LogEntry]]:
    """Read one service's whole log in pages, in log order."""
    position = 0
    while True:
        rows = await connection.fetch(
            "SELECT notification_id, originator_id, originator_version, topic, state"
            f" FROM {service}.{service}_events WHERE notification_id > $1"
            " ORDER BY notification_id LIMIT $2",
            position, PAGE_SIZE,
        )  # fmt: skip
        if not rows:
            return
        yield [LogEntry(*row) for row in rows]
        position = rows[-1][0]


async def read_decided(connection: OwnConnection) -> Decided:
    """Read the cancellation log and sum it up."""
    decided = Decided()
    async for page in read_log(connection, "cancellation"):
        for entry in page:
            _READ.get(entry.name, _ignore)(decided, orjson.loads(entry.body)["fact"])
    return decided


def _ignore(_: Decided, __: dict[str, Any]) -> None:
    pass


def _placed(decided: Decided, fact: dict[str, Any]) -> None:
    decided.orders.add(fact["message"]["order_id"])


def _cancelled(decided: Decided, fact: dict[str, Any]) -> None:
    cancellation = UUID(fact["cancellation_id"])
    order_id = fact["order_id"]
    decided.cancellations[cancellation] = order_id
    decided.cancelled_orders.add(order_id)
    decided.answers[fact["command_id"]] += 1
    for refund in fact["refunds"]:
        decided.refunds[child_id(cancellation, refund["payment_id"])] = Refund(
            order_id, refund["payment_id"], refund["amount_minor"]
        )
    if fact["restock"]:
        decided.restocking.add(cancellation)
        for line in fact["lines"]:
            decided.units[child_id(cancellation, line["line_id"])] = line["quantity"]
    if fact["recipient"]:
        decided.messages[child_id(cancellation, "order_cancelled")] = order_id


def _rejected(decided: Decided, fact: dict[str, Any]) -> None:
    decided.answers[fact["command_id"]] += 1
    decided.refused_count += 1
    decided.refused_by_code[fact["refusals"][0]["code"]] += 1


def _refund_reported(decided: Decided, fact: dict[str, Any]) -> None:
    decided.refund_outcomes[UUID(fact["message"]["refund_id"])] = fact["outcome"]


def _restock_reported(decided: Decided, fact: dict[str, Any]) -> None:
    decided.restocked[UUID(fact["message"]["cancellation_id"])] = fact["outcome"]


def _notification_reported(decided: Decided, fact: dict[str, Any]) -> None:
    decided.message_outcomes[UUID(fact["message"]["message_id"])] = fact["outcome"]


def _completed(decided: Decided, fact: dict[str, Any]) -> None:
    decided.completed[UUID(fact["cancellation_id"])] += 1


_READ = {
    "order.placed.v1": _placed,
    "order.cancelled.v1": _cancelled,
    "order.cancellation-rejected.v1": _rejected,
    "order.refund-reported.v1": _refund_reported,
    "order.restock-reported.v1": _restock_reported,
    "order.notification-reported.v1": _notification_reported,
    "order.cancellation-completed.v1": _completed,
}


def check_decided(decided: Decided) -> list[Mismatch]:
    """Name every command answered twice and every cancellation with an open or doubled leg."""
    found = [
        Mismatch("doubled", f"command {command} was answered {times} times")
        for command, times in decided.answers.items()
        if times > 1
    ]
    for cancellation, order_id in decided.cancellations.items():
        times = decided.completed[cancellation]
        about = f"cancellation {cancellation} of order {order_id} was completed"
        if times == 0:
            found.append(Mismatch("lost", f"{about} never"))
        elif times > 1:
            found.append(Mismatch("doubled", f"{about} {times} times"))
    return found
