"""How the receivers of webhooks do, asked of the lane's own tables.

A receiver that does not answer is the merchant's to look after: it is shown, and nothing of ours
waits for it.
"""

from countermand.status.waiting import Waiting
from kit.postgres import OwnConnection
from services.notifier.webhooks.registered import SCHEMA, Registered


async def read_undelivered(connection: OwnConnection) -> Waiting:
    """Return what is on its way to receivers."""
    count, oldest = await connection.fetchrow(  # type: ignore[misc]
        "SELECT count(*), min(requested_at) FROM webhooks.deliveries WHERE outcome = 'PENDING'"
    )
    row = await connection.fetchrow(
        "SELECT d.order_id, e.attempts, e.last_error FROM webhooks.deliveries d"
        " JOIN webhooks.effects e USING (effect_id) WHERE d.outcome = 'PENDING'"
        " ORDER BY d.requested_at LIMIT 1"
    )
    return Waiting(SCHEMA, "delivery", count, oldest, dict(row) if row else {})


async def read_receivers(connection: OwnConnection) -> list[Waiting]:
    """Return the endpoints that fail, and those that were disabled for it."""
    endpoints = (await Registered().read(connection)).known.values()
    found = []
    for what, ids in (
        ("failing", [one.endpoint_id for one in endpoints if one.is_enabled]),
        ("disabled", [one.endpoint_id for one in endpoints if not one.is_enabled and one.code]),
    ):
        rows = await connection.fetch(
            "SELECT endpoint_id::text, failing_since, last_error FROM webhooks.receivers"
            " WHERE endpoint_id = ANY($1::uuid[]) AND failing_since IS NOT NULL"
            " ORDER BY failing_since",
            ids,
        )
        if rows:
            about = {"endpoint_id": rows[0][0], "last_error": rows[0]["last_error"]}
            found.append(Waiting(SCHEMA, what, len(rows), rows[0]["failing_since"], about))
    return found
