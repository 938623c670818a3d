"""The sandbox shop with every process, shared by all who sit at its desk."""

import json
import signal
from collections.abc import AsyncIterator

import pytest

from countermand.endpoints import SIGN_IN_FILE, Endpoints
from tests.support.browsing import open_chromium
from tests.support.command_line import ended, start
from tests.support.sandbox import Sandbox, open_sandbox


@pytest.fixture(scope="package")
async def sandbox(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sandbox]:
    """Start it as the guide says, in a directory of its own."""
    data_dir = tmp_path_factory.mktemp("training")
    process = await start("up", "--training", "--data-dir", str(data_dir))
    try:
        assert process.stderr is not None
        while b"Exercises:" not in (line := await process.stderr.readline()):
            assert line, "it ended"
        password = json.loads((data_dir / SIGN_IN_FILE).read_text("utf-8"))["password"]
        endpoints = Endpoints.find(data_dir)
        async with (
            open_chromium() as chromium,
            open_sandbox(chromium, endpoints, password, data_dir) as opened,
        ):
            yield opened
    finally:
        process.send_signal(signal.SIGINT)
        assert (await ended(process)).exit_code == 0
