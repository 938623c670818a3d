"""Names what is wrong, and where: changed, swapped, misplaced, deleted, inserted, rewritten.

A row is doubted by itself. Only when all are known does it show that what one position lost
stands at another.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple
from uuid import UUID

from audit.hashes import GENESIS, Root, event_hash, next_link
from countermand.audit.reading import Entry, Row
from countermand.audit.verify_export import FINDINGS_MAX, Finding
from kit.event_store import LogEntry

Fault = Literal["event", "entry", "both", "unknown"]
"""Which side is not what was signed; `unknown` where nothing is signed."""

SWAPS_MAX = 64
"""Changed rows tried against each other at most; their number counts squared."""

Links = Mapping[tuple[UUID, int], bytes]
Key = tuple[UUID, int]
"""Stream and version."""


class Doubt(NamedTuple):
    """One row that does not fit, and under which root."""

    row: Row
    period: int | None
    note: str


class Doubts:
    """Rows that do not fit, until they can be named."""

    def __init__(self, findings: list[Finding]) -> None:
        self._findings = findings
        self._changed: list[Doubt] = []
        self._gone: dict[Key, Doubt] = {}
        """Entries without an event."""
        self._come: dict[Key, Doubt] = {}
        """Events without an entry."""
        self._rewritten: list[Root] = []
        """Periods in which neither side gives the root."""

    def find(self, finding: Finding) -> None:
        """Keep a finding, unless there are too many to be read."""
        if len(self._findings) < FINDINGS_MAX:
            self._findings.append(finding)

    def add(self, rows: Sequence[Row], fault: Fault, root: Root | None, told: Links) -> None:
        """Take up the rows of one stretch of the log that do not fit.

        Args:
            rows: in log sequence.
            fault: which side its root blames.
            root: the period; None between periods.
            told: links as the events would have them.
        """
        period = root.period if root else None
        if fault == "both" and root:
            self._rewritten.append(root)
            detail = f"{root.entry_count} facts were signed; these are others"
            self.find(Finding("rewritten", detail, period=period))
        note = "; nothing of this is signed" if fault == "unknown" else ""
        for row in rows[:FINDINGS_MAX]:
            event, entry, doubt = row.event, row.entry, Doubt(row, period, note)
            if event and entry:
                if fault == "entry" or told[event.stream, event.version] == entry.link:
                    self._name("entry", "the audit entry was changed", event, doubt)
                else:
                    self._doubt(event, entry, doubt)
            elif event and fault == "entry":
                self._name("entry", "the audit entry was deleted", event, doubt)
            elif event:
                self._come[event.stream, event.version] = doubt
            elif entry and fault == "entry":
                self._name("entry", "the audit entry was inserted", entry, doubt)
            elif entry:
                self._gone[entry.stream, entry.version] = doubt

    def _doubt(self, event: LogEntry, entry: Entry, doubt: Doubt) -> None:
        """Take up an event whose entry is right, as far as is known."""
        row, before = doubt.row, doubt.row.previous_position
        # The one before it may be the culprit: what is signed here follows what is not there.
        culprit = event._replace(stream=entry.stream, version=entry.version - 1)
        if row.previous is None and entry.version > 1:
            detail = f"neither log nor audit history has it; position {entry.position} follows it"
            self._name("deleted", detail, culprit._replace(position=0), doubt)
        elif before and any(r.first_position <= before <= r.last_position for r in self._rewritten):
            detail = "the event and its audit entry were both changed"
            self._name("rewritten", detail, culprit._replace(position=before), doubt)
        elif len(self._changed) < FINDINGS_MAX:
            self._changed.append(doubt)

    def _name(self, kind: str, detail: str, place: LogEntry | Entry, doubt: Doubt) -> None:
        finding = Finding(
            kind, detail + doubt.note, place.position or None, str(place.stream), place.version,
            doubt.period,
        )  # fmt: skip
        self.find(finding)

    def settle(self) -> None:
        """Name what is left, now that all of it is known."""
        for key in self._gone.keys() & self._come.keys():
            self._name_move(self._gone.pop(key), self._come.pop(key))
        for doubt in self._gone.values():
            if entry := doubt.row.entry:
                self._name("deleted", "the event is not in the log", entry, doubt)
        for doubt in self._come.values():
            if event := doubt.row.event:
                self._name("inserted", "the audit history does not know it", event, doubt)
        for doubt in self._changed:
            event, entry = doubt.row.event, doubt.row.entry
            if event and entry:
                self._name_change(event, entry, doubt)
        self._findings.sort(key=lambda f: (f.position or 0, f.period or 0))

    def _name_move(self, gone: Doubt, come: Doubt) -> None:
        event, entry = come.row.event, gone.row.entry
        if event and entry:
            if next_link(come.row.previous or GENESIS, event_hash(event)) == entry.link:
                self._name("entry", "the position of its audit entry was changed", event, gone)
            else:
                self._name("misplaced", f"it stands at position {event.position}", entry, gone)

    def _name_change(self, event: LogEntry, entry: Entry, doubt: Doubt) -> None:
        origin = self._origin(event)
        if origin:
            self._name("swapped", f"here is what was at position {origin}", entry, doubt)
        elif (event.stream, event.version) != (entry.stream, entry.version):
            detail = f"it now says stream {event.stream}, version {event.version}"
            self._name("changed", detail, entry, doubt)
        else:
            self._name("changed", "its stored name or body is another one", entry, doubt)

    def _origin(self, event: LogEntry) -> int | None:
        """Return the changed position whose recorded content stands in this event."""
        for doubt in self._changed[:SWAPS_MAX]:
            there, entry, before = doubt.row.event, doubt.row.entry, doubt.row.previous or GENESIS
            if there is None or entry is None or there.position == event.position:
                continue
            if (entry.stream, entry.version) == (event.stream, event.version):
                return entry.position
            for name in {event.name, there.name}:
                was = LogEntry(entry.position, entry.stream, entry.version, name, event.body)
                if next_link(before, event_hash(was)) == entry.link:
                    return entry.position
        return None
