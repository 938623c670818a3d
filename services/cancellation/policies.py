"""The policy in force, as one process knows it: read from the store now and then.

Decisions must not wait for a query, so a newly published policy takes up to a second to reach every
process. Each decision records the version it used, which is what counts afterwards.
"""

from contextlib import AbstractAsyncContextManager

from kit.facts import FactMapper
from kit.freshness import kept_fresh
from kit.ids import stream_id
from kit.logs import get_logger
from kit.postgres import Pool
from services.cancellation.domain.events import PolicyPublished
from services.cancellation.domain.policy import BUILT_IN, Rulebook
from services.cancellation.domain.publishing import POLICY_KEY

log = get_logger("policies")

REFRESH_S = 0.5
"""Time between two looks; one row is read by its primary key."""

_STREAM = stream_id(POLICY_KEY)


class Policies:
    """What this process decides by."""

    def __init__(self) -> None:
        self._mapper = FactMapper((PolicyPublished,))
        self._current = BUILT_IN

    def current(self) -> Rulebook:
        """Return the policy in force, as last seen."""
        return self._current

    async def refresh(self, pool: Pool) -> None:
        """Look whether a newer version was published, and take it up.

        Raises:
            OSError, asyncpg.PostgresError: the store is away; the last policy stays.
        """
        row = await pool.fetchrow(
            "SELECT topic, state FROM cancellation.cancellation_events WHERE originator_id = $1"
            " AND originator_version > $2 AND topic = $3 ORDER BY originator_version DESC LIMIT 1",
            _STREAM, self._current.version, PolicyPublished.NAME,
        )  # fmt: skip
        if row is None:
            return
        fact = self._mapper.read_body(row[0], row[1])[0]
        assert isinstance(fact, PolicyPublished)  # noqa: S101 - asked for by this very name
        if fact.policy.version > self._current.version:
            self._current = Rulebook(fact.policy)
            log.info("policy.in_force", version=fact.policy.version)

    def kept_fresh(self, pool: Pool) -> AbstractAsyncContextManager[None]:
        """Decide by the policy in force inside this context; begins once it was read."""
        return kept_fresh(lambda: self.refresh(pool), every_s=REFRESH_S)
