"""A running system looked after: dead letters and replays as the guides say, and no hand outside.

The tests go on with what the ones before have left, as a night shift does.
"""

import asyncio
import json
import shlex
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
from aiokafka import AIOKafkaConsumer

from countermand.endpoints import Endpoints
from countermand.feed import register_payments
from countermand.running import endpoints_of
from countermand.specs import SPECS
from countermand.upstream import Outgoing, open_upstream
from countermand.verify.report import verify
from deploy.local.processes import service_names
from deploy.local.stack import Stack, StackSettings
from tests.house.pages import typed_lines
from tests.support import command_line
from tests.support.messages import cancel, captured, placed
from tests.support.poison import broken, edited
from tests.support.processes import ServiceProcess
from tests.support.stack import Servers, count, fetch, until
from tests.support.terminal import watch

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

LETTERS, REPLAY = "docs/guides/dead-letters.md", "docs/guides/replay.md"
CONSUMERS = {f"{service}.consumer" for service in SPECS}
ORDERS = [f"48946{number}" for number in range(6)]
"""Among them the one the guides name."""

LETTER_TABLE = "cancellation.dead_letters"
VIEWS = ("cancellation.order_summaries", "cancellation.order_history")
BOOKS = ("inventory.stock_movements", "refunds.effects", "notifier.effects")


class Night:
    """The running system, its consumers in our hands."""

    def __init__(self, endpoints: Endpoints, directory: Path) -> None:
        self.endpoints, self.dsn = endpoints, endpoints.postgres_dsn
        servers = Servers(self.dsn, endpoints.kafka_bootstrap, directory)
        self.consumers = {
            service: ServiceProcess(servers, self.dsn, f"services.{service}", "consumer")
            for service in SPECS
        }

    async def start(self, *services: str) -> None:
        """Start consumers and wait until they are ready."""
        for service in services:
            self.consumers[service].start()
        for service in services:
            await self.consumers[service].until_ready()

    async def calls(self) -> Any:
        """Return what the parties outside have seen of us."""
        async with httpx2.AsyncClient(trust_env=False) as client:
            provider = await client.get(f"{self.endpoints.payments_url}/_sim/summary")
            mailbox = await client.get(f"{self.endpoints.mailbox_url}/api/index")
        return provider.json(), mailbox.text.splitlines()

    async def digest(self, *tables: str) -> Any:
        """Return every row of some tables, as text."""
        return {
            table: sorted(row[0] for row in await fetch(self.dsn, f"SELECT t::text FROM {table} t"))
            for table in tables
        }

    async def reset(self, service: str) -> int:
        """Set a stopped consumer's group back to the beginning; returns how much it will read."""
        spec = SPECS[service]
        # As the same static member, so the group does not wait for the one that is gone.
        consumer = AIOKafkaConsumer(
            *spec.listens_to, bootstrap_servers=self.endpoints.kafka_bootstrap,
            group_id=service, group_instance_id=f"{service}-0", enable_auto_commit=False,
            isolation_level="read_committed",
        )  # fmt: skip
        await consumer.start()
        try:
            await until(consumer.assignment, what="the group is ours")
            partitions = list(consumer.assignment())
            await consumer.commit(await consumer.beginning_offsets(partitions))
            return sum((await consumer.end_offsets(partitions)).values())
        finally:
            await consumer.stop()


@pytest.fixture(scope="module")
async def night(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Night]:
    """Orders cancelled end to end, but the notifier has not heard of it; and four dead letters."""
    directory = tmp_path_factory.mktemp("operations")
    others = set(service_names()) - CONSUMERS
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(
            Stack(StackSettings(data_dir=directory), only={*others, "payments", "mailbox"})
        )
        endpoints = endpoints_of(running)
        night = Night(endpoints, directory)
        for process in night.consumers.values():
            stack.push_async_exit(process)
        await night.start("cancellation", "inventory", "refunds")
        await live(night)
        yield night


async def live(night: Night) -> None:
    """Let a day pass: what upstream sends, and what it sends wrongly."""
    payments = [captured(order) for order in ORDERS]
    await register_payments(
        night.endpoints.payments_url or "",
        [{"payment_id": p.payment_id, "amount_minor": p.amount_minor, "currency": "EUR"}
         for p in payments],
    )  # fmt: skip
    early = [captured("late").model_copy(update={"payment_id": f"pi_{n}"}) for n in (1, 2)]
    wrong = edited("malformed", b'"quantity":2', b'"quantity":"two"')
    async with open_upstream(night.endpoints.kafka_bootstrap) as upstream:
        await upstream.publish(Outgoing(f"early-{n}", one) for n, one in enumerate(early))
        await until(lambda: is_count(night, LETTER_TABLE, 2), what="two letters")
        producer: Any = upstream._producer
        for number, one in enumerate((wrong, broken("test", value=b"{")), 3):
            await producer.send_and_wait("orders.events", **one)
            await until(partial(is_count, night, LETTER_TABLE, number), what=f"{number} letters")
        facts = [Outgoing(f"placed-{order}", placed(order)) for order in [*ORDERS, "late"]]
        await upstream.publish([*facts, *(Outgoing(f"paid-{p.order_id}", p) for p in payments)])
        facts_count = len(facts) + len(payments)
        await until(
            lambda: is_count(night, "cancellation.cancellation_events", facts_count), what="facts"
        )
        await upstream.publish(Outgoing(f"cancel-{order}", cancel(order)) for order in ORDERS)
    reports = "cancellation.cancellation_events WHERE topic LIKE 'order.re%-reported.v1'"
    await until(lambda: is_count(night, reports, 2 * len(ORDERS)), what="money and stock are back")


async def is_count(night: Night, table: str, wanted: int) -> bool:
    return await count(night.dsn, table) == wanted


@pytest.fixture(autouse=True)
def environment(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `countermand up -- COMMAND` tells a command."""
    monkeypatch.setenv("COUNTERMAND_POSTGRES_DSN", night.dsn)
    monkeypatch.setenv("COUNTERMAND_KAFKA_BOOTSTRAP", night.endpoints.kafka_bootstrap)


def lines(page: str) -> list[list[str]]:
    return [words for name, words in typed_lines("system") if name == page]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the person works: plans are written here."""
    return tmp_path_factory.mktemp("desk")


async def type_in(words: list[str], desk: Path) -> command_line.Ended:
    """Type a line of a guide, plans in a folder of their own."""
    assert words[0] == ".venv/bin/countermand"
    at_desk = [str(desk / word) if word.endswith(".jsonl") else word for word in words[1:]]
    if "plan" in words and "--out" not in words:
        at_desk += ["--out", str(desk / f"other-{len(list(desk.iterdir()))}.jsonl")]
    return await command_line.run(*at_desk)


@pytest.mark.parametrize("words", lines(LETTERS), ids=shlex.join)
async def test_every_command_about_dead_letters_runs(words: list[str], desk: Path) -> None:
    done = await type_in(words, desk)
    assert done.exit_code == 0, done.stderr
    assert done.stdout + done.stderr


async def test_what_the_commands_say_has_happened(night: Night) -> None:
    rows = await fetch(
        night.dsn, "SELECT d.dead_letter_id, d.state, r.answer FROM cancellation.dead_letters d"
        " LEFT JOIN cancellation.redrives r USING (dead_letter_id) ORDER BY 1",
    )  # fmt: skip
    assert [tuple(row) for row in rows] == [
        (1, "REDRIVEN", "handled"), (2, "REDRIVEN", "handled"), (3, "REDRIVEN", "handled"),
        (4, "OPEN", None),
    ]  # fmt: skip
    late = "cancellation.order_summaries WHERE order_id = 'late' AND captured_minor = 7500"
    await until(lambda: is_count(night, late, 1), what="both captures are recorded")
    told = (await command_line.run("dead-letters", "show", "cancellation/3", "--json")).json
    assert [action["kind"] for action in told["actions"]] == ["EDIT", "REDRIVE"]
    assert b"two" in bytes.fromhex(told["raw"]["value_hex"])
    assert b"two" not in bytes.fromhex(told["mended"]["value_hex"])


@pytest.mark.parametrize("words", lines(REPLAY), ids=shlex.join)
async def test_every_command_about_replays_runs(words: list[str], desk: Path) -> None:
    done = await type_in(words, desk)
    assert done.exit_code == 0, done.stderr
    assert done.stdout + done.stderr


async def test_the_missing_mails_are_sent_once_and_all_books_agree(
    night: Night, desk: Path
) -> None:
    async def are_sent() -> bool:
        return len((await night.calls())[1]) == len(ORDERS)

    await until(are_sent, what="every mail has arrived")
    done = "cancellation.cancellation_events WHERE topic = 'order.cancellation-completed.v1'"
    await until(lambda: is_count(night, done, len(ORDERS)), what="every cancellation is completed")
    plan = json.loads((desk / "mails.jsonl").read_bytes().splitlines()[-1])
    assert plan["totals"]["effects"] == {"mail": len(ORDERS)}
    mails = Counter(json.loads(line)["message_id"] for line in (await night.calls())[1])
    assert set(mails.values()) == {1}
    await until(lambda: is_projected(night), what="the read models are up to date")
    assert (await verify(night.endpoints)).mismatches == []


async def test_the_notifier_that_comes_back_sends_nothing_again(night: Night) -> None:
    before = await night.calls()
    await night.start("notifier")

    async def has_read_on() -> bool:
        absorbed = await night.consumers["notifier"].metric("countermand_duplicates_absorbed_total")
        return absorbed == 2 * len(ORDERS)  # the cancellations and the refunds

    await until(has_read_on, what="the notifier has met what was done for it")
    await asyncio.sleep(1)
    assert await night.calls() == before


async def test_all_groups_at_the_beginning_again_and_nobody_outside_hears_of_it(
    night: Night,
) -> None:
    await until(lambda: is_projected(night), what="the read models are up to date")
    calls = await night.calls()
    books = await night.digest(*VIEWS, *BOOKS)
    letters = {service: await count(night.dsn, f"{service}.dead_letters") for service in SPECS}
    logs = {service: await count(night.dsn, f"{service}.{service}_events") for service in SPECS}
    for process in night.consumers.values():
        process.kill()
    for service in SPECS:
        assert await night.reset(service) > 0
    await night.start(*SPECS)
    for service in SPECS:
        handled = await count(night.dsn, f"{service}.inbox WHERE message_id NOT LIKE 'effect:%'")

        async def has_read_all(service: str = service, handled: int = handled) -> bool:
            process = night.consumers[service]
            absorbed = await process.metric("countermand_duplicates_absorbed_total")
            return absorbed >= handled and await process.metric("countermand_lag_messages") == 0

        await until(has_read_all, what=f"{service} has read everything again", timeout_s=60)
    await asyncio.sleep(2)
    assert await night.calls() == calls, "not one call"
    assert await night.digest(*VIEWS, *BOOKS) == books, "byte for byte"
    for service in SPECS:
        assert await count(night.dsn, f"{service}.dead_letters") == letters[service]
        assert await count(night.dsn, f"{service}.{service}_events") == logs[service]
    assert (await verify(night.endpoints)).mismatches == []


async def test_in_a_terminal_a_bar_says_how_far_a_redrive_is(night: Night) -> None:
    ids = [f"early-{number}" for number in range(60)]
    letters = await count(night.dsn, LETTER_TABLE)
    async with open_upstream(night.endpoints.kafka_bootstrap) as upstream:
        await upstream.publish(Outgoing(f"paid-{id_}", captured(id_)) for id_ in ids)
        await until(
            lambda: is_count(night, LETTER_TABLE, letters + len(ids)), what="all are set aside"
        )
        await upstream.publish(Outgoing(f"placed-{id_}", placed(id_)) for id_ in ids)
    known = "cancellation.order_summaries WHERE order_id LIKE 'early-%'"
    await until(lambda: is_count(night, known, len(ids)), what="the orders are there")
    who = ("--by", "kim", "--why", "the orders have come")
    seen = await watch(80, "dead-letters", "redrive", "--cause", "ORDER_NOT_FOUND", *who)
    assert (seen.exit_code, seen.too_wide) == (0, [])
    assert "60/60" in seen.bars("Letters answered")[-1]


async def is_projected(night: Night) -> bool:
    rows = await fetch(
        night.dsn, "SELECT (SELECT max(notification_id) FROM cancellation.cancellation_events)"
        " = (SELECT position FROM cancellation.projection_cursors WHERE projection = 'orders')",
    )  # fmt: skip
    return bool(rows[0][0])
