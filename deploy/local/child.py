"""Child processes that do not outlive this one.

Start them from the main thread only: Linux tells a child that its parent died when the *thread*
that forked it ends, so a server started by a worker thread would stop with that thread.
"""

import asyncio
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

IS_LINUX = sys.platform == "linux"
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if IS_LINUX else None
_POLL_S = 0.05
"""Where the kernel has no process descriptors (macOS), how often to look."""
_TAIL_BYTES = 16_384


def spawn(
    argv: Sequence[str],
    *,
    log_path: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    on_parent_death: signal.Signals = signal.SIGKILL,
    before_exec: Callable[[], None] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process in its own session, so that Ctrl-C reaches only the launcher.

    Args:
        argv: program and arguments.
        log_path: both outputs are appended here.
        env: the whole environment; None hands on this process's.
        cwd: working directory; None keeps this process's.
        on_parent_death: what the kernel sends when this process dies (Linux; elsewhere nothing).
        before_exec: runs in the child before the program does.

    Raises:
        RuntimeError: called from a thread other than the main one.
        OSError: the program cannot be started.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("Child processes must be started from the main thread.")
    log_path.parent.mkdir(parents=True, exist_ok=True)
    parent_pid = os.getpid()

    def prepare() -> None:
        if before_exec:
            before_exec()
        # Last, because a change of credentials clears it.
        _follow_parent(parent_pid, on_parent_death)

    with log_path.open("ab") as log:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            start_new_session=True,
            preexec_fn=prepare if IS_LINUX else before_exec,  # noqa: PLW1509 - prctl has no other place
        )


def _follow_parent(parent_pid: int, death_signal: signal.Signals) -> None:
    if _LIBC is None:
        return
    _LIBC.prctl(_PR_SET_PDEATHSIG, int(death_signal))
    if os.getppid() != parent_pid:  # it died between fork and prctl
        os._exit(1)


async def wait_for_exit(process: subprocess.Popen[bytes]) -> int:
    """Wait for the end of `process` and return its exit status, -N for signal N."""
    if not hasattr(os, "pidfd_open"):
        while process.poll() is None:  # noqa: ASYNC110 - nothing there tells us
            await asyncio.sleep(_POLL_S)
        return process.wait()
    if process.poll() is None:
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        descriptor = os.pidfd_open(process.pid)
        loop.add_reader(descriptor, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(descriptor)
            os.close(descriptor)
    return process.wait()


def signal_session(process: subprocess.Popen[bytes], signal_: signal.Signals) -> None:
    """Send a signal to `process` and what it started in its session; no-op when it has ended."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal_)


def describe_exit(code: int) -> str:
    """Say in words how a process ended."""
    if code >= 0:
        return f"ended with exit status {code}"
    with contextlib.suppress(ValueError):
        return f"was ended by {signal.Signals(-code).name}"
    return f"was ended by signal {-code}"


def last_lines(path: Path, *, count: int = 12, start: int = 0) -> str:
    """Return the last `count` lines of a log written after byte `start`."""
    try:
        with path.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(max(start, end - _TAIL_BYTES))
            lines = log.read().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    return "\n".join(lines[-count:])


def log_size(path: Path) -> int:
    """Return how many bytes the log holds; 0 when it does not exist yet."""
    return path.stat().st_size if path.exists() else 0
