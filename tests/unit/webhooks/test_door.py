"""The door of the notifier's API: who comes in is asked of the API that knows people and keys."""

from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from contracts.cancellation import Right
from services.notifier.webhooks.api import right_of
from web.door import Door, Mode, name_below

KIM = {"actor": {"type": "STAFF", "id": "kim", "role": "AGENT"}, "rights": ["READ", "CASE"]}
LEA = {"actor": {"type": "STAFF", "id": "lea", "role": "ADMIN"}, "rights": [*Right]}
ERP = {"actor": {"type": "SERVICE", "id": "erp"}, "rights": ["READ"], "names_others": False}
OFFICE = {**ERP, "names_others": True}


def say_who(request: httpx2.Request) -> httpx2.Response:
    known = {"kims": KIM, "leas": LEA, "erps": ERP, "offices": OFFICE}
    found = known.get(request.headers["authorization"].removeprefix("Bearer "))
    if found is None:
        return httpx2.Response(401, json={"code": "CREDENTIAL_INVALID", "detail": "over"})
    return httpx2.Response(200, json=found)


def be_away(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("nobody there", request=request)


async def ask(
    method: str, path: str, token: str | None, *, mode: Mode = "required", answer: Any = say_who
) -> httpx2.Response:
    async def show(request: Request) -> JSONResponse:
        return JSONResponse({"below": name_below(request, "somebody else")})

    app = Starlette(routes=[Route("/{path:path}", show, methods=["GET", "POST", "PATCH"])])
    api = httpx2.AsyncClient(transport=httpx2.MockTransport(answer), base_url="http://api")
    door = Door(app, api, mode, right_of)
    transport = httpx2.ASGITransport(door)
    async with httpx2.AsyncClient(transport=transport, base_url="http://notifier") as client:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return await client.request(method, path, headers=headers)


ENDPOINTS, DELIVERY = "/v1/webhooks/endpoints", "/v1/webhooks/deliveries/1/send-again"


@pytest.mark.parametrize(
    ("method", "path", "token", "status", "code"),
    [
        ("GET", ENDPOINTS, None, 401, "SIGN_IN_REQUIRED"),
        ("GET", ENDPOINTS, "somebodys", 401, "CREDENTIAL_INVALID"),
        ("GET", ENDPOINTS, "kims", 200, None),
        ("POST", ENDPOINTS, "kims", 403, "MISSING_RIGHT"),
        ("POST", ENDPOINTS, "leas", 200, None),
        ("PATCH", f"{ENDPOINTS}/1", "kims", 403, "MISSING_RIGHT"),
        ("POST", DELIVERY, "kims", 403, "MISSING_RIGHT"),
        ("POST", DELIVERY, "leas", 200, None),
        ("GET", "/docs", None, 200, None),
    ],
)
async def test_nobody_comes_in_without_the_right_the_door_names(
    method: str, path: str, token: str | None, status: int, code: str | None
) -> None:
    answer = await ask(method, path, token)
    assert (answer.status_code, answer.json().get("code")) == (status, code)


async def test_who_it_was_is_known_behind_the_door() -> None:
    assert (await ask("GET", ENDPOINTS, "kims")).json() == {"below": "kim"}
    assert (await ask("GET", ENDPOINTS, "erps")).json() == {"below": "erp"}
    assert (await ask("GET", ENDPOINTS, "offices")).json() == {"below": "somebody else"}
    assert (await ask("GET", ENDPOINTS, None, mode="open")).json() == {"below": "somebody else"}


async def test_while_nobody_can_be_asked_nobody_comes_in() -> None:
    answer = await ask("GET", ENDPOINTS, "kims", answer=be_away)
    assert (answer.status_code, answer.json()["code"]) == (503, "ACCESS_UNAVAILABLE")
    broken = await ask("GET", ENDPOINTS, "kims", answer=lambda _: httpx2.Response(500, json={}))
    assert broken.status_code == 503


async def test_an_open_system_asks_nobody_but_checks_who_says_who_they_are() -> None:
    assert (await ask("POST", ENDPOINTS, None, mode="open")).status_code == 200
    assert (await ask("POST", ENDPOINTS, "somebodys", mode="open")).status_code == 401
