"""Liveness, readiness and metrics of one process, judged by progress.

A process that is connected but gets nowhere is neither live nor ready: its loops report every turn,
and one that has work and makes no progress ends the process so that a fresh one takes over.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from kit.logs import get_logger
from kit.metrics import LAG, OLDEST_AGE_S
from telemetry.exposition import PLAIN, expose

log = get_logger("health")

EXIT_STUCK = 70
"""Exit status of a process that found itself stuck (`EX_SOFTWARE`)."""


@dataclass(slots=True)
class Loop:
    """Progress of one loop."""

    service: str
    name: str
    is_ready: bool = False
    """True once the loop can do its work."""
    waiting_since: float | None = None
    """Since when there has been unfinished work without progress; None when there is none."""

    def progressed(self, *, lag_count: int = 0) -> None:
        """Report a finished turn; `lag_count` is the work that is left."""
        self.is_ready = True
        self.waiting_since = time.monotonic() if lag_count else None
        LAG.labels(self.service, self.name).set(lag_count)

    def has_work(self, *, lag_count: int | None = None) -> None:
        """Report that there is work, and how much if known; starts the clock unless it runs."""
        if self.waiting_since is None:
            self.waiting_since = time.monotonic()
        if lag_count is not None:
            LAG.labels(self.service, self.name).set(lag_count)

    def waited_s(self) -> float:
        """How long work has waited without progress, in seconds."""
        return 0.0 if self.waiting_since is None else time.monotonic() - self.waiting_since


@dataclass(slots=True)
class Health:
    """All loops of one process."""

    service: str
    stuck_after_s: float
    loops: dict[str, Loop] = field(default_factory=dict)

    def loop(self, name: str) -> Loop:
        """Register a loop."""
        return self.loops.setdefault(name, Loop(self.service, name))

    def is_live(self) -> bool:
        """False when a loop has had work and made no progress for too long."""
        return all(loop.waited_s() < self.stuck_after_s for loop in self.loops.values())

    def is_ready(self) -> bool:
        """True when there is a loop, every one has done a turn and none is stuck."""
        is_begun = bool(self.loops)  # a role registers its loop once its connections stand
        return is_begun and self.is_live() and all(loop.is_ready for loop in self.loops.values())

    async def watch(self) -> None:
        """End the process when it is stuck; never recovers in place."""
        while True:
            await asyncio.sleep(1)
            if not self.is_live():
                stuck = [n for n, loop in self.loops.items() if loop.waited_s() > 1]
                log.error("process.stuck", loops=stuck, stuck_after_s=self.stuck_after_s)
                os._exit(EXIT_STUCK)

    def _answer(self, path: str, request: bytes) -> tuple[int, str, bytes]:
        match path:
            case "/livez":
                return (200, PLAIN, b"live\n") if self.is_live() else (503, PLAIN, b"stuck\n")
            case "/readyz":
                is_ready = self.is_ready()
                return (200, PLAIN, b"ready\n") if is_ready else (503, PLAIN, b"not ready\n")
            case "/metrics":
                for loop in self.loops.values():  # now, because a loop that hangs says nothing
                    OLDEST_AGE_S.labels(loop.service, loop.name).set(loop.waited_s())
                return 200, *expose(request)
            case _:
                return 404, PLAIN, b"try /livez, /readyz or /metrics\n"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
            words = request.split(b" ", 2)
            path = words[1].decode("latin-1") if len(words) > 1 else ""
            status, kind, body = self._answer(path.partition("?")[0], request)
            reason = {200: "OK", 404: "Not Found"}.get(status, "Service Unavailable")
            head = (
                f"HTTP/1.1 {status} {reason}\r\nContent-Type: {kind}\r\n"
                f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            )
            writer.write(head.encode() + body)
            await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    @asynccontextmanager
    async def serve(self, host: str, port: int) -> AsyncIterator[None]:
        """Answer `/livez`, `/readyz` and `/metrics` while the body runs."""
        server = await asyncio.start_server(self._serve, host, port)
        log.info("health.listening", port=server.sockets[0].getsockname()[1])
        try:
            yield
        finally:
            server.close()
