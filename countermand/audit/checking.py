"""Holds a log against its audit history and names each row that is not as it was signed.

A signed root settles what the links of its period were. Where the links give the root, they are
right and an event that does not fit them is not; where the events give it, an audit entry is at
fault; where neither does, both were rewritten, and only what follows them tells where.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from audit.hashes import GENESIS, Root, event_hash, next_link, tree_root
from audit.signing import is_signed
from countermand.audit.naming import Doubts, Fault
from countermand.audit.reading import BEFORE_ALL, Reader, Row
from countermand.audit.verify_export import FINDINGS_MAX, Finding
from kit.event_store import LogEntry


@dataclass(slots=True, kw_only=True)
class Report:
    """What a check has seen."""

    log: str
    events: int = 0
    """Facts looked at."""
    signed: int = 0
    """Facts under a root that holds."""
    not_audited: int = 0
    """Facts so new that the audit history does not know them yet."""
    roots: int = 0
    newest_root: str = ""
    """Hash of the last root that holds; keep it elsewhere as an anchor."""
    keys: set[str] = field(default_factory=set)
    """Public keys that signed."""
    findings: list[Finding] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return the report for scripts."""
        return {
            "ok": not self.findings,
            "log": self.log,
            "events": self.events,
            "signed": self.signed,
            "not_audited": self.not_audited,
            "roots": self.roots,
            "newest_root": self.newest_root,
            "keys": sorted(self.keys),
            "findings": [finding._asdict() for finding in self.findings],
        }


class Trust(NamedTuple):
    """What the checker holds that the database does not."""

    keys: frozenset[str] = frozenset()
    """Public keys it accepts; any when empty."""
    anchors: Mapping[int, str] = {}
    """Hashes of roots by period, kept elsewhere."""


async def check(
    reader: Reader, trust: Trust, on_progress: Callable[[int, int], None] = lambda _, __: None
) -> Report:
    """Check one log; its connection should be in a REPEATABLE READ transaction."""
    return await _Check(reader, trust, on_progress).run()


class _Check:
    def __init__(
        self, reader: Reader, trust: Trust, on_progress: Callable[[int, int], None]
    ) -> None:
        self._reader, self._trust, self._on_progress = reader, trust, on_progress
        self._report = Report(log=reader.service)
        self._doubts = Doubts(self._report.findings)
        self._candidates: dict[tuple[UUID, int], bytes] = {}
        """Links as the events would have them, where they differ from the entries."""
        self._anchors = dict(trust.anchors)
        self._before: tuple[Root | None, bool] = None, True
        """The root before, and whether it is as it was signed."""
        self._head = 0

    async def run(self) -> Report:
        report, start = self._report, BEFORE_ALL
        self._head, audited = await self._reader.ends()
        async for root in self._reader.roots():
            if self._holds(root):
                # Whatever lies before it lies in no period, or in one whose root does not hold.
                await self._compare(start, root.first_position - 1, None)
                await self._compare(root.first_position, root.last_position, root)
                start, report.newest_root = root.last_position + 1, root.hash.hex()
        for period in sorted(self._anchors):
            self._find("anchor", "the root kept elsewhere is not here any more", period=period)
        await self._compare(start, audited, None)
        async for page in self._reader.rows(audited + 1, self._head):
            report.not_audited += len(page)
        self._doubts.settle()
        return report

    def _find(self, kind: str, detail: str, **where: Any) -> None:
        self._doubts.find(Finding(kind, detail, **where))

    def _holds(self, root: Root) -> bool:
        """Tell whether a root is as it was signed; names what is wrong with it or its place."""
        before, was_good = self._before
        period, key = root.period, root.public_key.hex()
        is_good = is_signed(root.public_key, root.statement(), root.signature)
        self._before = root, is_good
        self._report.roots += 1
        self._report.keys.add(key)
        anchor = self._anchors.pop(period, None)
        if anchor not in (None, root.hash.hex()):
            self._find("anchor", "the root is not the one kept elsewhere", period=period)
        expected = before.period + 1 if before else 1
        for absent in range(expected, period)[:FINDINGS_MAX]:
            self._find("root", "the root is not here", period=absent)
        if not is_good:
            self._find("root", "the signature does not fit the root", period=period)
        elif self._trust.keys and key not in self._trust.keys:
            self._find("key", f"signed by the unknown key {key}", period=period)
        elif period == expected and was_good:
            is_next = before is None or before.last_position < root.first_position
            if root.previous != (before.hash if before else GENESIS) or not is_next:
                self._find("root", "it does not continue the root before", period=period)
        return is_good

    async def _compare(self, first: int, last: int, root: Root | None) -> None:
        """Compare events and entries between two positions, under a root that holds or none."""
        stored: list[bytes] = []
        told: list[bytes] = []
        doubtful: list[Row] = []
        async for page in self._reader.rows(first, last):
            for row in page:
                if row.entry:
                    stored.append(row.entry.link)
                if row.event:
                    self._report.events += 1
                    link = self._fitting_link(row)
                    told.append(link or await self._link_told(row.event))
                    if link:
                        continue
                doubtful.append(row)
            newest = page[-1].event or page[-1].entry
            self._on_progress(newest.position if newest else 0, self._head)
        if root:
            self._report.signed += root.entry_count
        self._doubts.add(doubtful, _fault(root, stored, told), root, self._candidates)

    def _fitting_link(self, row: Row) -> bytes | None:
        """Return the stored link when it is that of the event, after the stored or true one."""
        event, entry = row.event, row.entry
        if not (event and entry and (event.stream, event.version) == entry[:2]):
            return None
        links = [row.previous, self._candidates.get((event.stream, event.version - 1))]
        if event.version <= 1:
            links.append(GENESIS)
        leaf = event_hash(event)
        is_fitting = any(link and next_link(link, leaf) == entry.link for link in links)
        return entry.link if is_fitting else None

    async def _link_told(self, event: LogEntry) -> bytes:
        """Return the link an event would have, and keep it for the next of its stream."""
        before = event.stream, event.version - 1
        link = self._candidates.get(before) or await self._reader.link_of(*before) or GENESIS
        told = self._candidates[event.stream, event.version] = next_link(link, event_hash(event))
        return told


def _fault(root: Root | None, stored: Sequence[bytes], told: Sequence[bytes]) -> Fault:
    """Say which side is not what was signed."""
    if root is None:
        return "unknown"
    if len(stored) == root.entry_count and tree_root(stored) == root.tree:
        return "event"
    if len(told) == root.entry_count and tree_root(told) == root.tree:
        return "entry"
    return "both"
