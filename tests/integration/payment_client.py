"""What the stand-in payment provider's clients do, and its process."""

import json
from pathlib import Path
from typing import Any

import httpx2

from tests.integration.simulator_process import SimulatorProcess, free_port

CAPTURED_MINOR = 5_000


def provider_process(directory: Path, *arguments: str) -> SimulatorProcess:
    port = free_port()
    return SimulatorProcess(
        "deploy.simulators.payments",
        port,
        directory / "log.txt",
        *("--port", str(port), "--ledger", str(directory / "ledger.jsonl"), *arguments),
    )


async def register(client: httpx2.AsyncClient, *payment_ids: str) -> None:
    payments = [
        {"payment_id": payment_id, "amount_minor": CAPTURED_MINOR, "currency": "EUR"}
        for payment_id in payment_ids
    ]
    answer = await client.post("/_sim/payments", json=payments)
    assert answer.status_code == 200, answer.text


async def refund(
    client: httpx2.AsyncClient, payment: str, key: str, amount: int = 1_250, **extra: str
) -> httpx2.Response:
    form = {"payment_intent": payment, "amount": str(amount), "metadata[refund_id]": key, **extra}
    return await client.post("/v1/refunds", data=form, headers={"Idempotency-Key": key})


async def arm(client: httpx2.AsyncClient, **fault: Any) -> None:
    answer = await client.post("/_sim/faults", json=fault)
    assert answer.status_code == 200, answer.text


async def found(client: httpx2.AsyncClient, refund_id: str) -> list[dict[str, Any]]:
    answer = await client.get("/v1/refunds/search", params={"refund_id": refund_id})
    data: list[dict[str, Any]] = answer.json()["data"]
    return data


async def ledger(client: httpx2.AsyncClient) -> list[dict[str, Any]]:
    answer = await client.get("/_sim/ledger")
    return [json.loads(line) for line in answer.text.splitlines()]
