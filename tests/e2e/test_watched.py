"""The whole system as seen by those who only look on: a client of others, logs, metrics, traces."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from contracts.cancellation import OrderCancelled
from tests.support.golang import GoMissingError, build, skip_loudly
from tests.support.town import Town, open_town

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

CLIENT = Path("contracts/examples/go")
TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture(scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    async with open_town(tmp_path_factory.mktemp("watched")) as opened:
        yield opened


@pytest.fixture(scope="module")
def client() -> Path:
    """The client in Go."""
    try:
        return build(CLIENT)
    except GoMissingError as missing:
        skip_loudly(missing, "WITH A CLIENT IN ANOTHER LANGUAGE")
        raise


async def ask(client: Path, town: Town, *words: str) -> tuple[int | None, Any, str]:
    """Run the client; returns its exit status, the answer it read, and what it complained of."""
    process = await asyncio.create_subprocess_exec(
        client, "-kafka", town.endpoints.kafka_bootstrap, *words,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, complaint = await process.communicate()
    return process.returncode, json.loads(out or "null"), complaint.decode()


async def test_a_client_in_another_language_cancels_an_order(client: Path, town: Town) -> None:
    await town.sell("foreign", 2, 1)
    status, answer, complaint = await ask(
        client, town, "-order", "foreign", "-id", "go-1",
        "-traceparent", f"00-{TRACE}-b7ad6b7169203331-01",
    )  # fmt: skip
    assert (status, complaint) == (0, "")
    event = answer["event"]
    said = OrderCancelled.model_validate(event.pop("data"))
    assert answer["key"] == event.pop("subject") == event.pop("partitionkey") == "foreign"
    assert (event["type"], event["source"]) == (OrderCancelled.TYPE, "/countermand/cancellation")
    assert event["id"] == str(said.cancellation_id), "the id is that of the fact"
    assert (event["correlationid"], event["causationid"]) == ("go-1", "go-1")
    assert event["traceparent"].startswith(f"00-{TRACE}-")
    assert (said.order_id, said.command_id, said.reason) == ("foreign", "go-1", "CUSTOMER")
    read = answer["read"]
    assert (read["refund_minor"], read["currency"]) == (said.refund_minor, "EUR") == (3_750, "EUR")
    assert [(line["line_id"], line["quantity"]) for line in read["lines"]] == [("1", 2), ("2", 1)]
    assert read["refunds"] == [{"payment_id": "pi_foreign", "amount_minor": 3_750}]
    order = await town.until_order(
        "foreign", refund_state="SUCCEEDED", restock_state="SETTLED", notification_state="SETTLED"
    )
    assert order["cancellations"][0]["cancellation_id"] == str(said.cancellation_id)
    assert (await town.outside("foreign")).refunds == [3_750]


async def test_the_same_id_again_is_the_same_command(client: Path, town: Town) -> None:
    """Written with another compression, too: what counts is the message."""
    await town.sell("foreign-again", 1)
    words = ("-order", "foreign-again", "-id", "go-2")
    first, *others = [
        await ask(client, town, *words, "-compression", compression)
        for compression in ("none", "gzip", "lz4", "zstd")
    ]
    assert first[0] == 0, first
    assert others == [first] * 3
    await town.until_order("foreign-again", refund_state="SUCCEEDED")
    assert (await town.outside("foreign-again")).refunds == [1_250]


async def test_a_refusal_is_an_answer_too(client: Path, town: Town) -> None:
    status, answer, complaint = await ask(client, town, "-order", "nobody", "-id", "go-3")
    assert (status, complaint) == (1, "")
    assert answer["event"]["type"] == "cancellation.order-cancellation-rejected.v1"
    assert answer["read"]["command_id"] == "go-3"
    assert [refusal["code"] for refusal in answer["read"]["refusals"]] == ["ORDER_NOT_FOUND"]
