"""Hashes of the audit history: the standard's own examples, and what no change may leave alike."""

from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.hashes import (
    GENESIS,
    Root,
    chain,
    event_hash,
    inclusion_proof,
    next_link,
    tree_levels,
    tree_root,
)
from audit.trail import AuditTrail
from countermand.audit import verify_export
from kit.event_store import LogEntry

laws = settings(max_examples=200, deadline=None, database=None)
AN_EVENT = LogEntry(7, UUID(int=3), 2, "order.placed.v1", b'{"fact":{}}')

LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Of the first so many leaves; from the tests of Certificate Transparency (RFC 6962)."""


@pytest.mark.parametrize("count", range(1, 9))
def test_the_tree_is_that_of_rfc_6962(count: int) -> None:
    assert tree_root(LEAVES[:count]).hex() == ROOTS[count - 1]


@laws
@given(count=st.integers(1, 300), data=st.data())
def test_every_link_is_proven_in_its_place_and_in_no_other(count: int, data: Any) -> None:
    links = [sha256(bytes([n % 256, n // 256])).digest() for n in range(count)]
    levels = tree_levels(links)
    index = data.draw(st.integers(0, count - 1))
    proof = inclusion_proof(levels, index)
    root = levels[-1][0]
    assert verify_export.tree_of(links[index], index, count, proof) == root
    other = data.draw(st.integers(-2, count + 2).filter(lambda n: n != index))
    assert verify_export.tree_of(links[index], other, count, proof) != root
    assert verify_export.tree_of(links[index - 1], index, count, proof) != root or count == 1
    assert verify_export.tree_of(links[index], index, count, [*proof, GENESIS]) != root
    assert verify_export.tree_of(links[index], index, count, proof[:-1]) != root or not proof


events = st.builds(
    LogEntry,
    position=st.integers(-(2**63), 2**63 - 1),
    stream=st.uuids(),
    version=st.integers(-(2**63), 2**63 - 1),
    name=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    body=st.binary(max_size=40),
)


def line_of(event: LogEntry) -> dict[str, Any]:
    """Write an event as an export does."""
    body = event.body.decode("utf-8", "surrogateescape")
    return {**event._asdict(), "stream": str(event.stream), "body": body}


@laws
@given(event=events, previous=st.binary(min_size=32, max_size=32))
def test_the_published_script_computes_the_same_hashes(event: LogEntry, previous: bytes) -> None:
    leaf = event_hash(event)
    assert verify_export.event_hash(line_of(event)) == leaf
    assert verify_export.next_link(previous, leaf) == next_link(previous, leaf)


@laws
@given(one=events, other=events)
def test_two_different_events_have_different_hashes(one: LogEntry, other: LogEntry) -> None:
    assert (event_hash(one) == event_hash(other)) == (one == other)
    for field in LogEntry._fields:
        mixed = one._replace(**{field: getattr(other, field)})
        assert (event_hash(mixed) == event_hash(one)) == (mixed == one)


def test_a_byte_moved_from_name_to_body_is_seen() -> None:
    moved = AN_EVENT._replace(name=AN_EVENT.name[:-1], body=b"1" + AN_EVENT.body)
    assert event_hash(moved) != event_hash(AN_EVENT)


@pytest.mark.parametrize("field", [name for name in Root._fields if name != "signature"])
def test_every_field_of_a_root_is_in_its_statement(field: str) -> None:
    root = Root("l", 1, 2, 3, 4, GENESIS, GENESIS, datetime(2026, 11, 2, tzinfo=UTC), GENESIS)
    changes: dict[str, Any] = {
        "log": "m", "closed_at": root.closed_at + timedelta(microseconds=1),
        **dict.fromkeys(("tree", "previous", "public_key"), b"\x01" * 32),
    }  # fmt: skip
    changed = root._replace(**{field: changes.get(field, 9)})
    assert changed.statement() != root.statement()
    assert changed.hash != root.hash


def test_a_moment_reads_the_same_in_every_time_zone() -> None:
    moment = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
    root = Root("l", 1, 2, 3, 4, GENESIS, GENESIS, moment, GENESIS)
    elsewhere = root._replace(closed_at=moment.astimezone(timezone(timedelta(hours=5))))
    assert elsewhere.statement() == root.statement()
    assert b"closed 2026-11-02T09:30:00.000000Z\n" in root.statement()


@st.composite
def logs(draw: st.DrawFn) -> list[LogEntry]:
    """Streams woven into one log."""
    streams = draw(st.lists(st.integers(0, 3), max_size=40))
    versions = dict.fromkeys(range(4), 0)
    log = []
    for position, stream in enumerate(streams, 1):
        versions[stream] += 1
        body = draw(st.binary(max_size=4))
        log.append(LogEntry(position, UUID(int=stream), versions[stream], "n", body))
    return log


@laws
@given(log=logs(), ends=st.lists(st.integers(1, 39), max_size=6))
def test_links_are_the_same_by_page_by_stream_and_at_once(
    log: list[LogEntry], ends: list[int]
) -> None:
    at_once = chain(log, {})
    cuts = [0, *sorted(ends), len(log)]
    links: dict[UUID, bytes] = {}
    by_page = [row for start, end in pairwise(cuts) for row in chain(log[start:end], links)]
    assert by_page == at_once
    trail, carried, rebuilt = AuditTrail("any"), None, []
    by_stream = sorted(log, key=lambda entry: (entry.stream, entry.version))
    for start, end in pairwise(cuts):
        rows, carried = trail.fold(by_stream[start:end], carried)
        rebuilt += rows["entries"]
    assert sorted(rebuilt) == sorted(at_once)


@laws
@given(log=logs().filter(len), data=st.data())
def test_a_link_covers_the_past_of_its_stream_and_no_other(log: list[LogEntry], data: Any) -> None:
    index = data.draw(st.integers(0, len(log) - 1))
    changed = [*log]
    changed[index] = log[index]._replace(body=log[index].body + b"!")
    pairs = zip(chain(log, {}), chain(changed, {}), strict=True)
    differing = {one[2] for one, other in pairs if one != other}
    stream = log[index].stream
    assert differing == {e.position for e in log[index:] if e.stream == stream}
