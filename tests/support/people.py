"""The API with its entrance, in this process, over a real database; and the staff of a shop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, get_args

import httpx2
from fastapi import FastAPI

from contracts.cancellation import Actor, Role
from kit.postgres import Pool, open_pool
from kit.settings import KitSettings
from services.cancellation import api
from services.cancellation.bootstrap import SERVICE, plan_processor
from services.cancellation.domain.policy import BUILT_IN, Rulebook
from services.cancellation.people.book import Book
from services.cancellation.people.limits import Limits
from services.cancellation.people.openid import IdentityProvider
from services.cancellation.settings import CancellationSettings

ROOT = Actor(type="STAFF", id="root")
LIMITS = Limits(per_account=10, per_address=50, window_s=900)
ROLES: tuple[Role, ...] = get_args(Role)


def book_over(pool: Pool, **changes: Any) -> Book:
    """Return the book of who may come in."""
    book = Book(pool=pool, store=SERVICE.store, limits=LIMITS, session_max_s=3600)
    return replace(book, **changes)


async def add_person(dsn: str, name: str, role: Role) -> str:
    """Open an account; returns its password."""
    async with open_pool(dsn, size_max=1, name="people") as pool:
        return await book_over(pool).add(name, role, ROOT)


@dataclass(frozen=True)
class House:
    """The API and the book behind it."""

    app: FastAPI
    client: httpx2.AsyncClient
    pool: Pool
    book: Book

    async def ask(self, token: str | None, method: str, path: str, **more: Any) -> Any:
        """Send a request with a session or a key."""
        headers = {"Idempotency-Key": "k", **more.pop("headers", {})}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return await self.client.request(method, path, headers=headers, **more)

    async def staff(self, *roles: Role) -> dict[str, str]:
        """Return a session of somebody of each role, called like it."""
        sessions = {}
        for role in roles:
            password = await self.book.add(role.lower(), role, ROOT)
            session = await self.book.sign_in(role.lower(), password, "here")
            sessions[role] = session.token
        return sessions


@asynccontextmanager
async def open_house(
    settings: KitSettings, pool: Pool, policy: Rulebook = BUILT_IN,
    provider: IdentityProvider | None = None, **own: Any,
) -> AsyncIterator[House]:  # fmt: skip
    """Open the API as a shop has it."""
    service = replace(SERVICE, reference=lambda: policy)
    app = api.build(
        pool=pool, store=SERVICE.store, processor=service.processor(settings, pool),
        plans=plan_processor(settings, pool), settings=CancellationSettings(**own),
        dsn=settings.postgres_dsn, provider=provider,
    )  # fmt: skip
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://api") as client:
        yield House(app, client, pool, book_over(pool))
