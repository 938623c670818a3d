"""A receiver of webhooks on this machine: answers as told, and keeps what it got."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from aiohttp import web


class Got(NamedTuple):
    """One request."""

    headers: Mapping[str, str]
    body: bytes


@dataclass
class Receiver:
    """What it answers, and what came."""

    port: int = 0
    status: int = 200
    location: str | None = None
    """Where it sends whoever asks, with a status of 3xx."""
    wait_s: float = 0.0
    got: list[Got] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def ids(self) -> list[str]:
        """The ids of what came."""
        return [one.headers["webhook-id"] for one in self.got]

    async def take(self, request: web.Request) -> web.Response:
        """Keep a request and answer."""
        self.got.append(Got(request.headers, await request.read()))
        await asyncio.sleep(self.wait_s)
        headers = {"Location": self.location} if self.location else None
        return web.Response(status=self.status, headers=headers)


@asynccontextmanager
async def a_receiver(**answers: object) -> AsyncIterator[Receiver]:
    """Listen on a port of one's own."""
    receiver = Receiver(**answers)  # type: ignore[arg-type]
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.port = runner.addresses[0][1]
    try:
        yield receiver
    finally:
        await runner.cleanup()
