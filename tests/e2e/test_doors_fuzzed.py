"""A fuzzer at every door of a running system: whatever it sends, no door breaks.

`make fuzz` sends 20,000 requests and more, as before a release; the suite a few hundred.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from contracts.cancellation import Actor, Right
from contracts.links import OrderLink, write_link
from countermand.people.desk import open_book
from deploy.local.processes import LINK_KEY, NOTIFIER_SECRET, url
from kit.ids import child_id, event_id, stream_id
from services.notifier.sealing import feedback_token
from tests.support.messages import cancel, captured, placed
from tests.support.shop import Shop, open_shop
from tests.support.stack import Servers
from tests.support.undescribed import of_customers_page, of_feedback, of_provider_webhooks

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(3_600)]

CASES = int(os.environ.get("COUNTERMAND_FUZZ", "0"))
"""So many requests at least; 0 is as many as there is time for."""

SUITE_S, RELEASE_S, FEW_S = {"api": 8, "webhooks": 5, "operations": 5}, 30, 5
"""Seconds at a door; those that describe themselves to nobody have few routes."""

ROUNDS_MAX = 40
PROCESSES = {
    "cancellation.api", "cancellation.consumer", "cancellation.projector", "cancellation.bulk",
    "cancellation.timer", "refunds.api", "notifier.api", "notifier.consumer", "notifier.webhooks",
    "operations.api", "customers.web",
}  # fmt: skip
HASTE = {"CANCELLATION_READ_WAIT_MAX_S": "0.05", "OPERATIONS_ANSWER_WITHIN_S": "0.05"}
"""A fuzzer asks for positions nobody will reach; what is waited for is not asked meanwhile."""

ORDERS = tuple(f"fuzzed-{number}" for number in range(6))
LINKS_END_AT = 10**11

SETTINGS = """
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", 503]
"""
"""503 is said of a position not read yet, and of a store that is away. The second must not be, and
is looked for in the logs."""

DESCRIBED = "not_a_server_error,content_type_conformance,response_schema_conformance"
BREAKS = ("http.failed", "page.failed", "postgres.unavailable", "api.away", "loop.stuck")
"""What a process writes down when a door broke, or had nothing to say."""


class Target(NamedTuple):
    """One door."""

    name: str
    url: str
    document: dict[str, Any] | None
    """How it is described; None where it says so itself."""


class Fuzzed(NamedTuple):
    """The system, a key that opens every door, and the doors."""

    shop: Shop
    key: str
    targets: list[Target]


@pytest.fixture(scope="module")
async def system(
    servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Fuzzed]:
    directory = tmp_path_factory.mktemp("fuzzed")
    async with open_shop(servers, directory, PROCESSES, **HASTE) as shop:
        for order_id in ORDERS:
            await shop.say(placed(order_id, 4, 2), captured(order_id, 600))
        await shop.say(*(cancel(order_id) for order_id in ORDERS[:2]))
        async with open_book(shop.dsn) as book:
            who = Actor(type="SERVICE", id="tests")
            key = await book.issue_key("fuzzer", tuple(Right), who, note="tries every door")
        links = [write_link(LINK_KEY, OrderLink(order_id, LINKS_END_AT)) for order_id in ORDERS]
        mails = [
            child_id(event_id(stream_id(f"order:{order_id}"), 3), "order_cancelled")
            for order_id in ORDERS[:2]
        ]
        questions = [feedback_token(NOTIFIER_SECRET.encode(), mail) for mail in mails]
        ports = shop.stack.ports
        yield Fuzzed(
            shop, key,
            [
                Target("api", shop.stack.api_url, None),
                Target("webhooks", url(ports.notifier), None),
                Target("operations", shop.stack.operations_url, None),
                Target("customers", shop.stack.customers_url, of_customers_page(links)),
                Target("feedback", url(ports.feedback), of_feedback(questions, links)),
                Target("provider", url(ports.webhooks), of_provider_webhooks()),
            ],
        )  # fmt: skip


async def fuzz(target: Target, key: str, *, seed: int, seconds: int, directory: Path) -> int:
    """Let the fuzzer have a go at one door; returns how many requests it sent."""
    directory.mkdir(parents=True)
    (directory / "schemathesis.toml").write_text(SETTINGS)
    where = [f"{target.url}/openapi.json"]
    if target.document is not None:
        (directory / "door.json").write_text(json.dumps(target.document))
        where = ["door.json", "--url", target.url]
    # A key opens what asks for one; the customer's doors have links of their own.
    who = ["--header", f"Authorization: Bearer {key}"] if target.document is None else []
    report = directory / "report.json"
    run = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("schemathesis"), "run", *where, *who,
        "--max-time", str(seconds), "--seed", str(seed), "--phases", "examples,coverage,fuzzing",
        "--checks", DESCRIBED if target.document is None else "not_a_server_error",
        "--no-color", "--generation-database", "none", "--warnings", "off",
        "--report", "json", "--report-json-path", str(report),
        cwd=directory, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    told, _ = await run.communicate()
    assert run.returncode == 0, f"{target.name}, seed {seed}\n{told.decode()}"
    return int(json.loads(report.read_text())["test_cases"]["generated"])


async def test_no_door_breaks_whatever_a_fuzzer_sends(system: Fuzzed, tmp_path: Path) -> None:
    targets = [target for target in system.targets if CASES or target.name in SUITE_S]
    counts = dict.fromkeys((target.name for target in targets), 0)
    for number in range(ROUNDS_MAX):
        for target in targets:
            seconds = RELEASE_S if target.document is None else FEW_S
            if not CASES:
                seconds = SUITE_S[target.name]
            counts[target.name] += await fuzz(
                target, system.key, seed=20261102 + number, seconds=seconds,
                directory=tmp_path / f"{target.name}-{number}",
            )  # fmt: skip
        if sum(counts.values()) >= CASES:
            break
    sys.stdout.write(f"\n{sum(counts.values()):,} requests: {counts}\n")
    assert sum(counts.values()) >= CASES
    assert all(counts.values()), counts
    logs = {
        log.name: log.read_text() for log in (system.shop.stack.data_dir / "logs").glob("*.log")
    }
    assert len(logs) >= len(PROCESSES)
    found = [
        line
        for text in logs.values()
        for line in text.splitlines()
        if any(w in line for w in BREAKS)
    ]
    assert not found, found[:3]
    assert set(system.shop.stack.supervisor.pids()) >= PROCESSES, "one of them has ended"
