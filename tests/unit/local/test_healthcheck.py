"""What the engine asks every few seconds: ready is 200, and everything else is not."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socket import create_server

import pytest

from tests.house.tree import ROOT

SCRIPT = str(ROOT / "deploy/image/healthcheck.py")


@contextmanager
def answering(line: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Serve one request with one line; yields the port and what was asked."""
    asked: list[bytes] = []

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            asked.append(connection.recv(1000).splitlines()[0])
            connection.sendall(line)

    with create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1], asked
        thread.join(5)


def status(*arguments: str, **environment: str) -> int:
    """Run it as the image does: without site-packages and without our packages."""
    command = [sys.executable, "-I", "-S", SCRIPT, *arguments]
    return subprocess.run(command, env=environment, check=False).returncode


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", 0),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", 1),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", 1),
        (b"", 1),
    ],
)
def test_only_200_is_ready(line: bytes, expected: int) -> None:
    with answering(line) as (port, asked):
        assert status(COUNTERMAND_HEALTH_PORT=str(port)) == expected
    assert asked == [b"GET /readyz HTTP/1.1"]


def test_another_door_may_be_asked_and_nobody_at_home_is_not_ready() -> None:
    with answering(b"HTTP/1.1 200 OK\r\n\r\n") as (port, asked):
        assert status(str(port), "/healthz") == 0
    assert asked == [b"GET /healthz HTTP/1.1"]
    assert status(str(port), "/healthz") == 1
