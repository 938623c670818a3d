"""What the supervisor says about processes that misbehave, and how it ends them."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.errors import LocalRuntimeError, ProcessFailedError
from deploy.local.ports import free_ports
from deploy.local.process import ProcessSpec
from deploy.local.supervisor import Supervisor

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"


@pytest.fixture
async def supervisor(tmp_path: Path) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(tmp_path / "logs", cwd=tmp_path)
    yield supervisor
    await supervisor.stop(grace_s=1)


def python(name: str, code: str, **more: Any) -> ProcessSpec:
    return ProcessSpec(name, [sys.executable, "-c", code], **more)


async def test_a_process_that_never_becomes_ready_is_named_with_its_last_words(
    supervisor: Supervisor,
) -> None:
    (port,) = free_ports(1)
    good = ProcessSpec("good", ["sleep", "60"])
    bad = python("bad", "raise SystemExit('no such topic')", ready_url=f"http://127.0.0.1:{port}/")
    with pytest.raises(ProcessFailedError, match=r"(?s)bad ended 6 times.*bad\.log.*no such topic"):
        await supervisor.start([good, bad], timeout_s=20)
    assert supervisor.pids() == {}


async def test_a_process_that_answers_too_late_is_named(supervisor: Supervisor) -> None:
    (port,) = free_ports(1)
    mute = ProcessSpec("mute", ["sleep", "60"], ready_url=f"http://127.0.0.1:{port}/")
    with pytest.raises(ProcessFailedError, match=r"mute was not ready after 0 s"):
        await supervisor.start([mute], timeout_s=0.3)


async def test_a_program_that_does_not_exist_is_named(supervisor: Supervisor) -> None:
    with pytest.raises(ProcessFailedError, match=r"ghost cannot be started .*absent-program"):
        await supervisor.start([ProcessSpec("ghost", ["absent-program"])])


async def test_a_process_deaf_to_sigterm_is_ended_all_the_same(supervisor: Supervisor) -> None:
    await supervisor.start([python("deaf", DEAF)])
    await asyncio.sleep(0.3)  # until it has stopped listening
    await supervisor.stop(grace_s=0.2)
    assert supervisor.pids() == {}
    assert supervisor.exits[-1].exit_code == -signal.SIGKILL


async def test_groups_end_in_the_opposite_order(supervisor: Supervisor) -> None:
    await supervisor.start([ProcessSpec("first", ["sleep", "60"])])
    await supervisor.start([ProcessSpec("second", ["sleep", "60"])])
    await supervisor.stop()
    assert [end.name for end in supervisor.exits] == ["second", "first"]


async def test_a_protected_or_unknown_process_is_not_killed(supervisor: Supervisor) -> None:
    await supervisor.start([ProcessSpec("peer", ["sleep", "60"], killable=False)])
    with pytest.raises(LocalRuntimeError, match="peer is protected"):
        supervisor.kill("peer")
    with pytest.raises(LocalRuntimeError, match="No process is called pear; there are: peer"):
        supervisor.kill("pear")
    assert "peer" in supervisor.pids()
