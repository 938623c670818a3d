"""Dead letters as they lie in the tables: one by one without their bytes, and grouped by cause."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from countermand.errors import KnownError
from kit.cloudevents import Headers, read_headers
from kit.postgres import AnyConnection

State = Literal["OPEN", "PARKED", "REDRIVEN"]


class NoSuchLetterError(KnownError):
    """No dead letter has this name."""


class Selection(BaseModel):
    """Which dead letters of a service are meant; what is left out does not matter."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    ids: tuple[int, ...] | None = None
    """Numbers."""
    after: int = 0
    """Only higher numbers than this."""
    cause: str | None = None
    """Code, as `ORDER_NOT_FOUND`."""
    message_type: str | None = None
    """As the record said it."""
    topic: str | None = None
    """Where it was set aside."""
    key: str | None = None
    """Key of the record: the order id, if it was right."""
    since: datetime | None = None
    """Set aside at or after."""
    until: datetime | None = None
    """Set aside before."""
    states: tuple[State, ...] = ("OPEN",)
    """`OPEN`: somebody has to look. `PARKED`: somebody has. `REDRIVEN`: sent again."""


class Letter(NamedTuple):
    """One dead letter, without its bytes."""

    service: str
    id: int
    topic: str
    partition: int
    offset: int
    message_id: str | None
    message_type: str | None
    code: str
    detail: str
    key: bytes | None
    fingerprint: bytes | None
    """Of a message that was understood."""
    recorded_at: datetime
    state: State
    attempts: int
    """How often it was sent again before it came here."""
    home: int
    """Partition in which it was set aside the first time."""
    place: int
    """Offset at which it was set aside the first time: its place in its sequence."""
    redrive_id: str | None
    """What sent it again."""
    answer: str | None
    """What came of that; None while nobody knows."""
    again: int | None
    """The dead letter it became once more."""

    @property
    def name(self) -> str:
        """Service and number, as commands take it."""
        return f"{self.service}/{self.id}"

    @property
    def sequence(self) -> tuple[str, int, bytes | None]:
        """Whose turn it is is decided among letters of one topic, partition and key."""
        return self.topic, self.home, self.key

    @property
    def is_under_way(self) -> bool:
        """True while it was sent again and nobody knows yet what came of it."""
        return self.state == "REDRIVEN" and self.answer is None and self.again is None


class Raw(NamedTuple):
    """The bytes of a record."""

    key: bytes | None
    value: bytes | None
    headers: Headers


class _Record(NamedTuple):
    """A record, as far as a reader looks."""

    key: bytes | None
    value: bytes | None
    headers: Headers
    topic: str
    partition: int
    offset: int


def as_record(letter: Letter, raw: Raw) -> Any:
    """Return what a message reader reads: these bytes, where the letter lay."""
    return _Record(*raw, letter.topic, letter.partition, letter.offset)


class Cause(NamedTuple):
    """Dead letters of one service and one code."""

    service: str
    code: str
    letters: int
    """How many there are."""
    keys: int
    """How many keys they are about."""
    first_at: datetime
    last_at: datetime
    sample_id: int
    sample: str
    """The detail of the first."""


_WHERE = """
    ($1::bigint[] IS NULL OR d.dead_letter_id = ANY ($1)) AND ($2::text IS NULL OR d.code = $2)
    AND ($3::text IS NULL OR d.message_type = $3) AND ($4::text IS NULL OR d.topic = $4)
    AND ($5::bytea IS NULL OR d.key = $5) AND ($6::timestamptz IS NULL OR d.recorded_at >= $6)
    AND ($7::timestamptz IS NULL OR d.recorded_at < $7) AND d.state = ANY ($8::text[])
    AND d.dead_letter_id > $9"""


def _select(service: str, where: str) -> str:
    return f"""
        SELECT '{service}', d.dead_letter_id, d.topic, d.partition, d."offset", d.message_id,
            d.message_type, d.code, d.detail, d.key, d.fingerprint, d.recorded_at, d.state,
            coalesce(came.attempt, 0), coalesce(came.partition, d.partition),
            coalesce(came.place, d."offset"), went.redrive_id, went.answer, again.dead_letter_id
        FROM {service}.dead_letters d
        LEFT JOIN {service}.redrives came ON came.redrive_id = d.redrive_id
        LEFT JOIN {service}.redrives went ON went.dead_letter_id = d.dead_letter_id
        LEFT JOIN {service}.dead_letters again ON again.redrive_id = went.redrive_id
        WHERE {where} ORDER BY d.dead_letter_id"""


def _arguments(selection: Selection) -> tuple[Any, ...]:
    s = selection
    key = None if s.key is None else s.key.encode()
    ids = None if s.ids is None else list(s.ids)
    return ids, s.cause, s.message_type, s.topic, key, s.since, s.until, list(s.states), s.after


async def find_letters(
    connection: AnyConnection, service: str, selection: Selection, *, limit: int
) -> list[Letter]:
    """Return the letters meant, by number, at most `limit`."""
    rows = await connection.fetch(
        f"{_select(service, _WHERE)} LIMIT $10", *_arguments(selection), limit
    )
    return [Letter(*row) for row in rows]


async def find_letter(connection: AnyConnection, service: str, id_: int) -> Letter:
    """Return one letter.

    Raises:
        NoSuchLetterError: there is none of this number.
    """
    row = await connection.fetchrow(_select(service, "d.dead_letter_id = $1"), id_)
    if row is None:
        raise NoSuchLetterError(f"{service} has no dead letter {id_}.")
    return Letter(*row)


async def find_neighbours(
    connection: AnyConnection, service: str, letters: Sequence[Letter]
) -> list[Letter]:
    """Return every letter of the same keys that is open or under way: what the turn depends on."""
    rows = await connection.fetch(
        _select(
            service,
            "(d.key = ANY ($1::bytea[]) OR d.key IS NULL AND $2)"
            " AND (d.state = 'OPEN' OR d.state = 'REDRIVEN' AND went.answer IS NULL"
            " AND again.dead_letter_id IS NULL)",
        ),
        list({letter.key for letter in letters if letter.key is not None}),
        any(letter.key is None for letter in letters),
    )
    return [Letter(*row) for row in rows]


async def count_causes(
    connection: AnyConnection, service: str, selection: Selection
) -> list[Cause]:
    """Group the letters meant by their code, most frequent first."""
    rows = await connection.fetch(
        f"""SELECT '{service}', d.code, count(*), count(DISTINCT d.key), min(d.recorded_at),
                max(d.recorded_at), min(d.dead_letter_id),
                (array_agg(d.detail ORDER BY d.dead_letter_id))[1]
            FROM {service}.dead_letters d WHERE {_WHERE}
            GROUP BY d.code ORDER BY count(*) DESC, d.code""",
        *_arguments(selection),
    )
    return [Cause(*row) for row in rows]


async def read_raw(connection: AnyConnection, letter: Letter) -> Raw:
    """Return the bytes of a letter as they came; they are never changed."""
    row = await connection.fetchrow(
        f"SELECT key, value, headers FROM {letter.service}.dead_letters WHERE dead_letter_id = $1",
        letter.id,
    )
    assert row is not None, "a dead letter is never deleted"  # noqa: S101 - our own table
    return Raw(row[0], row[1], read_headers(row[2]))
