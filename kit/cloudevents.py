"""CloudEvents 1.0 in Kafka binary mode: attributes in `ce_` headers, the data alone in the value.

Reading never raises: what cannot be understood comes back as `Undecodable`, raw bytes and all.
Source: cloudevents/spec, bindings/kafka-protocol-binding.md and extensions/correlation.md.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple
from uuid import UUID

from aiokafka import ConsumerRecord
from pydantic import BaseModel, ValidationError

MESSAGE_BYTES_MAX = 1_048_576
"""Largest value read from others; the largest invoice in the public retail data has 70 kB."""

MESSAGE_ID_LENGTH_MAX = 200
"""Longest id we keep, of message, story or trace; Stripe's keys allow 255, a UUID needs 36."""

REQUIRED = ("ce_id", "ce_type", "ce_source", "ce_specversion")
"""Headers without which a record is put aside."""

REDRIVE_ID = "ce_redriveid"
"""Header of a dead letter sent again: which redrive brings it; see `tables.redrives`."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""What CloudEvents forbids in attributes; a line break among them would end a mail header."""


class Incoming(NamedTuple):
    """A message understood: attributes, checked data, and its fingerprint."""

    id: str
    type: str
    data: Any
    """The validated model."""
    stream: UUID
    """The stream it is about."""
    fingerprint: bytes
    """16 bytes over type and data: the same id with another body is found by it."""
    correlation_id: str
    traceparent: str | None = None
    redrive_id: str | None = None
    """The redrive that brings it, when it was a dead letter before."""


@dataclass(frozen=True, slots=True)
class Undecodable:
    """A record put aside: why, and everything it held."""

    code: str
    detail: str
    topic: str
    partition: int
    offset: int
    message_id: str | None
    message_type: str | None
    key: bytes | None
    value: bytes | None
    headers: bytes
    """The headers as `name: value` lines, undecoded; `read_headers` takes them apart."""
    fingerprint: bytes | None = None
    """Of a message that was understood and could not be accepted."""
    redrive_id: str | None = None
    """The redrive that brought it, when it was a dead letter before."""


class Skipped(NamedTuple):
    """A record of a type this consumer does not listen to."""

    type: str


def fingerprint(type_: str, data: BaseModel) -> bytes:
    """Return 16 bytes that differ when type or data differ.

    A field that says what leaving it out says does not count, so the same message keeps its
    fingerprint when a later version of its model knows more optional fields.
    """
    body = data.__pydantic_serializer__.to_json(data, exclude_defaults=True)
    return blake2b(type_.encode() + b"\n" + body, digest_size=16).digest()


class MessageReader:
    """Reads records of the types one consumer knows."""

    def __init__(
        self,
        models: Iterable[type[BaseModel]],
        stream_of: Callable[[Any], tuple[str, UUID]],
        bytes_max: int = MESSAGE_BYTES_MAX,
    ) -> None:
        """Take the models to read and a function from data to (expected key, stream)."""
        self._bytes_max = bytes_max
        self._readers = {
            model.TYPE: model.__pydantic_validator__.validate_json  # type: ignore[attr-defined]
            for model in models
        }
        self._stream_of = stream_of

    def read(self, record: "ConsumerRecord[bytes | None, bytes | None]") -> (
        Incoming | Undecodable | Skipped
    ):  # fmt: skip
        """Read one record; never raises."""
        headers = dict(record.headers)
        try:
            message_id = headers["ce_id"].decode()
            type_ = headers["ce_type"].decode()
            source = headers["ce_source"].decode()
            version = headers["ce_specversion"]
            correlation = (headers.get("ce_correlationid") or b"").decode() or message_id
            traceparent = (headers.get("ce_traceparent") or b"").decode()
            redrive = (headers.get(REDRIVE_ID) or b"").decode()
        except (KeyError, AttributeError):
            missing = ", ".join(name for name in REQUIRED if headers.get(name) is None)
            return _aside(record, "HEADER_MISSING", f"without the CloudEvents header {missing}")
        except UnicodeDecodeError:
            return _aside(record, "HEADER_NOT_UTF8", "a CloudEvents header is not valid UTF-8")
        if version != b"1.0":
            return _aside(record, "SPECVERSION_UNSUPPORTED", f"ce_specversion is {version!r}")
        longest = max(len(message_id), len(correlation), len(traceparent))
        is_clean = not _CONTROL.search(message_id + source + correlation + traceparent)
        if not message_id or not source or longest > MESSAGE_ID_LENGTH_MAX or not is_clean:
            detail = f"a header is empty, over {MESSAGE_ID_LENGTH_MAX} long or holds control codes"
            return _aside(record, "HEADER_INVALID", detail)
        validate = self._readers.get(type_)
        if validate is None:
            return Skipped(type_)
        return self._read_data(
            record, validate, message_id, type_,
            correlation=correlation, traceparent=traceparent, redrive=redrive,
        )  # fmt: skip

    def _read_data(
        self,
        record: "ConsumerRecord[bytes | None, bytes | None]",
        validate: Callable[[bytes], Any],
        message_id: str,
        type_: str,
        *,
        correlation: str,
        traceparent: str,
        redrive: str,
    ) -> Incoming | Undecodable:
        value = record.value
        if not value:
            return _aside(record, "VALUE_EMPTY", "the record has no value")
        if len(value) > self._bytes_max:
            detail = f"{len(value)} bytes; at most {self._bytes_max} are read"
            return _aside(record, "MESSAGE_TOO_LARGE", detail)
        try:
            data = validate(value)
            key, stream = self._stream_of(data)
        except ValidationError as error:
            return _aside(record, *explain(error))
        if record.key is not None and record.key != key.encode():
            detail = f"the record's key must be {key!r}, or the sequence of its messages is lost"
            return _aside(record, "KEY_MISMATCH", detail)
        return Incoming(
            message_id, type_, data, stream, fingerprint(type_, data), correlation,
            traceparent or None, redrive or None,
        )  # fmt: skip


def explain(error: ValidationError) -> tuple[str, str]:
    """Turn pydantic's findings into a code and one line of words."""
    findings = error.errors(include_url=False, include_context=False, include_input=False)
    if findings[0]["type"] == "json_invalid":
        return "JSON_INVALID", findings[0]["msg"]
    lines = [f"{'.'.join(str(part) for part in f['loc']) or 'data'}: {f['msg']}" for f in findings]
    return "DATA_INVALID", "; ".join(lines[:10])


def set_aside(incoming: Incoming, record: "ConsumerRecord[bytes | None, bytes | None] | None",
              code: str, detail: str) -> Undecodable:  # fmt: skip
    """Put aside a message that was understood but cannot be accepted."""
    if record is None:
        raise ValueError(f"{incoming.id} did not come by Kafka and cannot be a dead letter")
    return _aside(record, code, detail, incoming.fingerprint)


def _aside(
    record: "ConsumerRecord[bytes | None, bytes | None]", code: str, detail: str,
    fingerprint: bytes | None = None,
) -> Undecodable:  # fmt: skip
    headers = dict(record.headers)

    def text(name: str) -> str | None:
        raw = headers.get(name)
        return None if raw is None else raw.decode(errors="replace").replace("\x00", "�")[:200]

    return Undecodable(
        code=code, detail=detail.replace("\x00", "�")[:2000],
        topic=record.topic, partition=record.partition, offset=record.offset,
        message_id=text("ce_id"), message_type=text("ce_type"),
        key=record.key, value=record.value,
        headers=fold_headers(record.headers),
        fingerprint=fingerprint, redrive_id=text(REDRIVE_ID),
    )  # fmt: skip


Headers = list[tuple[str, bytes]]


def fold_headers(headers: Iterable[tuple[str, bytes | None]]) -> bytes:
    """Write headers as lines; a line break inside a value is followed by a space."""
    return b"".join(
        name.encode() + b": " + (value or b"").replace(b"\n", b"\n ") + b"\n"
        for name, value in headers
    )


def read_headers(folded: bytes) -> Headers:
    """Take apart the headers of a dead letter."""
    lines = re.split(rb"\n(?! )", folded)[:-1]
    pairs = [line.replace(b"\n ", b"\n").partition(b": ") for line in lines]
    return [(name.decode(errors="replace"), value) for name, _, value in pairs]


def write_headers(
    *, id_: str, source: str, type_: str, subject: str, time: str,
    correlation_id: str, causation_id: str | None = None, traceparent: str | None = None,
) -> Headers:  # fmt: skip
    """Write the attributes of one message; `subject` is also the record key."""
    headers: Headers = [
        ("ce_specversion", b"1.0"), ("ce_id", id_.encode()), ("ce_source", source.encode()),
        ("ce_type", type_.encode()), ("ce_subject", subject.encode()), ("ce_time", time.encode()),
        ("ce_partitionkey", subject.encode()), ("ce_correlationid", correlation_id.encode()),
        ("content-type", b"application/json"),
    ]  # fmt: skip
    if causation_id:
        headers.append(("ce_causationid", causation_id.encode()))
    if traceparent:
        headers.append(("ce_traceparent", traceparent.encode()))
    return headers
