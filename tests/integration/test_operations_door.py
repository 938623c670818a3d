"""Dead letters and replays by HTTP and at the console: who may, what is shown, and who did it."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from contracts.cancellation import RIGHTS_OF, Right
from kit.postgres import Pool, open_pool
from kit.settings import KitSettings
from services.cancellation.access import GuardedRoute, rule_of
from services.cancellation.bootstrap import SERVICE
from tests.support.console_pages import HOSTILE, check_sound
from tests.support.consuming import consuming
from tests.support.operations import Operations, open_operations
from tests.support.people import ROLES, ROOT
from tests.support.poison import edited
from tests.support.replaying import cancel_orders
from tests.support.stack import Servers, fetch, until

pytestmark = pytest.mark.integration

PLAN = "0" * 64
NOT_LET_IN = {"MISSING_RIGHT", "SIGN_IN_REQUIRED", "CREDENTIAL_INVALID"}
LOCALES = ("en", "fr")


@pytest.fixture
async def pool(settings: KitSettings, database: str) -> AsyncIterator[Pool]:
    async with open_pool(settings.postgres_dsn, size_max=6, name="test") as pool:
        yield pool


@pytest.fixture
async def operations(settings: KitSettings, pool: Pool) -> AsyncIterator[Operations]:
    async with open_operations(settings, pool) as opened:
        yield opened


def routes_of(operations: Operations) -> list[tuple[str, str, str]]:
    """Return method, an address and the rule of every route."""
    places = {"{service}": "cancellation", "{number}": "1", "{plan_hash}": PLAN}
    return [
        (
            method,
            re.sub(r"\{\w+\}", lambda found: places[found[0]], route.path),
            str(rule_of(route)),
        )
        for route in operations.app.routes
        if isinstance(route, GuardedRoute)
        for method in route.methods
    ]


async def test_every_route_opens_to_the_roles_with_its_right_and_to_nobody_else(
    operations: Operations,
) -> None:
    sessions = await operations.house.staff(*ROLES)
    routes = routes_of(operations)
    assert len(routes) > 12
    for method, path, rule in routes:
        for role, session in sessions.items():
            answer = await operations.ask(session, method, path, json={})
            code = answer.json().get("code") if answer.status_code >= 400 else None
            assert (code in NOT_LET_IN) is (Right(rule) not in RIGHTS_OF[role]), (path, role)
        for token in (None, "cms_made-up"):
            answer = await operations.ask(token, method, path, content=b"not even JSON")
            assert answer.status_code == 401, path


async def test_an_act_bears_the_name_of_whoever_came_in_and_no_other(
    operations: Operations, settings: KitSettings
) -> None:
    sessions = await operations.house.staff("OPS")
    body = {"target": "projection:orders", "why": "looks odd"}
    other = {"type": "STAFF", "id": "ada", "role": "OPS"}
    answer = await operations.ask(
        sessions["OPS"], "POST", "/v1/replay-plans", json={**body, "actor": other}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "ACTOR_IS_ANOTHER")
    answer = await operations.ask(sessions["OPS"], "POST", "/v1/replay-plans", json=body)
    assert answer.status_code == 201
    path = f"/v1/replay-plans/{answer.json()['plan']}"
    assert (await operations.ask(sessions["OPS"], "GET", path)).json()["planner"] == "ops"
    key = await operations.house.book.issue_key("bot", [Right.REPLAY], ROOT)
    refused = await operations.ask(key, "POST", f"{path}/approval", json={"why": "fine"})
    assert (refused.status_code, refused.json()["code"]) == (403, "PERSON_REQUIRED")


async def test_a_letter_is_mended_sent_again_and_handled_and_every_act_has_its_name(
    operations: Operations, servers: Servers, settings: KitSettings, pool: Pool, producer: Any
) -> None:
    topic = await servers.topic("orders", partitions=1)
    processor = SERVICE.processor(settings, pool)
    process: Any = processor.process
    wrong = edited("m-1", b'"quantity":2', b'"quantity":"two"')
    wrong["value"] = wrong["value"].replace(b"Article 1", b"<b onclick=alert(1)>")
    async with consuming(settings, group=f"door-{topic}", topics=[topic], process=process):
        await producer.send_and_wait(topic, partition=0, **wrong)
        letters = "SELECT dead_letter_id FROM cancellation.dead_letters"

        async def is_aside() -> bool:
            return len(await fetch(settings.postgres_dsn, letters)) == 1

        await until(is_aside, what="the letter is set aside")
        kim = await operations.person("kim", "OPS")
        page = await kim.get("/dead-letters")
        assert "DATA_INVALID" in page
        each = "/dead-letters/each?service=cancellation&cause=DATA_INVALID"
        assert "cancellation/1" in await kim.get(each)
        looked = await kim.post(each, action="LOOK", status=200)
        assert "Sent again now" in looked
        here = "/dead-letters/cancellation/1"
        page = await kim.get(here)
        assert "<b onclick" not in page
        assert "&#34;two&#34;" in page
        assert "Say why" in await kim.post(here, action="SEND", status=422)
        value = wrong["value"].decode().replace('"two"', "2")
        where = await kim.post(here, action="MEND", why="two is 2", value=value, edits="0")
        page = await kim.get(where)
        assert "<ins>+" in page
        assert "order.placed.v1" in page
        stale = await kim.post(
            here, action="MEND", why="three", value=value.replace("1250", "3"), edits="0",
            status=409,
        )  # fmt: skip
        assert "LETTER_CANNOT_BE_MENDED" in stale
        where = await kim.post(here, action="SEND", why="mended")
        assert "handled=1" in where
        page = await kim.get(where)
        assert "Handled: 1 of 1." in page
        again = await kim.post(here, action="SEND", why="once more", status=404)
        assert "somebody has sent it again" in again
    acts = await fetch(
        settings.postgres_dsn, "SELECT kind, who, why FROM cancellation.dead_letter_actions"
    )
    assert [tuple(one) for one in acts] == [
        ("EDIT", "kim", "two is 2"), ("REDRIVE", "kim", "mended")
    ]  # fmt: skip


async def test_a_plan_is_made_approved_by_a_second_person_and_run_once(
    operations: Operations, settings: KitSettings
) -> None:
    await cancel_orders(settings, [f"r-{number}" for number in range(101)])
    kim = await operations.person("kim", "OPS")
    session = (await operations.house.staff("OPS"))["OPS"]
    assert "Making a plan" not in await kim.get("/replays/new?to=LEG&service=notifier")
    made = await operations.ask(
        session, "POST", "/v1/replay-plans",
        json={"target": "leg:notifier", "why": "mails are missing", "older_than_s": 0},
    )  # fmt: skip
    assert made.status_code == 201, made.text
    plan = f"/v1/replay-plans/{made.json()['plan']}"
    here = f"/replays/{made.json()['plan']}"
    run = {"why": "they wait"}
    refused = await operations.ask(session, "POST", f"{plan}/runs", json=run)
    assert (refused.status_code, refused.json()["code"]) == (409, "APPROVAL_MISSING")
    own = await operations.ask(session, "POST", f"{plan}/approval", json={"why": "looks good"})
    assert (own.status_code, own.json()["code"]) == (403, "SAME_PERSON")
    page = await kim.get(here)
    assert "a second person has approved it" in page
    assert page.count("notification.requested.v1") == 50
    assert "1,01" not in await kim.get(f"{here}?rows=todo&from=99999")
    assert await kim.post(here, action="APPROVE", why="read all of it") == f"{here}?done=APPROVE"
    await kim.get(here)
    await kim.post(here, action="RUN", why="they wait", rate="100000")
    mails = "SELECT count(*) FROM notifier.effects"

    async def is_completed() -> bool:
        return (await operations.ask(session, "GET", plan)).json()["status"] == "COMPLETED"

    await until(is_completed, what="the plan is completed")
    assert (await fetch(settings.postgres_dsn, mails))[0][0] == 101
    known = (await operations.ask(session, "GET", plan)).json()
    assert [one.get("who") for one in known["history"]] == ["ops", "kim", "kim", None]
    again = await operations.ask(session, "POST", f"{plan}/runs", json=run)
    assert again.status_code == 202
    assert (await fetch(settings.postgres_dsn, mails))[0][0] == 101
    for locale in LOCALES:
        check_sound(await kim.client.get(here, headers={"accept-language": locale}), locale)


async def test_the_pages_are_sound_in_both_languages_and_a_wrong_target_is_said(
    operations: Operations,
) -> None:
    kim = await operations.person("kim", "ADMIN")
    for page in ("/dead-letters", "/dead-letters/each?service=refunds&cause=X", "/replays",
                 "/replays/new?to=WEBHOOK"):  # fmt: skip
        for locale in LOCALES:
            answer = await kim.client.get(page, headers={"accept-language": locale})
            check_sound(answer, locale)
    await kim.get("/replays/new")
    for fields, words in (
        ({"to": "WEBHOOK", "why": "x"}, "Name the endpoint"),
        ({"to": "LEG", "why": ""}, "Say why"),
        ({"to": "PROJECTION", "cause": "X", "why": "x"}, "TARGET_INVALID"),
        ({"to": "LEG", "since": HOSTILE, "why": "x"}, "REQUEST_INVALID"),
    ):
        said = await kim.post("/replays/new", status=422, **fields)
        assert words in said
        assert "<script>" not in said
    missing = await kim.client.get("/replays/" + PLAN)
    assert missing.status_code == 404
    made = await kim.post("/replays/new", to="PROJECTION", why="looks odd")
    page = await kim.get(made)
    assert "Nothing to do." in page
    await kim.post(made, action="CANCEL", why="nothing to do")
    assert "Ended for ever" in await kim.get(made.partition("?")[0])
