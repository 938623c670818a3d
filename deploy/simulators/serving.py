"""How a simulator is served over HTTP: uvicorn on loopback, able to hang up without an answer.

The applications are plain ASGI callables: the load tests share two cores with the simulators, and
a framework would cost more than the work itself.
"""

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from typing import Any, NamedTuple, cast

import uvicorn
import uvloop
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HOST = "127.0.0.1"
"""Loopback unless told otherwise: anyone who reaches a simulator may arm faults."""

BACKLOG_MAX = 2048
KEEP_ALIVE_S = 75
"""Longer than the 60 s after which common connection pools drop an idle connection themselves."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = tuple[tuple[bytes, bytes], ...]

JSON: Headers = ((b"content-type", b"application/json"),)
JSON_LINES: Headers = ((b"content-type", b"application/x-ndjson"),)


class Answer(NamedTuple):
    """A whole HTTP answer."""

    status: int
    body: bytes
    headers: Headers = JSON


class BodyTooLargeError(Exception):
    """The request's body is larger than this door takes."""


class ClientGoneError(Exception):
    """The client left before its request was whole; there is nobody to answer."""


class HangUpProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol, lending the application a way to cut the connection."""

    def on_message_begin(self) -> None:
        """Put `hang_up` into the scope's state of every request."""
        super().on_message_begin()
        self.scope["state"]["hang_up"] = self.transport.abort


class _Server(uvicorn.Server):
    """A server that lets its caller clean up after a signal instead of dying of it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    def stop(self) -> None:
        """Finish what is being answered, then return from `serve`."""
        self.should_exit = True


def http_server(app: Callable[..., Awaitable[None]], port: int, *, host: str = HOST) -> _Server:
    """Return a server of `app`; its `serve()` returns after a signal or `stop()`."""
    config = uvicorn.Config(
        cast("Any", app),
        host=host,
        port=port,
        http=HangUpProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        backlog=BACKLOG_MAX,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=5,
    )
    return _Server(config)


def run(main: Callable[[], Awaitable[int]]) -> int:
    """Run `main` on uvloop with plain log lines; returns its exit code."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_returning(main))


async def _returning(main: Callable[[], Awaitable[int]]) -> int:
    return await main()


async def read_body(receive: Receive, bytes_max: int) -> bytes:
    """Return the request's body.

    Raises:
        BodyTooLargeError: longer than `bytes_max`.
        ClientGoneError: half a request must never be acted upon.
    """
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        body += message["body"]
        if len(body) > bytes_max:
            raise BodyTooLargeError(f"The body may have at most {bytes_max} bytes.")
        if not message["more_body"]:
            return bytes(body)


async def send_answer(send: Send, answer: Answer) -> None:
    """Send a whole answer."""
    status, body, headers = answer
    length = (b"content-length", b"%d" % len(body))
    start = {"type": "http.response.start", "status": status, "headers": (*headers, length)}
    await send(start)
    await send({"type": "http.response.body", "body": body})


async def send_stream(send: Send, headers: Headers, chunks: AsyncIterator[bytes]) -> None:
    """Send an answer of unknown length piece by piece."""
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    async for chunk in chunks:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def hang_up(scope: Scope, receive: Receive) -> None:
    """Cut the connection without a word, and wait until it is gone."""
    scope["state"]["hang_up"]()
    while (await receive())["type"] != "http.disconnect":
        pass
