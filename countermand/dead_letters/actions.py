"""What people do to dead letters: every act is a row that says who, why and when, for ever.

The bytes of a letter are never changed. An edit is a row beside it; the newest one is what a
redrive sends.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

import orjson

from countermand.dead_letters.letters import Letter, Raw, read_raw
from countermand.errors import KnownError
from kit.cloudevents import fold_headers, read_headers
from kit.postgres import AnyConnection

Kind = Literal["EDIT", "PARK", "UNPARK", "REDRIVE"]


class CannotEditError(KnownError):
    """The edit does not fit the record."""


class By(NamedTuple):
    """Who acts, and why."""

    who: str
    why: str


class Action(NamedTuple):
    """One thing done to a letter."""

    kind: Kind
    who: str
    why: str
    at: datetime
    raw: Raw | None
    """What the record became; only of an edit."""


async def read_actions(connection: AnyConnection, letter: Letter) -> list[Action]:
    """Return what was done to a letter, oldest first."""
    rows = await connection.fetch(
        "SELECT kind, who, why, at, key, value, headers"
        f" FROM {letter.service}.dead_letter_actions WHERE dead_letter_id = $1 ORDER BY action_id",
        letter.id,
    )
    return [Action(row[0], row[1], row[2], row[3], _raw(*row[4:])) for row in rows]


def _raw(key: bytes | None, value: bytes | None, headers: bytes | None) -> Raw | None:
    return None if headers is None else Raw(key, value, read_headers(headers))


async def read_mended(connection: AnyConnection, letter: Letter) -> Raw:
    """Return what a redrive would send: the newest edit, or the bytes as they came."""
    edits = [a.raw for a in await read_actions(connection, letter) if a.raw is not None]
    return edits[-1] if edits else await read_raw(connection, letter)


async def record_action(
    connection: AnyConnection, letters: Sequence[Letter], kind: Kind, by: By, raw: Raw | None = None
) -> None:
    """Write down an act on letters of one service, in the caller's transaction."""
    if not letters:
        return
    bytes_ = (raw.key, raw.value, fold_headers(raw.headers)) if raw else (None, None, None)
    await connection.executemany(
        f"INSERT INTO {letters[0].service}.dead_letter_actions"
        " (dead_letter_id, kind, who, why, key, value, headers)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [(letter.id, kind, by.who, by.why, *bytes_) for letter in letters],
    )


async def park(connection: AnyConnection, letters: Sequence[Letter], by: By) -> list[Letter]:
    """Take open letters out of the way; returns those that were open."""
    return await _move(connection, letters, "PARK", ("OPEN", "PARKED"), by)


async def unpark(connection: AnyConnection, letters: Sequence[Letter], by: By) -> list[Letter]:
    """Open parked letters again; returns those that were parked."""
    return await _move(connection, letters, "UNPARK", ("PARKED", "OPEN"), by)


async def _move(
    connection: AnyConnection, letters: Sequence[Letter], kind: Kind, states: tuple[str, str],
    by: By,
) -> list[Letter]:  # fmt: skip
    if not letters:
        return []
    async with connection.transaction():
        rows = await connection.fetch(
            f"UPDATE {letters[0].service}.dead_letters SET state = $2"
            " WHERE dead_letter_id = ANY ($3::bigint[]) AND state = $1 RETURNING dead_letter_id",
            *states, [letter.id for letter in letters],
        )  # fmt: skip
        moved_ids = {row[0] for row in rows}
        moved = [letter for letter in letters if letter.id in moved_ids]
        if moved:
            await record_action(connection, moved, kind, by)
    return moved


async def edit(
    connection: AnyConnection, letter: Letter, raw: Raw, by: By, *, edits_seen: int | None = None
) -> None:
    """Record what the record is to be when it is sent again.

    Raises:
        CannotEditError: it was sent again already, or edited by somebody else since it was seen.
    """
    async with connection.transaction():
        state = await connection.fetchval(
            f"SELECT state FROM {letter.service}.dead_letters WHERE dead_letter_id = $1 FOR UPDATE",
            letter.id,
        )
        if state == "REDRIVEN":
            raise CannotEditError(f"{letter.name} was sent again; look at what became of it.")
        edits = [one for one in await read_actions(connection, letter) if one.kind == "EDIT"]
        if edits_seen not in (None, len(edits)):
            raise CannotEditError(
                f"{edits[-1].who} has mended {letter.name} meanwhile; look again."
            )
        await record_action(connection, [letter], "EDIT", by, raw)


def with_fields(raw: Raw, fields: Sequence[tuple[str, str]]) -> Raw:
    """Return the record with some fields of its JSON replaced.

    Args:
        raw: the record before.
        fields: path and new JSON value, `lines.0.quantity` and `2`.

    Raises:
        CannotEditError: the value is no JSON, a path leads nowhere, or a new value is no JSON.
    """
    if not fields:
        return raw
    try:
        data: Any = orjson.loads(raw.value or b"")
    except orjson.JSONDecodeError as no:
        raise CannotEditError(f"The record is not JSON ({no}); give it whole, as a file.") from None
    for path, text in fields:
        *parents, last = path.split(".")
        place = data
        try:
            for part in parents:
                place = place[_step(place, part)]
            place[_step(place, last)] = orjson.loads(text)
        except (LookupError, TypeError, ValueError) as no:
            raise CannotEditError(f"{path}={text} does not fit the record ({no}).") from None
    return raw._replace(value=orjson.dumps(data))


def _step(place: Any, part: str) -> Any:
    return int(part) if isinstance(place, list) else part


def with_headers(raw: Raw, changes: Sequence[tuple[str, str | None]]) -> Raw:
    """Return the record with some headers replaced, or left out where the value is None."""
    names = {name for name, _ in changes}
    kept = [(name, value) for name, value in raw.headers if name not in names]
    return raw._replace(
        headers=kept + [(name, value.encode()) for name, value in changes if value is not None]
    )
