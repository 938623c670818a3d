"""Writes a part of an audit history as JSON Lines that prove themselves; see `verify_export.py`."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

from audit.hashes import GENESIS, Root, event_hash, inclusion_proof, next_link, tree_levels
from countermand.audit.reading import Entry, Reader, Row
from countermand.audit.verify_export import FORMAT
from kit.event_store import LogEntry
from kit.ids import stream_id

Write = Callable[[str], object]
"""Takes one line."""
OnProgress = Callable[[int, int], None]
"""Called with how many events are written, and of how many."""


class NothingToExportError(LookupError):
    """No signed fact fits the selection."""


class Exported(NamedTuple):
    """What an export holds."""

    events: int
    roots: int
    not_signed: int
    """Facts asked for that lie under no root yet; left out."""
    doubtful: int
    """Facts that are not what the audit history says, or not there; exported as they are."""

    def to_json(self) -> dict[str, Any]:
        """Return the figures for scripts."""
        return {"ok": not self.doubtful, **self._asdict()}


async def export_stream(
    reader: Reader, key: str, write: Write, on_progress: OnProgress
) -> Exported:
    """Export every signed fact of the stream with this key.

    Raises:
        NothingToExportError: it has none.
    """
    rows = await reader.stream(stream_id(key))
    groups: dict[int, tuple[Root, list[Row]]] = {}
    for row in rows:
        if row.entry and (root := await reader.root_at(row.entry.position)):
            groups.setdefault(root.period, (root, []))[1].append(row)
    count = sum(len(group) for _, group in groups.values())
    if not count:
        waiting = (
            f"{len(rows)} facts wait for their root" if rows else "the log knows nothing of it"
        )
        raise NothingToExportError(f"Nothing of {key} is signed: {waiting}.")
    about = {"stream": str(stream_id(key)), "stream_key": key}
    _write_header(reader, write, count, len(groups), about)

    async def all_groups() -> AsyncIterator[tuple[Root, list[Row]]]:
        for group in groups.values():
            yield group

    doubtful = await _write_groups(reader, all_groups(), write, on_progress, count)
    return Exported(count, len(groups), len(rows) - count, doubtful)


async def export_periods(
    reader: Reader, first: int, last: int | None, write: Write, on_progress: OnProgress
) -> Exported:
    """Export whole periods: those that hold the positions from `first` to `last`.

    Raises:
        NothingToExportError: no period does.
    """
    begin = await reader.root_at(first)
    end = await reader.root_at(last) if last is not None else None
    end = end or next(iter(await reader.newest_roots(1)), None)
    if begin is None or end is None or end.period < begin.period:
        raise NothingToExportError("Nothing between these two is signed.")
    count, roots = await reader.size(begin.period, end.period)
    _write_header(reader, write, count, roots, {})

    async def all_groups() -> AsyncIterator[tuple[Root, list[Row]]]:
        async for root in reader.roots(begin.period, end.period):
            yield root, [
                row async for page in reader.rows(root.first_position, root.last_position)
                for row in page
            ]  # fmt: skip

    doubtful = await _write_groups(reader, all_groups(), write, on_progress, count)
    head, _ = await reader.ends()
    wanted = head if last is None else min(head, last)
    return Exported(count, roots, max(0, wanted - end.last_position), doubtful)


def _write_header(
    reader: Reader, write: Write, events: int, roots: int, about: dict[str, Any]
) -> None:
    _write_line(
        write, {"type": FORMAT, "log": reader.service, "events": events, "roots": roots, **about}
    )


async def _write_groups(
    reader: Reader,
    groups: AsyncIterator[tuple[Root, list[Row]]],
    write: Write,
    on_progress: OnProgress,
    count: int,
) -> int:
    """Write roots and the events under them; returns how many are doubtful."""
    done = doubtful = 0
    async for root, rows in groups:
        _write_line(write, _root_line(root))
        links = await reader.links(root)
        levels = tree_levels(list(links.values()))
        places = {position: index for index, position in enumerate(links)}
        for row in rows:
            doubtful += not _is_whole(row)
            if row.event and row.entry:
                index = places[row.entry.position]
                line = _event_line(row.event, row.entry, row.previous or GENESIS)
                proof = [node.hex() for node in inclusion_proof(levels, index)]
                _write_line(write, line | {"period": root.period, "index": index, "proof": proof})
        done += len(rows)
        on_progress(done, count)
    return doubtful


def _is_whole(row: Row) -> bool:
    if row.event is None or row.entry is None:
        return False
    link = next_link(row.previous or GENESIS, event_hash(row.event))
    return (row.event.stream, row.event.version, link) == (*row.entry[:2], row.entry.link)


def _root_line(root: Root) -> dict[str, Any]:
    return {
        "type": "root", "log": root.log, "period": root.period, "entries": root.entry_count,
        "first_position": root.first_position, "last_position": root.last_position,
        "closed_at": root.closed, "previous": root.previous.hex(), "tree": root.tree.hex(),
        "public_key": root.public_key.hex(), "signature": root.signature.hex(),
    }  # fmt: skip


def _event_line(event: LogEntry, entry: Entry, previous: bytes) -> dict[str, Any]:
    return {
        "type": "event", "position": event.position, "stream": str(event.stream),
        "version": event.version, "name": event.name,
        "body": event.body.decode("utf-8", "surrogateescape"),
        "previous": previous.hex(), "link": entry.link.hex(),
    }  # fmt: skip


def _write_line(write: Write, line: dict[str, Any]) -> None:
    write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
