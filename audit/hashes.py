"""Hashes of an audit history: a chain per stream, a tree per period, a statement that is signed.

Pure. `countermand/audit/verify_export.py` says the same once more with nothing but the standard
library, so that whoever doubts us need not run us; a test keeps the two together.
"""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from kit.event_store import LogEntry

GENESIS = bytes(32)
"""What stands before the first link of a chain and before the first root."""

_HEAD = struct.Struct(">B16sqqI")
"""Domain byte, stream, version, position, length of the stored name."""


def event_hash(entry: LogEntry) -> bytes:
    """Hash one row of the log: where it stands, its stored name, its bytes."""
    name = entry.name.encode()
    head = _HEAD.pack(0x10, entry.stream.bytes, entry.version, entry.position, len(name))
    return sha256(head + name + entry.body).digest()


def next_link(previous: bytes, leaf: bytes) -> bytes:
    """Return the link of a fact; it covers every earlier fact of its stream."""
    return sha256(b"\x11" + previous + leaf).digest()


def chain(page: Sequence[LogEntry], links: dict[UUID, bytes]) -> list[tuple[UUID, int, int, bytes]]:
    """Return stream, version, position and link of every fact of a page.

    `links` holds the last link of each stream that has one, and is brought up to date.
    """
    rows = []
    for entry in page:
        link = next_link(links.get(entry.stream, GENESIS), event_hash(entry))
        links[entry.stream] = link
        rows.append((entry.stream, entry.version, entry.position, link))
    return rows


def tree_levels(links: Sequence[bytes]) -> list[list[bytes]]:
    """Return the Merkle tree of RFC 6962, section 2.1, over links; leaves first, root last."""
    level = [sha256(b"\x00" + link).digest() for link in links]
    levels = [level]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        # Without a partner the last one moves up as it is.
        rest = level[-1:] if len(level) % 2 else []
        level = [sha256(b"\x01" + left + right).digest() for left, right in pairs] + rest
        levels.append(level)
    return levels


def tree_root(links: Sequence[bytes]) -> bytes:
    """Return the root of the tree over links, of which there is at least one."""
    return tree_levels(links)[-1][0]


def inclusion_proof(levels: Sequence[Sequence[bytes]], index: int) -> list[bytes]:
    """Return the neighbours on the way from a leaf to the root (RFC 6962, section 2.1.1)."""
    path = []
    for level in levels[:-1]:
        if index ^ 1 < len(level):
            path.append(level[index ^ 1])
        index //= 2
    return path


class Root(NamedTuple):
    """What is signed about one period: a run of the log, in the log's own sequence."""

    log: str
    """Service whose log it is."""
    period: int
    """1 and up, without a gap."""
    first_position: int
    last_position: int
    entry_count: int
    tree: bytes
    """Root of the tree over the links of the period."""
    previous: bytes
    """Hash of the root before."""
    closed_at: datetime
    public_key: bytes
    """Ed25519, raw."""
    signature: bytes = b""
    """Over `statement`."""

    def statement(self) -> bytes:
        """Return the signed text; people can read it."""
        return (
            "countermand audit root v1\n"
            f"log {self.log}\n"
            f"period {self.period}\n"
            f"entries {self.entry_count}\n"
            f"positions {self.first_position} to {self.last_position}\n"
            f"closed {self.closed}\n"
            f"previous {self.previous.hex()}\n"
            f"tree {self.tree.hex()}\n"
            f"key {self.public_key.hex()}\n"
        ).encode()

    @property
    def closed(self) -> str:
        """The moment as it is signed."""
        return self.closed_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    @property
    def hash(self) -> bytes:
        """What the next root refers to; keep it elsewhere and it anchors all that came before."""
        return sha256(self.statement()).digest()
