"""Bulk plans and timers as processes: the guide's commands, HTTP, and `kill -9` ten times each."""

import asyncio
import csv
import os
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.orders import OrderPlaced
from kit.clock import utc_now
from tests.house.pages import typed_lines
from tests.support import command_line
from tests.support.messages import cancel, captured, fulfilled, placed
from tests.support.shop import ACTOR, KILLS, WISH, Shop, open_shop
from tests.support.stack import Servers, count, fetch, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

GUIDE = "docs/guides/bulk.md"
ANSWERS = (
    "cancellation.cancellation_events e JOIN cancellation.order_summaries s"
    " ON e.originator_id = s.stream_id JOIN cancellation.plan_items i USING (order_id)"
    " WHERE i.plan_id = 'killed' AND e.topic IN ('order.cancelled.v1',"
    " 'order.cancellation-rejected.v1')"
)


@pytest.fixture(scope="module")
async def shop(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """API, projector, and both roles, on a database of their own."""
    async with open_shop(servers, tmp_path_factory.mktemp("bulk")) as opened:
        yield opened


def of_the_guide(order_id: str, **more: Any) -> OrderPlaced:
    """Place an order with the article the guide names."""
    order = placed(order_id, 2, 1, country="France", **more)
    lines = (order.lines[0].model_copy(update={"sku": "85048"}), order.lines[1])
    return order.model_copy(update={"lines": lines})


@pytest.fixture(scope="module")
async def desk(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the person works, with the list of the guide; three of its orders cannot go."""
    folder = tmp_path_factory.mktemp("desk")
    order_ids = [str(number) for number in range(489_434, 489_554)]
    await shop.say(*(of_the_guide(order_id) for order_id in order_ids))
    await shop.say(*(captured(order_id) for order_id in order_ids))
    await shop.say(fulfilled(order_ids[0], line_1=2, line_2=1), cancel(order_ids[1]))
    text = "# recalled\n" + "\n".join([*order_ids, "nobody"])
    (folder / "recall.txt").write_text(text, "utf-8")
    return folder


@asynccontextmanager
async def _typing(shop: Shop) -> AsyncIterator[None]:
    """What `countermand up -- COMMAND` tells a command."""
    names = {
        "COUNTERMAND_POSTGRES_DSN": shop.dsn,
        "COUNTERMAND_KAFKA_BOOTSTRAP": shop.stack.kafka_bootstrap,
        "COUNTERMAND_API_URL": shop.stack.api_url,
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in names.items():
            patch.setitem(os.environ, name, value)
        yield


LINES = [words for page, words in typed_lines("system") if page == GUIDE]


@pytest.mark.parametrize("words", LINES, ids=shlex.join)
async def test_every_command_of_the_guide_runs(shop: Shop, desk: Path, words: list[str]) -> None:
    at_desk = [str(desk / w) if w.endswith((".txt", ".csv")) else w for w in words[1:]]
    async with _typing(shop):
        done = await command_line.run(*at_desk)
    assert done.exit_code == 0, done.stderr
    assert done.stdout + done.stderr


async def test_what_the_commands_say_has_happened(shop: Shop, desk: Path) -> None:
    plan = await shop.find("recall-2026-11")
    assert plan["state"] == "COMPLETED"
    assert plan["outcomes"] == {"CANCELLED": 118, "REFUSED": 3}
    assert {r["code"] for r in plan["refusals"]} == {
        "ALREADY_FULFILLED", "NOTHING_LEFT", "ORDER_NOT_FOUND",
    }  # fmt: skip
    assert plan["money"]["EUR"]["refund_minor"] == 118 * 3_750
    with (desk / "outcomes.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["outcome"] for row in rows].count("CANCELLED") == 118
    assert rows[-1]["order_id"] == "nobody"
    second = await shop.find("second")
    assert second["state"] == "CANCELLED"
    notes = await fetch(
        shop.dsn, "SELECT convert_from(state, 'UTF8')::json #>> '{fact,staff_note}' FROM"
        " cancellation.cancellation_events WHERE topic LIKE 'bulk.plan-%' ORDER BY 1",
    )  # fmt: skip
    assert {"the list may be wrong", "not needed"} <= {row[0] for row in notes}


async def test_the_commands_say_what_is_wrong(shop: Shop, desk: Path) -> None:
    empty = desk / "empty.txt"
    empty.write_text("# nothing\n", "utf-8")
    preview = ["bulk", "preview", "--reason", "STAFF"]
    said = {
        "--orders FILE": preview,
        "Say which orders": [*preview, "--orders", str(empty), "--sku", "85048"],
        "no order number": [*preview, "--orders", str(empty)],
        "MESSAGE_ID_REUSED": ["bulk", "start", "recall-2026-11", *preview[2:], "--sku", "85048"],
        "PLAN_OVER": ["bulk", "pause", "recall-2026-11"],
        "PLAN_NOT_FOUND": ["bulk", "status", "nothing"],
    }
    async with _typing(shop):
        ends = await asyncio.gather(*(command_line.run(*words) for words in said.values()))
    for done, words in zip(ends, said, strict=True):
        assert done.exit_code == 1
        assert words in done.stderr


async def test_a_start_by_http_is_answered_the_same_for_ever(shop: Shop) -> None:
    await shop.say(placed("http-1"), placed("http-2"))
    answers = [await shop.start("http", ["http-1", "http-2"]) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({answer.text for answer in answers}) == 1
    other = await shop.start("http", ["http-1"])
    assert (other.status_code, other.json()["code"]) == (409, "MESSAGE_ID_REUSED")
    eve = {"type": "STAFF", "id": "eve", "role": "VIEWER"}
    forbidden = await shop.start("http-eve", ["http-1"], actor=eve)
    assert (forbidden.status_code, forbidden.json()["code"]) == (403, "MISSING_PERMISSION")


@pytest.mark.parametrize(
    "body",
    [
        {}, {"order_ids": []}, {"order_ids": ["1"], "filter": {"sku": "1"}}, {"filter": {}},
        {"order_ids": ["a/b"]}, {"order_ids": ["1"], "orders_per_s": 0},
        {"order_ids": ["1"], "wish": {"reason": "STAFF", "lines": []}},
        {"order_ids": ["1"] * 50_001},
    ],
)  # fmt: skip
async def test_a_malformed_plan_is_told_so(shop: Shop, body: dict[str, Any]) -> None:
    answer = await shop.door.send(
        "POST", "/v1/bulk-plans", headers={"Idempotency-Key": "malformed"},
        json={"wish": WISH, "actor": ACTOR, **body},
    )  # fmt: skip
    assert (answer.status_code, answer.json()["code"]) == (422, "REQUEST_INVALID")


async def test_fifty_thousand_of_the_longest_numbers_fit_into_a_request(shop: Shop) -> None:
    longest = [f"{number:0100}" for number in range(50_000)]
    body = {"order_ids": longest, "wish": WISH, "actor": {**ACTOR, "role": "VIEWER"}}
    answer = await shop.door.client.post(
        "/v1/bulk-plans", headers={"Idempotency-Key": "longest"}, json=body, timeout=60
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "MISSING_PERMISSION")
    too_large = await shop.door.send("POST", "/v1/bulk-plans/preview", content=b" " * 6_291_457)
    assert (too_large.status_code, too_large.json()["code"]) == (413, "BODY_TOO_LARGE")
    elsewhere = await shop.door.send("POST", "/v1/policies", content=b" " * 1_048_577)
    assert elsewhere.status_code == 413


async def test_a_plan_whose_process_is_killed_ten_times_handles_every_order_once(
    shop: Shop,
) -> None:
    order_ids = [f"killed-{number}" for number in range(1_200)]
    await shop.say(*(placed(order_id) for order_id in order_ids))
    assert (await shop.start("killed", order_ids, orders_per_s=200)).status_code == 201

    async def handled() -> int:
        return int((await shop.find("killed"))["handled"])

    moments = await shop.kill("cancellation.bulk", handled, 50)
    assert moments == sorted(moments)
    assert 0 < moments[0] < moments[-1] < 1_200, "every kill was in the middle"

    async def is_over() -> bool:
        return bool((await shop.find("killed"))["state"] == "COMPLETED")

    await until(is_over, what="the plan is completed", timeout_s=60)
    plan = await shop.find("killed")
    assert plan["outcomes"] == {"CANCELLED": 1_200}
    assert await count(shop.dsn, ANSWERS) == 1_200
    once = await fetch(
        shop.dsn,
        f"SELECT count(*), max(n) FROM (SELECT count(*) AS n FROM {ANSWERS} GROUP BY order_id) x",
    )
    assert tuple(once[0]) == (1_200, 1)


async def test_timers_whose_process_is_killed_ten_times_fire_once_each(shop: Shop) -> None:
    """A third is never paid, a third is paid, a third is cancelled and held."""
    waiting = "cancellation.timers WHERE outcome IS NULL"

    async def ended() -> int:
        return await count(shop.dsn, "cancellation.timers WHERE outcome IS NOT NULL")

    wave, size = 24, 24 * KILLS
    for kill in range(KILLS):
        before = await ended()
        ids = [f"{kill}-{n}" for n in range(wave)]
        due = [utc_now() + timedelta(seconds=1 + n / wave) for n in range(wave)]
        pairs = list(zip(ids, due, strict=True))
        unpaid = [placed(f"unpaid-{id_}", payment_due_at=at) for id_, at in pairs]
        paid = [placed(f"paid-{id_}", payment_due_at=at) for id_, at in pairs]
        held = [placed(f"held-{id_}") for id_ in ids]
        await shop.say(*unpaid, *paid, *held)
        await shop.say(*(captured(order.order_id) for order in paid))
        await shop.say(*(cancel(order.order_id) for order in held), hold_s=1)
        await shop.kill_at("cancellation.timer", ended, before + 10)
    assert await count(shop.dsn, "cancellation.timers") == 3 * size

    async def is_over() -> bool:
        return await count(shop.dsn, waiting) == 0

    await until(is_over, what="no timer waits", timeout_s=60)
    rows = await fetch(
        shop.dsn, "SELECT kind, outcome, count(*), count(DISTINCT order_id) FROM"
        " cancellation.timers GROUP BY 1, 2 ORDER BY 1, 2",
    )  # fmt: skip
    assert [tuple(row) for row in rows] == [
        ("HOLD", "DONE", size, size), ("PAYMENT", "DONE", size, size),
        ("PAYMENT", "PAYMENT_RECEIVED", size, size),
    ]  # fmt: skip
    by_timers = await fetch(
        shop.dsn, "SELECT topic, count(*), count(DISTINCT originator_id)"
        " FROM cancellation.cancellation_events"
        " WHERE position('\"command_id\":\"timer:'::bytea IN state) > 0 GROUP BY 1 ORDER BY 1",
    )  # fmt: skip
    assert [tuple(row) for row in by_timers] == [
        ("order.cancellation-confirmed.v1", size, size), ("order.cancelled.v1", size, size),
    ]  # fmt: skip
