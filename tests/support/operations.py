"""The door of operations and the console before it, in this process, over a real database."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
from fastapi import FastAPI

from console.api import Api, Apis
from console.app import build as build_console
from console.settings import ConsoleSettings
from contracts.cancellation import Role
from countermand.operations.api import opened
from countermand.operations.settings import OperationsSettings
from countermand.replay.doing import System
from countermand.replay.journal import Journal
from kit.postgres import Pool
from kit.settings import KitSettings
from services.cancellation.settings import CancellationSettings
from tests.support.people import ROOT, House, open_house

TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


@dataclass
class Person:
    """Somebody at the console."""

    name: str
    client: httpx2.AsyncClient
    pages: list[httpx2.Response] = field(default_factory=list)

    async def get(self, path: str) -> str:
        """Open a page."""
        answer = await self.client.get(path)
        assert answer.status_code == 200, answer.text
        self.pages.append(answer)
        return answer.text

    async def post(self, path: str, *, status: int = 303, **fields: str) -> str:
        """Send a form of the page that was opened last; returns where it leads, or what it says."""
        token = TOKEN.search(self.pages[-1].text)
        assert token
        answer = await self.client.post(path, data={"form_token": token[1], **fields})
        assert answer.status_code == status, answer.text
        return answer.headers["location"] if status == 303 else answer.text


@dataclass(frozen=True)
class Operations:
    """Both APIs, and the console before them."""

    app: FastAPI
    client: httpx2.AsyncClient
    house: House
    console: Any

    async def ask(self, token: str | None, method: str, path: str, **more: Any) -> httpx2.Response:
        """Send a request to the door of operations."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self.client.request(method, path, headers=headers, **more)

    async def person(self, name: str, role: Role, locale: str = "en") -> Person:
        """Sign somebody in at the console."""
        password = await self.house.book.add(name, role, ROOT)
        transport = httpx2.ASGITransport(self.console, raise_app_exceptions=False)
        client = httpx2.AsyncClient(
            transport=transport, base_url="http://console", headers={"accept-language": locale}
        )
        somebody = Person(name, client)
        await somebody.get("/you")
        await somebody.post("/you", name=name, password=password, next="/orders")
        return somebody


@asynccontextmanager
async def open_operations(
    settings: KitSettings, pool: Pool, **own: Any
) -> AsyncIterator[Operations]:
    """Open them."""
    system = System(pool, settings, Journal(pool))
    access = CancellationSettings.model_validate({"access": "required"})
    async with (
        open_house(settings, pool) as house,
        opened(system, house.book, access, OperationsSettings.model_validate(own)) as app,
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app), base_url="http://operations"
        ) as client,
    ):
        secret = ConsoleSettings.model_validate({"secret_key": "a-key-of-the-tests-and-no-other"})
        apis = Apis(Api(house.client), Api(client), Api(house.client))
        console = build_console(apis, secret)
        yield Operations(app, client, house, console)
