"""Checks an export of an audit history, with the standard library alone: copy this file and run it.

    python3 verify_export.py EXPORT.jsonl --key 64_HEX_DIGITS

Each line of the export is held against signed roots: an event is hashed with its place in the log,
the hash continues the chain of its stream, the link leads through its proof to the tree of its
period, and the tree is signed (Ed25519, RFC 8032). Exit status 1 and each finding otherwise.
"""

import argparse
import json
import struct
import sys
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256, sha512
from typing import Any, NamedTuple
from uuid import UUID, uuid5

FORMAT = "countermand.audit-export.v1"
GENESIS = bytes(32)
NAMESPACE = UUID("8d2b1f7e-54c6-5a0e-9f0b-6f1c0a6f7c11")
"""Of which the streams' ids are made; as kit/ids.py has it."""
FINDINGS_MAX = 1_000
"""Findings kept at most."""

Json = dict[str, Any]
MALFORMED = (ValueError, KeyError, TypeError, AttributeError, struct.error)


class Finding(NamedTuple):
    """One thing that is not as it was signed."""

    kind: str
    detail: str
    position: int | None = None
    stream: str | None = None
    version: int | None = None
    period: int | None = None


# Ed25519, RFC 8032 section 5.1; points are (x, y, z, t), extended homogeneous coordinates.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]


def _add(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _multiply(factor: int, p: Point) -> Point:
    total = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            total = _add(total, p)
        p, factor = _add(p, p), factor >> 1
    return total


def _point(text: bytes) -> Point:
    y = int.from_bytes(text, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_1 % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        raise ValueError("not a point of the curve")
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = _point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def is_signed(public_key: bytes, statement: bytes, signature: bytes) -> bool:
    """Tell whether a signature fits; some 5 ms."""
    try:
        key, nonce = _point(public_key), _point(signature[:32])
    except ValueError:
        return False
    scalar = int.from_bytes(signature[32:], "little")
    digest = sha512(signature[:32] + public_key + statement).digest()
    left = _multiply(scalar, BASE)
    right = _add(nonce, _multiply(int.from_bytes(digest, "little") % L, key))
    is_same = not any((left[n] * right[2] - right[n] * left[2]) % P for n in (0, 1))
    return len(public_key) == 32 and len(signature) == 64 and scalar < L and is_same  # noqa: PLR2004


def unhex(text: str, form: str | None = None) -> bytes:
    """Read hexadecimal digits in the form an export has, and nothing that only means the same."""
    value = bytes.fromhex(text.replace("-", "") if form else text)
    if text != (form or value.hex()):
        raise ValueError("not in the form of an export")
    return value


# Hashes, as audit/hashes.py has them.
def event_hash(line: Json) -> bytes:
    """Hash an event with its place in the log."""
    name, body = (line[field].encode("utf-8", "surrogateescape") for field in ("name", "body"))
    stream = unhex(line["stream"], str(UUID(line["stream"])))
    head = struct.pack(">B16sqqI", 0x10, stream, line["version"], line["position"], len(name))
    return sha256(head + name + body).digest()


def next_link(previous: bytes, leaf: bytes) -> bytes:
    """Return the link that continues a chain."""
    return sha256(b"\x11" + previous + leaf).digest()


def tree_of(link: bytes, index: int, count: int, proof: list[bytes]) -> bytes:
    """Follow a proof from a link to the root of its tree (RFC 6962, section 2.1.1)."""
    node, rest, is_inside = sha256(b"\x00" + link).digest(), iter(proof), 0 <= index < count
    while count > 1:
        if index % 2:
            node = sha256(b"\x01" + next(rest, b"") + node).digest()
        elif index + 1 < count:
            node = sha256(b"\x01" + node + next(rest, b"")).digest()
        index, count = index // 2, (count + 1) // 2
    return node if is_inside and next(rest, None) is None else b""


def statement(root: Json) -> bytes:
    """Return the signed text of a root."""
    return (
        "countermand audit root v1\n"
        f"log {root['log']}\n"
        f"period {root['period']}\n"
        f"entries {root['entries']}\n"
        f"positions {root['first_position']} to {root['last_position']}\n"
        f"closed {root['closed_at']}\n"
        f"previous {root['previous']}\n"
        f"tree {root['tree']}\n"
        f"key {root['public_key']}\n"
    ).encode()


class Export:
    """One pass over an export; what it found is in `findings`."""

    def __init__(
        self, keys: frozenset[str], check_signature: Callable[[bytes, bytes, bytes], bool]
    ) -> None:
        self.findings: list[Finding] = []
        """`FINDINGS_MAX` at most."""
        self.header: Json = {"log": None, "events": 0, "roots": 0}
        self.keys: set[str] = set()
        """Public keys that signed."""
        self.event_count = self.root_count = 0
        self._trusted, self._is_signed = keys, check_signature
        self._root: Json | None = None
        self._last, self._slack = 0, 0
        """Number of the last good event, and how many bad lines came after it."""
        self._last_link = GENESIS
        self._stray: int | None = None
        self._is_of_one_stream = False
        self._missing: dict[int, Json] = {}

    def read(self, lines: Iterable[str]) -> Iterator[int]:
        """Check line by line; yields the number of each line read."""
        checks = {FORMAT: self._start, "root": self._check_root, "event": self._check_event}
        for number, text in enumerate(lines, 1):
            try:
                line = json.loads(text)
                checks[line["type"]](line)
            except MALFORMED as error:
                self._slack += 1
                self._add("unreadable", f"line {number}: {error!r}")
            yield number
        self._finish()

    def _add(self, kind: str, detail: str, /, **where: Any) -> None:
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(Finding(kind, detail, **where))

    def _start(self, header: Json) -> None:
        if self.header["log"] is not None:
            raise ValueError("a second header")
        counts = {name: int(header[name]) for name in ("events", "roots")}
        self.header = {**header, **counts, "log": str(header["log"])}
        if "stream" in header:
            self._is_of_one_stream = True
            if str(uuid5(NAMESPACE, header["stream_key"])) != header["stream"]:
                self._add("header", "the stream is not that of the key")

    def _check_root(self, root: Json) -> None:
        self._finish_period()
        period, key, last = root["period"], root["public_key"], self._root
        is_good = self._is_signed(unhex(key), statement(root), unhex(root["signature"]))
        self._root = {**root, "is_good": is_good}
        self.root_count += 1
        self.keys.add(key)
        if not is_good:
            self._add("root", "the signature does not fit the root", period=period)
        elif self._trusted and key not in self._trusted:
            self._add("key", f"signed by the unknown key {key}", period=period)
        elif root["log"] != self.header["log"]:
            self._add("root", f"it is a root of the log {root['log']}", period=period)
        elif last and last["is_good"] and not self._is_of_one_stream:
            for absent in range(last["period"] + 1, period)[:FINDINGS_MAX]:
                self._add("root", "the root is not here", period=absent)
            is_next = root["previous"] == sha256(statement(last)).hexdigest()
            if period <= last["period"] + 1 and not is_next:
                self._add("root", "it does not continue the root before", period=period)

    def _check_event(self, line: Json) -> None:
        self.event_count += 1
        place = {name: line.get(name) for name in ("position", "stream", "version", "period")}
        wrong, stray = self._wrong_with(line), self._stray
        self._stray = line["period"] if wrong and wrong[0] == "misplaced" else None
        if wrong:
            self._slack += 1
            if stray is None or stray != self._stray:  # of a run of them the first is named
                self._add(*wrong, **place)
            return
        number = line["version"] if self._is_of_one_stream else line["index"] + 1
        if number <= self._last:
            is_late = self._missing.pop(number, None)
            self._add("swapped" if is_late else "inserted", "it stands out of sequence", **place)
            return
        self._miss(number, before=line["position"])
        follows = self._is_of_one_stream and number == self._last + 1 and not self._slack
        if follows and unhex(line["previous"]) != self._last_link:
            self._add("changed", "it does not continue the chain", **place)
        self._last, self._slack, self._last_link = number, 0, unhex(line["link"])

    def _wrong_with(self, line: Json) -> tuple[str, str] | None:
        """Return what is wrong with an event by itself, None for an event that is proven."""
        link, root = unhex(line["link"]), self._root
        if self._is_of_one_stream and line["stream"] != self.header["stream"]:
            return "inserted", "it is of another stream"
        if next_link(unhex(line["previous"]), event_hash(line)) != link:
            return "changed", "it is not what its link was made of"
        if root is None or line["period"] != root["period"]:
            return "misplaced", f"it does not stand under the root of period {line['period']}"
        proof = [unhex(node) for node in line["proof"]]
        tree = tree_of(link, line["index"], root["entries"], proof) if root["is_good"] else None
        if tree is not None and tree.hex() != root["tree"]:
            return "changed", "its proof does not lead to the signed root"
        return None

    def _finish(self) -> None:
        self._finish_period()
        if self._is_of_one_stream:
            self._miss(self.header["events"] + 1)
            self._report_missing("version", stream=self.header["stream"])
        counts = {"events": self.event_count, "roots": self.root_count}
        if self.header["log"] is None:
            self._add("header", "there is none")
        elif self.header != self.header | counts and not self.findings:
            self._add("header", f"it promises other numbers than {counts}")

    def _finish_period(self) -> None:
        if self._root and not self._is_of_one_stream:
            self._miss(self._root["entries"] + 1 if self._root["is_good"] else 0)
            self._report_missing("entry", period=self._root["period"])
            self._last = self._slack = 0

    def _miss(self, end: int, **near: int) -> None:
        for absent in range(self._last + 1 + self._slack, end)[:FINDINGS_MAX]:
            self._missing[absent] = near

    def _report_missing(self, what: str, **where: Any) -> None:
        for number, near in sorted(self._missing.items()):
            before = f", it stood before position {near['before']}" if near else ""
            more = where | ({"version": number} if what == "version" else {})
            self._add("deleted", f"{what} {number} is not here{before}", **more)
        self._missing = {}


def main() -> int:
    """Check the export named on the command line."""
    parser = argparse.ArgumentParser(description="Check an export of an audit history.")
    parser.add_argument("export", help="JSON Lines")
    parser.add_argument("--key", action="append", default=[], help="public key you trust, in hex")
    arguments = parser.parse_args()
    export = Export(frozenset(arguments.key), is_signed)
    with open(arguments.export, encoding="utf-8", errors="surrogateescape") as file:  # noqa: PTH123
        list(export.read(file))
    for finding in export.findings:
        places = {name: value for name, value in finding._asdict().items() if value is not None}
        print(", ".join(f"{name} {value}" for name, value in places.items()))
    verdict = f"{len(export.findings)} findings" if export.findings else "as it was signed"
    print(f"{export.event_count} events, {export.root_count} roots: {verdict}")
    print("signed by", *sorted(export.keys))
    if not arguments.key:
        print("compare that key with the one you were given, or name it with --key")
    return 1 if export.findings else 0


if __name__ == "__main__":
    sys.exit(main())
