"""The published script on exports made by hand: who signs may lie too."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.hashes import GENESIS, Root, event_hash, inclusion_proof, next_link, tree_levels
from audit.signing import public_key
from countermand.audit.verify_export import FORMAT, Export, is_signed
from kit.event_store import LogEntry
from kit.ids import stream_id

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
STREAM = stream_id("order:1")


def an_event(version: int, stream: UUID = STREAM) -> LogEntry:
    return LogEntry(version, stream, version, "order.placed.v1", b'{"fact":{}}')


def an_export(
    events: Sequence[LogEntry], *, before: dict[int, bytes] | None = None, period: int = 1
) -> list[dict[str, Any]]:
    """Sign events as they are asked to be chained: `before` says after which link, by version."""
    previous, links, pasts = GENESIS, [], []
    for event in events:
        past = (before or {}).get(event.version, previous)
        previous = next_link(past, event_hash(event))
        links.append(previous)
        pasts.append(past)
    levels = tree_levels(links)
    root = Root(
        "cancellation", period, events[0].position, events[-1].position, len(events),
        levels[-1][0], GENESIS, datetime(2026, 11, 2, tzinfo=UTC), public_key(KEY),
    )  # fmt: skip
    header = {
        "type": FORMAT, "log": "cancellation", "events": len(events), "roots": 1,
        "stream": str(STREAM), "stream_key": "order:1",
    }  # fmt: skip
    line = {
        "type": "root", "log": root.log, "period": period, "entries": len(events),
        "first_position": root.first_position, "last_position": root.last_position,
        "closed_at": root.closed, "previous": root.previous.hex(), "tree": root.tree.hex(),
        "public_key": root.public_key.hex(), "signature": KEY.sign(root.statement()).hex(),
    }  # fmt: skip
    return [header, line] + [
        {
            "type": "event", "position": event.position, "stream": str(event.stream),
            "version": event.version, "name": event.name, "body": event.body.decode(),
            "previous": pasts[n].hex(), "link": links[n].hex(), "period": period, "index": n,
            "proof": [node.hex() for node in inclusion_proof(levels, n)],
        }
        for n, event in enumerate(events)
    ]  # fmt: skip


def kinds(lines: Sequence[dict[str, Any]]) -> list[str]:
    export = Export(frozenset({public_key(KEY).hex()}), is_signed)
    list(export.read([json.dumps(line) for line in lines]))
    return [finding.kind for finding in export.findings]


def test_what_was_signed_is_found_good() -> None:
    assert kinds(an_export([an_event(n) for n in range(1, 6)])) == []


def test_a_signed_fact_that_does_not_continue_its_chain_is_found() -> None:
    forked = an_export([an_event(1), an_event(2), an_event(3)], before={3: bytes(31) + b"!"})
    assert kinds(forked) == ["changed"]


def test_a_signed_fact_of_another_stream_does_not_pass_as_the_orders() -> None:
    assert kinds(an_export([an_event(1), an_event(2, UUID(int=1))])) == ["inserted"]


def test_a_chain_that_does_not_begin_is_found() -> None:
    assert kinds(an_export([an_event(2), an_event(3)])) == ["deleted"]
    assert kinds(an_export([an_event(1)], before={1: bytes(31) + b"!"})) == ["changed"]


@pytest.mark.parametrize("field", ["events", "roots", "stream_key", "stream"])
def test_a_header_that_promises_something_else_is_found(field: str) -> None:
    lines = an_export([an_event(1), an_event(2)])
    lines[0][field] = 7 if isinstance(lines[0][field], int) else f"{lines[0][field]}1"
    assert kinds(lines)


def test_nothing_at_all_is_no_export() -> None:
    assert kinds([]) == ["header"]
    assert kinds([{"type": "root"}]) == ["unreadable", "header"]
