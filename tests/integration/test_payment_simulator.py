"""The payment provider as its clients meet it: over HTTP, killed, faulty, asked twice."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.integration.simulator_process import SimulatorProcess, free_port, running

pytestmark = pytest.mark.integration

CAPTURED_MINOR = 5_000


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    with running(provider_process(tmp_path_factory.mktemp("payments"))) as process:
        yield process


@pytest.fixture
async def client(provider: SimulatorProcess) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=provider.url, timeout=10) as client:
        yield client
        await client.delete("/_sim/faults")


@pytest.fixture
async def payment(client: httpx2.AsyncClient, request: pytest.FixtureRequest) -> str:
    payment_id = f"pi_{request.node.name}"
    await register(client, payment_id)
    return payment_id


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


async def test_a_refund_looks_like_stripes(client: httpx2.AsyncClient, payment: str) -> None:
    answer = await refund(client, payment, "shape", reason="requested_by_customer")
    body = answer.json()
    assert answer.status_code == 200
    assert "idempotent-replayed" not in answer.headers
    assert body.pop("id").startswith("re_")
    assert body.pop("created") > 1_700_000_000
    assert body == {
        "object": "refund",
        "amount": 1_250,
        "currency": "eur",
        "metadata": {"refund_id": "shape"},
        "payment_intent": payment,
        "reason": "requested_by_customer",
        "status": "succeeded",
    }


async def test_a_repeat_gets_the_very_same_answer(client: httpx2.AsyncClient, payment: str) -> None:
    first = await refund(client, payment, "repeat")
    again = await refund(client, payment, "repeat")
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    assert len(await found(client, "repeat")) == 1


async def test_a_key_with_other_parameters_is_refused(
    client: httpx2.AsyncClient, payment: str
) -> None:
    await refund(client, payment, "other")
    answer = await refund(client, payment, "other", amount=1)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "idempotency_error"


async def test_a_refund_without_a_key_is_refused(client: httpx2.AsyncClient, payment: str) -> None:
    answer = await client.post("/v1/refunds", data={"payment_intent": payment, "amount": "1"})
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["error"]["message"]


async def test_never_gives_back_more_than_was_captured(
    client: httpx2.AsyncClient, payment: str
) -> None:
    assert (await refund(client, payment, "over-1", amount=4_000)).status_code == 200
    too_much = await refund(client, payment, "over-2", amount=1_001)
    assert (too_much.status_code, too_much.json()["error"]["code"]) == (400, "amount_too_large")
    assert (await refund(client, payment, "over-3", amount=1_000)).status_code == 200
    nothing_left = await refund(client, payment, "over-4", amount=1)
    assert nothing_left.json()["error"]["code"] == "charge_already_refunded"


async def test_a_refusal_is_repeated_too(client: httpx2.AsyncClient) -> None:
    first = await refund(client, "pi_nobody", "refused")
    await register(client, "pi_nobody")
    again = await refund(client, "pi_nobody", "refused")
    assert (first.status_code, first.json()["error"]["code"]) == (404, "resource_missing")
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"


async def test_fifty_at_once_with_one_key_have_one_effect(
    client: httpx2.AsyncClient, payment: str
) -> None:
    answers = await asyncio.gather(*(refund(client, payment, "fifty") for _ in range(50)))
    codes = Counter(answer.status_code for answer in answers)
    assert codes[200] >= 1
    assert codes[200] + codes[409] == 50
    assert len({answer.content for answer in answers if answer.status_code == 200}) == 1
    assert len(await found(client, "fifty")) == 1


async def test_fifty_at_once_with_fifty_keys_share_one_balance(
    client: httpx2.AsyncClient, payment: str
) -> None:
    answers = await asyncio.gather(
        *(refund(client, payment, f"race-{n}", amount=1_000) for n in range(50))
    )
    assert sum(answer.status_code == 200 for answer in answers) == 5


async def test_a_key_in_flight_is_refused(client: httpx2.AsyncClient, payment: str) -> None:
    await arm(client, mode="slow", count=1, delay_ms=400)
    first = asyncio.create_task(refund(client, payment, "flight"))
    for _ in range(30):
        if await found(client, "flight"):
            break
        await asyncio.sleep(0.01)
    second = await refund(client, payment, "flight")
    assert (second.status_code, second.json()["error"]["code"]) == (409, "idempotency_key_in_use")
    assert (await first).status_code == 200


async def test_fail_before_has_no_effect(client: httpx2.AsyncClient, payment: str) -> None:
    await arm(client, mode="fail_before", count=1)
    assert (await refund(client, payment, "before")).status_code == 500
    assert await found(client, "before") == []
    retry = await refund(client, payment, "before")
    assert retry.status_code == 200
    assert "idempotent-replayed" not in retry.headers


async def test_fail_after_cuts_the_line_and_keeps_the_effect(
    client: httpx2.AsyncClient, payment: str
) -> None:
    await arm(client, mode="fail_after", count=1)
    with pytest.raises(httpx2.TransportError):
        await refund(client, payment, "after")
    kept = await found(client, "after")
    retry = await refund(client, payment, "after")
    assert [retry.json()] == kept
    assert retry.headers["idempotent-replayed"] == "true"


async def test_garbage_hides_an_effect(client: httpx2.AsyncClient, payment: str) -> None:
    await arm(client, mode="garbage", count=1)
    answer = await refund(client, payment, "garbage")
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert [(await refund(client, payment, "garbage")).json()] == await found(client, "garbage")


async def test_half_a_request_has_no_effect(client: httpx2.AsyncClient, payment: str) -> None:
    form = f"payment_intent={payment}&amount=5"
    host, port = client.base_url.host, client.base_url.port
    _, line = await asyncio.open_connection(host, port)
    line.write(
        b"POST /v1/refunds HTTP/1.1\r\nHost: x\r\nIdempotency-Key: half\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n"
        + f"Content-Length: {len(form) + 2}\r\n\r\n{form}".encode()
    )
    await line.drain()
    line.close()
    await line.wait_closed()
    whole = await refund(client, payment, "half", amount=50)
    assert whole.status_code == 200
    listed = await client.get("/v1/refunds", params={"payment_intent": payment})
    assert [item["amount"] for item in listed.json()["data"]] == [50]


async def test_a_declined_refund_moves_no_money(client: httpx2.AsyncClient, payment: str) -> None:
    await arm(client, mode="decline", count=1)
    declined = (await refund(client, payment, "declined", amount=CAPTURED_MINOR)).json()
    assert (declined["status"], declined["failure_reason"]) == ("failed", "declined")
    assert (await refund(client, payment, "full", amount=CAPTURED_MINOR)).status_code == 200


async def test_a_stored_failure_is_repeated(client: httpx2.AsyncClient, payment: str) -> None:
    await arm(client, mode="fail_stored", count=1)
    first = await refund(client, payment, "stored")
    again = await refund(client, payment, "stored")
    assert [first.status_code, again.status_code] == [500, 500]
    assert again.headers["idempotent-replayed"] == "true"
    assert await found(client, "stored") == []


async def test_pages_through_the_refunds_of_a_payment(
    client: httpx2.AsyncClient, payment: str
) -> None:
    made = [(await refund(client, payment, f"page-{n}", amount=1)).json()["id"] for n in range(5)]
    query = {"payment_intent": payment, "limit": "3"}
    first = (await client.get("/v1/refunds", params=query)).json()
    rest = await client.get(
        "/v1/refunds", params={**query, "starting_after": first["data"][-1]["id"]}
    )
    assert [first["has_more"], rest.json()["has_more"]] == [True, False]
    listed = [item["id"] for item in first["data"] + rest.json()["data"]]
    assert listed == list(reversed(made))
    assert (await client.get(f"/v1/refunds/{made[0]}")).json()["id"] == made[0]


async def test_a_conflicting_capture_registers_nothing(
    client: httpx2.AsyncClient, payment: str
) -> None:
    payments = [
        {"payment_id": "pi_new", "amount_minor": 1, "currency": "EUR"},
        {"payment_id": payment, "amount_minor": 1, "currency": "EUR"},
    ]
    assert (await client.post("/_sim/payments", json=payments)).status_code == 409
    assert (await refund(client, "pi_new", "conflict")).status_code == 404
    await register(client, payment)


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
