"""Errors over HTTP: plain words, a stable code, never a stack trace."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from services.cancellation import problems
from services.cancellation.problems import BodyLimit, Problem

LIMIT = 100
JSON = {"content-type": "application/json"}
app = FastAPI()
problems.install(app)
app.add_middleware(BodyLimit, bytes_max=LIMIT, larger={})


class Lamp(BaseModel):
    watt: int


@app.post("/lamps")
async def light(lamp: Lamp) -> dict[str, Any]:
    return {"lit": lamp.watt}


@app.get("/problem")
async def problem() -> None:
    raise Problem(409, "LAMP_BROKEN", "the lamp is broken", remedy="buy one")


@app.get("/away")
async def away() -> None:
    raise ConnectionRefusedError("10.0.0.7 refused")


@app.get("/bug")
async def bug() -> None:
    raise RuntimeError("the secret is 42")


async def ask(method: str, path: str, **more: Any) -> httpx2.Response:
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://x") as client:
        response = await client.request(method, path, **more)
    if response.status_code >= 400:
        assert response.headers["content-type"] == "application/problem+json"
        body = response.json()
        assert body["status"] == response.status_code
        assert {"type", "title", "code", "detail"} <= body.keys()
        assert "Traceback" not in response.text
    return response


async def test_a_problem_is_its_own_answer() -> None:
    response = await ask("GET", "/problem")
    assert response.json() == {
        "type": "about:blank",
        "title": "LAMP_BROKEN",
        "status": 409,
        "code": "LAMP_BROKEN",
        "detail": "the lamp is broken",
        "remedy": "buy one",
    }


async def test_every_finding_of_a_bad_request_is_named_by_field() -> None:
    response = await ask("POST", "/lamps", json={"watt": "bright"})
    assert response.status_code == 422
    assert response.json()["code"] == "REQUEST_INVALID"
    assert response.json()["findings"][0]["field"] == "watt"


@pytest.mark.parametrize("content", [b"{", b"\xff", b""])
async def test_what_is_no_json_is_a_bad_request(content: bytes) -> None:
    response = await ask("POST", "/lamps", content=content, headers=JSON)
    assert response.status_code in {400, 422}


async def test_the_store_being_away_asks_to_try_again() -> None:
    response = await ask("GET", "/away")
    assert response.status_code == 503
    assert response.json()["code"] == "STORE_UNAVAILABLE"
    assert response.headers["retry-after"] == "1"
    assert "10.0.0.7" not in response.text


async def test_our_mistake_shows_an_incident_and_no_more() -> None:
    response = await ask("GET", "/bug")
    assert response.status_code == 500
    assert "secret" not in response.text


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/nowhere", 404, "ROUTE_NOT_FOUND"), ("DELETE", "/lamps", 405, "METHOD_NOT_ALLOWED")],
)
async def test_routes_that_do_not_exist(method: str, path: str, *, status: int, code: str) -> None:
    response = await ask(method, path)
    assert (response.status_code, response.json()["code"]) == (status, code)


async def in_pieces(size: int) -> AsyncIterator[bytes]:
    for _ in range(size):
        yield b" "


async def test_a_body_up_to_the_limit_is_read() -> None:
    body = b'{"watt":40}'.ljust(LIMIT)
    response = await ask("POST", "/lamps", content=body, headers=JSON)
    assert response.json() == {"lit": 40}


async def test_a_body_announced_too_large_is_refused_unread() -> None:
    response = await ask("POST", "/lamps", content=b" " * (LIMIT + 1))
    assert (response.status_code, response.json()["code"]) == (413, "BODY_TOO_LARGE")


async def test_a_body_that_grows_too_large_is_refused_on_the_way() -> None:
    response = await ask("POST", "/lamps", content=in_pieces(LIMIT + 1), headers=JSON)
    assert (response.status_code, response.json()["code"]) == (413, "BODY_TOO_LARGE")
    assert str(LIMIT) in response.json()["detail"]


@pytest.mark.parametrize("length", ["-1", "many", "1e3"])
async def test_a_length_that_is_no_number_is_refused(length: str) -> None:
    response = await ask("POST", "/lamps", content=b"{}", headers={"content-length": length})
    assert response.status_code == 413
