"""stripe-mock, Stripe's own stand-in: it knows the published description and checks every request.

It remembers nothing, so it says something about the shape of requests and answers, and nothing
about their effect.
"""

import contextlib
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2

from tests.integration.simulator_process import free_port
from tests.support import golang

MODULE = "github.com/stripe/stripe-mock"
VERSION = "v0.203.0"
START_S_MAX = 20.0


def install() -> Path:
    """Return the program, built if need be; see `golang.install`."""
    return golang.install(MODULE, VERSION)


@contextlib.contextmanager
def stripe_mock(log: Path) -> Iterator[str]:
    """Run it for the length of a block; yields its address."""
    port, https_port = free_port(), free_port()
    # Without an address of its own its HTTPS door would stand open to the whole network.
    doors = ["-http-addr", f"127.0.0.1:{port}", "-https-addr", f"127.0.0.1:{https_port}"]
    url = f"http://127.0.0.1:{port}"
    with log.open("ab") as out, subprocess.Popen(
        [install(), *doors], stdout=out, stderr=out
    ) as process:  # fmt: skip
        try:
            deadline = time.monotonic() + START_S_MAX
            while not _answers(url):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
            yield url
        finally:
            process.kill()


def _answers(url: str) -> bool:
    with contextlib.suppress(httpx2.TransportError):
        key = {"Authorization": "Bearer sk_test_1"}
        return httpx2.get(f"{url}/v1/refunds", headers=key).status_code == 200
    return False
