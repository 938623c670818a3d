"""What other commands know about a running system: `<data_dir>/stack.json` and a lock.

The lock decides whether it runs, not the file: a file survives `kill -9`, a pid is used again.
"""

import contextlib
import json
import os
import shutil
import signal
import time
from pathlib import Path
from typing import IO, Any

from deploy.local.errors import AlreadyRunningError, LocalRuntimeError
from deploy.local.locks import is_locked, try_lock

STATE_FILE = "stack.json"
LOCK_FILE = "stack.lock"
OWNED_DIRECTORIES = ("pg", "kafka", "payments", "mailbox", "logs")
"""All that a fresh start removes."""
POLL_S = 0.1
CLAIM_ATTEMPTS = 3


def claim(data_dir: Path) -> IO[bytes]:
    """Reserve `data_dir` for this process until the returned file is closed.

    Raises:
        AlreadyRunningError: a living process holds it.
    """
    for _ in range(CLAIM_ATTEMPTS):  # `load_state` holds the lock for an instant when it asks
        lock = try_lock(data_dir / LOCK_FILE)
        if lock is not None:
            return lock
        time.sleep(POLL_S)
    state = load_state(data_dir)
    pid = f" (pid {state['pid']})" if state else ""
    raise AlreadyRunningError(
        f"A system already runs on {data_dir}{pid}. Stop it with `countermand down`, or choose"
        " another data directory."
    )


def load_state(data_dir: Path) -> dict[str, Any] | None:
    """Return what the system running on `data_dir` wrote about itself; None when none runs.

    Keys: `status` (`starting` or `ready`), `pid` of the launcher, `version`, `started_at` (ISO
    8601, UTC), `endpoints` (see `Stack.endpoints`) and `pids` by process name.
    """
    if not is_locked(data_dir / LOCK_FILE):
        return None
    with contextlib.suppress(FileNotFoundError):
        state: dict[str, Any] = json.loads((data_dir / STATE_FILE).read_text(encoding="utf-8"))
        return state
    return None


def write_state(data_dir: Path, state: dict[str, Any]) -> None:
    """Replace the file in one step, so that readers see the old one or the new one."""
    unfinished = data_dir / f"{STATE_FILE}.new"
    unfinished.write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(data_dir / STATE_FILE)


def remove_state(data_dir: Path) -> None:
    """Remove the file; fine when it is absent."""
    (data_dir / STATE_FILE).unlink(missing_ok=True)


def stop_running(data_dir: Path, *, timeout_s: float = 20.0) -> bool:
    """Stop the system running on `data_dir` and wait for its end; False when none runs.

    Raises:
        LocalRuntimeError: it is still there after `timeout_s`.
    """
    state = load_state(data_dir)
    if state is None:
        return False
    pid = int(state["pid"])
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + timeout_s
    while is_locked(data_dir / LOCK_FILE):
        if time.monotonic() > deadline:
            raise LocalRuntimeError(
                f"The system on {data_dir} did not stop within {timeout_s:.0f} s."
                f" `kill -9 {pid}` ends it and everything it started."
            )
        time.sleep(POLL_S)
    return True


def wipe(data_dir: Path) -> None:
    """Remove what earlier runs left, and nothing else that lies in `data_dir`."""
    for name in OWNED_DIRECTORIES:
        if (data_dir / name).exists():
            shutil.rmtree(data_dir / name)
