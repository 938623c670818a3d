"""Who may come in now, and who did, newest first."""

from typing import Any

from contracts.cancellation import whole
from kit.event_store import EventStore
from kit.postgres import Pool
from services.cancellation.domain.people import in_order

Row = dict[str, Any]

_NEWEST = (
    "SELECT notification_id, topic, state FROM cancellation.cancellation_events"
    " WHERE topic LIKE 'people.%' AND notification_id < $1 ORDER BY notification_id DESC LIMIT $2"
)
_END = 2**63 - 1


async def list_people(pool: Pool) -> list[Row]:
    """Return every account, by name."""
    rows = await pool.fetch(
        "SELECT name, role, rights, is_enabled, added_at, password_set_at, signed_in_at,"
        " CASE WHEN subject IS NULL THEN 'PASSWORD' ELSE 'OPENID_CONNECT' END AS way"
        " FROM cancellation.people ORDER BY name"
    )
    return [{**row, "rights": in_order(whole(row["rights"]))} for row in rows]


async def list_keys(pool: Pool) -> list[Row]:
    """Return every key, by name; of its secret only how it begins."""
    rows = await pool.fetch(
        "SELECT name, prefix, rights, names_others, issued_at, expires_at, revoked_at, used_at"
        " FROM cancellation.api_keys ORDER BY name"
    )
    return [dict(row) for row in rows]


async def list_log(
    pool: Pool, store: EventStore, *, limit: int, before: int | None = None
) -> list[Row]:
    """Return what happened to accounts and keys and who came in, newest first."""
    told = []
    for position, name, body in await pool.fetch(_NEWEST, before or _END, limit):
        fact, cause = store.mapper.read_body(name, body)
        what = name.removeprefix("people.").removesuffix(".v1").replace("-", "_").upper()
        told.append(
            {"position": position, "at": cause.recorded_at, "what": what,
             **fact.model_dump(mode="json")}
        )  # fmt: skip
    return told
