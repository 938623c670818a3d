"""What the verbs of the audit history do, from a question to its answer; knows no terminal."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import orjson

from audit.hashes import Root
from audit.signing import is_signed
from countermand.audit.checking import Trust, check
from countermand.audit.exporting import (
    Exported,
    OnProgress,
    Write,
    export_periods,
    export_stream,
)
from countermand.audit.reading import open_reader
from countermand.audit.verify_export import Export
from countermand.history.selection import read_time
from kit.clock import utc_now
from kit.moments import span_of

AUDITED = ("cancellation",)
"""Services with an audit history."""
ORDERS = "cancellation"
"""The one whose streams are orders."""


class AuditQuestionError(ValueError):
    """What was asked for cannot be understood."""


def read_keys(texts: Iterable[str]) -> frozenset[str]:
    """Read public keys: each text is one in hex, or a file with one a line.

    Raises:
        AuditQuestionError: one is neither.
    """
    keys: set[str] = set()
    for text in texts:
        lines = [text]
        if not _is_hash(text) and Path(text).is_file():
            lines = [line.strip() for line in Path(text).read_text().splitlines()]
        found = {line.lower() for line in lines if line and not line.startswith("#")}
        if not found or not all(map(_is_hash, found)):
            raise AuditQuestionError(f"{text} is no public key: 64 hexadecimal digits, or a file.")
        keys |= found
    return frozenset(keys)


def read_anchors(file: Path | None) -> dict[str, dict[int, str]]:
    """Read what `audit roots --json` said: hashes of roots by log and period.

    Raises:
        AuditQuestionError: it did not say so.
    """
    anchors: dict[str, dict[int, str]] = {}
    if file is None:
        return anchors
    try:
        for root in orjson.loads(file.read_bytes())["roots"]:
            anchors.setdefault(root["log"], {})[int(root["period"])] = str(root["root"])
    except (ValueError, KeyError, TypeError) as wrong:
        raise AuditQuestionError(f"{file} is no output of `audit roots --json`.") from wrong
    return anchors


def _is_hash(text: str) -> bool:
    return re.fullmatch(r"[0-9a-fA-F]{64}", text) is not None


def check_file(file: Path, keys: frozenset[str], on_progress: OnProgress) -> dict[str, Any]:
    """Check an export; needs nothing else."""
    export = Export(keys, is_signed)
    with file.open(encoding="utf-8", errors="surrogateescape") as lines:
        for number in export.read(lines):
            if number % 100 == 0:
                on_progress(number, export.header["events"] + export.header["roots"] + 1)
    return {
        "ok": not export.findings,
        "log": export.header.get("log"),
        "events": export.event_count,
        "roots": export.root_count,
        "keys": sorted(export.keys),
        "findings": [finding._asdict() for finding in export.findings],
    }


async def check_logs(
    dsn: str,
    keys: frozenset[str],
    anchors: dict[str, dict[int, str]],
    on_progress: Callable[[str, int, int], None],
) -> list[dict[str, Any]]:
    """Check the logs of a database."""
    reports = []
    for service in AUDITED:
        async with open_reader(dsn, service) as reader:
            report = await check(
                reader,
                Trust(keys, anchors.get(service, {})),
                lambda done, total, service=service: on_progress(service, done, total),  # type: ignore[misc]
            )
        reports.append(report.to_json())
    return reports


async def export_order(dsn: str, order_id: str, write: Write, on_progress: OnProgress) -> Exported:
    """Export everything signed about one order.

    Raises:
        NothingToExportError: nothing is.
    """
    async with open_reader(dsn, ORDERS) as reader:
        return await export_stream(reader, f"order:{order_id}", write, on_progress)


async def export_stretch(
    dsn: str, start: str | None, end: str | None, write: Write, on_progress: OnProgress
) -> Exported:
    """Export the periods that hold what was recorded from one position or time to another.

    Raises:
        NothingToExportError: none does.
        QuestionError: a bound is neither a position nor a time.
    """
    async with open_reader(dsn, ORDERS) as reader:
        now = utc_now()
        numbers = [int(text) if text and text.isdecimal() else None for text in (start, end)]
        times = [
            read_time(text, now) if text and number is None else None
            for text, number in zip((start, end), numbers, strict=True)
        ]
        after, up_to = await span_of(reader.connection, ORDERS, *times)
        first = after + 1 if numbers[0] is None else numbers[0]
        last = up_to if numbers[1] is None else numbers[1]
        return await export_periods(reader, first, last, write, on_progress)


async def newest_roots(dsn: str, count: int) -> list[dict[str, Any]]:
    """Return the last signed roots of every audited log, the newest first."""
    roots: list[Root] = []
    for service in AUDITED:
        async with open_reader(dsn, service) as reader:
            roots += await reader.newest_roots(count)
    return [
        {
            "log": root.log, "period": root.period, "root": root.hash.hex(),
            "entries": root.entry_count, "last_position": root.last_position,
            "closed_at": root.closed, "public_key": root.public_key.hex(),
        }
        for root in roots
    ]  # fmt: skip
