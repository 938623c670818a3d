"""The whole system as `countermand up --training` starts it: people of every role, legs that move.

What an order's books say is asked where they are kept: the payment provider, the mailbox, the
order itself.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from playwright.async_api import Browser

from contracts.message import Event
from contracts.orders import PaymentCaptured
from countermand.endpoints import Endpoints
from countermand.feed import register_payments
from countermand.upstream import Outgoing, open_upstream
from tests.support.api_door import Door
from tests.support.browsing import Desk
from tests.support.stack import count, until

COLLEAGUE = {"type": "STAFF", "id": "paul", "role": "AGENT"}
"""Who did what was done before somebody sits down."""


@dataclass(frozen=True)
class Sandbox:
    """A sandbox that runs, and a browser before it."""

    chromium: Browser
    endpoints: Endpoints
    password: str
    data_dir: Path
    door: Door
    """The API, to the key of the command line: it names who asks."""
    peers: httpx2.AsyncClient
    """For the books of the provider and of the mailbox."""

    async def sit_down(self, name: str, **more: Any) -> Desk:
        """Sign in as one of the sandbox's people."""
        context = await self.chromium.new_context(**{"locale": "en", **more})
        context.set_default_timeout(15_000)
        url = self.endpoints.console_url or ""
        desk = Desk(await context.new_page(), url, self.password, name)
        await desk.come()
        return desk

    async def place(self, facts: Sequence[Event]) -> None:
        """Have upstream say this of new orders, and wait until it is known.

        Each of them has to be paid, the last thing that is said of it.
        """
        paid = [fact for fact in facts if isinstance(fact, PaymentCaptured)]
        await register_payments(
            self.endpoints.payments_url or "",
            [
                {"payment_id": one.payment_id, "amount_minor": one.amount_minor, "currency": "EUR"}
                for one in paid if one.tender == "CARD"
            ],
        )  # fmt: skip
        async with open_upstream(self.endpoints.kafka_bootstrap) as upstream:
            await upstream.publish(
                Outgoing(f"desk-{number}-{type(fact).__name__}-{_order_of(fact)}", fact)
                for number, fact in enumerate(facts)
            )
        known = " OR ".join(
            f"(order_id = '{order_id}' AND captured_minor = {minor})"
            for order_id, minor in _paid(paid).items()
        )
        table, wanted = f"cancellation.order_summaries WHERE {known}", len(_paid(paid))

        async def are_known() -> bool:
            return await count(self.endpoints.postgres_dsn, table) == wanted

        await until(are_known, what="the orders are known and paid")

    async def ask(self, order_id: str, what: str, **body: Any) -> dict[str, Any]:
        """Send a command as a colleague, unless it names who asks."""
        answer = await self.door.send(
            "POST", f"/v1/orders/{order_id}/{what}", json={"actor": COLLEAGUE, **body},
            headers={"Idempotency-Key": f"before-{what}-{order_id}"},
        )  # fmt: skip
        found: dict[str, Any] = answer.json()
        assert answer.status_code in (201, 202), found
        return found

    async def order(self, order_id: str) -> dict[str, Any]:
        """Return an order as it is."""
        found: dict[str, Any] = (await self.door.get(f"/v1/orders/{order_id}")).json()["order"]
        return found

    async def facts(self, order_id: str) -> list[dict[str, Any]]:
        """Return the whole story of an order."""
        answer = await self.door.get(f"/v1/orders/{order_id}/history")
        found: list[dict[str, Any]] = answer.json()["history"]
        return found

    async def given_back(self, payment_id: str) -> int:
        """Return what the provider has given back on a payment, in minor units."""
        answer = await self.peers.get(
            f"{self.endpoints.payments_url}/v1/refunds", params={"payment_intent": payment_id}
        )
        return sum(one["amount"] for one in answer.raise_for_status().json()["data"])

    async def mails(self, order_id: str) -> list[str]:
        """Return the subjects of the mails that an order's customer has got, the newest first."""
        answer = await self.peers.get(
            f"{self.endpoints.mailbox_url}/api/mails", params={"q": f"{order_id}@shop.example"}
        )
        return [one["subject"] for one in answer.raise_for_status().json()["mails"]]

    async def shelved(self, order_id: str) -> dict[str, int]:
        """Return the units of an order that went back on a shelf, by line."""
        lines = (await self.order(order_id))["lines"]
        return {one["line_id"]: one["restocked"] for one in lines if one["restocked"]}


def _order_of(fact: Any) -> str:
    return str(fact.order_id)


def _paid(captures: Iterable[PaymentCaptured]) -> dict[str, int]:
    """Return what was paid for each order, in minor units."""
    sums: dict[str, int] = {}
    for one in captures:
        sums[one.order_id] = sums.get(one.order_id, 0) + one.amount_minor
    return sums


async def put_in_force(door: Door, order_id: str, actor: dict[str, Any], **terms: Any) -> None:
    """Publish the policy in force with other terms, and wait until it is what decides.

    Args:
        door: the API.
        order_id: an order with open units; what is asked about it tells by which policy.
        actor: who publishes it.
        terms: what is to be different.
    """
    found = (await door.get("/v1/policies/current")).json()
    version = found["version"] + 1
    answer = await door.send(
        "POST", "/v1/policies", headers={"Idempotency-Key": f"policy-{version}"},
        json={"policy": {**found["policy"], "version": version, **terms}, "actor": actor},
    )  # fmt: skip
    assert answer.status_code == 201, answer.text

    async def is_in_force() -> bool:
        told = await door.send(
            "POST", f"/v1/orders/{order_id}/cancellation-previews",
            json={"reason": "OTHER", "actor": actor},
        )  # fmt: skip
        return bool(told.json()["basis"]["policy_version"] == version)

    await until(is_in_force, what="the policy is in force")


@asynccontextmanager
async def open_sandbox(
    chromium: Browser, endpoints: Endpoints, password: str, data_dir: Path
) -> AsyncIterator[Sandbox]:
    """Reach a sandbox that runs."""
    door = Door(endpoints.api_url)
    door.client.headers["Authorization"] = f"Bearer {endpoints.api_key}"
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as peers:
        yield Sandbox(chromium, endpoints, password, data_dir, door, peers)
    await door.client.aclose()
