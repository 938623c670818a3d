"""Deterministic identifiers: what must repeat after a crash is computed, never drawn.

Every key that reaches another party descends from these, which is why nothing here is random.
"""

from hashlib import sha1
from uuid import UUID, SafeUUID

NAMESPACE = UUID("8d2b1f7e-54c6-5a0e-9f0b-6f1c0a6f7c11")
"""Root of all derived ids. Changing it would make every past effect look new."""


_UNKNOWN = SafeUUID.unknown  # looking an enum member up costs as much as the hash


def uuid5(namespace: UUID, name: str) -> UUID:
    """Return the name-based UUID of RFC 9562, section 5.5; same as `uuid.uuid5`, in half the time.

    The standard library's constructor checks what is right by construction here; two ids per
    message made it the most expensive single step of a decision.
    """
    digest = sha1(namespace.bytes + name.encode(), usedforsecurity=False).digest()
    number = int.from_bytes(digest[:16], "big")
    number = number & ~(0xF000 << 64) & ~(0xC000 << 48) | (5 << 76) | (0x8000 << 48)
    made = object.__new__(UUID)
    object.__setattr__(made, "int", number)
    object.__setattr__(made, "is_safe", _UNKNOWN)
    return made


def stream_id(key: str) -> UUID:
    """Return the stream of one key; the same key always has the same stream.

    Keys start with the name of their owner: event ids descend from stream ids, so two services
    with a stream of one id would publish different messages under one message id.
    """
    return uuid5(NAMESPACE, key)


def event_id(stream: UUID, version: int) -> UUID:
    """Return the id of the event at `version` of `stream`; also its message id on Kafka."""
    return uuid5(stream, str(version))


_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}


def message_id(stream: UUID, version: int) -> str:
    """Return the same as text, in half the time: who publishes or replays needs one per fact."""
    x = sha1(stream.bytes + b"%d" % version, usedforsecurity=False).hexdigest()
    return f"{x[:8]}-{x[8:12]}-5{x[13:16]}-{_VARIANT[x[16]]}{x[17:20]}-{x[20:32]}"


def child_id(parent: UUID, name: str) -> UUID:
    """Return the id of something `parent` brings about, such as one of its effects."""
    return uuid5(parent, name)
