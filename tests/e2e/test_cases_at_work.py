"""Cases as processes: the guide and next actions as they stand, and `kill -9` of the timer."""

import json
import os
import shlex
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kit.clock import utc_now
from kit.ids import child_id, event_id, stream_id
from tests.house.pages import code
from tests.support import command_line, mothers
from tests.support.messages import PRICE_MINOR, cancel, captured, placed
from tests.support.shop import KILLS, Shop, open_shop
from tests.support.stack import Servers, count, fetch, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

ORDER = "489441"
DAY = timedelta(days=1)
ESCALATED = "cancellation.cancellation_events WHERE topic = 'order.case-escalated.v1'"


@pytest.fixture(scope="module")
async def shop(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """A running service, and the shell's environment around it."""
    async with open_shop(servers, tmp_path_factory.mktemp("shop")) as opened:
        names = {
            "COUNTERMAND_POSTGRES_DSN": opened.dsn,
            "COUNTERMAND_KAFKA_BOOTSTRAP": opened.stack.kafka_bootstrap,
            "COUNTERMAND_API_URL": opened.stack.api_url,
        }
        with pytest.MonkeyPatch.context() as patch:
            for name, value in names.items():
                patch.setitem(os.environ, name, value)
            yield opened


def about(order_id: str, report: Any) -> Any:
    """Have a report of the mothers be about the cancellation of an order here."""
    cancellation_id = event_id(stream_id(f"order:{order_id}"), 3)
    return report.model_copy(update={"order_id": order_id, "cancellation_id": cancellation_id})


def case_of(order_id: str, leg: str) -> str:
    return str(child_id(child_id(event_id(stream_id(f"order:{order_id}"), 3), leg), "case:1"))


async def fail(shop: Shop, order_id: str) -> None:
    """Cancel an order of two lines whose units do not come back and whose customer is not told."""
    await shop.say(placed(order_id, 4, 2), captured(order_id, 6 * PRICE_MINOR), cancel(order_id))
    await shop.say(
        about(order_id, mothers.a_restock_failure()),
        about(order_id, mothers.a_notification_uncertainty()),
    )


async def shown(shop: Shop, case_id: str) -> dict[str, Any]:
    """Return a case as HTTP shows it, once it is projected."""
    last: dict[str, Any] = {}

    async def is_there() -> bool:
        answer = await shop.door.get(f"/v1/cases/{case_id}")
        last.update(answer.json())
        return answer.status_code == 200

    await until(is_there, what=f"case {case_id} is shown")
    return last


async def test_every_command_of_the_guide_says_what_the_guide_says(shop: Shop) -> None:
    await fail(shop, ORDER)
    await shown(shop, case_of(ORDER, "notification"))
    lines = [
        part.rstrip().split("\n")
        for block in code("console")
        if block.page == "docs/guides/cases.md"
        for part in block.text.removeprefix("$ ").split("\n$ ")
    ]
    assert len(lines) > 8
    for line, *said in lines:
        program, *words = shlex.split(line)
        assert program == ".venv/bin/countermand"
        done = await command_line.run(*words)
        assert done.exit_code == 0, (line, done.stderr)
        for text in said:
            assert text in done.stderr.splitlines(), (line, done.stderr)
    case = (await shown(shop, case_of(ORDER, "restock")))["case"]
    assert (case["owner"], case["role"], case["level"]) == (None, "MANAGER", 1)


async def test_what_is_proposed_can_be_typed_or_sent_as_it_stands(shop: Shop) -> None:
    await fail(shop, "proposed")
    case_id = case_of("proposed", "restock")
    actions = (await shown(shop, case_id))["case"]["next_actions"]
    names = [action["name"] for action in actions]
    assert names == [
        "RESTOCK", "LOOK", "ASSIGN", "NOTE", "ESCALATE", "CLOSE_DONE_OUTSIDE", "CLOSE_WRITTEN_OFF",
    ]  # fmt: skip
    for number, action in enumerate(actions[:-2]):
        if number % 2:
            done = await command_line.run(*shlex.split(action["command_line"])[1:])
            assert done.exit_code == 0, done.stderr
            continue
        answer = await shop.door.send(
            action["method"], action["path"], json=action["body"],
            headers={"Idempotency-Key": f"proposed-{number}"},
        )  # fmt: skip
        assert answer.status_code in (200, 201), answer.text
    done = await command_line.run(*shlex.split(actions[-1]["command_line"])[1:], "--json")
    assert (done.exit_code, done.json["outcome"]) == (0, "CASE_CLOSED")


async def test_explain_tells_cases_in_both_languages_and_decides_them_again(shop: Shop) -> None:
    for locale, words in (("en", "sees to it"), ("fr", "s'en occupe")):
        told = await shop.door.client.get(f"/v1/orders/proposed/explanation?locale={locale}")
        assert told.json()["is_same"]
        assert words in json.dumps(told.json(), ensure_ascii=False)


async def test_lists_refuse_what_they_do_not_know(shop: Shop) -> None:
    for query in ("kind=oops", "state=PENDING", "limit=0", "after=x", "sort=stake"):
        answer = await shop.door.client.get(f"/v1/cases?{query}")
        assert answer.status_code == 422, query
    assert (await shop.door.get(f"/v1/cases/{case_of('nobody', 'restock')}")).status_code == 404
    wrong = await command_line.run("cases", "list", "--older-than", "soon")
    assert wrong.exit_code == 1
    assert "90min" in wrong.stderr


async def test_cases_go_up_once_each_though_the_timer_is_killed_again_and_again(shop: Shop) -> None:
    size, at_once = 240, 10
    order_ids = [f"late-{number}" for number in range(size)]
    await shop.say(*(placed(id_) for id_ in order_ids))
    await shop.say(*(captured(id_) for id_ in order_ids))
    await shop.say(*(cancel(id_) for id_ in order_ids))
    before, first_due = await count(shop.dsn, ESCALATED), utc_now() + timedelta(seconds=15)
    for start in range(0, size, at_once):
        opened_at = first_due + timedelta(seconds=start / 20) - DAY
        then = replace(shop, processor=replace(shop.processor, clock=lambda at=opened_at: at))
        some = order_ids[start : start + at_once]
        await then.say(*(about(id_, mothers.a_notification_failure()) for id_ in some))

    async def escalated() -> int:
        return await count(shop.dsn, ESCALATED) - before

    async def is_over() -> bool:
        return await escalated() == size

    supervisor, kills, last = shop.stack.supervisor, 0, 0
    while kills < KILLS and not await is_over():

        async def is_further() -> bool:
            is_up = "cancellation.timer" in supervisor.pids()
            return (is_up and await escalated() > last) or await is_over()  # noqa: B023

        await until(is_further, what=f"the timer gets on after {last}", timeout_s=60)
        last = await escalated()
        if "cancellation.timer" in supervisor.pids():
            supervisor.kill("cancellation.timer")
            kills += 1
    assert kills, "it was killed at work"
    await until(is_over, what="every case went up", timeout_s=60)
    rows = await fetch(
        shop.dsn, "SELECT armed, outcome, count(*), count(DISTINCT order_id) FROM"
        " cancellation.timers WHERE kind = 'CASE' AND order_id LIKE 'late-%' GROUP BY 1, 2",
    )  # fmt: skip
    assert [tuple(row) for row in rows] == [(2, None, size, size)], "and waits again"
    once = await fetch(
        shop.dsn, f"SELECT count(DISTINCT originator_id) FROM {ESCALATED}"
        " AND position('\"command_id\":\"timer:'::bytea IN state) > 0",
    )  # fmt: skip
    assert once[0][0] == size
