"""Seeing a running system: one real cancellation looked at by every command of the guide."""

import asyncio
import os
import shlex
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from contracts.cancellation import CancelOrder
from countermand.endpoints import Endpoints
from countermand.feed import Feed, feed
from countermand.running import endpoints_of
from countermand.specs import LOGS
from countermand.upstream import Outgoing
from deploy.local.processes import service_names
from deploy.local.stack import Stack, StackSettings
from kit.ids import event_id, stream_id
from tests.house.pages import typed_lines
from tests.support import command_line
from tests.support.messages import captured, placed

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

GUIDES = {f"docs/guides/{name}.md" for name in ("seeing-events", "operator", "runbooks")}
ORDER, COMMAND = "489465", "retail-C489554"
"""As in the guide and the tour."""

OTHER = "489466"
CANCELLATION = str(event_id(stream_id(f"order:{ORDER}"), 3))
WATCH_S = 1.0
"""How long a command without an end is watched once it has begun."""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the system keeps its data."""
    return tmp_path_factory.mktemp("seeing")


@pytest.fixture(scope="module")
async def system(data_dir: Path) -> AsyncIterator[Endpoints]:
    """Every process, on servers of its own, with one cancellation behind it."""
    async with Stack(StackSettings(data_dir=data_dir)) as stack:
        endpoints = endpoints_of(stack)
        payment = captured(ORDER, 2_500)
        what = Feed(
            facts=[
                Outgoing("placed-1", placed(ORDER, 2)), Outgoing("captured-1", payment),
                Outgoing("placed-2", placed(OTHER, 1)),
            ],
            commands=[Outgoing(COMMAND, CancelOrder(order_id=ORDER, reason="CUSTOMER"))],
            payments=[
                {"payment_id": payment.payment_id, "amount_minor": 2_500, "currency": "EUR"}
            ],
        )  # fmt: skip
        await feed(endpoints, what, lambda *_: None)
        yield endpoints


@pytest.fixture(autouse=True)
def environment(system: Endpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `countermand up -- COMMAND` tells a command."""
    monkeypatch.setenv("COUNTERMAND_POSTGRES_DSN", system.postgres_dsn)
    monkeypatch.setenv("COUNTERMAND_KAFKA_BOOTSTRAP", system.kafka_bootstrap)
    monkeypatch.setenv("COUNTERMAND_API_URL", system.api_url)


LINES = {shlex.join(words): words for page, words in typed_lines("system") if page in GUIDES}


@pytest.mark.parametrize("words", LINES.values(), ids=LINES)
async def test_every_command_of_the_guides_runs(words: list[str]) -> None:
    assert words[0] == ".venv/bin/countermand"
    process = await command_line.start(*words[1:])
    if {"--follow", "--live"} & set(words):
        assert process.stderr is not None
        await process.stderr.readexactly(1)
        await asyncio.sleep(WATCH_S)
        assert process.returncode is None, "it goes on until somebody ends it"
        process.send_signal(signal.SIGINT)
    done = await command_line.ended(process)
    assert done.exit_code == 0, done.stderr
    assert done.stdout + done.stderr


def walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node["children"]:
        yield from walk(child)


async def test_a_command_is_traced_to_the_mail() -> None:
    traced = (await command_line.run("trace", COMMAND, "--json")).json
    [root] = traced["roots"]
    assert (traced["order_id"], root["id"], root["kind"]) == (ORDER, COMMAND, "message")
    parents = {id(child): node for node in walk(root) for child in node["children"]}
    [done] = [n for n in walk(root) if n["name"] == "order.notification-reported.v1"]
    path = [done]
    while id(path[-1]) in parents:
        path.append(parents[id(path[-1])])
    assert [node["name"] for node in reversed(path)] == [
        "message", "order.cancelled.v1", "notification.requested.v1", "mail",
        "notification.accepted.v1", "order.notification-reported.v1",
    ]  # fmt: skip
    assert path[-2]["id"] == CANCELLATION
    names = {node["name"] for node in walk(root)}
    assert {"refund", "refund.succeeded.v1", "stock.restocked.v1"} <= names
    assert all(node["after_s"] >= -1 for node in walk(root) if node["after_s"] is not None)
    assert 0 < root["took_s"] < 60
    assert set(traced["as_of"]) == set(LOGS)


async def test_a_trace_ends_where_it_is_told_to() -> None:
    whole = (await command_line.run("trace", ORDER, "--json")).json
    nodes = [node for root in whole["roots"] for node in walk(root)]
    [placed_at] = [node["at"] for node in nodes if node["name"] == "order.placed.v1"]
    early = (await command_line.run("trace", ORDER, "--at", placed_at, "--json")).json
    names = [node["name"] for root in early["roots"] for node in walk(root)]
    assert "order.placed.v1" in names
    assert not [name for name in names if "cancel" in name]
    unknown = await command_line.run("trace", "nobody")
    assert unknown.exit_code == 1
    assert "Nothing was recorded about 'nobody'" in unknown.stderr


async def test_an_order_reads_as_it_was() -> None:
    events = await command_line.run("events", "cancellation", "--order", ORDER, "--json")
    *facts, _ = [orjson.loads(line) for line in events.stdout.splitlines()]
    states = {}
    for fact in facts:
        at = str(fact["position"])
        shown = (await command_line.run("orders", "show", ORDER, "--at", at, "--json")).json
        assert shown["as_of"] == fact["position"]
        assert len(shown["history"]) == fact["version"]
        states[fact["name"]] = shown["order"]["state"], shown["order"]["refund_state"]
    assert states["order.placed.v1"] == ("PLACED", "NOT_DUE")
    assert states["order.cancelled.v1"] == ("CANCELLED", "PENDING")
    assert states["order.cancellation-completed.v1"] == ("CANCELLED", "SUCCEEDED")
    at = str(facts[0]["position"])
    listed = (await command_line.run("orders", "list", "--at", at, "--json")).json
    assert {order["state"] for order in listed["orders"]} == {"PLACED"}
    never = await command_line.run("orders", "show", ORDER, "--at", "2001-01-01")
    assert never.exit_code == 1
    assert "ORDER_NOT_FOUND" in never.stderr


async def test_the_topic_tells_what_the_log_does() -> None:
    told = await command_line.run("events", "cancellation.events", "--order", ORDER, "--json")
    first = orjson.loads(told.stdout.splitlines()[0])
    assert (first["id"], first["causation_id"]) == (CANCELLATION, COMMAND)
    stored = await command_line.run("events", "--causation", COMMAND, "--json")
    assert orjson.loads(stored.stdout.splitlines()[0])["id"] == CANCELLATION


async def test_nothing_waits_when_all_is_done() -> None:
    status = (await command_line.run("status", "--json")).json
    assert {name: each and each["count"] for name, each in status["oldest"].items()} == {
        "undecided_command": 0, "unpaid_refund": 0, "unsent_message": 0,
        "undelivered_webhook": 0, "dead_letter": None, "case": None,
    }  # fmt: skip
    assert {(each["what"], each["count"]) for each in status["lag"]} >= {
        ("consumer", 0), ("relay", 0), ("projection orders", 0),
    }  # fmt: skip
    assert {each["count"] for each in status["lag"]} == {0}


async def test_what_is_followed_shows_the_next_cancellation(system: Endpoints) -> None:
    process = await command_line.start(
        "events", "--follow", "--limit", "0", "--type", "order.cancelled.*", "--json"
    )
    assert process.stdout is not None
    assert process.stderr is not None
    line = asyncio.create_task(process.stdout.readline())
    await process.stderr.readline()
    await asyncio.sleep(WATCH_S)
    assert not line.done()
    done = await command_line.run("cancel", OTHER, "--reason", "STAFF", "--command-id", "follow-1")
    assert done.exit_code == 0, done.stderr
    seen = orjson.loads(await asyncio.wait_for(line, 20))
    assert (seen["order_id"], seen["causation_id"]) == (OTHER, "follow-1")
    os.kill(process.pid, signal.SIGINT)
    ended = await command_line.ended(process)
    assert (ended.exit_code, ended.json["events"]) == (0, 1)


async def test_the_processes_are_shown_where_they_run(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("COUNTERMAND_POSTGRES_DSN", "COUNTERMAND_KAFKA_BOOTSTRAP"):
        monkeypatch.delenv(name)
    status = (await command_line.run("status", "--json", "--data-dir", str(data_dir))).json
    ready = {row["name"] for row in status["processes"] if row["ready"]}
    assert ready >= set(service_names())
    screen = await command_line.run("status", "--data-dir", str(data_dir))
    assert "cancellation.consumer" in screen.stderr
    nothing = await command_line.run("status", "--json", "--data-dir", str(tmp_path))
    assert (nothing.exit_code, nothing.json) == (1, {"running": False})
