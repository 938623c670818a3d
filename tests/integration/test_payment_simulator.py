"""The payment provider as its clients meet it: over HTTP, killed, faulty, asked twice."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest

from tests.integration.payment_client import (
    CAPTURED_MINOR,
    arm,
    found,
    provider_process,
    refund,
    register,
)
from tests.integration.simulator_process import SimulatorProcess, running

pytestmark = pytest.mark.integration


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
