"""Tells whether a message may change as it did: today's schemas beside the released ones.

What others write may only become easier to accept. What we write may neither say more, for its
readers are outside, nor less, for what was said stays on the topic and must remain readable. What
this module does not understand counts as breaking when it differs.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Schema = dict[str, Any]

WORDS = frozenset({"$id", "$schema", "deprecated", "description", "examples", "title"})
"""Keywords that no validator acts on."""

LOWER_BOUNDS = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems"})
UPPER_BOUNDS = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems"})
EXACT = frozenset({"pattern", "format"})
SHAPE = frozenset({"properties", "required", "additionalProperties", "items", "default"})
VALUES = frozenset({"enum", "const", "type"})
_NONE_FIXED = "what is made up each time"
"""Stands for the default of a field that has a factory: its schema tells none."""

JUDGED = WORDS | LOWER_BOUNDS | UPPER_BOUNDS | EXACT | SHAPE | VALUES


class Change(NamedTuple):
    """One difference that readers or writers may notice."""

    where: str
    """Path of the field, for example `lines[].quantity`."""
    what: str
    """In words."""
    narrows: bool
    """Something accepted or meant before no longer is; otherwise more is accepted than before."""


class Break(NamedTuple):
    """A change that somebody outside would trip over."""

    type: str
    where: str
    what: str

    def __str__(self) -> str:
        """Put it into one line."""
        return f"{self.type}: {self.where}: {self.what}"


def find_breaks(
    released: Mapping[str, Schema], current: Mapping[str, Schema], *, foreign: frozenset[str]
) -> list[Break]:
    """List every breaking change; `foreign` holds the types that others write.

    A type that was not released yet may look as it likes.
    """
    breaks = []
    for type_, old in released.items():
        new = current.get(type_)
        if new is None:
            breaks.append(Break(type_, "data", "the message type is gone"))
            continue
        breaks += [
            Break(type_, change.where, change.what)
            for change in find_changes(old, new)
            if change.narrows or type_ not in foreign
        ]
    return breaks


def find_changes(old: Schema, new: Schema) -> list[Change]:
    """List every difference between two schemas of one message, words apart."""
    return list(_compare(_inline(old, old), _inline(new, new), "data"))


def _inline(node: Any, root: Schema) -> Any:
    """Put definitions in the place of references, so that only shapes are compared."""
    if isinstance(node, list):
        return [_inline(item, root) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        definition = root["$defs"][node["$ref"].removeprefix("#/$defs/")]
        node = {**definition, **{key: value for key, value in node.items() if key != "$ref"}}
    return {key: _inline(value, root) for key, value in node.items() if key != "$defs"}


def _compare(old: Schema, new: Schema, where: str) -> Iterator[Change]:
    before, after = _alternatives(old), _alternatives(new)
    for kind in sorted(before.keys() - after.keys()):
        yield Change(where, f"may no longer be {kind}", narrows=True)
    for kind in sorted(after.keys() - before.keys()):
        yield Change(where, f"may now be {kind}", narrows=False)
    for kind in sorted(before.keys() & after.keys()):
        one, other = before[kind], after[kind]
        yield from _compare_values(one, other, where)
        yield from _compare_bounds(one, other, where)
        yield from _compare_objects(one, other, where)
        if "items" in one or "items" in other:
            yield from _compare(one.get("items", {}), other.get("items", {}), f"{where}[]")
        for keyword in sorted((one.keys() | other.keys()) - JUDGED):
            if one.get(keyword) != other.get(keyword):
                what = f"`{keyword}` differs, which cannot be judged here"
                yield Change(where, what, narrows=True)


def _alternatives(node: Schema) -> dict[str, Schema]:
    """Split `anyOf` by JSON type; two of one type are kept apart by their place."""
    shared = {key: value for key, value in node.items() if key not in WORDS | {"anyOf", "default"}}
    found: dict[str, Schema] = {}
    for place, choice in enumerate(node.get("anyOf", [{}])):
        alternative = {**shared, **choice}
        kind = str(alternative.get("type", "anything"))
        found[kind if kind not in found else f"{kind} ({place})"] = alternative
    return found


def _values(node: Schema) -> set[str] | None:
    if "const" in node:
        return {repr(node["const"])}
    return {repr(value) for value in node["enum"]} if "enum" in node else None


def _compare_values(old: Schema, new: Schema, where: str) -> Iterator[Change]:
    before, after = _values(old), _values(new)
    if before == after:
        return
    if before is None:
        yield Change(where, f"now takes only {_list(after)}", narrows=True)
    elif after is None:
        yield Change(where, f"may now be other than {_list(before)}", narrows=False)
    else:
        if gone := before - after:
            yield Change(where, f"no longer takes {_list(gone)}", narrows=True)
        if added := after - before:
            yield Change(where, f"may now be {_list(added)}", narrows=False)


def _list(values: set[str] | None) -> str:
    return ", ".join(sorted(values or ()))


def _compare_bounds(old: Schema, new: Schema, where: str) -> Iterator[Change]:
    for keyword in sorted(LOWER_BOUNDS | UPPER_BOUNDS | EXACT):
        before, after = old.get(keyword), new.get(keyword)
        if before == after:
            continue
        if before is None or after is None or keyword in EXACT:
            narrows = after is not None
        else:
            narrows = (after > before) == (keyword in LOWER_BOUNDS)
        yield Change(where, f"{keyword} was {before}, is {after}", narrows)


def _compare_objects(old: Schema, new: Schema, where: str) -> Iterator[Change]:
    before, after = old.get("properties", {}), new.get("properties", {})
    was_required, is_required = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted(before.keys() - after.keys()):
        yield Change(_join(where, name), _describe_removal(before, after, name), narrows=True)
    for name in sorted(is_required - was_required):
        yield Change(_join(where, name), "is now required", narrows=True)
    for name in sorted((was_required - is_required) & after.keys()):
        yield Change(_join(where, name), "may now be left out", narrows=False)
    for name in sorted(before.keys() & after.keys()):
        yield from _compare(before[name], after[name], _join(where, name))
        if name not in was_required | is_required:
            yield from _compare_defaults(before[name], after[name], _join(where, name))
    was_open, is_open = (node.get("additionalProperties", True) for node in (old, new))
    if was_open != is_open:
        what = f"additionalProperties was {was_open}, is {is_open}"
        yield Change(where, what, narrows=is_open is not True)


def _compare_defaults(old: Schema, new: Schema, where: str) -> Iterator[Change]:
    before, after = old.get("default", _NONE_FIXED), new.get("default", _NONE_FIXED)
    if before != after:
        what = f"left out it meant {before!r}, now {after!r}"
        yield Change(where, what, narrows=True)


def _describe_removal(before: Schema, after: Schema, name: str) -> str:
    def shape(node: Schema) -> Schema:
        return {key: value for key, value in node.items() if key not in WORDS}

    same = [
        other
        for other in after
        if other not in before and shape(after[other]) == shape(before[name])
    ]
    return f"is gone (renamed to `{same[0]}`?)" if same else "is gone"


def _join(where: str, name: str) -> str:
    return name if where == "data" else f"{where}.{name}"
