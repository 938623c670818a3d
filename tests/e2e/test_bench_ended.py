"""A measurement that is ended before its time: a plain line, and nothing runs on."""

import asyncio
import signal
from pathlib import Path

import pytest

from countermand.verb import STOPPED
from deploy.local.state import load_state
from tests.support.command_line import are_gone, ended, start
from tests.support.stack import until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


async def test_whoever_ends_a_bench_is_told_and_nothing_runs_on(tmp_path: Path) -> None:
    process = await start("bench", "reads", "--orders", "50000", "--keep", str(tmp_path))
    waiting = asyncio.create_task(ended(process))

    def is_ready() -> bool:
        state = load_state(tmp_path)
        return state is not None and state["status"] == "ready"

    await until(is_ready, what="the servers are ready", timeout_s=60)
    state = load_state(tmp_path)
    process.send_signal(signal.SIGTERM)
    done = await waiting

    assert done.exit_code == 128 + signal.SIGTERM
    assert done.stderr.rstrip().endswith(STOPPED)
    assert "Error" not in done.stderr
    assert state is not None
    assert are_gone(state["pids"])
