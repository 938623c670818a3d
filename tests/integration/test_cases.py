"""Cases on a real PostgreSQL: shown as they are, found by any filter, and up when nobody acts."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from prometheus_client import REGISTRY

from contracts.cancellation import AddCaseNote, AssignCase, CloseCase
from countermand.status.waiting import read_cases
from countermand.verify.cases import check_cases
from countermand.verify.decided import Decided, read_log
from countermand.verify.reading import read_decided, read_page
from countermand.verify.views import check_views
from kit.clock import utc_now
from kit.ids import child_id, event_id, stream_id
from kit.postgres import open_pool
from kit.settings import KitSettings
from services.cancellation.projections.case_queries import Wanted, find_case, list_cases
from services.cancellation.timers.cases import count_cases
from tests.support import mothers
from tests.support.messages import MOMENT, cancel, captured, placed
from tests.support.stack import fetch
from tests.support.timers import TIMERS, TimerWorld, open_timer_world
from tests.support.wishes import KIM

pytestmark = pytest.mark.integration

DAY = timedelta(days=1)


@pytest.fixture
async def world(settings: KitSettings) -> AsyncIterator[TimerWorld]:
    async with open_timer_world(settings) as opened:
        yield opened


def about(order_id: str, report: Any) -> Any:
    """Have a report of the mothers be about the cancellation of an order here."""
    cancellation_id = event_id(stream_id(f"order:{order_id}"), 3)
    changes = {"order_id": order_id, "cancellation_id": cancellation_id}
    if hasattr(report, "refund_id"):
        payment_id = f"pi_{order_id}"
        changes |= {"refund_id": child_id(cancellation_id, payment_id), "payment_id": payment_id}
    return report.model_copy(update=changes)


def case_of(order_id: str, leg: str) -> UUID:
    cancellation_id = event_id(stream_id(f"order:{order_id}"), 3)
    return child_id(child_id(cancellation_id, leg), "case:1")


async def fail(world: TimerWorld, order_id: str, *reports: Any) -> None:
    """Cancel an order whose legs end so."""
    await world.say(placed(order_id, 2))
    await world.say(captured(order_id, 2_500))
    await world.say(cancel(order_id))
    for report in reports:
        await world.say(about(order_id, report))


async def listed(world: TimerWorld, **wanted: Any) -> list[tuple[str, str]]:
    await world.project()
    rows = await list_cases(world.pool, Wanted(**wanted), now=world.now, limit=50)
    return [(row["order_id"], row["kind"]) for row in rows]


async def test_cases_are_counted_for_whoever_looks_at_metrics(world: TimerWorld) -> None:
    async def counted() -> list[float | None]:
        await world.project()
        await count_cases(world.pool, lambda: world.now)
        labels = {"kind": "RESTOCK_FAILED"}
        names = ("countermand_cases_open", "countermand_cases_overdue")
        return [REGISTRY.get_sample_value(name, labels) for name in names]

    assert await counted() == [0, 0]
    for order_id in ("1", "2"):
        await fail(world, order_id, mothers.a_restock_failure())
    assert await counted() == [2, 0]
    world.after(days=3)
    assert await counted() == [2, 2]
    for order_id in ("1", "2"):
        said = {"order_id": order_id, "case_id": case_of(order_id, "restock"), "actor": KIM}
        await world.say(CloseCase(**said, resolution="WRITTEN_OFF"))
    assert await counted() == [0, 0]


async def test_a_case_is_shown_with_all_that_happened_to_it(world: TimerWorld) -> None:
    await fail(world, "1", mothers.a_restock_failure())
    case_id = case_of("1", "restock")
    said = {"order_id": "1", "case_id": case_id, "actor": KIM}
    await world.say(AssignCase(**said, owner="kim"))
    await world.say(AddCaseNote(**said, note="the shelf was taken down"))
    world.after(hours=1)
    await world.say(CloseCase(**said, resolution="WRITTEN_OFF"))
    await world.project()
    found = await find_case(world.pool, case_id, now=world.now)
    assert found
    case, story = found
    assert (case["kind"], case["state"], case["resolution"]) == (
        "RESTOCK_FAILED", "CLOSED", "WRITTEN_OFF",
    )  # fmt: skip
    assert (case["owner"], case["role"], case["level"], case["note_count"]) == (
        "kim", "AGENT", 0, 1,
    )  # fmt: skip
    assert (case["currency"], case["stake_minor"], case["lines"]) == ("EUR", 2_500, {"1": 2})
    assert (case["opened_at"], case["closed_at"], case["age_s"]) == (
        MOMENT, MOMENT + timedelta(hours=1), 3_600,
    )  # fmt: skip
    assert [entry["name"] for entry in story] == [
        "order.case-opened.v1", "order.case-assigned.v1", "order.case-note-added.v1",
        "order.case-closed.v1",
    ]  # fmt: skip
    assert await find_case(world.pool, UUID(int=1), now=world.now) is None


async def test_cases_are_found_by_any_filter_and_page_by_page(world: TimerWorld) -> None:
    await fail(world, "1", mothers.a_restock_failure(), mothers.a_notification_failure())
    world.after(hours=30)
    await fail(world, "2", mothers.a_notification_uncertainty())
    await world.say(
        CloseCase(
            order_id="2", case_id=case_of("2", "notification"), actor=KIM,
            resolution="DONE_OUTSIDE",
        )
    )  # fmt: skip
    shelf, told, closed = (
        ("1", "RESTOCK_FAILED"), ("1", "NOTIFICATION_FAILED"), ("2", "NOTIFICATION_UNCERTAIN"),
    )  # fmt: skip
    assert set(await listed(world)) == {shelf, told, closed}
    assert (await listed(world))[2] == closed, "what has waited longest comes first"
    assert set(await listed(world, state="OPEN")) == {shelf, told}
    assert await listed(world, kind="NOTIFICATION_UNCERTAIN") == [closed]
    assert await listed(world, is_overdue=True) == [told]
    assert set(await listed(world, is_overdue=False)) == {shelf, closed}
    assert await listed(world, stake_from_minor=2_500) == [shelf]
    assert await listed(world, stake_from_minor=2_501) == []
    assert await listed(world, order_id="2") == [closed]
    assert set(await listed(world, opened_before=world.now - DAY)) == {shelf, told}
    assert await listed(world, role="MANAGER") == []
    await world.say(
        AssignCase(order_id="1", case_id=case_of("1", "restock"), actor=KIM, owner="kim")
    )
    assert await listed(world, owner="kim") == [shelf]
    seen: list[tuple[str, str]] = []
    after = None
    while page := await list_cases(world.pool, Wanted(after=after), now=world.now, limit=1):
        seen += [(row["order_id"], row["kind"]) for row in page]
        after = page[-1]["opened_at"], page[-1]["case_id"]
    assert seen == await listed(world)


async def test_nobody_acts_so_it_goes_up_as_far_as_there_is_somebody(world: TimerWorld) -> None:
    await fail(world, "1", mothers.a_notification_failure())
    world.after(seconds=DAY.total_seconds() - 1)
    assert await world.turn() == 0
    for role in ("MANAGER", "ADMIN"):
        world.after(seconds=1)
        assert await world.turn() == 1
        assert await world.turn() == 0
        assert await listed(world, role=role) == [("1", "NOTIFICATION_FAILED")]
        world.after(seconds=DAY.total_seconds() - 1)
    world.after(seconds=1)
    assert await world.turn() == 1
    names = await world.names("1")
    assert names.count("order.case-escalated.v1") == 2
    assert "order.command-rejected.v1" not in names, "nothing is said where nothing is to do"
    assert await world.outcomes() == {"1": "CASE_AT_TOP"}
    assert await listed(world, is_overdue=True) == [("1", "NOTIFICATION_FAILED")]


async def test_the_status_counts_what_is_open_and_what_is_overdue(world: TimerWorld) -> None:
    """By the clock of PostgreSQL."""
    world.now = utc_now() - timedelta(hours=30)
    await fail(world, "1", mothers.a_restock_failure(), mothers.a_notification_failure())
    await fail(world, "2", mothers.a_notification_failure())
    closing = CloseCase(
        order_id="2", case_id=case_of("2", "notification"), actor=KIM, resolution="NOTHING_TO_DO"
    )
    await world.say(closing)
    await world.project()
    async with world.pool.acquire() as connection:
        own: Any = connection
        told = [(x.what, x.count, x.about["overdue"]) for x in await read_cases(own)]
    assert told == [("NOTIFICATION_FAILED", 1, 1), ("RESTOCK_FAILED", 1, 0)]


async def test_a_timer_finds_nothing_to_do_with_a_case_that_was_closed(world: TimerWorld) -> None:
    await fail(world, "1", mothers.a_notification_failure())
    case_id = case_of("1", "notification")
    await world.say(CloseCase(order_id="1", case_id=case_id, actor=KIM, resolution="NOTHING_TO_DO"))
    world.now += DAY
    assert await world.turn() == 1
    assert await world.outcomes() == {"1": "CASE_OVER"}
    assert (await world.names("1"))[-1] == "order.case-closed.v1"


async def test_a_case_has_one_timer_however_often_it_goes_up(world: TimerWorld) -> None:
    await fail(world, "1", mothers.a_notification_failure())
    world.now += DAY
    await world.turn()
    rows = await fetch(world.dsn, f"SELECT kind, armed, moment, outcome FROM {TIMERS}")
    assert [tuple(row) for row in rows] == [("CASE", 2, world.now + DAY, None)]


async def test_the_books_know_every_case_and_miss_one_that_is_taken_out(
    world: TimerWorld, settings: KitSettings
) -> None:
    await fail(world, "1", mothers.a_restock_failure(), mothers.a_refund_uncertainty())
    await world.project()
    async with (
        open_pool(settings.postgres_dsn, size_max=1, name="test") as pool,
        pool.acquire() as connection,
    ):
        own: Any = connection
        assert list(check_cases(await read_decided(own))) == []
        assert await check_views(own) == []
        await connection.execute("UPDATE cancellation.cases SET stake_minor = 1")
        assert {m.detail.split(":")[0] for m in await check_views(own)} == {"cases"}
        decided = Decided()
        async for page in read_log(own, "cancellation"):
            read_page(decided, [entry for entry in page if b"RESTOCK_FAILED" not in entry.body])
    (missing,) = check_cases(decided)
    assert missing.kind == "lost"
    assert missing.detail.startswith("RESTOCK_FAILED of order 1")
