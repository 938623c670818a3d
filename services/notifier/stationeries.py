"""Every version of the stationery, as one process knows it: read from the store now and then."""

from contextlib import AbstractAsyncContextManager

from kit.facts import FactMapper
from kit.freshness import kept_fresh
from kit.ids import stream_id
from kit.logs import get_logger
from kit.postgres import Pool
from services.notifier.domain.events import StationeryPublished
from services.notifier.domain.publishing import STATIONERY_KEY
from services.notifier.domain.stationery import BUILT_IN, Stationery

log = get_logger("stationery")

REFRESH_S = 0.5
"""Time between two looks; few rows are read by their primary key."""

_STREAM = stream_id(STATIONERY_KEY)
_MAPPER = FactMapper((StationeryPublished,))


async def read_published(pool: Pool, after: int = 0) -> list[StationeryPublished]:
    """Return the versions above one, oldest first.

    Raises:
        OSError, asyncpg.PostgresError: the store is away.
    """
    rows = await pool.fetch(
        "SELECT topic, state FROM notifier.notifier_events WHERE originator_id = $1"
        " AND originator_version > $2 ORDER BY originator_version",
        _STREAM, after,
    )  # fmt: skip
    facts = (_MAPPER.read_body(*row)[0] for row in rows)
    return [fact for fact in facts if isinstance(fact, StationeryPublished)]


class Stationeries:
    """What this process writes mails on."""

    def __init__(self) -> None:
        self._known: list[Stationery] = [BUILT_IN]

    def current(self) -> Stationery:
        """Return the version in force, as last seen."""
        return self._known[-1]

    async def refresh(self, pool: Pool) -> None:
        """Take up what was published since.

        Raises:
            OSError, asyncpg.PostgresError: the store is away; what is known stays.
        """
        for fact in await read_published(pool, after=len(self._known) - 1):
            # Another look may have taken it up meanwhile.
            if fact.stationery.version == len(self._known):
                self._known.append(fact.stationery)
                log.info("stationery.in_force", version=fact.stationery.version)

    async def of_version(self, pool: Pool, version: int) -> Stationery:
        """Return one version; the newest known where the store has none of that number.

        Raises:
            OSError, asyncpg.PostgresError: it is not known, and the store is away.
        """
        if version >= len(self._known):
            await self.refresh(pool)
        return self._known[min(version, len(self._known) - 1)]

    def kept_fresh(self, pool: Pool) -> AbstractAsyncContextManager[None]:
        """Decide by the version in force inside this context; begins once it was read."""
        return kept_fresh(lambda: self.refresh(pool), every_s=REFRESH_S)
