"""The whole system as seen by those who only look on: a client of others, logs, metrics, traces."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from aiokafka import AIOKafkaProducer

from contracts import topics
from contracts.cancellation import OrderCancelled
from tests.support.golang import GoMissingError, build, skip_loudly
from tests.support.messages import cancel, captured, headers, placed
from tests.support.otlp import Collector, collector
from tests.support.stack import until
from tests.support.town import Town, open_town

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

CLIENT = Path("contracts/examples/go")
TRACE, SENDER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CANARY = "Zephyrine7F3a"
"""Stands in everything a person may have written, and nowhere else."""

OPENMETRICS = {"Accept": "application/openmetrics-text; version=1.0.0"}


@pytest.fixture(scope="module")
def collected() -> Iterator[Collector]:
    """What was told about spans."""
    with collector() as running:
        yield running


@pytest.fixture(scope="module")
async def town(
    tmp_path_factory: pytest.TempPathFactory, collected: Collector
) -> AsyncIterator[Town]:
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": collected.url, "OTEL_BSP_SCHEDULE_DELAY": "200"}
    async with open_town(tmp_path_factory.mktemp("watched"), env) as opened:
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
        "-traceparent", f"00-{TRACE}-{SENDER}-01",
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


STORY = {
    ("cancellation", "process cancellation.cancel-order.v1"),
    ("cancellation", "send cancellation.events"),
    ("refunds", "process cancellation.order-cancelled.v1"),
    ("refunds", "refunds refund"),
    ("refunds", "send refunds.events"),
    ("inventory", "process cancellation.order-cancelled.v1"),
    ("inventory", "send inventory.events"),
    ("notifier", "process cancellation.order-cancelled.v1"),
    ("notifier", "notifier mail"),
    ("cancellation", "process refunds.refund-succeeded.v1"),
}
"""Who did what, from a command to the mail."""


async def whole_story(collected: Collector, trace_id: str, steps: set[tuple[str, str]]) -> None:
    """Wait for the steps of a trace; each of its spans hangs together with the others."""

    def told() -> set[tuple[str, str]]:
        return {(span.service, span.name) for span in collected.of(trace_id)}

    await until(lambda: steps <= told(), what=f"{steps} in {trace_id}")
    spans = collected.of(trace_id)
    known = {SENDER, *(span.span_id for span in spans)}
    assert [span for span in spans if span.parent_id not in known] == []


async def test_one_trace_leads_from_the_command_to_the_mail(
    town: Town, collected: Collector
) -> None:
    await town.sell("traced", 1)
    sender = f"00-{TRACE[::-1]}-{SENDER}-01"
    async with httpx2.AsyncClient(base_url=town.endpoints.api_url, trust_env=False) as http:
        asked = await http.post(
            "/v1/orders/traced/cancellations", json={"reason": "CUSTOMER"},
            headers={"Idempotency-Key": "traced-1", "traceparent": sender},
        )  # fmt: skip
    assert asked.is_success, asked.text
    door = ("cancellation", "POST /v1/orders/{order_id}/cancellations")
    by_http = {door, *STORY} - {("cancellation", "process cancellation.cancel-order.v1")}
    await whole_story(collected, TRACE[::-1], by_http)


async def test_a_trace_begun_elsewhere_goes_on_here(
    client: Path, town: Town, collected: Collector
) -> None:
    """It is that of the client in Go."""
    await whole_story(collected, TRACE, STORY)


async def test_a_measurement_leads_to_its_trace(town: Town, collected: Collector) -> None:
    async with httpx2.AsyncClient(trust_env=False) as http:
        page = await http.get(f"{town.health['refunds.worker']}/metrics", headers=OPENMETRICS)
        plain = await http.get(f"{town.health['refunds.worker']}/metrics")
    assert page.headers["content-type"].startswith("application/openmetrics-text")
    [bucket, *_] = [line for line in page.text.splitlines() if "_bucket{" in line and "# {" in line]
    assert bucket.startswith('countermand_call_seconds_bucket{kind="refund",')
    trace_id = bucket.partition('trace_id="')[2][:32]
    await until(lambda: collected.of(trace_id), what="the trace of an exemplar")
    assert "trace_id" not in plain.text


async def test_no_person_is_in_a_log_a_metric_or_a_span(town: Town, collected: Collector) -> None:
    """Through all services: what goes well, what fails, what is set aside, who is not let in."""
    customer = {"customer_id": CANARY, "email": f"{CANARY}@shop.example"}
    for number, more in enumerate(({}, {"refund": "LATER"}), 1):
        order = placed(f"canary-{number}", 1)
        order = order.model_validate({**order.model_dump(), "customer": customer})
        await town.say(order, captured(order.order_id, 1_250))
        wish = {"customer_message": CANARY, "staff_note": CANARY, **more}
        await town.say(cancel(order.order_id, **wish))
    await town.until_order("canary-1", refund_state="FAILED", notification_state="SETTLED")
    await town.until_order("canary-2", notification_state="SETTLED")
    await set_aside(town)
    await be_turned_away(town)
    places = {
        **{path.name: path.read_text("utf-8") for path in town.logs.iterdir()},
        **await metrics_of(town),
        **{f"span {span.span_id}": span.text for span in collected.spans},
    }
    assert len(places) > 100
    assert "DATA_INVALID" in places["cancellation.consumer.log"], "control: they were told about"
    told = [name for name, text in places.items() if CANARY.lower() in text.lower()]
    assert told == []


async def set_aside(town: Town) -> None:
    """Publish what cannot be read, with words of a person everywhere."""
    good = cancel("canary-1").model_dump(mode="json", exclude_unset=True)
    values = [
        CANARY.encode(),
        json.dumps({**good, f"{CANARY}@shop.example": 1}).encode(),
        json.dumps({**good, "reason": CANARY, "lines": CANARY}).encode(),
        json.dumps({**good, "staff_note": [CANARY]}).encode(),
    ]
    producer = AIOKafkaProducer(bootstrap_servers=town.endpoints.kafka_bootstrap)
    await producer.start()
    for number, value in enumerate(values):
        about = headers(cancel("canary-1"), f"aside-{number}")
        await producer.send_and_wait(topics.COMMANDS.name, value, b"canary-1", headers=about)
    strange = dict(headers(cancel("canary-1"), "aside-type")) | {"ce_type": CANARY.encode()}
    await producer.send_and_wait(
        topics.COMMANDS.name, values[0], CANARY.encode(), headers=list(strange.items())
    )
    bad = placed("canary-3", 1).model_dump(mode="json")
    bad["customer"] = {"customer_id": "C", "email": f"{CANARY} (home)@shop.example"}
    await producer.send_and_wait(
        topics.ORDERS.name, json.dumps(bad).encode(), headers=headers(placed("1"), "aside-order")
    )
    await producer.stop()
    log = town.logs / "cancellation.consumer.log"
    await until(lambda: log.read_text().count("message.set_aside") >= 5, what="all is set aside")


async def be_turned_away(town: Town) -> None:
    """Come to every door with what it does not take."""
    ends = town.endpoints
    async with httpx2.AsyncClient(trust_env=False) as http:
        for path in (f"/v1/orders/{CANARY}", f"/v1/orders?at={CANARY}", f"/{CANARY}"):
            bearer = {"Authorization": f"Bearer {CANARY}"}
            await http.get(ends.api_url + path, headers=bearer)
            await http.get(ends.api_url + path)
        await http.post(f"{ends.api_url}/v1/orders/1/cancellations", content=CANARY.encode())
        await http.post(f"{ends.api_url}/v1/sessions", json={"name": CANARY, "password": CANARY})
        await http.get(f"{ends.console_url}/{CANARY}")
        await http.get(f"{ends.customers_url}/o/{CANARY}")


async def metrics_of(town: Town) -> dict[str, str]:
    """Return what every process tells about itself."""
    async with httpx2.AsyncClient(trust_env=False) as http:
        return {
            f"metrics of {name}": (await http.get(f"{url}/metrics", headers=OPENMETRICS)).text
            for name, url in town.health.items()
        }
