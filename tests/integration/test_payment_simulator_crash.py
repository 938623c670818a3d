"""The payment provider loses nothing it has answered: killed, torn, started twice."""

import asyncio
from collections import Counter
from pathlib import Path

import httpx2
import pytest

from tests.integration.payment_client import found, ledger, provider_process, refund, register
from tests.integration.simulator_process import running

pytestmark = pytest.mark.integration


async def test_a_key_is_forgotten_after_its_life(tmp_path: Path) -> None:
    with running(provider_process(tmp_path, "--key-life-s", "0.2")) as process:
        async with httpx2.AsyncClient(base_url=process.url) as client:
            await register(client, "pi_1")
            await refund(client, "pi_1", "short")
            await asyncio.sleep(0.25)
            again = await refund(client, "pi_1", "short")
            assert "idempotent-replayed" not in again.headers
            assert len(await found(client, "short")) == 2


async def test_every_answered_refund_outlives_kill_9(tmp_path: Path) -> None:
    process = provider_process(tmp_path)
    process.start()
    answered: dict[str, bytes] = {}
    sent: set[str] = set()

    async def work(client: httpx2.AsyncClient, worker: int) -> None:
        for n in range(100_000):
            key = f"{worker}-{n}"
            sent.add(key)
            try:
                answer = await refund(client, f"pi_{worker}", key, amount=1)
            except httpx2.TransportError:
                return
            assert answer.status_code == 200, answer.text
            answered[key] = answer.content

    async with httpx2.AsyncClient(base_url=process.url) as client:
        await register(client, *(f"pi_{worker}" for worker in range(8)))
        workers = [asyncio.create_task(work(client, worker)) for worker in range(8)]
        await asyncio.sleep(1.0)
        process.kill()
        await asyncio.gather(*workers)
    assert len(answered) > 50

    with (tmp_path / "ledger.jsonl").open("ab") as file:
        file.write(b'{"type":"refund_created","at":"20')
    with running(process):
        async with httpx2.AsyncClient(base_url=process.url) as client:
            for key in sorted(sent):
                retry = await refund(client, f"pi_{key.partition('-')[0]}", key, amount=1)
                assert retry.status_code == 200
                assert retry.content == answered.get(key, retry.content)
                assert "idempotent-replayed" in retry.headers or key not in answered
            entries = await ledger(client)
            summary = (await client.get("/_sim/summary")).json()
    effects = Counter(
        entry["refund"]["metadata"]["refund_id"]
        for entry in entries
        if entry["type"] == "refund_created"
    )
    assert effects == dict.fromkeys(sent, 1)
    assert summary["refunded_minor"] == {"EUR": len(sent)}
    assert "torn by a crash" in process.log.read_text()


def test_a_second_process_on_the_same_ledger_is_refused(tmp_path: Path) -> None:
    with running(provider_process(tmp_path)):
        second = provider_process(tmp_path)
        with pytest.raises(AssertionError, match="in use by another process"):
            second.start()
