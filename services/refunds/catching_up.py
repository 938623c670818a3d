"""Hears what never arrived: asks the provider now and then what it said by itself.

Webhooks may be missing for good. What the list brings was mostly handled before and meets its inbox
row. How far it was read is a row too, so that nothing is left out while this process is away.
"""

import asyncio
from datetime import timedelta

from kit.clock import Clock
from kit.health import Health
from kit.logs import get_logger
from kit.postgres import UNAVAILABLE, Pool
from services.refunds.adapters.stripe_webhooks import read_event
from services.refunds.intake import Intake, Said
from services.refunds.ports import AwayError, RefundGateway, Strange

log = get_logger("catching_up")

OVERLAP = timedelta(minutes=10)
"""An event may be listed a little after its moment."""

REACH = timedelta(days=30)
"""Stripe lists no older ones."""

BATCH = 200


class CatchingUp:
    """One provider's list, read again and again."""

    def __init__(
        self, pool: Pool, gateway: RefundGateway, intake: Intake, health: Health, clock: Clock
    ) -> None:
        self._pool, self._gateway, self._intake, self._clock = pool, gateway, intake, clock
        self._loop = health.loop("catching_up")

    async def run(self, every_s: float) -> None:
        """Read the list regularly until cancelled."""
        while True:
            try:
                await self.once()
            except AwayError as away:
                log.warning("provider.away", reason=str(away))
            except UNAVAILABLE as away:
                log.warning("postgres.unavailable", reason=str(away) or type(away).__name__)
            self._loop.progressed()
            await asyncio.sleep(every_s)

    async def once(self) -> int:
        """Read what is new and return how much that was.

        Raises:
            AwayError: the provider cannot be asked; nothing was taken.
        """
        begun = self._clock()
        known_until = await self._pool.fetchval("SELECT told_until FROM refunds.provider_news")
        since = max(known_until or begun, begun - REACH) - OVERLAP
        # To the end before anything is taken: the newest come first and must be taken last.
        bodies = [body async for body in self._gateway.told_since(since)]
        bodies.reverse()
        for start in range(0, len(bodies), BATCH):
            said = [Said(told, body) for body in bodies[start : start + BATCH]
                    for told in read_event(body)]  # fmt: skip
            await self._intake.take(await self._without_letters(said))
        await self._pool.execute(
            "INSERT INTO refunds.provider_news (told_until) VALUES ($1)"
            " ON CONFLICT (id) DO UPDATE SET told_until = excluded.told_until", begun,
        )  # fmt: skip
        return len(bodies)

    async def _without_letters(self, said: list[Said]) -> list[Said]:
        """Leave out what was set aside as it arrived: its bytes differ, one letter is enough."""
        ids = [one.told.message_id for one in said if isinstance(one.told, Strange)]
        rows = await self._pool.fetch(
            "SELECT message_id FROM refunds.dead_letters WHERE message_id = ANY ($1::text[])", ids
        )
        kept = {row[0] for row in rows}
        return [
            one for one in said
            if not (isinstance(one.told, Strange) and one.told.message_id in kept)
        ]  # fmt: skip
