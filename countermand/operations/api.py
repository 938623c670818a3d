"""The HTTP door of operations: the guard of the cancellation service before other routes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from countermand.operations import problems
from countermand.operations.api_letters import add_letters
from countermand.operations.api_replays import add_replays
from countermand.operations.jobs import Jobs
from countermand.operations.settings import OperationsSettings
from countermand.replay.doing import System
from services.cancellation.access import check_rules
from services.cancellation.guarded import open_door
from services.cancellation.people.book import Book
from services.cancellation.settings import CancellationSettings

DESCRIPTION = """
Dead letters and replays, for whoever has the right `REPLAY`. Who asks says so as at the
cancellation service: a session signed in there, or one of its keys, opens this door, too.

Everything may be sent twice: a letter that was sent again is not found among the open ones, an edit
names how many it has seen, the same question about the same world is the same plan, and a completed
plan does nothing.
"""


@asynccontextmanager
async def opened(
    system: System, book: Book, access: CancellationSettings, settings: OperationsSettings
) -> AsyncIterator[FastAPI]:
    """Build the application; what it is doing ends with the block."""
    jobs = Jobs()
    app = build(system, book, access, settings, jobs)
    try:
        yield app
    finally:
        await jobs.stop()


def build(
    system: System, book: Book, access: CancellationSettings, settings: OperationsSettings,
    jobs: Jobs,
) -> FastAPI:  # fmt: skip
    """Build the application."""
    app = open_door(
        book,
        access,
        title="Countermand operations",
        summary="Look after dead letters; plan, approve and run replays.",
        description=DESCRIPTION,
        larger={},
    )
    problems.install(app)
    add_letters(app, system, jobs, settings)
    add_replays(app, system, jobs, settings)
    check_rules(app)
    return app
