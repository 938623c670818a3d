"""Dead letters that come again, at the processor: each redrive is decided anew once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from kit.cloudevents import Incoming, Undecodable
from kit.postgres import AnyConnection, open_pool
from kit.processor import Processor
from kit.settings import KitSettings
from services.cancellation.bootstrap import SERVICE
from tests.support.messages import captured, incoming, placed
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


def aside(message: Incoming, code: str, detail: str) -> Undecodable:
    """Put a message aside as the consumer would; one record per body and redrive."""
    return Undecodable(
        code=code, detail=detail, topic="orders.events", partition=0,
        offset=int.from_bytes(message.fingerprint[:3], "big") + len(message.redrive_id or ""),
        message_id=message.id, message_type=message.type, key=b"k", value=b"v", headers=b"",
        fingerprint=message.fingerprint, redrive_id=message.redrive_id,
    )  # fmt: skip


async def redrive(
    dsn: str, message: Incoming, redrive_id: str = "R1", *, letter: int | None = None
) -> Incoming:
    """Decide that a letter, the newest, goes out again as this message; return it on its way."""
    await fetch(
        dsn,
        "INSERT INTO cancellation.redrives"
        " (redrive_id, dead_letter_id, attempt, place, partition, headers)"
        " SELECT $1, coalesce($2::bigint, max(dead_letter_id)), 1, 0, 0, ''"
        f" FROM {DEAD_LETTERS} RETURNING 1",
        redrive_id, letter,
    )  # fmt: skip
    return message._replace(redrive_id=redrive_id)


async def answers(dsn: str) -> list[str | None]:
    rows = await fetch(dsn, "SELECT answer FROM cancellation.redrives ORDER BY redrive_id")
    return [row[0] for row in rows]


async def statuses(processor: Processor[Any], *messages: Incoming) -> list[str]:
    return [answer.status for answer in await processor.process(messages, aside=aside)]


async def test_a_message_that_came_too_early_is_decided_anew_once(
    processor: Processor[Any], database: str
) -> None:
    early = incoming(captured("1"), "m1")
    assert await statuses(processor, early) == ["unacceptable"]
    assert await statuses(processor, incoming(placed("1"), "m2")) == ["handled"]
    again = await redrive(database, early)
    assert await statuses(processor, early) == ["duplicate"], "without a redrive it stays aside"
    assert await statuses(processor, again) == ["handled"]
    assert await statuses(processor, again, early) == ["duplicate", "duplicate"]
    assert await count(database, f"{EVENTS} WHERE topic = 'order.payment-captured.v1'") == 1
    assert await answers(database) == ["handled"]
    assert await count(database, DEAD_LETTERS) == 1


async def test_a_mended_message_takes_the_place_of_the_one_set_aside(
    processor: Processor[Any], database: str
) -> None:
    wrong, right = incoming(captured("lost"), "m1"), incoming(captured("1"), "m1")
    await statuses(processor, incoming(placed("1"), "m2"), wrong)
    again = await redrive(database, right)
    # The record set aside is delivered once more, before, with and after the mended one.
    assert await statuses(processor, wrong, again, again, wrong) == [
        "duplicate", "handled", "duplicate", "id_reused",
    ]  # fmt: skip
    assert await statuses(processor, wrong) == ["id_reused"]
    assert await count(database, DEAD_LETTERS) == 1, "it lies there already"
    assert await count(database, EVENTS) == 2
    assert await count(database, INBOX) == 2


async def test_an_id_that_belongs_to_an_accepted_message_is_never_decided_anew(
    processor: Processor[Any], database: str
) -> None:
    good, other = incoming(placed("1"), "m1"), incoming(placed("2"), "m1")
    assert await statuses(processor, good, other) == ["handled", "id_reused"]
    again = await redrive(database, other)
    assert await statuses(processor, again) == ["id_reused"]
    assert await answers(database) == ["MESSAGE_ID_REUSED"]
    assert await count(database, EVENTS) == 1


async def test_a_message_that_lay_aside_twice_is_decided_anew_once(
    processor: Processor[Any], database: str
) -> None:
    """Upstream sent it wrong, then right under the same id; somebody mended the first one."""
    wrong, right = incoming(captured("lost"), "m1"), incoming(captured("1"), "m1")
    await statuses(processor, incoming(placed("1"), "m2"), wrong)
    assert await statuses(processor, right) == ["id_reused"]
    mended = await redrive(database, right, "R1", letter=1)
    second = await redrive(database, right, "R2", letter=2)
    assert await statuses(processor, mended) == ["handled"]
    assert await statuses(processor, second) == ["duplicate"]
    assert await count(database, f"{EVENTS} WHERE topic = 'order.payment-captured.v1'") == 1


async def test_a_mended_message_under_an_id_of_its_own_leaves_the_other_alone(
    processor: Processor[Any], database: str
) -> None:
    good, other = incoming(placed("1"), "m1"), incoming(placed("2"), "m1")
    await statuses(processor, good, other)
    again = await redrive(database, incoming(placed("2"), "m2"))
    assert await statuses(processor, again, again) == ["handled", "duplicate"]
    assert await statuses(processor, good) == ["duplicate"]
    assert await count(database, EVENTS) == 2


async def test_a_letter_whose_sender_has_sent_it_right_meanwhile_changes_nothing(
    processor: Processor[Any], database: str
) -> None:
    """The first one could not be read; its id came again with good bytes before anybody looked."""
    right = incoming(placed("1"), "m1")
    unread = aside(right, "JSON_INVALID", "")
    await processor.process([], dead_letters=[replace(unread, fingerprint=None)])
    assert await statuses(processor, right) == ["handled"]
    again = await redrive(database, right)
    assert await statuses(processor, again) == ["duplicate"]
    assert await answers(database) == ["duplicate"]
    assert await count(database, EVENTS) == 1


async def test_a_redrive_nobody_decided_on_changes_nothing(
    processor: Processor[Any], database: str
) -> None:
    early = incoming(captured("1"), "m1")
    await statuses(processor, early, incoming(placed("1"), "m2"))
    assert await statuses(processor, early._replace(redrive_id="forged")) == ["duplicate"]
    assert await count(database, EVENTS) == 1


async def test_a_redrive_that_comes_to_eight_at_once_is_decided_once(
    processor: Processor[Any], database: str
) -> None:
    early = incoming(captured("1"), "m1")
    await statuses(processor, early, incoming(placed("1"), "m2"))
    again = await redrive(database, early)
    found = await asyncio.gather(*(statuses(processor, again) for _ in range(8)))
    assert sorted(status for [status] in found) == ["duplicate"] * 7 + ["handled"]
    assert await count(database, EVENTS) == 2


async def test_a_redrive_set_aside_again_is_a_letter_that_knows_where_it_came_from(
    processor: Processor[Any], database: str
) -> None:
    early = incoming(captured("1"), "m1")
    await statuses(processor, early)
    again = await redrive(database, early)
    assert await statuses(processor, again, again) == ["unacceptable", "duplicate"]
    rows = await fetch(database, f"SELECT redrive_id FROM {DEAD_LETTERS} ORDER BY dead_letter_id")
    assert [row[0] for row in rows] == [None, "R1"]
    await statuses(processor, incoming(placed("1"), "m2"))
    twice = await redrive(database, early, "R2")
    assert await statuses(processor, again, twice) == ["duplicate", "handled"]
    assert await answers(database) == ["ORDER_NOT_FOUND", "handled"]
    assert await count(database, EVENTS) == 2


async def test_a_crash_leaves_the_redrive_as_it_was(
    processor: Processor[Any], database: str
) -> None:
    early = incoming(captured("1"), "m1")
    await statuses(processor, early, incoming(placed("1"), "m2"))
    again = await redrive(database, early)

    async def fail(_: AnyConnection) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await processor.process([again], also=fail)
    assert await answers(database) == [None]
    assert await count(database, INBOX) == 2
    assert await statuses(processor, again) == ["handled"]


async def test_what_is_foreseen_is_what_happens_and_nothing_is_written(
    processor: Processor[Any], database: str
) -> None:
    coming = [incoming(placed("1"), "m1"), incoming(captured("1"), "m2"),
              incoming(captured("2"), "m3")]  # fmt: skip
    known: dict[Any, Any] = {}
    first, _ = await processor.foresee(coming[:1], known)
    rest, _ = await processor.foresee(coming[1:], known)
    assert await count(database, EVENTS) == await count(database, INBOX) == 0
    real = await processor.process(coming, aside=aside)
    assert [(a.status, a.code, a.facts) for a in [*first, *rest]] == [
        (a.status, a.code, a.facts) for a in real
    ]
