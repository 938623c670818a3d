"""Every route of the API says which right opens it; one that does not is not built."""

from typing import get_args

import pytest
from fastapi import FastAPI

from contracts.cancellation import RIGHTS_OF, Right, Role, whole
from countermand.contracts_openapi import write_openapi
from services.cancellation.access import ANYBODY, SIGNED_IN, GuardedRoute, check_rules, needs
from web.docs import OWN_PAGE


def test_a_route_without_a_rule_is_not_built() -> None:
    app = FastAPI(**OWN_PAGE)
    app.router.route_class = GuardedRoute

    @app.get("/v1/ruled", **needs(Right.READ))
    async def ruled() -> None: ...

    check_rules(app)

    @app.get("/v1/open-by-mistake")
    async def open_by_mistake() -> None: ...

    with pytest.raises(TypeError, match="/v1/open-by-mistake names no right"):
        check_rules(app)


def test_a_route_nobody_looks_at_is_not_built() -> None:
    app = FastAPI(**OWN_PAGE)

    @app.get("/v1/past-the-guard", **needs(Right.READ))
    async def past_the_guard() -> None: ...

    with pytest.raises(TypeError, match="/v1/past-the-guard has no guard"):
        check_rules(app)


def test_the_description_tells_the_right_of_every_operation() -> None:
    told = {
        operation["x-right"]
        for operations in write_openapi()["paths"].values()
        for operation in operations.values()
    }
    assert told - {ANYBODY, SIGNED_IN} <= set(Right)


def test_every_role_has_rights_and_whoever_manages_people_has_all() -> None:
    assert set(RIGHTS_OF) == set(get_args(Role))
    assert RIGHTS_OF["ADMIN"] == set(Right)
    assert all(Right.READ in rights for rights in RIGHTS_OF.values())
    assert [role for role, rights in RIGHTS_OF.items() if Right.PEOPLE in rights] == ["ADMIN"]


def test_whoever_publishes_policies_drafts_them_too_whenever_their_account_was_opened() -> None:
    assert whole(["READ", "POLICY"]) == {Right.READ, Right.DRAFT, Right.POLICY}
    assert whole(["READ", "BULK"]) == {Right.READ, Right.BULK}
    assert {role for role, rights in RIGHTS_OF.items() if Right.DRAFT in rights} == {
        "MANAGER", "ADMIN",
    }  # fmt: skip
