"""The stand-in peers as processes, and what their own books say."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.integration.simulator_process import SimulatorProcess, free_port, running


class Peer:
    """A running peer and its experimenter's door."""

    def __init__(self, url: str, client: httpx2.AsyncClient) -> None:
        self.url = url
        self._client = client

    async def get(self, path: str, **query: str) -> httpx2.Response:
        """Ask it something."""
        answer = await self._client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer

    async def arm(self, mode: str, **trigger: Any) -> None:
        """Make it fail: `count` times, or with a `probability`."""
        answer = await self._client.post("/_sim/faults", json={"mode": mode, **trigger})
        assert answer.status_code == 200, answer.text

    async def disarm(self) -> None:
        """End all faults."""
        await self._client.delete("/_sim/faults")


class Provider(Peer):
    """The payment provider."""

    async def capture(self, order_ids: Iterable[str], amount_minor: int) -> None:
        """Register the payment `pi_<order>` of each order."""
        await self._register(order_ids, amount_minor, "succeeded")

    async def authorize(self, order_ids: Iterable[str], amount_minor: int) -> None:
        """Register the same, not captured yet."""
        await self._register(order_ids, amount_minor, "requires_capture")

    async def _register(self, order_ids: Iterable[str], amount_minor: int, status: str) -> None:
        payments = [
            {"payment_id": f"pi_{order_id}", "amount_minor": amount_minor, "currency": "EUR",
             "status": status}
            for order_id in order_ids
        ]  # fmt: skip
        await self._post("/_sim/payments", payments)

    async def script(self, steps: list[dict[str, Any]], **more: Any) -> None:
        """Say what becomes of refunds: of one `payment_intent`, or of all."""
        await self._post("/_sim/scripts", {"steps": steps, **more})

    async def clear_scripts(self) -> None:
        """Let later refunds succeed at once."""
        await self._client.delete("/_sim/scripts")

    async def advance(self, reference: str) -> dict[str, Any]:
        """Give a refund its next status, and return it."""
        refund: dict[str, Any] = await self._post(f"/_sim/refunds/{reference}/advance", {})
        return refund

    async def _post(self, path: str, body: Any) -> Any:
        answer = await self._client.post(path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refunds(self) -> list[dict[str, Any]]:
        """Return every refund in its ledger, failed ones too."""
        lines = (await self.get("/_sim/ledger")).text.splitlines()
        entries = [json.loads(line) for line in lines]
        return [entry["refund"] for entry in entries if entry["type"] == "refund_created"]

    async def summary(self) -> dict[str, Any]:
        """Return its counts."""
        counts: dict[str, Any] = (await self.get("/_sim/summary")).json()
        return counts


class Mailbox(Peer):
    """The mail server."""

    smtp_port: int

    async def mails(self) -> list[dict[str, Any]]:
        """Return the index entry of every accepted mail."""
        return [json.loads(line) for line in (await self.get("/api/index")).text.splitlines()]

    async def copies(self) -> Counter[str]:
        """Return how often each Message-ID was accepted."""
        return Counter(mail["message_id"] for mail in await self.mails())


@asynccontextmanager
async def provider(directory: Path, *arguments: str) -> AsyncIterator[Provider]:
    """Run the payment provider."""
    port = free_port()
    process = SimulatorProcess(
        "deploy.simulators.payments", port, directory / "payments.log",
        "--port", str(port), "--ledger", str(directory / "ledger.jsonl"), *arguments,
    )  # fmt: skip
    with running(process):
        async with httpx2.AsyncClient(base_url=process.url, trust_env=False) as client:
            yield Provider(process.url, client)


@asynccontextmanager
async def mailbox(directory: Path) -> AsyncIterator[Mailbox]:
    """Run the mail server."""
    smtp_port, port = free_port(), free_port()
    process = SimulatorProcess(
        "deploy.simulators.mailbox", port, directory / "mailbox.log",
        "--smtp-port", str(smtp_port), "--http-port", str(port),
        "--directory", str(directory / "mails"),
    )  # fmt: skip
    with running(process):
        async with httpx2.AsyncClient(base_url=process.url, trust_env=False) as client:
            box = Mailbox(process.url, client)
            box.smtp_port = smtp_port
            yield box
