"""Between positions and times: when a fact was recorded, and how far the log was at a moment.

Positions are the truth; recording times only nearly follow them, because a transaction looks at its
clock before it takes the table's lock, and hosts have clocks of their own.
"""

from datetime import datetime, timedelta

from kit.postgres import AnyConnection

DISORDER = timedelta(seconds=120)
"""How much later than its successors a fact may have been recorded at most. Whoever has decided
commits within four statements of half a minute each; clocks of hosts must agree better than that.
"""

TAIL_BYTES = 400
"""The end of a body, long enough to hold the moment; the rest may be large."""

PAGE_MAX = 5_000

_KEY = b'"recorded_at":"'

_TAIL = f"substring(state FROM greatest(1, octet_length(state) - {TAIL_BYTES - 1}))"


def recorded_at(body: bytes) -> datetime:
    """Return when the fact in a stored body, or in the end of one, was recorded."""
    # Quotes inside strings are escaped, so the last such key is the envelope's.
    start = body.rindex(_KEY) + len(_KEY)
    return datetime.fromisoformat(body[start : body.index(b'"', start)].decode())


async def time_of(connection: AnyConnection, schema: str, position: int) -> datetime | None:
    """Return when the newest fact up to a position was recorded; None when there is none."""
    tail = await connection.fetchval(
        f"SELECT {_TAIL} FROM {schema}.{schema}_events WHERE notification_id <= $1"
        " ORDER BY notification_id DESC LIMIT 1",
        position,
    )
    return None if tail is None else recorded_at(tail)


async def position_at(connection: AnyConnection, schema: str, moment: datetime) -> int:
    """Return the last position before the first fact recorded after `moment`; 0 when none is."""
    position, _ = await _bisect(connection, schema, moment - DISORDER)
    while page := await connection.fetch(
        f"SELECT notification_id, {_TAIL} FROM {schema}.{schema}_events"
        " WHERE notification_id > $1 ORDER BY notification_id LIMIT $2",
        position, PAGE_MAX,
    ):  # fmt: skip
        for row in page:
            if recorded_at(row[1]) > moment:
                return position
            position = row[0]
    return position


async def span_of(
    connection: AnyConnection, schema: str, since: datetime | None, until: datetime | None
) -> tuple[int, int | None]:
    """Return (after, up to): positions between which lies all that was recorded in a time.

    Not everything between them was recorded then; None means up to the end.
    """
    after = (await _bisect(connection, schema, since - DISORDER))[0] if since else 0
    up_to = (await _bisect(connection, schema, until + DISORDER))[1] if until else None
    return after, up_to


async def _bisect(
    connection: AnyConnection, schema: str, moment: datetime
) -> tuple[int, int | None]:
    """Return neighbours: a fact recorded up to `moment` or 0, and one recorded later or None."""
    table = f"{schema}.{schema}_events"
    low = 0
    high = await connection.fetchval(f"SELECT coalesce(max(notification_id), 0) + 1 FROM {table}")
    later = None
    while high - low > 1:
        middle = (low + high) // 2
        row = await connection.fetchrow(
            f"SELECT notification_id, {_TAIL} FROM {table} WHERE notification_id >= $1"
            " ORDER BY notification_id LIMIT 1",
            middle,
        )
        if row is not None and row[0] < high and recorded_at(row[1]) <= moment:
            low = row[0]
        else:
            if row is not None and row[0] < high:
                later = row[0]
            high = middle
    return low, later
