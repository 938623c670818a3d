"""What takes longer than an answer may: plans being made, plans being run, letters being sent.

A job lives as long as this process. What it has done stands in the database; a run that dies with
the process goes on behind its cursor when somebody says so.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from countermand.errors import KnownError
from countermand.operations.problems import code_of
from countermand.screen import OnStep
from kit.clock import utc_now
from kit.logs import get_logger

log = get_logger("operations")

JOBS_MAX = 4
"""At the same time; more would only slow each other down."""

REMEMBERED_MAX = 20
"""Jobs that have ended and are still shown."""


class TooManyJobsError(KnownError):
    """Enough is being done at once."""


@dataclass(slots=True)
class Job:
    """One thing being done, or done."""

    id: str
    kind: str
    """`PLAN`, `RUN` or `REDRIVE`."""
    about: str
    """Target, plan or letters."""
    who: str
    started_at: datetime
    step: str = ""
    done: int = 0
    total: int = -1
    """-1 while nobody knows."""
    ended_at: datetime | None = None
    result: Any = None
    """What came of it; None before its end, and after an error."""
    error: dict[str, str] | None = None
    """Code and words of why it ended early."""

    def to_json(self) -> dict[str, Any]:
        """Return it for an answer."""
        return {
            "job_id": self.id, "kind": self.kind, "about": self.about, "who": self.who,
            "started_at": self.started_at, "step": self.step, "done": self.done,
            "total": None if self.total < 0 else self.total, "ended_at": self.ended_at,
            "error": self.error,
        }  # fmt: skip


class Jobs:
    """The jobs of this process."""

    def __init__(self) -> None:
        self._jobs: list[Job] = []
        self._tasks: set[asyncio.Task[Any]] = set()

    def __iter__(self) -> Any:
        """Return every job, the newest first."""
        return reversed(self._jobs)

    def start(
        self, kind: str, about: str, who: str, work: Callable[[OnStep], Awaitable[Any]]
    ) -> tuple[Job, asyncio.Task[Any]]:
        """Begin something.

        Raises:
            TooManyJobsError: enough is being done.
        """
        if len(self._tasks) >= JOBS_MAX:
            raise TooManyJobsError(f"{JOBS_MAX} things are being done already; wait for one.")
        job = Job(str(uuid4()), kind, about, who, utc_now())
        ended = [one for one in self._jobs if one.ended_at]
        self._jobs = [*ended[-REMEMBERED_MAX:], *(o for o in self._jobs if not o.ended_at), job]
        self._jobs.sort(key=lambda one: one.started_at)
        task = asyncio.create_task(self._do(job, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return job, task

    async def _do(self, job: Job, work: Callable[[OnStep], Awaitable[Any]]) -> Any:
        def on_step(step: str, done: int, total: int) -> None:
            job.step, job.done, job.total = step, done, total

        try:
            job.result = await work(on_step)
        except KnownError as known:
            job.error = {"code": code_of(known)[1], "detail": str(known)}
            raise
        except Exception:
            log.exception("operations.failed", kind=job.kind, incident=job.id)
            job.error = {
                "code": "INTERNAL_ERROR", "detail": f"Our mistake. Quote incident {job.id}."
            }  # fmt: skip
            raise
        else:
            return job.result
        finally:
            job.ended_at = utc_now()

    async def within(self, task: asyncio.Task[Any], seconds: float) -> bool:
        """Wait a while for a job; whether it has ended. What it raised, it raises here."""
        done, _ = await asyncio.wait({task}, timeout=seconds)
        if done:
            task.result()
        else:
            task.add_done_callback(_noted)
        return bool(done)

    async def stop(self) -> None:
        """End everything; what was done stays done."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _noted(task: asyncio.Task[Any]) -> None:
    """Take note of an error that stands in the job."""
    if not task.cancelled():
        task.exception()
