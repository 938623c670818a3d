"""Accounts and keys over HTTP: by whoever manages people, about others alone, and shown once."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from contracts.cancellation import RIGHTS_OF
from kit.postgres import open_pool
from kit.settings import KitSettings
from tests.support.people import House, open_house

pytestmark = pytest.mark.integration


@pytest.fixture
async def house(settings: KitSettings, database: str) -> AsyncIterator[House]:
    async with (
        open_pool(settings.postgres_dsn, size_max=4, name="test") as pool,
        open_house(settings, pool, access="required") as house,
    ):
        yield house


async def asked(house: House, token: str | None, path: str, **body: Any) -> tuple[int, Any]:
    answer = await house.ask(token, "POST", path, json=body)
    return answer.status_code, answer.json() if answer.content else {}


async def test_an_account_is_opened_changed_and_shut_and_each_change_ends_its_sessions(
    house: House,
) -> None:
    admin = (await house.staff("ADMIN"))["ADMIN"]
    status, made = await asked(house, admin, "/v1/people", name="Zoe", role="AGENT",
                               staff_note="joins the desk")  # fmt: skip
    assert (status, made["name"]) == (201, "zoe")
    again = await asked(house, admin, "/v1/people", name="zoe", role="OPS")
    assert (again[0], again[1]["code"]) == (409, "PERSON_EXISTS")
    zoe = (await house.book.sign_in("zoe", made["password"], "here")).token
    assert (await asked(house, admin, "/v1/people/zoe/changes", role="OPS"))[0] == 204
    assert (await house.ask(zoe, "GET", "/v1/me")).status_code == 401
    person = (await house.ask(admin, "GET", "/v1/people/zoe")).json()["person"]
    assert set(person["rights"]) == RIGHTS_OF["OPS"]
    status, reset = await asked(house, admin, "/v1/people/zoe/password")
    assert (status, reset["password"] != made["password"]) == (201, True)
    await house.book.sign_in("zoe", reset["password"], "here")
    assert (await asked(house, admin, "/v1/people/zoe/changes", is_enabled=False))[0] == 204
    nobody = await asked(house, admin, "/v1/people/nobody/changes", role="OPS")
    assert (nobody[0], nobody[1]["code"]) == (404, "PERSON_NOT_FOUND")
    log = (await house.ask(admin, "GET", "/v1/people-log")).json()["log"]
    by = [one["by"]["id"] for one in log if one["name"] == "zoe" and "by" in one]
    assert by == ["admin"] * 5
    assert made["password"] not in str(log)


async def test_nobody_changes_their_own_account_and_somebody_has_to_be_there(
    house: House, settings: KitSettings
) -> None:
    admin = (await house.staff("ADMIN"))["ADMIN"]
    for path, body in (("changes", {"role": "VIEWER"}), ("password", {})):
        status, answer = await asked(house, admin, f"/v1/people/ADMIN/{path}", **body)
        assert (status, answer["code"]) == (403, "OWN_ACCOUNT")
    async with open_house(settings, house.pool, access="open") as open_one:
        status, answer = await asked(open_one, None, "/v1/people", name="me", role="ADMIN")
        assert (status, answer["code"]) == (401, "SIGN_IN_REQUIRED")


async def test_a_key_is_issued_with_the_rights_it_names_and_revoked(house: House) -> None:
    admin = (await house.staff("ADMIN"))["ADMIN"]
    status, made = await asked(house, admin, "/v1/keys", name="erp", rights=["READ"])
    assert status == 201
    assert (await house.ask(made["key"], "GET", "/v1/orders")).status_code == 200
    assert (await asked(house, made["key"], "/v1/keys", name="x", rights=["READ"]))[0] == 403
    others = await asked(house, admin, "/v1/keys", name="y", rights=["READ"], names_others=True)
    assert others[0] == 422, "one that names others the tool alone issues"
    for body, code in (({"name": "erp", "rights": ["READ"]}, "KEY_EXISTS"),
                       ({"name": "old", "rights": ["READ"], "expires_at": "2020-01-01T00:00:00Z"},
                        "KEY_EXPIRED")):  # fmt: skip
        assert (await asked(house, admin, "/v1/keys", **body))[1]["code"] == code
    assert (await asked(house, admin, "/v1/keys/erp/revocation", staff_note="old"))[0] == 204
    assert (await house.ask(made["key"], "GET", "/v1/orders")).status_code == 401
    assert (await asked(house, admin, "/v1/keys/nobody/revocation"))[0] == 404
