"""What is known of receivers: settings from the log, keys and how they do from rows."""

import time
from collections import defaultdict
from typing import Any
from uuid import UUID

from kit.cloudevents import Incoming, fingerprint
from kit.logs import get_logger
from kit.postgres import Pool
from kit.processor import Processor
from services.notifier.webhooks.domain.commands import SetEndpoint
from services.notifier.webhooks.metrics import ENDPOINTS as GAUGE
from services.notifier.webhooks.ports import Receiver
from services.notifier.webhooks.registered import Registered
from services.notifier.webhooks.translation import ENDPOINTS_STREAM

log = get_logger("webhooks")

LOOK_EVERY_S = 1.0
"""A changed endpoint is called as it was for so long at most."""

BY_ITSELF = "webhooks"
"""Who disables what does not answer."""


class Tables:
    """Register over PostgreSQL."""

    def __init__(self, pool: Pool, registered: Registered, processor: Processor[Any]) -> None:
        self._pool, self._registered, self._processor = pool, registered, processor
        self._keys: dict[UUID, tuple[str, ...]] = {}
        self._failing: dict[UUID, Any] = {}
        self._seen_at = -LOOK_EVERY_S

    async def find(self, endpoint_id: UUID) -> Receiver | None:
        """Return an endpoint; see the port."""
        if time.monotonic() - self._seen_at >= LOOK_EVERY_S:
            await self.look()
        found = self._registered.current().known.get(endpoint_id)
        if found is None:
            return None
        return Receiver(found.url, found.is_enabled, self._keys.get(endpoint_id, ()))

    async def look(self) -> None:
        """Take up what has changed."""
        async with self._pool.acquire() as connection:
            endpoints = await self._registered.read(connection)
            keys = await connection.fetch(
                "SELECT endpoint_id, key FROM webhooks.signing_keys"
                " WHERE valid_until IS NULL OR valid_until > now() ORDER BY made_at DESC"
            )
            failing = await connection.fetch(
                "SELECT endpoint_id, failing_since FROM webhooks.receivers"
                " WHERE failing_since IS NOT NULL"
            )
        by_endpoint: defaultdict[UUID, list[str]] = defaultdict(list)
        for endpoint_id, key in keys:
            by_endpoint[endpoint_id].append(key)
        self._keys = {id_: tuple(some) for id_, some in by_endpoint.items()}
        self._failing = {row[0]: row[1] for row in failing}
        self._seen_at = time.monotonic()
        enabled = {e.endpoint_id for e in endpoints.known.values() if e.is_enabled}
        GAUGE.labels("failing").set(len(enabled & self._failing.keys()))
        GAUGE.labels("enabled").set(len(enabled))
        stopped = [e for e in endpoints.known.values() if not e.is_enabled and e.code]
        GAUGE.labels("disabled_by_itself").set(len(stopped))

    async def worked(self, endpoint_id: UUID) -> None:
        """Note that it answered well; see the port."""
        if self._failing.pop(endpoint_id, None) is not None:
            await self._pool.execute(
                "UPDATE webhooks.receivers SET failing_since = NULL WHERE endpoint_id = $1",
                endpoint_id,
            )

    async def failed(self, endpoint_id: UUID, detail: str) -> float:
        """Note that it did not; see the port."""
        since, age_s = await self._pool.fetchrow(  # type: ignore[misc]
            "INSERT INTO webhooks.receivers AS r"
            " (endpoint_id, failing_since, failed_at, last_error) VALUES ($1, now(), now(), $2)"
            " ON CONFLICT (endpoint_id) DO UPDATE SET"
            " failing_since = coalesce(r.failing_since, now()), failed_at = now(), last_error = $2"
            " RETURNING failing_since, extract(epoch FROM now() - failing_since)::float8",
            endpoint_id, detail,
        )  # fmt: skip
        self._failing[endpoint_id] = since
        return float(age_s)

    async def disable(self, endpoint_id: UUID, code: str, why: str, effect_id: UUID) -> None:
        """Send it nothing more; see the port."""
        command = SetEndpoint(
            endpoint_id=endpoint_id, is_enabled=False, code=code, who=BY_ITSELF, why=why[:500]
        )
        id_, type_ = f"disable:{effect_id}", type(command).__name__
        mark = fingerprint(type_, command)
        await self._processor.process([Incoming(id_, type_, command, ENDPOINTS_STREAM, mark, id_)])
        log.warning("webhook.endpoint_disabled", endpoint_id=str(endpoint_id), code=code, why=why)
        self._seen_at = -LOOK_EVERY_S
