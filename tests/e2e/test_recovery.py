"""The runbook of recovery, typed as it stands: Kafka lost, Kafka moved, PostgreSQL set back.

Each part goes on with what the one before has left, as the guide does. Money and mails are counted
where they are made.
"""

import asyncio
import os
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from contracts.orders import PaymentCaptured
from countermand.endpoints import Endpoints
from countermand.feed import Feed, feed, register_payments
from countermand.recovery.waiting import wait_until_level
from countermand.upstream import Outgoing, open_upstream
from countermand.verify.report import verify
from deploy.local.kafka import KafkaServer
from deploy.local.ports import free_ports
from deploy.local.postgres import binaries
from deploy.local.state import load_state
from tests.house.pages import FENCE, section
from tests.support.command_line import PROGRAM, Ended
from tests.support.messages import cancel, captured, placed
from tests.support.receiver import Receiver, a_receiver
from tests.support.stack import fetch, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

GUIDE = "docs/guides/recovery.md"
BEFORE, KAFKA, MOVE, POSTGRES = (
    "Before: let PostgreSQL archive", "Kafka is lost", "Move to another Kafka",
    "PostgreSQL is lost",
)  # fmt: skip
BY_HTTP = "by-http"


def typed(title: str) -> list[str]:
    """Return the commands of a section in their sequence."""
    return [
        line
        for language, mark, body in FENCE.findall(section(GUIDE, title))
        if (language, mark) in {("sh", "recovery"), ("sh", "staging")}
        for line in body.splitlines()
    ]


class Desk:
    """A folder with a data directory, a shell in it, and the system that was started from it."""

    def __init__(self, path: Path) -> None:
        (path / ".venv").symlink_to(Path(sys.executable).parents[1])
        (path / "backup/wal").mkdir(parents=True)
        self.path = path
        self._system: asyncio.subprocess.Process | None = None
        programs = f"{binaries()}:{os.environ['PATH']}"
        local = {"NOTIFIER_WEBHOOK_ALLOW_LOCAL": "true"}
        self.env = {**os.environ, **local, "PATH": programs, "COLUMNS": "200"}

    @property
    def endpoints(self) -> Endpoints:
        """Where the system is."""
        return Endpoints.find(self.path / ".countermand")

    async def type_in(self, lines: Iterable[str]) -> dict[str, Ended]:
        """Type some lines; each must succeed, or be a reconciliation that finds something."""
        said: dict[str, Ended] = {}
        for line in lines:
            if line.startswith("export "):
                name, _, value = line.removeprefix("export ").partition("=")
                self.env[name] = self.env[value.strip('"$')]
            elif re.match(r"\S*countermand up\b", line):
                await self.start(*line.split()[2:])
            else:
                said[line] = await self._run(line)
                assert said[line].exit_code == 0 or "reconcile" in line, said[line]
                if line.endswith("countermand down"):
                    await self._over()
        return said

    async def _run(self, line: str) -> Ended:
        shell = await asyncio.create_subprocess_exec(
            "sh", "-c", line, cwd=self.path, env=self.env, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await asyncio.wait_for(shell.communicate(), 120)
        assert b"Traceback" not in err, err.decode()
        return Ended(shell.returncode or 0, out.decode(), err.decode())

    async def start(self, *options: str) -> None:
        """Start the system and wait until it is ready."""
        log = (self.path / "up.log").open("ab")
        process = await asyncio.create_subprocess_exec(
            PROGRAM, "up", *options, cwd=self.path, env=self.env, stdout=log, stderr=log
        )
        self._system = process
        log.close()

        def is_ready() -> bool:
            assert process.returncode is None, (self.path / "up.log").read_text()
            state = load_state(self.path / ".countermand")
            return state is not None and state["status"] == "ready"

        await until(is_ready, what="the system is ready", timeout_s=90)
        self.env["DSN"] = self.endpoints.postgres_dsn

    async def _over(self) -> None:
        if self._system:
            await asyncio.wait_for(self._system.wait(), 30)
            self._system = None

    async def stop(self) -> None:
        """Stop what was started, if it still runs."""
        if self._system and self._system.returncode is None:
            self._system.terminate()
        await self._over()

    async def live(self, *orders: str) -> None:
        """Place orders, pay them, cancel them, and wait until every leg has ended."""
        payments = [captured(order) for order in orders]
        what = Feed(
            facts=[Outgoing(f"placed-{order}", placed(order)) for order in orders]
            + [Outgoing(f"paid-{paid.order_id}", paid) for paid in payments],
            commands=[Outgoing(f"cancel-{order}", cancel(order)) for order in orders],
            payments=[],
        )
        await self.register(payments)
        await feed(self.endpoints, what, lambda *_: None)
        await wait_until_level(self.endpoints, lambda *_: None)

    async def register(self, payments: Iterable[PaymentCaptured]) -> None:
        """Let the provider know of payments."""
        known: list[dict[str, Any]] = [
            {"payment_id": p.payment_id, "amount_minor": p.amount_minor, "currency": "EUR"}
            for p in payments
        ]
        await register_payments(self.endpoints.payments_url or "", known)

    async def outside(self) -> tuple[Any, Counter[str]]:
        """Return what the parties outside have seen of us."""
        async with httpx2.AsyncClient(trust_env=False) as client:
            provider = await client.get(f"{self.endpoints.payments_url}/_sim/summary")
            mailbox = await client.get(f"{self.endpoints.mailbox_url}/api/index")
        lines, books = mailbox.text.splitlines(), provider.json()
        money = {name: books[name] for name in ("refunds", "refunded_minor", "refunds_failed")}
        return money, Counter(line.partition('"message_id":')[2][:60] for line in lines)

    async def cancel_by_http(self, order: str, key: str) -> None:
        async with httpx2.AsyncClient(trust_env=False) as client:
            answer = await client.post(
                f"{self.endpoints.api_url}/v1/orders/{order}/cancellations",
                json={"reason": "CUSTOMER"},
                headers={
                    "Idempotency-Key": key,
                    "Authorization": f"Bearer {self.endpoints.api_key}",
                },
            )  # fmt: skip
        assert answer.status_code == 201, answer.text


@pytest.fixture(scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    desk = Desk(tmp_path_factory.mktemp("recovery"))
    await desk.start()
    try:
        await desk.live("1", "2", "3")
        await desk.type_in(typed(BEFORE))
        yield desk
    finally:
        await desk.stop()


@pytest.fixture(scope="module")
async def new_kafka(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Another cluster, empty."""
    server = KafkaServer(tmp_path_factory.mktemp("new-kafka"), *free_ports(2))
    server.start()
    await server.wait_until_ready()
    yield server.bootstrap
    server.stop()


async def test_an_empty_kafka_is_filled_from_the_store(desk: Desk) -> None:
    said = await desk.type_in(typed(KAFKA))
    assert any("All books agree" in ended.stderr for ended in said.values())
    provider, mails = await desk.outside()
    assert len(mails) == mails.total() == 3
    assert provider["refunds"] == 3, provider
    await desk.live("4")
    assert (await verify(desk.endpoints)).mismatches == []


async def test_another_kafka_takes_over(desk: Desk, new_kafka: str) -> None:
    desk.env["NEW_KAFKA"] = new_kafka
    before = await desk.outside()
    await desk.type_in(typed(MOVE))
    assert desk.endpoints.kafka_bootstrap == new_kafka
    assert await desk.outside() == before
    await desk.live("5")


async def test_a_database_set_back_does_nothing_twice(desk: Desk, new_kafka: str) -> None:
    await asyncio.sleep(0.1)
    async with a_receiver() as shop:
        register = f".venv/bin/countermand webhooks register {shop.url} --by lea"
        await desk.type_in([f"{register} --type cancellation.order-cancelled.v1"])
        await set_back(desk, new_kafka, shop)


async def set_back(desk: Desk, new_kafka: str, shop: Receiver) -> None:
    [[moment]] = await fetch(desk.env["DSN"], "SELECT now()::text")
    desk.env["MOMENT"] = moment
    await desk.live("6", "7", "8")
    async with open_upstream(new_kafka) as upstream:
        paid = captured("9")
        await desk.register([paid])
        await upstream.publish((Outgoing("placed-9", placed("9")), Outgoing("paid-9", paid)))
        await wait_until_level(desk.endpoints, lambda *_: None)
    await desk.cancel_by_http("9", BY_HTTP)
    await wait_until_level(desk.endpoints, lambda *_: None)
    await until(lambda: len(shop.got) == 4, what="the shop's own system was told")
    told = {one.headers["webhook-id"]: one.body for one in shop.got}
    before = await desk.outside()
    await fetch(desk.env["DSN"], "SELECT pg_switch_wal()")
    await desk.type_in([".venv/bin/countermand down"])

    *steps, last = split(typed(POSTGRES), "reconcile")
    said: dict[str, Ended] = {}
    for some in steps:
        said |= await desk.type_in(some)
    [found] = [ended for line, ended in said.items() if "reconcile" in line]
    assert found.exit_code == 1, found
    assert BY_HTTP in found.stderr
    assert re.search("webhooks .* 0 ", found.stderr), "the second channel is named"
    assert await desk.outside() == before, "nothing was done while it was decided again"
    assert len(shop.got) == len(told), "and nobody was told"
    await desk.cancel_by_http("9", BY_HTTP)
    await wait_until_level(desk.endpoints, lambda *_: None, leaves_calls=True)
    [then] = (await desk.type_in(one for one in typed(POSTGRES) if "reconcile" in one)).values()
    assert then.exit_code == 0, found.stderr + then.stderr
    await desk.type_in(last)
    provider, mails = await desk.outside()
    assert (provider, mails) == before, "not one refund, not one mail again"
    assert len(mails) == mails.total()
    again = {one.headers["webhook-id"] for one in shop.got[len(told) :]}
    assert again == told.keys(), "told again under the ids by which it knows them"
    assert (await verify(desk.endpoints)).mismatches == []


async def test_a_masked_copy_lives_again_and_names_nobody(desk: Desk) -> None:
    provider, mails = await desk.outside()
    await desk.type_in(typed("Take a masked copy to a staging system"))
    copy = (desk.path / "masked.jsonl").read_text()
    assert "@customers.example" not in copy
    after, told = await desk.outside()
    assert after["refunds"] == provider["refunds"] + 3
    assert told.total() == mails.total() + 3
    assert (await verify(desk.endpoints)).mismatches == []


def split(lines: list[str], word: str) -> tuple[list[str], list[str]]:
    """Return the lines up to the last with a word, and those behind it."""
    at = max(number for number, line in enumerate(lines) if word in line) + 1
    return lines[:at], lines[at:]
