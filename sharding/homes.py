"""Which log a stream lives in, and what the logs of an event store are called; pure.

The rule stands here and in `sql/`, and is never changed: it says where every stream of every
deployment is.
"""

from collections.abc import Sequence
from uuid import UUID

SHARDS_MAX = 32
"""The last byte of a stream's id has 256 values. A power of two shares them out evenly; with any
other number up to this one a log gets an eighth more than another at most."""


def home_of(stream: UUID, count: int) -> int:
    """Return the shard of a stream.

    Ids of streams are SHA-1 of their key, so their last byte spreads evenly.
    """
    return stream.bytes[-1] % count


def log_of(service: str, shard: int, count: int) -> str:
    """Return the name of a shard's log: its schema, its lock, and the key of its relay's position.

    It names how many there are, so that no log of another arrangement is ever taken for it.
    """
    return f"{service}_{shard}_of_{count}"


def logs_of(service: str, count: int) -> list[str]:
    """Return the names of all logs of a service; a single one has the service's own."""
    if count == 1:
        return [service]
    return [log_of(service, shard, count) for shard in range(count)]


def share_out(streams: Sequence[UUID], count: int) -> dict[int, list[int]]:
    """Return the places of a sequence by shard, each in sequence; shards without any are absent."""
    shares: dict[int, list[int]] = {}
    for place, stream in enumerate(streams):
        shares.setdefault(home_of(stream, count), []).append(place)
    return shares
