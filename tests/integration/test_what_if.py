"""A what-if over a real log, in its own process: counted, without a fact, and then put in force."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from kit.postgres import open_pool
from kit.settings import KitSettings
from tests.support.console_pages import check_sound
from tests.support.operations import Operations, open_operations
from tests.support.replaying import cancel_orders
from tests.support.stack import count, until
from tests.support.wishes import a_policy

pytestmark = pytest.mark.integration

WHAT_IFS = "/v1/policy-what-ifs"
SECOND = [{"name": "ANY", "amount_from_minor": 1, "currency": "EUR"}]


@pytest.fixture
async def operations(settings: KitSettings, database: str) -> AsyncIterator[Operations]:
    async with (
        open_pool(settings.postgres_dsn, size_max=4, name="test") as pool,
        open_operations(settings, pool) as opened,
    ):
        yield opened


def a_draft(**terms: Any) -> Any:
    return a_policy(**terms).policy.model_dump(mode="json")


async def test_a_draft_is_held_against_the_past_and_writes_no_fact(
    operations: Operations, settings: KitSettings
) -> None:
    house = operations.house
    await cancel_orders(settings, ["1", "2", "3"])
    manager = (await house.staff("MANAGER"))["MANAGER"]
    facts = await count(settings.postgres_dsn, "cancellation.cancellation_events")
    begun = await house.ask(manager, "POST", WHAT_IFS, json={"policy": a_draft(approvals=SECOND)})
    assert begun.status_code == 202, begun.text
    where = f"{WHAT_IFS}/{begun.json()['what_if_id']}"
    busy = await house.ask(manager, "POST", WHAT_IFS, json={"policy": a_draft()})
    assert (busy.status_code, busy.json()["code"]) == (409, "WHAT_IF_BUSY")

    async def is_done() -> bool:
        return (await house.ask(manager, "GET", where)).json()["state"] == "DONE"

    await until(is_done, what="the past was gone through")
    found = (await house.ask(manager, "GET", where)).json()
    assert (found["checked"], found["total"], found["asked_by"]) == (3, 3, "manager")
    assert (found["sums"]["decisions"], found["sums"]["flips"]) == (3, 3)
    assert found["sums"]["rules"] == [{"rule": "ANY", "decisions": 3}]
    flips = (await house.ask(manager, "GET", f"{where}/flips?limit=2")).json()
    assert [one["then"] for one in flips["flips"]] == ["SECOND_PERSON"] * 2
    assert flips["next_after"] == 2
    table = await house.ask(manager, "GET", f"{where}/flips?format=csv")
    assert len(table.text.splitlines()) == 4
    assert await count(settings.postgres_dsn, "cancellation.cancellation_events") == facts
    ada = await operations.person("ada", "ADMIN")
    for locale in ("en", "fr"):
        page = f"/policies/what-if/{found['what_if_id']}"
        check_sound(await ada.client.get(page, headers={"accept-language": locale}), locale)
    assert (await house.ask(manager, "POST", f"{where}/stop", json={})).json()["state"] == "DONE"
    wish = {"policy": a_draft(approvals=SECOND), "actor": {"type": "STAFF", "id": "manager"}}
    refused = await house.ask(manager, "POST", "/v1/policies", json=wish)
    assert (refused.status_code, refused.json()["right"]) == (403, "POLICY"), "to try is not to do"


async def test_what_cannot_be_looked_at_is_refused_in_words(operations: Operations) -> None:
    house = operations.house
    admin = (await house.staff("ADMIN"))["ADMIN"]
    draft = a_draft()
    for policy, status, code in (
        ({**draft, "version": 7}, 409, "POLICY_VERSION_STALE"),
        ({**draft, "approvals": [*SECOND, *SECOND]}, 422, "POLICY_INVALID"),
        ({}, 422, "REQUEST_INVALID"),
    ):
        answer = await house.ask(admin, "POST", WHAT_IFS, json={"policy": policy})
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    missing = await house.ask(admin, "GET", f"{WHAT_IFS}/0b5a3f5e-6c0e-4a39-8d6c-0f7a2f1f4c11")
    assert (missing.status_code, missing.json()["code"]) == (404, "WHAT_IF_NOT_FOUND")
