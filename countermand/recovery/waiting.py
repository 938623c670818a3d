"""Waits until nothing is left to be read, published or projected."""

import asyncio

from countermand.endpoints import Endpoints
from countermand.errors import KnownError
from countermand.feed import OnStep
from countermand.status.report import Observer

AGAIN_S = 0.5
STALLED_AFTER_S = 120.0

QUIET_LOOKS = 2
"""What one process has just published, the next one has not yet seen."""


class StuckError(KnownError):
    """Something waits and does not move."""


async def wait_until_level(endpoints: Endpoints, on_step: OnStep) -> None:
    """Return once consumers, relays and projections have done all there is to do.

    Raises:
        StuckError: nothing moved for two minutes; names what waits.
    """
    observer, loop = Observer(endpoints, None), asyncio.get_running_loop()
    quiet = most = 0
    last, moved_at = -1, loop.time()
    while quiet < QUIET_LOOKS:
        report = await observer.read()
        waiting = sum(each.count for each in report.lag)
        # A server that is away tells nothing, so nothing is known to be done.
        quiet = quiet + 1 if not waiting and not report.away else 0
        most = max(most, waiting)
        on_step("Records and facts", most - waiting, most)
        if waiting != last:
            last, moved_at = waiting, loop.time()
        elif loop.time() - moved_at > STALLED_AFTER_S:
            who = ", ".join(f"{each.service} {each.what}" for each in report.lag if each.count)
            raise StuckError(f"Nothing moves: {who or ', '.join(report.away)}. See the logs.")
        await asyncio.sleep(AGAIN_S)
