"""The processor on a real PostgreSQL: one decision per message, whatever repeats or breaks."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import asyncpg
import pytest

from kit.cloudevents import Incoming, Undecodable
from kit.deciding import Answer
from kit.postgres import UNAVAILABLE, AnyConnection, open_pool
from kit.processor import Processor
from kit.settings import KitSettings
from services.cancellation.answers import find_answer
from services.cancellation.bootstrap import SERVICE
from services.cancellation.domain import events
from tests.support.messages import cancel, captured, incoming, placed
from tests.support.proxy import proxied
from tests.support.stack import count, fetch

pytestmark = pytest.mark.integration

EVENTS = "cancellation.cancellation_events"
INBOX = "cancellation.inbox"
DEAD_LETTERS = "cancellation.dead_letters"


@pytest.fixture
async def processor(settings: KitSettings) -> AsyncIterator[Processor[Any]]:
    """A cancellation processor with eight connections."""
    async with open_pool(settings.postgres_dsn, size_max=8, name="test") as pool:
        yield SERVICE.processor(settings, pool)


def letter(offset: int, *, message_id: str = "m", code: str = "JSON_INVALID") -> Undecodable:
    return Undecodable(
        code=code, detail="because", topic="orders.events", partition=0, offset=offset,
        message_id=message_id, message_type="order.placed.v1", key=b"k", value=b"{", headers=b"",
    )  # fmt: skip


def aside(message: Incoming, code: str, detail: str) -> Undecodable:
    """Put a message aside as the consumer would; one record per message id and body."""
    return letter(message.fingerprint[0], message_id=message.id, code=code)


def statuses(answers: Sequence[Answer]) -> list[str]:
    return [answer.status for answer in answers]


async def test_a_message_twice_in_one_batch_is_decided_once(
    processor: Processor[Any], database: str
) -> None:
    message = incoming(placed("1"), "m1")
    answers = await processor.process([message, message])
    assert statuses(answers) == ["handled", "duplicate"]
    assert await count(database, EVENTS) == 1


async def test_a_message_again_in_a_later_batch_changes_nothing(
    processor: Processor[Any], database: str
) -> None:
    first = await processor.process([incoming(placed("1"), "m1")])
    again = await processor.process([incoming(captured("1"), "m2"), incoming(placed("1"), "m1")])
    assert statuses(first) == ["handled"]
    assert statuses(again) == ["handled", "duplicate"]
    assert await count(database, EVENTS) == 2
    assert await count(database, INBOX) == 2


async def test_a_message_from_eight_tasks_at_once_is_decided_once(
    processor: Processor[Any], database: str
) -> None:
    for round_ in range(5):
        message = incoming(placed(f"order-{round_}"), f"m{round_}")
        answers = await asyncio.gather(*(processor.process([message]) for _ in range(8)))
        found = sorted(status for [status] in map(statuses, answers))
        assert found == ["duplicate"] * 7 + ["handled"]
    assert await count(database, EVENTS) == 5


async def test_batches_with_common_messages_in_opposite_order_do_not_block_each_other(
    processor: Processor[Any], database: str
) -> None:
    for round_ in range(10):
        batch = [incoming(placed(f"{round_}-{n}"), f"m-{round_}-{n}") for n in range(20)]
        both = await asyncio.gather(processor.process(batch), processor.process(batch[::-1]))
        assert sorted(statuses([*both[0], *both[1]])) == ["duplicate"] * 20 + ["handled"] * 20
    assert await count(database, EVENTS) == 200


async def test_an_id_used_again_with_another_body_is_put_aside_once_and_decides_nothing(
    processor: Processor[Any], database: str
) -> None:
    good, other = incoming(placed("1"), "m1"), incoming(placed("2"), "m1")
    same_batch = await processor.process([good, other], aside=aside)
    assert statuses(same_batch) == ["handled", "id_reused"]
    assert same_batch[1].code == "MESSAGE_ID_REUSED"
    # Kafka delivers the batch again after a crash.
    again = await processor.process([good, other], aside=aside)
    assert statuses(again) == ["duplicate", "id_reused"]
    alone = await processor.process([other], aside=aside)
    assert statuses(alone) == ["id_reused"]
    letters = await fetch(database, f"SELECT code, message_id FROM {DEAD_LETTERS}")
    assert [tuple(row) for row in letters] == [("MESSAGE_ID_REUSED", "m1")]
    assert await count(database, EVENTS) == 1


async def test_a_message_that_makes_no_sense_is_put_aside_once(
    processor: Processor[Any], database: str
) -> None:
    orphan = incoming(captured("never-placed"), "m1")
    assert statuses(await processor.process([orphan], aside=aside)) == ["unacceptable"]
    assert statuses(await processor.process([orphan], aside=aside)) == ["duplicate"]
    letters = await fetch(database, f"SELECT code FROM {DEAD_LETTERS}")
    assert [row["code"] for row in letters] == ["ORDER_NOT_FOUND"]


async def test_the_loser_of_a_race_on_one_stream_decides_again(
    processor: Processor[Any], database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await processor.process([incoming(placed("1", 1), "place")])
    meeting = asyncio.Barrier(2)
    losses: list[str] = []

    async def meet_once(_: AnyConnection) -> None:
        # Both have decided on the same version before either writes.
        if not losses:
            await meeting.wait()
        losses.append("attempt")

    answers = await asyncio.gather(
        *(
            processor.process([incoming(cancel("1"), command)], also=meet_once)
            for command in ("c1", "c2")
        )
    )
    facts = [answer.facts[0] for [answer] in answers]
    assert sorted(fact.NAME for fact in facts) == [
        "order.cancellation-rejected.v1",
        "order.cancelled.v1",
    ]
    refusal = next(fact for fact in facts if isinstance(fact, events.CancellationRejected))
    assert refusal.refusals[0].code == "NOTHING_LEFT"
    assert len(losses) == 3, "two attempts, and one more by the loser"
    versions = await fetch(database, f"SELECT originator_version FROM {EVENTS} ORDER BY 1")
    assert [row[0] for row in versions] == [1, 2, 3]


async def test_many_writers_on_one_order_cancel_each_unit_once(
    processor: Processor[Any], database: str
) -> None:
    await processor.process([incoming(placed("1", 5), "place")])
    line = [{"line_id": "1", "quantity": 1}]
    answers = await asyncio.gather(
        *(processor.process([incoming(cancel("1", lines=line), f"c{n}")]) for n in range(12))
    )
    names = [answer.facts[0].NAME for [answer] in answers]
    assert names.count("order.cancelled.v1") == 5
    assert names.count("order.cancellation-rejected.v1") == 7
    positions = [answer.position for [answer] in answers]
    assert len(set(positions)) == 12
    rows = await fetch(database, f"SELECT originator_version FROM {EVENTS} ORDER BY 1")
    assert [row[0] for row in rows] == list(range(1, 14))


async def test_a_remembered_state_never_hides_what_another_process_wrote(
    settings: KitSettings, database: str
) -> None:
    line = [{"line_id": "1", "quantity": 1}]
    async with open_pool(database, size_max=4, name="test") as pool:
        first, second = SERVICE.processor(settings, pool), SERVICE.processor(settings, pool)
        await first.process([incoming(placed("1", 5), "place")])
        facts = []
        for number, processor in enumerate([first, second, second, first, second, first]):
            [answer] = await processor.process([incoming(cancel("1", lines=line), f"c{number}")])
            facts.append(answer.facts[0].NAME)
    assert facts == ["order.cancelled.v1"] * 5 + ["order.cancellation-rejected.v1"]
    rows = await fetch(database, f"SELECT originator_version FROM {EVENTS} ORDER BY 1")
    assert [row[0] for row in rows] == list(range(1, 8))


async def test_a_decision_rolled_back_is_not_remembered(
    processor: Processor[Any], database: str
) -> None:
    async def fail(_: AnyConnection) -> None:
        raise ZeroDivisionError

    await processor.process([incoming(placed("1"), "place")])
    with pytest.raises(ZeroDivisionError):
        await processor.process([incoming(cancel("1"), "c1")], also=fail)
    [answer] = await processor.process([incoming(cancel("1"), "c2")])
    assert answer.facts[0].NAME == "order.cancelled.v1"
    assert await count(database, EVENTS) == 2


@pytest.mark.parametrize(("where", "outcome"), [("after", "duplicate"), ("before", "handled")])
async def test_a_line_lost_at_commit_is_answered_truly_by_the_next_try(
    settings: KitSettings, database: str, where: Any, outcome: str
) -> None:
    async with proxied(database) as (proxy, dsn), open_pool(dsn, size_max=2, name="test") as pool:
        processor = SERVICE.processor(settings, pool)
        await processor.process([incoming(placed("1"), "place")])
        command = incoming(cancel("1"), "the-command")
        # Recording is one statement, so its arguments are what the commit travels with.
        proxy.break_where, proxy.break_on = where, command.id.encode()
        with pytest.raises(UNAVAILABLE):
            await processor.process([command])
        assert proxy.broken_count == 1
        [answer] = await processor.process([command])
        assert answer.status == outcome
        found = await find_answer(pool, SERVICE.store, command.id)
        assert found is not None
        assert found["outcome"] == "CANCELLED"
    names = await fetch(database, f"SELECT topic FROM {EVENTS} ORDER BY notification_id")
    assert [row[0] for row in names] == ["order.placed.v1", "order.cancelled.v1"]
    assert await count(database, INBOX) == 2


async def test_a_backend_that_dies_after_the_inbox_leaves_no_trace(
    processor: Processor[Any], database: str
) -> None:
    async def die(connection: AnyConnection) -> None:
        pid = await connection.fetchval("SELECT pg_backend_pid()")
        assert await fetch(database, "SELECT pg_terminate_backend($1)", pid)

    message = incoming(placed("1"), "m1")
    with pytest.raises(UNAVAILABLE):
        await processor.process([message], dead_letters=[letter(1)], also=die)
    for table in (EVENTS, INBOX, DEAD_LETTERS):
        assert await count(database, table) == 0
    assert statuses(await processor.process([message])) == ["handled"]


async def test_facts_inbox_and_dead_letters_are_one_transaction(
    processor: Processor[Any], database: str
) -> None:
    async def fail(_: AnyConnection) -> None:
        raise ZeroDivisionError

    messages = [incoming(placed("1"), "m1"), incoming(captured("2"), "m2")]
    with pytest.raises(ZeroDivisionError):
        await processor.process(messages, dead_letters=[letter(9_000)], aside=aside, also=fail)
    for table in (EVENTS, INBOX, DEAD_LETTERS):
        assert await count(database, table) == 0
    await processor.process(messages, dead_letters=[letter(9_000)], aside=aside)
    assert await count(database, EVENTS) == 1
    assert await count(database, INBOX) == 2
    codes = await fetch(database, f"SELECT code FROM {DEAD_LETTERS} ORDER BY code")
    assert [row["code"] for row in codes] == ["JSON_INVALID", "ORDER_NOT_FOUND"]


async def test_the_answers_position_is_that_of_its_last_fact(
    processor: Processor[Any], database: str
) -> None:
    batch = [incoming(placed("1"), "m1"), incoming(placed("2"), "m2")]
    # Nobody told and nothing to restock or refund: the completion comes with the cancellation.
    quiet = cancel("1", restock=False, notify=False)
    answers = await processor.process([*batch, incoming(quiet, "c1")])
    rows = await fetch(database, f"SELECT notification_id, topic FROM {EVENTS} ORDER BY 1")
    assert [tuple(row) for row in rows][2:] == [
        (answers[2].position - 1, "order.cancelled.v1"),
        (answers[2].position, "order.cancellation-completed.v1"),
    ]
    assert [answer.position for answer in answers[:2]] == [rows[0][0], rows[1][0]]


async def test_a_pool_refuses_a_server_that_may_forget_commits(database: str) -> None:
    connection = await asyncpg.connect(database)
    await connection.execute(
        "DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off',"
        " current_database()); END$$"
    )
    await connection.close()
    with pytest.raises(RuntimeError, match="synchronous_commit off"):
        async with open_pool(database, name="test"):
            pass
