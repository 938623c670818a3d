"""A TCP proxy that breaks the line exactly where a test wants it broken."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

CHUNK = 65_536
ANSWER_S = 0.2
"""Time enough for the server to carry out a request whose answer nobody hears."""


@dataclass(slots=True)
class Proxy:
    """Passes bytes on until told otherwise."""

    target_port: int
    port: int = 0
    is_away: bool = False
    """While True every connection is refused."""
    break_on: bytes = b""
    """The next request that holds these bytes loses its connection."""
    break_where: Literal["before", "after"] = "after"
    """`before`: the server never sees the request; `after`: the client never sees its answer."""
    broken_count: int = 0
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    def cut(self) -> None:
        """Reset every open connection."""
        for writer in self._writers:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        if self.is_away:
            writer.transport.abort()
            return
        to_server = await asyncio.open_connection("127.0.0.1", self.target_port)
        both = {writer, to_server[1]}
        self._writers |= both
        try:
            await asyncio.gather(
                self._carry_up(reader, to_server[1], writer), self._carry(to_server[0], writer)
            )
        except OSError:
            pass
        finally:
            for end in both:
                end.transport.abort()
            self._writers -= both

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def _carry_up(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        client: asyncio.StreamWriter,
    ) -> None:
        """Carry the client's side; asyncpg sends a statement's arguments in one piece."""
        while data := await reader.read(CHUNK):
            if self.break_on and self.break_on in data:
                self.break_on = b""
                self.broken_count += 1
                # The client first: nothing the server says from here on may reach it.
                client.transport.abort()
                if self.break_where == "after":
                    writer.write(data)
                    await writer.drain()
                    await asyncio.sleep(ANSWER_S)
                writer.transport.abort()
                return
            writer.write(data)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def proxied(dsn: str) -> AsyncIterator[tuple[Proxy, str]]:
    """Put a proxy before a PostgreSQL server; yields it and the address through it."""
    parts = urlsplit(dsn)
    credentials = parts.netloc.rpartition("@")[0]
    proxy = Proxy(parts.port or 5432)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy, urlunsplit(parts._replace(netloc=f"{credentials}@127.0.0.1:{proxy.port}"))
    finally:
        server.close()
        proxy.cut()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(server.wait_closed(), 2)
