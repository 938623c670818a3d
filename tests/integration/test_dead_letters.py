"""Dead letters sent again by a real redrive to a real consumer: in sequence, and once."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from countermand.dead_letters.actions import (
    By,
    edit,
    park,
    read_actions,
    read_mended,
    unpark,
    with_fields,
    with_headers,
)
from countermand.dead_letters.foretell import Oracle
from countermand.dead_letters.letters import Letter, Selection, count_causes, find_letters, read_raw
from countermand.dead_letters.redrive import ATTEMPTS_MAX, Redriver, Result, open_producer
from kit.postgres import Pool, open_pool
from kit.settings import KitSettings
from services.cancellation.bootstrap import SERVICE
from tests.support.consuming import consuming
from tests.support.messages import captured, placed, record
from tests.support.poison import POISON, broken, edited, without
from tests.support.processes import ServiceProcess
from tests.support.redriving import BY
from tests.support.stack import Servers, count, fetch, until

pytestmark = pytest.mark.integration

EVENTS = "cancellation.cancellation_events"
DEAD_LETTERS = "cancellation.dead_letters"
REDRIVES = "cancellation.redrives"
EVERY = Selection(states=("OPEN", "PARKED", "REDRIVEN"))

_groups = (f"test-dead-letters-{number}" for number in itertools.count())


@dataclass
class Desk:
    """A topic with its consumer, and the person who looks after its dead letters."""

    servers: Servers
    dsn: str
    topic: str
    pool: Pool
    producer: Any
    redriver: Redriver
    oracle: Oracle
    handled_count: int = 0
    """Records the consumer has dealt with, repetitions too."""

    async def process(self, messages: Any, **more: Any) -> Any:
        """Handle a batch as the service does, and count it."""
        answers = await self.oracle.processor.process(messages, **more)
        self.handled_count += len(messages) + len(more["dead_letters"])
        return answers

    async def send(self, *records: dict[str, Any]) -> None:
        """Send records and wait until every one of them is handled or set aside."""
        before = self.handled_count
        for one in records:
            await self.producer.send_and_wait(self.topic, partition=0, **one)
        await until(lambda: self.handled_count == before + len(records), what="all are handled")

    async def letters(self, selection: Selection = EVERY) -> list[Letter]:
        async with self.pool.acquire() as connection:
            return await find_letters(connection, "cancellation", selection, limit=1_000)

    async def redrive(self, **wanted: Any) -> Result:
        letters = await self.letters(Selection(**wanted))
        return await self.redriver.run(letters, is_named="ids" in wanted)

    async def captured(self) -> list[str]:
        """Return the payments recorded, in the sequence they were."""
        rows = await fetch(
            self.dsn, f"SELECT state FROM {EVENTS} WHERE topic = 'order.payment-captured.v1'"
            " ORDER BY notification_id",
        )  # fmt: skip
        facts = [SERVICE.store.mapper.read_body("order.payment-captured.v1", r[0]) for r in rows]
        return [fact.message.payment_id for fact, _ in facts]  # type: ignore[attr-defined]


@asynccontextmanager
async def sitting(servers: Servers, settings: KitSettings, dsn: str, producer: Any) -> (
    AsyncIterator[Desk]
):  # fmt: skip
    topic = await servers.topic("orders", partitions=2)
    async with (
        open_pool(dsn, size_max=6, name="test") as pool,
        open_producer(servers.kafka_bootstrap) as own,
    ):
        oracle = Oracle.of(SERVICE, pool, SERVICE.processor(settings, pool))
        redriver = Redriver(pool, own, SERVICE, BY, wait_s=20)
        desk = Desk(servers, dsn, topic, pool, producer, redriver, oracle)
        process: Any = desk.process
        async with consuming(settings, group=next(_groups), topics=[topic], process=process):
            yield desk


@pytest.fixture
async def desk(
    servers: Servers, settings: KitSettings, database: str, producer: Any
) -> AsyncIterator[Desk]:
    async with sitting(servers, settings, database, producer) as desk:
        yield desk


def capture(order_id: str, number: int) -> dict[str, Any]:
    """Return the record of one of several payments of an order."""
    payment = captured(order_id).model_copy(update={"payment_id": f"pi_{order_id}_{number}"})
    return record(payment, f"captured-{order_id}-{number}")


async def test_letters_are_grouped_by_cause(desk: Desk) -> None:
    await desk.send(capture("1", 1), capture("1", 2), capture("2", 1), broken("x", value=b"{"))
    async with desk.pool.acquire() as connection:
        causes = await count_causes(connection, "cancellation", Selection())
        none = await count_causes(connection, "cancellation", Selection(key="nobody"))
    assert [(one.code, one.letters, one.keys) for one in causes] == [
        ("ORDER_NOT_FOUND", 3, 2), ("JSON_INVALID", 1, 1),
    ]  # fmt: skip
    assert causes[0].first_at <= causes[0].last_at
    assert "no order of this number" in causes[0].sample
    assert none == []


async def test_a_cause_is_redriven_in_the_sequence_of_each_key(desk: Desk) -> None:
    late = [capture(f"{order}", number) for number in range(4) for order in range(3)]
    await desk.send(*late)
    await desk.send(*(record(placed(f"{order}"), f"placed-{order}") for order in range(3)))
    result = await desk.redrive(cause="ORDER_NOT_FOUND")
    assert result.is_clean
    assert len(result.answers) == 12
    found = await desk.captured()
    for order in range(3):
        own = [payment for payment in found if payment.startswith(f"pi_{order}_")]
        assert own == [f"pi_{order}_{number}" for number in range(4)]
    assert {letter.answer for letter in await desk.letters()} == {"handled"}
    assert (await desk.redrive(cause="ORDER_NOT_FOUND")).answers == {}, "nothing is left"


async def test_what_is_sent_is_the_record_as_it_was_and_says_where_it_comes_from(
    desk: Desk, servers: Servers
) -> None:
    sent = capture("1", 1)
    sent["headers"].append(("x-note", b"first line\nsecond: line\n"))
    await desk.send(sent)
    await desk.send(record(placed("1"), "placed"))
    [letter] = await desk.letters()
    await desk.redrive(ids=(letter.id,))
    *_, again = await servers.read_topic(desk.topic)
    assert (again.key, again.value, again.partition) == (sent["key"], sent["value"], 0)
    own = {"ce_redriveid", "ce_redriveattempt", "ce_redrivefrom"}
    assert [pair for pair in again.headers if pair[0] not in own] == sent["headers"]
    about = {name: value for name, value in again.headers if name in own}
    assert about.keys() == own
    assert about["ce_redrivefrom"] == f"{desk.topic}/0/0".encode()


async def test_a_letter_waits_behind_an_earlier_one_of_its_key(desk: Desk) -> None:
    await desk.send(broken("1", value=b"{"), capture("1", 1), capture("2", 1))
    await desk.send(record(placed("1"), "placed-1"), record(placed("2"), "placed-2"))
    first, second, other = await desk.letters()
    result = await desk.redrive(cause="ORDER_NOT_FOUND")
    assert result.waiting == {second.name: first.name}
    assert result.answers == {other.name: "handled"}
    async with desk.pool.acquire() as connection:
        assert await park(connection, [first], BY) == [first]
    assert (await desk.redrive(cause="ORDER_NOT_FOUND")).answers == {second.name: "handled"}


async def test_what_comes_back_keeps_its_place_and_those_behind_it_wait(desk: Desk) -> None:
    await desk.send(capture("1", 1), capture("1", 2))
    first, second = await desk.letters()
    result = await desk.redrive(cause="ORDER_NOT_FOUND")
    again = f"cancellation/{second.id + 1}"
    assert result.answers == {first.name: "ORDER_NOT_FOUND"}
    assert result.again == {first.name: again}
    assert result.waiting == {second.name: again}
    await desk.send(record(placed("1"), "placed-1"))
    result = await desk.redrive(cause="ORDER_NOT_FOUND")
    assert list(result.answers.items()) == [(again, "handled"), (second.name, "handled")]
    assert await desk.captured() == ["pi_1_1", "pi_1_2"]


async def test_what_comes_back_too_often_is_parked(desk: Desk) -> None:
    await desk.send(capture("1", 1))
    for attempt in range(1, ATTEMPTS_MAX + 1):
        assert (await desk.redrive(cause="ORDER_NOT_FOUND")).again, attempt
    *_, last = await desk.letters()
    assert last.attempts == ATTEMPTS_MAX
    result = await desk.redrive(cause="ORDER_NOT_FOUND")
    assert (result.parked, result.answers) == ([last.name], {})
    assert await count(desk.dsn, REDRIVES) == ATTEMPTS_MAX
    async with desk.pool.acquire() as connection:
        [parked] = await read_actions(connection, last)
        assert (parked.kind, parked.who) == ("PARK", BY.who)
        assert "3 times" in parked.why
        assert await unpark(connection, [last], BY) == [last]
    await desk.send(record(placed("1"), "placed-1"))
    result = await desk.redrive(ids=(last.id,))
    assert result.answers == {last.name: "handled"}, "a person named it"


async def test_a_record_is_mended_and_redriven_and_both_are_kept(desk: Desk) -> None:
    await desk.send(edited("1", b'"quantity":2', b'"quantity":"two"'))
    [letter] = await desk.letters()
    assert (await desk.oracle.foretell(letter, await raw_of(desk, letter))).answer == "DATA_INVALID"
    before = await raw_of(desk, letter)
    mended = with_fields(before, [("lines.0.quantity", "2")])
    assert (await desk.oracle.foretell(letter, mended)).facts == ("order.placed.v1",)
    async with desk.pool.acquire() as connection:
        await edit(connection, letter, mended, By("ada", "two is 2"))
        await edit(connection, letter, with_headers(mended, [("x-by", "ada")]), BY)
    result = await desk.redrive(ids=(letter.id,))
    assert result.answers == {letter.name: "handled"}
    async with desk.pool.acquire() as connection:
        assert await read_raw(connection, letter) == before, "the letter itself never changes"
        actions = await read_actions(connection, letter)
        assert (await read_mended(connection, letter)).headers[-1] == ("x-by", b"ada")
    assert [(a.kind, a.who, a.why) for a in actions][:2] == [
        ("EDIT", "ada", "two is 2"), ("EDIT", *BY),
    ]  # fmt: skip
    assert actions[2].kind == "REDRIVE"
    assert actions[0].raw == mended


async def raw_of(desk: Desk, letter: Letter) -> Any:
    async with desk.pool.acquire() as connection:
        return await read_raw(connection, letter)


async def test_what_is_foretold_is_what_happens(desk: Desk) -> None:
    """Every kind of poison, and those that time has mended."""
    poison = [make(f"poison-{n}") for n, (_, make) in enumerate(POISON.values())]
    known = [record(placed("good-0"), "good-0")]
    await desk.send(*known, *(one for one in poison if one["value"] != b" " * 10_000_000))
    await desk.send(capture("late", 1), without("late", "ce_source"))
    await desk.send(record(placed("late"), "placed-late"))
    for letter in await desk.letters():
        foretold = await desk.oracle.foretell(letter, await raw_of(desk, letter))
        result = await desk.redrive(ids=(letter.id,))
        if letter.name in result.waiting:
            continue
        assert result.answers == {letter.name: foretold.answer}, letter


async def test_what_is_unreadable_comes_back_once_however_often_it_is_sent(desk: Desk) -> None:
    await desk.send(broken("1", value=b"{"))
    [letter] = await desk.letters()
    await desk.redrive(ids=(letter.id,))
    await fetch(desk.dsn, f"UPDATE {REDRIVES} SET produced_at = NULL RETURNING 1")
    await desk.redrive(ids=(letter.id,))
    await desk.send(record(placed("2"), "behind"))
    assert len(await desk.servers.read_topic(desk.topic)) == 4, "it went out twice"
    assert await count(desk.dsn, DEAD_LETTERS) == 2


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_redrive_killed_at_any_moment_is_finished_with_effect_once(
    desk: Desk, servers: Servers, moment: str
) -> None:
    await desk.send(capture("1", 1), capture("2", 1))
    await desk.send(record(placed("1"), "placed-1"), record(placed("2"), "placed-2"))
    module = "tests.support.redriving"
    words = "cancellation", "ORDER_NOT_FOUND", moment
    async with ServiceProcess(servers, desk.dsn, module, *words) as process:
        assert await process.wait() == -9
    assert await count(desk.dsn, f"{REDRIVES} WHERE produced_at IS NULL") == 2
    await desk.redrive(cause="ORDER_NOT_FOUND")

    async def are_answered() -> bool:
        return await count(desk.dsn, f"{REDRIVES} WHERE answer = 'handled'") == 2

    await until(are_answered, what="both are handled")
    await desk.send(record(placed("3"), "behind"))
    records = await servers.read_topic(desk.topic)
    redriven = [one for one in records if any(name == "ce_redriveid" for name, _ in one.headers)]
    assert len(redriven) == (3 if moment == "after" else 2)
    assert sorted(await desk.captured()) == ["pi_1_1", "pi_2_1"]
    assert await count(desk.dsn, DEAD_LETTERS) == 2


async def test_nobody_can_rewrite_who_did_what(desk: Desk) -> None:
    await desk.send(capture("1", 1))
    async with desk.pool.acquire() as connection:
        await park(connection, await desk.letters(), BY)
    for statement in ("UPDATE cancellation.dead_letter_actions SET who = 'nobody'",
                      "DELETE FROM cancellation.dead_letter_actions"):  # fmt: skip
        with pytest.raises(Exception, match="append-only"):
            await fetch(desk.dsn, statement)
