"""Facts and how they are stored: the `eventsourcing` library's event, mapper and transcoder.

A fact knows only what happened. Its envelope (stream, version, cause, time) is put round it here,
and its stored name is chosen by us: moving or renaming a class never changes history.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar, cast
from uuid import UUID

import orjson
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import Mapper, StoredEvent, Transcoder
from pydantic import BaseModel, ConfigDict, create_model

Upcast = Callable[[dict[str, Any]], dict[str, Any]]
"""Tells what was stored under an older name as it is told today; pure, and kept for ever."""


class Fact(BaseModel):
    """Something that happened to one stream; private to its service."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    NAME: ClassVar[str]
    """Stored name, `<subject>.<what happened>.v<major>`."""
    OLDER: ClassVar[Mapping[str, Upcast]] = {}
    """Names it was stored under before. Those rows stay as they are and are raised when read."""
    IS_SPARSE: ClassVar[bool] = False
    """Stored without the fields that have their default, so that each default, also of the models
    it holds, is part of history. Not for what `kit.relay` says field by field as it was stored."""

    @classmethod
    def stored_names(cls) -> frozenset[str]:
        """Return every name it was ever stored under."""
        return frozenset({cls.NAME, *cls.OLDER})


class Cause(BaseModel):
    """Where a fact comes from; shared by all facts of one decision."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    message_id: str
    """The message that brought it about (CloudEvents `causationid` of what we publish)."""
    correlation_id: str
    """The first message of the whole story."""
    traceparent: str | None = None
    """W3C trace context: that of the message, or of our span about it where spans are made."""
    recorded_at: datetime
    """When we decided. Never used to order anything."""


class RecordedFact:
    """A fact at its place in history; what the library calls a domain event."""

    __slots__ = ("cause", "fact", "originator_id", "originator_version")

    def __init__(
        self, originator_id: UUID, originator_version: int, fact: Fact, cause: Cause
    ) -> None:
        self.originator_id = originator_id
        self.originator_version = originator_version
        self.fact = fact
        self.cause = cause


class UnknownFactError(LookupError):
    """The store holds a name this code does not know: deploy the version that wrote it."""


class JsonTranscoder(Transcoder):
    """Models to JSON bytes and JSON bytes to plain values."""

    def encode(self, obj: BaseModel) -> bytes:
        """Return compact JSON; of a sparse fact what leaving it out would not say."""
        is_sparse = isinstance(obj, Fact) and obj.IS_SPARSE
        return obj.__pydantic_serializer__.to_json(obj, exclude_defaults=is_sparse)

    def decode(self, data: bytes) -> Any:
        """Return dicts and lists, for tools that know no classes."""
        return orjson.loads(data)


def fact_json(body: bytes) -> str:
    """Return the fact's own JSON out of a stored body, without decoding it."""
    return _fact_part(body).decode()


def _fact_part(body: bytes) -> bytes:
    # Quotes inside strings are escaped, so the last such key is the envelope's.
    return body[len(_BEFORE) : body.rindex(_BETWEEN)]


_BEFORE, _BETWEEN = b'{"fact":', b',"cause":'


Upcasts = Mapping[str, tuple[str, Upcast]]
"""By older name: today's name, and how it is told."""


def upcasts_of(facts: Iterable[type[Fact]]) -> Upcasts:
    """Return how all older versions of some facts are raised."""
    return {old: (fact.NAME, tell) for fact in facts for old, tell in fact.OLDER.items()}


def raised(upcasts: Upcasts, name: str, body: bytes) -> tuple[str, bytes]:
    """Return a stored row as today's code would have written it.

    Raises:
        UnknownFactError: nobody knows `name`.
    """
    if name not in upcasts:
        raise UnknownFactError(name)
    today, tell = upcasts[name]
    fact = orjson.dumps(tell(orjson.loads(_fact_part(body))))
    return today, _BEFORE + fact + body[body.rindex(_BETWEEN) :]


class FactMapper(Mapper[UUID]):
    """Maps facts to stored rows by chosen name; body is `{"fact": {…}, "cause": {…}}`."""

    def __init__(self, facts: Iterable[type[Fact]]) -> None:
        super().__init__(JsonTranscoder())
        facts = tuple(facts)
        self._upcasts = upcasts_of(facts)
        self._validators: dict[str, Callable[[bytes], Any]] = {}
        self._facts: dict[str, Callable[[bytes], Any]] = {}
        for fact in facts:
            if fact.NAME in self._validators:
                raise ValueError(f"two facts share the stored name {fact.NAME}")
            body = create_model(f"Stored{fact.__name__}", fact=(fact, ...), cause=(Cause, ...))
            self._validators[fact.NAME] = body.__pydantic_validator__.validate_json
            self._facts[fact.NAME] = fact.__pydantic_validator__.validate_json
        if clash := self._validators.keys() & self._upcasts.keys():
            raise ValueError(f"names of today cannot be older ones: {sorted(clash)}")

    @property
    def names(self) -> frozenset[str]:
        """Every stored name this mapper can read."""
        return frozenset(self._validators.keys() | self._upcasts.keys())

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredEvent:
        """Write one recorded fact."""
        recorded = cast("RecordedFact", domain_event)
        return StoredEvent(
            recorded.originator_id,
            recorded.originator_version,
            recorded.fact.NAME,
            self.write_body(recorded.fact, self.transcoder.encode(recorded.cause)),
        )

    def write_body(self, fact: Fact, cause_json: bytes) -> bytes:
        """Write a body; the cause comes encoded, because facts of one decision share it."""
        return _BEFORE + self.transcoder.encode(fact) + _BETWEEN + cause_json + b"}"

    def read_body(self, name: str, body: bytes) -> tuple[Fact, Cause]:
        """Read a stored body.

        Raises:
            UnknownFactError: nobody registered `name`.
        """
        validate = self._validators.get(name)
        if validate is None:
            return self.read_body(*raised(self._upcasts, name, body))
        stored = validate(body)
        return stored.fact, stored.cause

    def read_fact(self, name: str, body: bytes) -> Fact:
        """Read the fact alone: folding needs no cause, and it is a third of the work.

        Raises:
            UnknownFactError: nobody registered `name`.
        """
        validate = self._facts.get(name)
        if validate is None:
            return self.read_fact(*raised(self._upcasts, name, body))
        fact: Fact = validate(_fact_part(body))
        return fact

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[UUID]:
        """Read one recorded fact."""
        stream = cast("UUID", stored_event.originator_id)
        read = self.read_body(stored_event.topic, stored_event.state)
        recorded = RecordedFact(stream, stored_event.originator_version, *read)
        return cast("DomainEventProtocol[UUID]", recorded)
