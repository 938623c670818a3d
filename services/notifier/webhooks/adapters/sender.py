"""Posts over HTTP to addresses that were checked, and to no other.

The name is looked up once per call. The addresses found are checked, and the address of every
socket once more before it is connected, so it does not matter what the name stands for a moment
later. No redirect is followed, no proxy asked, no cookie kept, and no body read.
"""

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from services.notifier.webhooks.guard import ForbiddenError, Guard
from services.notifier.webhooks.ports import Answered, NotAllowed, NotReached

TIMEOUT_S = 10.0
"""From the look-up to the status line; half of a lease is 15 s."""

CONNECT_TIMEOUT_S = 5.0
HEAD_BYTES_MAX = 8_192
"""Of each line and each field of an answer's head; its body is not read at all."""

Lookup = Callable[[str, int], Sequence[Any]]
"""As `socket.getaddrinfo`."""


def look_up(host: str, port: int) -> Sequence[Any]:
    """Ask the resolver of this machine."""
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)


class GuardedSender:
    """Sender that calls what its guard lets pass."""

    def __init__(self, guard: Guard, *, connections_max: int, lookup: Lookup = look_up) -> None:
        self._guard = guard
        resolver = _GuardedResolver(guard, lookup, threads_max=connections_max)
        connector = aiohttp.TCPConnector(
            resolver=resolver, use_dns_cache=False, force_close=True, limit=connections_max,
            socket_factory=self._open_socket,
        )  # fmt: skip
        self._session = aiohttp.ClientSession(
            connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False, max_line_size=HEAD_BYTES_MAX, max_field_size=HEAD_BYTES_MAX,
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S, sock_connect=CONNECT_TIMEOUT_S),
            headers={"User-Agent": "countermand-webhooks", "Content-Type": "application/json"},
        )  # fmt: skip

    async def close(self) -> None:
        """Close what is open."""
        await self._session.close()

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str]
    ) -> Answered | NotReached | NotAllowed:
        """Post once; see the port."""
        try:
            checked = self._guard.check_url(url)
            async with self._session.post(
                checked, data=body, headers=headers, allow_redirects=False
            ) as response:
                status = response.status
                response.close()
        except ForbiddenError as no:
            return NotAllowed(no.detail[:300])
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as trouble:
            forbidden = _cause_of(trouble)
            if forbidden:
                return NotAllowed(forbidden.detail[:300])
            return NotReached(f"{type(trouble).__name__}: {trouble}"[:300])
        return Answered(status)

    def _open_socket(self, info: Any) -> socket.socket:
        """Make the socket for one address: the last place where it can be refused."""
        family, kind, protocol, _, place = info
        self._guard.check_address(str(place[0]))
        return socket.socket(family, kind, protocol)


class _GuardedResolver(AbstractResolver):
    """Looks a name up once, in threads of its own, and refuses it if any answer is forbidden."""

    def __init__(self, guard: Guard, lookup: Lookup, *, threads_max: int) -> None:
        self._guard, self._lookup = guard, lookup
        self._threads = ThreadPoolExecutor(threads_max, thread_name_prefix="lookup")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, self._lookup, host, port)
        results: list[ResolveResult] = []
        for its_family, _, protocol, _, place in found:
            self._guard.check_address(str(place[0]))
            if family in (socket.AF_UNSPEC, its_family):
                results.append(
                    ResolveResult(
                        hostname=host, host=str(place[0]), port=port, family=its_family,
                        proto=protocol, flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
                    )
                )  # fmt: skip
        if not results:
            raise OSError(None, f"{host} has no address")
        return results

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _cause_of(trouble: BaseException) -> ForbiddenError | None:
    """Find our own refusal under what the client made of it."""
    seen: BaseException | None = trouble
    while seen is not None and not isinstance(seen, ForbiddenError):
        seen = seen.__cause__ or seen.__context__
    return seen
