"""Ways to forge an export, line by line, and where each has to be found."""

import json
import random
from collections.abc import Callable
from typing import Any

from countermand.audit.verify_export import event_hash, next_link, statement
from tests.support.forger import Places, garbled
from tests.support.tampering import A_KEY

Lines = list[dict[str, Any]]
Forgery = Callable[[Lines, random.Random], Places]


def dumped(lines: Lines) -> list[str]:
    """Write lines as an export has them."""
    return [line.get("raw") or json.dumps(line, ensure_ascii=False) + "\n" for line in lines]


def _at(*lines: dict[str, Any]) -> Places:
    return Places(
        frozenset(line["position"] for line in lines if "position" in line),
        frozenset((line["stream"], line["version"]) for line in lines if "version" in line),
        frozenset(line["period"] for line in lines if "period" in line),
    )


def _pick(lines: Lines, chance: random.Random, kind: str) -> int:
    return chance.choice([n for n, line in enumerate(lines) if line["type"] == kind])


def _turned(text: str, chance: random.Random) -> str:
    place = chance.choice([n for n, letter in enumerate(text) if letter != "-"])
    digit = f"{int(text[place], 16) ^ chance.randint(1, 15):x}"
    return text[:place] + digit + text[place + 1 :]


def garble_an_event(lines: Lines, chance: random.Random) -> Places:
    line = lines[_pick(lines, chance, "event")]
    before = {**line}
    match chance.choice(["body", "name", "position", "version", "stream", "index", "period"]):
        case "body":
            body = garbled(line["body"].encode(), chance)
            line["body"] = body.decode("utf-8", "surrogateescape")
        case "name":
            line["name"] += "2"
        case "stream":
            line["stream"] = line["stream"][:-1] + ("0" if line["stream"][-1] != "0" else "1")
        case number:
            line[number] += chance.choice([-1, 1, 1_000])
    return _at(before, line)


def garble_a_hash(lines: Lines, chance: random.Random) -> Places:
    line = lines[_pick(lines, chance, "event")]
    field = chance.choice(["previous", "link", "proof"])
    if field != "proof":
        line[field] = _turned(line[field], chance)
    elif not line["proof"] or chance.random() < 0.2:
        line["proof"] = [*line["proof"], line["link"]]
    else:
        place = chance.randrange(len(line["proof"]))
        other = [_turned(line["proof"][place], chance)] if chance.random() < 0.7 else []
        line["proof"] = line["proof"][:place] + other + line["proof"][place + 1 :]
    return _at(line)


def rewrite_an_event(lines: Lines, chance: random.Random) -> Places:
    line = lines[_pick(lines, chance, "event")]
    line["body"] = line["body"].replace("m", "n")
    _relink(line)
    return _at(line)


def _relink(line: dict[str, Any]) -> None:
    line["link"] = next_link(bytes.fromhex(line["previous"]), event_hash(line)).hex()


def delete_an_event(lines: Lines, chance: random.Random) -> Places:
    return _at(lines.pop(_pick(lines, chance, "event")))


def repeat_an_event(lines: Lines, chance: random.Random) -> Places:
    line = lines[_pick(lines, chance, "event")]
    lines.insert(chance.randint(lines.index(line) + 1, len(lines)), {**line})
    return _at(line)


def insert_an_event(lines: Lines, chance: random.Random) -> Places:
    line = {**lines[_pick(lines, chance, "event")]}
    line["version"] += chance.choice([0, 1, 100])
    line["position"] += 1
    line["body"] += " "
    _relink(line)
    lines.insert(chance.randint(2, len(lines)), line)
    return _at(line)


def swap_events(lines: Lines, chance: random.Random) -> Places:
    one, other = (_pick(lines, chance, "event") for _ in range(2))
    if one == other:
        other = one - 1 if lines[one - 1]["type"] == "event" else one
    if one == other:
        return delete_an_event(lines, chance)
    lines[one], lines[other] = lines[other], lines[one]
    between = lines[min(one, other) : max(one, other) + 1]
    return _at(*between)


def garble_a_root(lines: Lines, chance: random.Random) -> Places:
    line = lines[_pick(lines, chance, "root")]
    before = {**line}
    field = chance.choice([name for name in line if name not in ("type", "log")])
    if isinstance(line[field], int):
        line[field] += chance.choice([-1, 1, 1_000])
    elif field == "closed_at":
        line[field] = line[field].replace("20", "19", 1)
    else:
        line[field] = _turned(line[field], chance)
    under = [event for event in lines if event.get("period") == before["period"]]
    return _at(before, line, *under)


def delete_a_root(lines: Lines, chance: random.Random) -> Places:
    number = _pick(lines, chance, "root")
    root = lines.pop(number)
    after = next((line for line in lines[number:] if line["type"] == "root"), root)
    return _at(after, *(line for line in lines if line.get("period") == root["period"]), root)


def sign_a_root_with_another_key(lines: Lines, chance: random.Random) -> Places:
    root = lines[_pick(lines, chance, "root")]
    root["public_key"] = A_KEY.public_key().public_bytes_raw().hex()
    root["signature"] = A_KEY.sign(statement(root)).hex()
    following = [{**root, "period": root["period"] + 1}]
    return _at(root, *following)


def cut_off_the_end(lines: Lines, chance: random.Random) -> Places:
    end = chance.randint(2, len(lines) - 1)
    gone = lines[end:]
    del lines[end:]
    return _at(*gone, *(line for line in lines if line["type"] == "root"))


def break_a_line(lines: Lines, chance: random.Random) -> Places:
    number = chance.randint(1, len(lines) - 1)
    line = lines[number]
    text = json.dumps(line)
    broken = chance.choice([text[: len(text) // 2], "", "[]", "{}", "null", '{"type":"event"}'])
    lines[number] = {"type": "raw", "raw": broken + "\n"}
    under = [event for event in lines if event.get("period") == line["period"]]
    return _at(line, *(under if line["type"] == "root" else []))


def garble_the_header(lines: Lines, chance: random.Random) -> Places:
    header = lines[0]
    field = chance.choice([*header])
    if isinstance(header[field], int):
        header[field] += chance.choice([-1, 1, 1_000])
    else:
        header[field] = _turned(header[field], chance) if field == "stream" else header[field][:-1]
    everything = _at(*lines[1:])
    last = max(version for _, version in everything.facts)
    more = {(str(header.get("stream")), last + n) for n in range(1, 1_001)}
    return everything._replace(facts=everything.facts | more)


EXPORT_FORGERIES: dict[Forgery, str] = {
    garble_an_event: "changed inserted misplaced",
    garble_a_hash: "changed",
    rewrite_an_event: "changed",
    delete_an_event: "deleted",
    repeat_an_event: "inserted misplaced",
    insert_an_event: "changed inserted misplaced",
    swap_events: "swapped misplaced deleted",
    garble_a_root: "root",
    delete_a_root: "misplaced root",
    sign_a_root_with_another_key: "key",
    break_a_line: "unreadable",
    garble_the_header: "header deleted inserted root unreadable",
    cut_off_the_end: "deleted header root",
}
"""Every way, each with a choice of its own, and what it is called."""
