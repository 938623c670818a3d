"""Which system runs on a data directory, and what is left of one that does not."""

import os
from pathlib import Path

import pytest

from deploy.local import state
from deploy.local.errors import AlreadyRunningError
from deploy.local.stack import Stack, StackSettings
from deploy.local.state import load_state, stop_running


def test_a_running_system_is_found(tmp_path: Path) -> None:
    with state.claim(tmp_path):
        state.write_state(tmp_path, {"pid": os.getpid(), "status": "ready"})
        assert load_state(tmp_path) == {"pid": os.getpid(), "status": "ready"}


def test_the_file_of_a_killed_system_counts_for_nothing(tmp_path: Path) -> None:
    with state.claim(tmp_path):
        state.write_state(tmp_path, {"pid": os.getpid(), "status": "ready"})
    assert load_state(tmp_path) is None
    assert stop_running(tmp_path) is False


def test_a_directory_nobody_ever_used_runs_nothing(tmp_path: Path) -> None:
    assert load_state(tmp_path / "absent") is None
    assert stop_running(tmp_path / "absent") is False


async def test_two_systems_on_one_directory_are_refused_in_words(tmp_path: Path) -> None:
    with state.claim(tmp_path):
        state.write_state(tmp_path, {"pid": 4711, "status": "ready"})
        with pytest.raises(AlreadyRunningError) as caught:
            await Stack(StackSettings(data_dir=tmp_path)).__aenter__()
        assert "pid 4711" in str(caught.value)
        assert "countermand down" in str(caught.value)
        assert load_state(tmp_path) == {"pid": 4711, "status": "ready"}


def test_the_directory_is_free_again_after_the_end(tmp_path: Path) -> None:
    state.claim(tmp_path).close()
    state.claim(tmp_path).close()


def test_a_fresh_start_removes_only_what_the_system_made(tmp_path: Path) -> None:
    for name in (*state.OWNED_DIRECTORIES, "thesis"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    state.wipe(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis"]


def test_an_unknown_process_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"cancellation\.rely"):
        Stack(StackSettings(data_dir=tmp_path), only={"cancellation.rely"})
