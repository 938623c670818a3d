"""Waits until nothing is left to be read, published or projected."""

import asyncio

from countermand.endpoints import Endpoints
from countermand.errors import KnownError
from countermand.screen import OnStep
from countermand.specs import SPECS
from countermand.status.report import Observer

AGAIN_S = 0.5
STALLED_AFTER_S = 120.0

QUIET_LOOKS = 2
"""What one process has just published, the next one has not yet seen."""


class StuckError(KnownError):
    """Something waits and does not move."""


async def wait_until_level(
    endpoints: Endpoints, on_step: OnStep, *, leaves_calls: bool = False
) -> None:
    """Return once consumers, relays, projections and workers have done all there is to do.

    Args:
        endpoints: of the running system.
        on_step: told how far it is.
        leaves_calls: calls may stay undone, because no worker runs, nor the lane of webhooks.

    Raises:
        StuckError: nothing moved for two minutes; names what waits.
    """
    observer, loop = Observer(endpoints, None), asyncio.get_running_loop()
    quiet = most = 0
    last, moved_at = -1, loop.time()
    while quiet < QUIET_LOOKS:
        report = await observer.read()
        work = [*report.lag, *report.calls]
        if leaves_calls:
            work = [each for each in report.lag if each.service in SPECS]
        waiting = sum(each.count for each in work)
        # A server that is away tells nothing, so nothing is known to be done.
        quiet = quiet + 1 if not waiting and not report.away else 0
        most = max(most, waiting)
        on_step("Records, facts, calls", most - waiting, most)
        if waiting != last:
            last, moved_at = waiting, loop.time()
        elif loop.time() - moved_at > STALLED_AFTER_S:
            who = ", ".join(f"{each.service} {each.what}" for each in work if each.count)
            raise StuckError(f"Nothing moves: {who or ', '.join(report.away)}. See the logs.")
        await asyncio.sleep(AGAIN_S)
