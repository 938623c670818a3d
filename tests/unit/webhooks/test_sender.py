"""Calls that are made, and calls that are not: on this machine, with names that lie."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from services.notifier.webhooks.adapters import sender as module
from services.notifier.webhooks.adapters.sender import GuardedSender, Lookup, look_up
from services.notifier.webhooks.guard import Guard
from services.notifier.webhooks.ports import Answered, NotAllowed, NotReached
from tests.support.receiver import a_receiver

AT_HOME = Guard(frozenset({443}), allows_local=True)
HEADERS = {"webhook-id": "m"}


class Names:
    """A resolver that says one thing after the other, the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers, self.asked = list(answers), 0

    def __call__(self, host: str, port: int) -> Sequence[Any]:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "",
             (one, port))
            for one in answer
        ]  # fmt: skip


@asynccontextmanager
async def sending(guard: Guard = AT_HOME, lookup: Lookup = look_up) -> AsyncIterator[GuardedSender]:
    sender = GuardedSender(guard, connections_max=4, lookup=lookup)
    try:
        yield sender
    finally:
        await sender.close()


async def test_what_is_sent_arrives_byte_for_byte() -> None:
    async with a_receiver() as receiver, sending() as sender:
        assert await sender.post(receiver.url, b'{"a":1}', HEADERS) == Answered(200)
    (got,) = receiver.got
    assert got.body == b'{"a":1}'
    assert got.headers["Content-Type"] == "application/json"
    assert got.headers["webhook-id"] == "m"


@pytest.mark.parametrize(
    "answers",
    [
        ["127.0.0.1"], ["169.254.169.254"], ["::ffff:169.254.169.254"], ["10.0.0.1"],
        ["93.184.216.34", "10.0.0.1"], ["64:ff9b::a9fe:a9fe"],
    ],
)  # fmt: skip
async def test_a_name_that_stands_for_a_forbidden_address_is_not_called(
    answers: list[str],
) -> None:
    names = Names(answers)
    async with sending(Guard(frozenset({443})), names) as sender:
        answer = await sender.post("https://shop.example/", b"{}", HEADERS)
    assert isinstance(answer, NotAllowed)
    assert names.asked == 1


async def test_a_name_is_asked_for_once_and_what_was_checked_is_called() -> None:
    """A second look-up would find what was never checked."""
    async with a_receiver() as receiver:
        names = Names(["127.0.0.1"], ["169.254.169.254"])
        async with sending(lookup=names) as sender:
            url = f"http://shop.example:{receiver.port}/"
            assert await sender.post(url, b"{}", HEADERS) == Answered(200)
            assert names.asked == 1
            assert isinstance(await sender.post(url, b"{}", HEADERS), NotAllowed)
    assert len(receiver.got) == 1


async def test_the_socket_itself_is_refused_when_nothing_before_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The last gate stands alone: an address that no look-up has passed is not connected."""
    async with a_receiver() as receiver, sending(Guard(frozenset({receiver.port}))) as sender:
        url = AT_HOME.check_url(receiver.url)
        monkeypatch.setattr(Guard, "check_url", lambda *_: url)
        assert isinstance(await sender.post(receiver.url, b"{}", HEADERS), NotAllowed)
    assert receiver.got == []


async def test_no_redirect_is_followed() -> None:
    async with a_receiver() as other, a_receiver(status=302) as receiver, sending() as sender:
        for status in (301, 302, 303, 307, 308):
            for location in (other.url, "http://169.254.169.254/latest/meta-data/"):
                receiver.status, receiver.location = status, location
                assert await sender.post(receiver.url, b"{}", HEADERS) == Answered(status)
    assert other.got == []


async def test_no_proxy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_receiver() as proxy, a_receiver() as receiver, sending() as sender:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        assert await sender.post(receiver.url, b"{}", HEADERS) == Answered(200)
    assert (len(proxy.got), len(receiver.got)) == (0, 1)


async def test_an_answer_without_end_costs_nothing() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\nsome"
    async with answering(head, holds=True) as url, sending() as sender:
        started = time.monotonic()
        assert await sender.post(url, b"{}", HEADERS) == Answered(200)
        assert time.monotonic() - started < 2


async def test_a_receiver_that_does_not_answer_in_time_is_not_reached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "TIMEOUT_S", 0.3)
    async with a_receiver(wait_s=5) as receiver, sending() as sender:
        assert isinstance(await sender.post(receiver.url, b"{}", HEADERS), NotReached)


async def test_nobody_there_is_not_reached() -> None:
    async with a_receiver() as receiver:
        url = receiver.url
    async with sending() as sender:
        assert isinstance(await sender.post(url, b"{}", HEADERS), NotReached)

    def nowhere(_: str, __: int) -> Sequence[Any]:
        raise socket.gaierror(-2, "Name or service not known")

    async with sending(lookup=nowhere) as sender:
        assert isinstance(await sender.post("https://shop.example/", b"{}", HEADERS), NotReached)


async def test_a_head_without_end_is_not_read() -> None:
    head = b"HTTP/1.1 200 " + b"x" * 20_000 + b"\r\n\r\n"
    async with answering(head) as url, sending() as sender:
        assert isinstance(await sender.post(url, b"{}", HEADERS), NotReached)


async def test_one_forbidden_answer_among_good_ones_is_enough() -> None:
    names = Names(["127.0.0.1", "10.0.0.1"])
    async with a_receiver() as receiver, sending(lookup=names) as sender:
        url = f"http://shop.example:{receiver.port}/"
        assert isinstance(await sender.post(url, b"{}", HEADERS), NotAllowed)
    assert receiver.got == []


async def test_a_url_is_checked_again_when_it_is_called() -> None:
    async with a_receiver() as receiver, sending() as sender:
        url = receiver.url.replace("//", "//user:secret@")
        assert isinstance(await sender.post(url, b"{}", HEADERS), NotAllowed)
    assert receiver.got == []


@asynccontextmanager
async def answering(content: bytes, *, holds: bool = False) -> AsyncIterator[str]:
    """Answer with these bytes; hold the line or close it."""
    over = asyncio.Event()

    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(content)
        await writer.drain()
        if holds:
            await over.wait()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        over.set()
