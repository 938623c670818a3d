"""The whole system on servers of its own, and what the three parties outside hold of one order."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2

from countermand.feed import register_payments
from countermand.running import endpoints_of
from countermand.upstream import Outgoing, Upstream, open_upstream
from countermand.verify.peers import read_lines
from deploy.local.stack import Stack, StackSettings
from kit.ids import event_id, stream_id
from tests.support.messages import captured, placed
from tests.support.stack import fetch, until

PATIENCE_S = 60.0
LEGS = ("inventory", "refunds", "notifier")


@dataclass(frozen=True, slots=True)
class Outside:
    """What of one order has left the house."""

    refunds: list[int] = field(default_factory=list)
    """Amounts at the payment provider, in the sequence they came."""
    movements: list[tuple[str, int]] = field(default_factory=list)
    """Lines and units put back, as the stock ledger has them."""
    mails: int = 0
    """In the customer's mailbox."""


NOTHING = Outside()


class Town:
    """Everything that runs."""

    def __init__(self, stack: Stack, upstream: Upstream) -> None:
        self.endpoints, self.smtp_port = endpoints_of(stack), stack.smtp_port
        self.health: dict[str, str] = stack.endpoints()["health"]
        self.logs = stack.data_dir / "logs"
        self.dsn = self.endpoints.postgres_dsn
        self._upstream = upstream
        self._said = 0

    async def say(self, *messages: Any, again: bool = False) -> list[tuple[str, str]]:
        """Publish messages, one after the other, and return name and body of each one's answer.

        Args:
            messages: commands and order facts.
            again: send every one twice, as a sender does who got no answer.
        """
        answers = []
        for message in messages:
            self._said += 1
            outgoing = Outgoing(f"town-{self._said}", message)
            await self._upstream.publish([outgoing] * (2 if again else 1))
            answers.append(await self._answer(outgoing.message_id))
        return answers

    async def _answer(self, message_id: str) -> tuple[str, str]:
        found: list[Any] = []

        async def is_there() -> bool:
            found[:] = await fetch(
                self.dsn, "SELECT e.topic, convert_from(e.state, 'UTF8') AS body"
                " FROM cancellation.inbox i JOIN cancellation.cancellation_events e"
                " ON e.originator_id = i.stream_id WHERE i.message_id = $1 AND"
                " convert_from(e.state, 'UTF8')::json #>> '{cause,message_id}' = $1"
                " ORDER BY e.originator_version LIMIT 1",
                message_id,
            )  # fmt: skip
            return bool(found)

        await until(is_there, what=f"an answer to {message_id}", timeout_s=PATIENCE_S)
        return found[0]["topic"], found[0]["body"]

    async def sell(self, order_id: str, *units: int) -> None:
        """Place an order and have it paid for, at the provider too; units cost 12.50 each."""
        paid = captured(order_id, sum(units) * 1_250)
        payment = {"payment_id": paid.payment_id, "amount_minor": paid.amount_minor}
        await register_payments(self.endpoints.payments_url or "", [{**payment, "currency": "EUR"}])
        await self.say(placed(order_id, *units), paid)

    async def outside(self, order_id: str) -> Outside:
        """Look into the books of provider, stock and mailbox."""
        ledger = await read_lines(f"{self.endpoints.payments_url}/_sim/ledger")
        mails = await read_lines(f"{self.endpoints.mailbox_url}/api/index")
        moved = await fetch(
            self.dsn, "SELECT line_id, quantity FROM inventory.stock_movements"
            " WHERE kind IN ('RELEASE', 'CANCELLATION', 'RETURN') AND order_id = $1"
            " ORDER BY line_id, quantity",
            order_id,
        )  # fmt: skip
        return Outside(
            [
                entry["refund"]["amount"]
                for entry in ledger
                if entry["type"] == "refund_created"
                and entry["refund"]["payment_intent"] == f"pi_{order_id}"
            ],
            [(row[0], row[1]) for row in moved],
            sum(f"{order_id}@shop.example" in str(mail) for mail in mails),
        )

    async def order(self, order_id: str) -> dict[str, Any]:
        """Read an order as the API shows it; nothing while it is not projected."""
        async with httpx2.AsyncClient(trust_env=False, timeout=30) as client:
            answer = await client.get(f"{self.endpoints.api_url}/v1/orders/{order_id}")
        found: dict[str, Any] = answer.json().get("order", {})
        return found

    async def until_order(self, order_id: str, **words: Any) -> dict[str, Any]:
        """Wait until an order is shown so and return it."""
        last: dict[str, Any] = {}

        async def is_so() -> bool:
            last.update(await self.order(order_id))
            return all(last.get(name) == word for name, word in words.items())

        await until(is_so, what=f"order {order_id} is {words}", timeout_s=PATIENCE_S)
        return last

    def streams(self, order_id: str) -> list[tuple[str, UUID]]:
        """Return the stream of an order in each of the legs."""
        return [(leg, stream_id(f"{leg}:{order_id}")) for leg in LEGS]

    async def until_heard(self, order_id: str) -> None:
        """Wait until every leg has handled all that was said about cancelling an order."""
        stream = stream_id(f"order:{order_id}")
        rows = await fetch(
            self.dsn, "SELECT originator_version FROM cancellation.cancellation_events"
            " WHERE originator_id = $1 AND topic IN ('order.cancelled.v1',"
            " 'order.cancellation-confirmed.v1')",
            stream,
        )  # fmt: skip
        ids = [str(event_id(stream, row[0])) for row in rows]
        for leg in LEGS:
            await until(self._has_heard(leg, ids), what=f"{leg} has heard", timeout_s=PATIENCE_S)

    def _has_heard(self, leg: str, ids: list[str]) -> Callable[[], Awaitable[bool]]:
        async def has_heard() -> bool:
            known = await fetch(
                self.dsn, f"SELECT count(*) FROM {leg}.inbox WHERE message_id = ANY($1)", ids
            )
            return bool(known[0][0] == len(ids))

        return has_heard


def newest(order: dict[str, Any]) -> UUID:
    """Return the id of the newest cancellation shown."""
    return UUID(order["cancellations"][-1]["cancellation_id"])


@asynccontextmanager
async def open_town(directory: Path, env: dict[str, str] | None = None) -> AsyncIterator[Town]:
    """Run everything on servers of its own; `env` is given to every process."""
    async with (
        Stack(StackSettings(data_dir=directory, env=env or {})) as stack,
        open_upstream(stack.kafka_bootstrap) as upstream,
    ):
        yield Town(stack, upstream)
