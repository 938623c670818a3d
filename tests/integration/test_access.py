"""Who may come in: every route for every role, and no way round a second person."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from contracts.cancellation import RIGHTS_OF, Actor, Right
from kit.clock import utc_now
from kit.postgres import Pool, open_pool
from kit.settings import KitSettings
from services.cancellation.access import ANYBODY, SIGNED_IN, GuardedRoute, rule_of
from services.cancellation.bootstrap import SERVICE
from tests.support.messages import captured, incoming, placed
from tests.support.people import ROLES, ROOT, House, open_house
from tests.support.wishes import a_policy

pytestmark = pytest.mark.integration

AN_ID = "0b5a3f5e-6c0e-4a39-8d6c-0f7a2f1f4c11"
TWO_PEOPLE = a_policy(approvals=[{"name": "LARGE_REFUND", "amount_from_minor": 1}])
ENTRANCE = {"/v1/sessions", "/v1/sign-in-ways", "/v1/openid-connect/sign-ins",
            "/v1/openid-connect/sessions"}  # fmt: skip
NOT_LET_IN = {"MISSING_RIGHT", "SIGN_IN_REQUIRED", "CREDENTIAL_INVALID"}


@pytest.fixture
async def house(settings: KitSettings, database: str) -> AsyncIterator[House]:
    async with (
        open_pool(settings.postgres_dsn, size_max=4, name="test") as pool,
        open_house(settings, pool, TWO_PEOPLE) as house,
    ):
        yield house


def routes_of(house: House) -> list[tuple[str, str, str]]:
    """Return method, an address and the rule of every route."""
    return [
        (method, re.sub(r"\{\w+\}", AN_ID, route.path), str(rule_of(route)))
        for route in house.app.routes
        if isinstance(route, GuardedRoute)
        for method in route.methods
    ]


async def test_every_route_opens_to_the_roles_with_its_right_and_to_nobody_else(
    house: House,
) -> None:
    sessions = await house.staff(*ROLES)
    looked_at = set()
    for method, path, rule in routes_of(house):
        if rule in (ANYBODY, SIGNED_IN):
            continue
        for role, session in sessions.items():
            answer = await house.ask(session, method, path, json={})
            code = answer.json().get("code") if answer.status_code >= 400 else None
            assert (code in NOT_LET_IN) is (Right(rule) not in RIGHTS_OF[role]), (path, role)
            assert code not in NOT_LET_IN or answer.status_code == 403
            looked_at.add((path, role))
    assert len(looked_at) > 150


async def test_no_route_but_the_entrance_opens_to_whoever_does_not_say_who_they_are(
    house: House,
) -> None:
    for method, path, rule in routes_of(house):
        if rule == ANYBODY:
            assert path in ENTRANCE
            continue
        for token in (None, "", "cms_made-up", "cmk_made-up"):
            answer = await house.ask(token, method, path, content=b"not even JSON")
            assert answer.status_code == 401, (method, path)
            assert answer.json()["code"] in NOT_LET_IN
            assert answer.json()["detail"]


async def told(house: House, session: str, path: str, **body: Any) -> tuple[int, Any]:
    key = f"{session[-8:]}-{len(body)}-{body['actor']['id']}".replace("_", "-").lstrip("-")
    answer = await house.ask(session, "POST", path, json=body, headers={"Idempotency-Key": key})
    return answer.status_code, answer.json()


def staff(role: str) -> dict[str, str]:
    return {"type": "STAFF", "id": role.lower(), "role": role}


async def test_whoever_asked_does_not_approve_whatever_name_they_write_below_it(
    house: House, settings: KitSettings
) -> None:
    processor = SERVICE.processor(settings, house.pool)
    await processor.process([incoming(placed("1"), "p"), incoming(captured("1"), "c")])
    sessions = await house.staff("MANAGER", "ADMIN", "AGENT")
    manager, admin, agent = (sessions[role] for role in ("MANAGER", "ADMIN", "AGENT"))
    cancellations = "/v1/orders/1/cancellations"
    wish = {"reason": "CUSTOMER", "actor": staff("MANAGER")}
    status, asked = await told(house, manager, cancellations, **wish)
    assert (status, asked["outcome"]) == (202, "REQUESTED")
    approval = f"/v1/orders/1/cancellation-requests/{asked['request_id']}/approval"
    status, answer = await told(house, manager, approval, actor=staff("MANAGER"))
    assert (status, answer["code"]) == (403, "SAME_PERSON")
    for other in (staff("ADMIN"), {**staff("MANAGER"), "role": "ADMIN"},
                  {"type": "SERVICE", "id": "manager"}, {"type": "BULK", "id": "manager"},
                  {"type": "TIMER", "id": "timer"}, {"type": "CUSTOMER", "id": "me"}):  # fmt: skip
        status, answer = await told(house, manager, approval, actor=other)
        assert (status, answer["code"]) == (403, "ACTOR_IS_ANOTHER"), other
        assert answer["you"] == staff("MANAGER")
    status, answer = await told(house, agent, approval, actor=staff("AGENT"))
    assert (status, answer["code"], answer["right"]) == (403, "MISSING_RIGHT", "APPROVE")
    status, answer = await told(house, admin, approval, actor=staff("ADMIN"))
    assert (status, answer["outcome"]) == (201, "CANCELLED")


async def test_a_command_without_an_actor_is_its_senders(
    house: House, settings: KitSettings
) -> None:
    processor = SERVICE.processor(settings, house.pool)
    await processor.process([incoming(placed("1"), "p"), incoming(captured("1"), "c")])
    session = (await house.staff("MANAGER"))["MANAGER"]
    answer = await house.ask(
        session, "POST", "/v1/orders/1/cancellations",
        json={"reason": "CUSTOMER", "requested_by": "somebody-else"},
    )  # fmt: skip
    assert answer.status_code == 202
    [row] = await house.pool.fetch(
        "SELECT state FROM cancellation.cancellation_events WHERE topic ="
        " 'order.cancellation-requested.v1'"
    )
    assert b'"id":"manager"' in bytes(row["state"])


async def test_to_cancel_is_one_right_and_to_choose_the_refund_another(
    house: House, settings: KitSettings
) -> None:
    processor = SERVICE.processor(settings, house.pool)
    await processor.process([incoming(placed("1"), "p"), incoming(captured("1"), "c")])
    password = await house.book.add("lea", "AGENT", ROOT, rights=[Right.READ, Right.CANCEL])
    lea = (await house.book.sign_in("lea", password, "here")).token
    actor = {"type": "STAFF", "id": "lea", "role": "AGENT"}
    where = "/v1/orders/1/cancellations"
    later = {"reason": "CUSTOMER", "actor": actor, "refund": "LATER"}
    status, answer = await told(house, lea, where, **later)
    assert (status, answer.get("right")) == (403, "REFUND"), answer
    status, answer = await told(house, lea, where, reason="CUSTOMER", actor=actor)
    assert status == 202, answer
    settle = await house.ask(lea, "POST", "/v1/orders/1/refund-settlements", json={})
    assert settle.json()["right"] == "REFUND"


async def test_a_key_opens_what_it_is_for_until_it_is_over(house: House, pool: Pool) -> None:
    key = await house.book.issue_key("erp", [Right.REQUEST], ROOT)
    me = (await house.ask(key, "GET", "/v1/me")).json()
    assert me["actor"] == {"type": "SERVICE", "id": "erp", "role": None}
    assert (await house.ask(key, "GET", "/v1/orders")).json()["right"] == "READ"
    where = "/v1/orders/1/cancellation-requests"
    for actor, code in (
        ({"type": "SERVICE", "id": "erp"}, "ORDER_NOT_FOUND"),
        ({"type": "CUSTOMER", "id": "c-7"}, "ORDER_NOT_FOUND"),
        ({"type": "SERVICE", "id": "another"}, "ACTOR_IS_ANOTHER"),
        (staff("ADMIN"), "ACTOR_IS_ANOTHER"),
    ):
        _, answer = await told(house, key, where, reason="CUSTOMER", actor=actor)
        assert answer["code"] == code, (actor, answer)
    office = await house.book.issue_key("office", [Right.REQUEST], ROOT, names_others=True)
    _, answer = await told(house, office, where, reason="CUSTOMER", actor=staff("ADMIN"))
    assert answer["code"] == "ORDER_NOT_FOUND"
    in_time = utc_now() + timedelta(hours=1)
    brief = await house.book.issue_key("brief", [Right.READ], ROOT, expires_at=in_time)
    assert (await house.ask(brief, "GET", "/v1/orders")).status_code == 200
    await pool.execute("UPDATE cancellation.api_keys SET expires_at = now() WHERE name = 'brief'")
    assert (await house.ask(brief, "GET", "/v1/orders")).status_code == 401
    await house.book.revoke_key("erp", ROOT, "replaced")
    assert (await house.ask(key, "GET", "/v1/me")).status_code == 401
    keys = {one["name"]: one for one in await _keys(house)}
    assert keys["erp"]["revoked_at"]
    assert keys["erp"]["used_at"]
    assert key.startswith(keys["erp"]["prefix"])
    assert key not in str(keys)


async def _keys(house: House) -> list[dict[str, Any]]:
    admin = await house.book.issue_key("auditor", [Right.PEOPLE], Actor(type="STAFF", id="root"))
    found: list[dict[str, Any]] = (await house.ask(admin, "GET", "/v1/keys")).json()["keys"]
    return found


@pytest.fixture
async def pool(house: House) -> Pool:
    return house.pool
