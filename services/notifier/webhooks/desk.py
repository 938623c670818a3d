"""What people do with endpoints and deliveries; every way in comes through here."""

import secrets
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import BaseModel

from kit.cloudevents import Incoming, fingerprint
from kit.deciding import Answer
from kit.ids import child_id
from kit.postgres import AnyConnection, Pool
from kit.processor import Processor, Step
from services.notifier.webhooks.domain import commands
from services.notifier.webhooks.domain.lane import delivery_id_of
from services.notifier.webhooks.domain.outgoing import TYPES
from services.notifier.webhooks.guard import ForbiddenError, Guard
from services.notifier.webhooks.registered import Registered
from services.notifier.webhooks.signing import KEY_BYTES, write_key
from services.notifier.webhooks.translation import ENDPOINTS_STREAM, stream_of_pings

ENDPOINTS_MAX = 100
"""Every event is held against each of them."""

KEEP_OLD_S = 86_400
"""So long both keys sign, unless told otherwise."""

_SHOWN = (
    "d.delivery_id, d.endpoint_id, d.message_id, d.order_id, d.type, d.outcome, d.status, d.code,"
    " d.detail, d.round, d.requested_at, d.ended_at"
)

Row = dict[str, Any]


class Refused(Exception):  # noqa: N818 - it is an answer
    """What was asked for cannot be done."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail


class By(NamedTuple):
    """Who wants something, why, and under which key: the same key again has effect once."""

    who: str
    why: str | None
    key: str


class Desk:
    """Endpoints and deliveries, for people."""

    def __init__(
        self, pool: Pool, registered: Registered, processor: Processor[Any], guard: Guard
    ) -> None:
        self._pool, self._registered = pool, registered
        self._processor, self._guard = processor, guard

    async def register(
        self, url: str, types: Sequence[str], description: str | None, by: By
    ) -> Row:
        """Register an endpoint; its key is in this answer and in no other."""
        checked, wanted = self._checked(url), _checked_types(types)
        await self._registered.refresh(self._pool)
        endpoint_id = child_id(ENDPOINTS_STREAM, by.key)
        known = self._registered.current().known
        if len(known.keys() - {endpoint_id}) >= ENDPOINTS_MAX:
            raise Refused(
                "TOO_MANY_ENDPOINTS", f"there are {ENDPOINTS_MAX}, as many as there may be"
            )
        command = commands.SetEndpoint(
            endpoint_id=endpoint_id, url=checked, types=wanted, description=description,
            who=by.who, why=by.why,
        )  # fmt: skip
        key = write_key(secrets.token_bytes(KEY_BYTES))
        answer = await self._decide(
            f"register:{by.key}", command, ENDPOINTS_STREAM, also=_keep(endpoint_id, by.key, key)
        )
        return {**await self.show(endpoint_id), "secret": key if answer.facts else None}

    async def change(self, endpoint_id: UUID, by: By, **changes: Any) -> Row:
        """Change an endpoint; what is None stays as it is."""
        if changes.get("url") is not None:
            changes["url"] = self._checked(changes["url"])
        if changes.get("types") is not None:
            changes["types"] = _checked_types(changes["types"])
        command = commands.SetEndpoint(endpoint_id=endpoint_id, who=by.who, why=by.why, **changes)
        await self._decide(f"set:{by.key}", command, ENDPOINTS_STREAM)
        if changes.get("is_enabled"):
            await self._pool.execute(
                "UPDATE webhooks.receivers SET failing_since = NULL WHERE endpoint_id = $1",
                endpoint_id,
            )
        return await self.show(endpoint_id)

    async def replace_key(self, endpoint_id: UUID, keep_old_s: float, by: By) -> Row:
        """Make a new key; both sign until the old one's time is over."""
        await self.show(endpoint_id)
        key = write_key(secrets.token_bytes(KEY_BYTES))
        command = commands.ReplaceKey(
            endpoint_id=endpoint_id, keep_old_s=keep_old_s, who=by.who, why=by.why
        )
        step = _keep(endpoint_id, by.key, key, old_until_s=keep_old_s)
        answer = await self._decide(f"key:{by.key}", command, ENDPOINTS_STREAM, also=step)
        return {**await self.show(endpoint_id), "secret": key if answer.facts else None}

    async def ping(self, endpoint_id: UUID, by: By) -> Row:
        """Send something to try a receiver; returns the delivery."""
        command = commands.Ping(endpoint_id=endpoint_id, who=by.who, why=by.why)
        id_ = f"ping:{by.key}"
        await self._decide(id_, command, stream_of_pings(endpoint_id))
        return await self.show_delivery(delivery_id_of(endpoint_id, id_))

    async def send_again(self, delivery_id: UUID, by: By) -> Row:
        """Send a delivery again under its own id."""
        stream = await self._pool.fetchval(
            "SELECT stream_id FROM webhooks.effects WHERE effect_id = $1", delivery_id
        )
        if stream is None:
            raise Refused("DELIVERY_NOT_FOUND", f"no delivery {delivery_id}")
        command = commands.SendAgain(delivery_id=delivery_id, who=by.who, why=by.why)
        await self._decide(f"again:{by.key}", command, stream)
        return await self.show_delivery(delivery_id)

    async def endpoints(self) -> list[Row]:
        """Return every endpoint, oldest first, and how it does."""
        async with self._pool.acquire() as connection:
            endpoints = await self._registered.read(connection)
            rows = await connection.fetch(
                "SELECT endpoint_id, failing_since, last_error FROM webhooks.receivers"
            )
            keys = await connection.fetch(
                "SELECT endpoint_id, count(*) FROM webhooks.signing_keys"
                " WHERE valid_until IS NULL OR valid_until > now() GROUP BY endpoint_id"
            )
        does = {row[0]: row for row in rows}
        valid = {row[0]: row[1] for row in keys}
        return [
            {
                **endpoint.model_dump(),
                "key_count": valid.get(id_, 0),
                "failing_since": does[id_]["failing_since"] if id_ in does else None,
                "last_error": does[id_]["last_error"] if id_ in does else None,
            }
            for id_, endpoint in endpoints.known.items()
        ]

    async def show(self, endpoint_id: UUID) -> Row:
        """Return one endpoint."""
        for row in await self.endpoints():
            if row["endpoint_id"] == endpoint_id:
                return row
        raise Refused("ENDPOINT_NOT_FOUND", f"no endpoint {endpoint_id}")

    async def deliveries(
        self, *, endpoint_id: UUID | None, order_id: str | None, outcome: str | None, limit: int
    ) -> list[Row]:
        """Return deliveries, newest first."""
        rows = await self._pool.fetch(
            f"SELECT {_SHOWN} FROM webhooks.deliveries d"
            " WHERE ($1::uuid IS NULL OR endpoint_id = $1) AND ($2::text IS NULL OR order_id = $2)"
            " AND ($3::text IS NULL OR outcome = $3)"
            " ORDER BY requested_at DESC, delivery_id LIMIT $4",
            endpoint_id, order_id, outcome, limit,
        )  # fmt: skip
        return [dict(row) for row in rows]

    async def show_delivery(self, delivery_id: UUID) -> Row:
        """Return one delivery: what is sent, and how often it was tried."""
        row = await self._pool.fetchrow(
            f"SELECT {_SHOWN}, e.request, e.attempts, e.last_error,"
            " CASE WHEN e.status = 'due' THEN e.due_at END AS next_attempt_at"
            " FROM webhooks.deliveries d JOIN webhooks.effects e USING (effect_id)"
            " WHERE d.delivery_id = $1",
            delivery_id,
        )
        if row is None:
            raise Refused("DELIVERY_NOT_FOUND", f"no delivery {delivery_id}")
        shown = dict(row)
        request = _Request.model_validate_json(shown.pop("request"))
        return {**shown, **request.model_dump()}

    def _checked(self, url: str) -> str:
        try:
            return str(self._guard.check_url(url))
        except ForbiddenError as no:
            raise Refused(no.code, no.detail) from None

    async def _decide(
        self, id_: str, command: BaseModel, stream: UUID, *, also: Step | None = None
    ) -> Answer:
        """Have a command decided, once."""
        await self._registered.refresh(self._pool)
        type_ = type(command).__name__
        message = Incoming(id_, type_, command, stream, fingerprint(type_, command), id_)
        (answer,) = await self._processor.process([message], also=also)
        if answer.code:
            raise Refused(answer.code, answer.detail)
        return answer


class _Request(BaseModel):
    """What a call holds that is shown."""

    body: str
    who: str | None = None
    why: str | None = None


def _checked_types(types: Sequence[str]) -> tuple[str, ...]:
    if unknown := sorted(set(types) - TYPES):
        raise Refused("TYPE_UNKNOWN", f"not sent out: {', '.join(unknown)}")
    return tuple(sorted(set(types)))


def _keep(endpoint_id: UUID, name: str, key: str, *, old_until_s: float = 0.0) -> Step:
    """Return what writes a key, once for its name, and lets the keys before it end."""

    async def write(connection: AnyConnection) -> None:
        key_id = child_id(endpoint_id, name)
        await connection.execute(
            "DELETE FROM webhooks.signing_keys WHERE valid_until < now() AND endpoint_id = $1",
            endpoint_id,
        )
        is_new = await connection.fetchval(
            "INSERT INTO webhooks.signing_keys (key_id, endpoint_id, key) VALUES ($1, $2, $3)"
            " ON CONFLICT DO NOTHING RETURNING true",
            key_id, endpoint_id, key,
        )  # fmt: skip
        if is_new:
            # Two keys at most: what is being replaced, and what replaces it.
            await connection.execute(
                "DELETE FROM webhooks.signing_keys"
                " WHERE endpoint_id = $1 AND valid_until IS NOT NULL",
                endpoint_id,
            )
            await connection.execute(
                "UPDATE webhooks.signing_keys SET valid_until = now() + make_interval(secs => $3)"
                " WHERE endpoint_id = $1 AND key_id <> $2",
                endpoint_id, key_id, old_until_s,
            )  # fmt: skip

    return write
