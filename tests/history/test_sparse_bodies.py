"""Bodies stored without what leaving it out says, beside what they mean: no default may change.

One file per sparse fact, written by hand. A body is never changed again; a field that is new and
may be left out needs a further one, `golden/sparse/<stored name>.<n>.json`, that leaves it out.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from countermand.stored_schemas import all_facts
from kit.event_store import LogEntry
from kit.facts import Fact
from services.cancellation.projections.folding import fold_page
from services.cancellation.projections.placing import lines_of
from tests.history.test_golden_bodies import DIRECTORY, GOLDEN, OWNERS, lost
from tests.support.mothers import A_CAUSE
from tests.support.spec import STREAM

PLACED = "order.placed.v1"
SPARSE: dict[str, type[Fact]] = {fact.NAME: fact for fact in all_facts() if fact.IS_SPARSE}
BODIES: list[tuple[str, Any, Any]] = [
    (name, body["stored"], body["means"])
    for name in SPARSE
    for path in sorted((DIRECTORY / "sparse").glob(f"{name}*.json"))
    for body in json.loads(path.read_text("utf-8")).values()
]
every_body = pytest.mark.parametrize(
    ("name", "stored", "means"), BODIES, ids=[f"{body[0]}-{n}" for n, body in enumerate(BODIES)]
)
CAUSE = A_CAUSE.model_dump_json()


def body_of(fact: Any) -> bytes:
    said = json.dumps(fact, separators=(",", ":"), ensure_ascii=False)
    return f'{{"fact":{said},"cause":{CAUSE}}}'.encode()


def left_out(stored: Any, means: Any, path: str = "") -> Iterator[str]:
    """Return the fields that are meant and not said."""
    if isinstance(means, list):
        for one, other in zip(stored, means, strict=True):
            yield from left_out(one, other, f"{path}[]")
    elif isinstance(means, dict):
        for name, value in means.items():
            if name in stored:
                yield from left_out(stored[name], value, f"{path}.{name}")
            else:
                yield f"{path}.{name}"


def may_be_left_out(schema: Any, root: Any, path: str = "") -> Iterator[str]:
    """Return the fields of a model, and of those in it, that have a default."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    for choice in schema.get("anyOf", ()):
        yield from may_be_left_out(choice, root, path)
    if "items" in schema:
        yield from may_be_left_out(schema["items"], root, f"{path}[]")
    for name, field in schema.get("properties", {}).items():
        yield from may_be_left_out(field, root, f"{path}.{name}")
        if name not in schema.get("required", ()):
            yield f"{path}.{name}"


def test_an_order_is_stored_sparsely() -> None:
    assert set(SPARSE) == {PLACED}


@pytest.mark.parametrize("name", SPARSE)
def test_what_every_field_means_that_may_be_left_out_is_written_down(name: str) -> None:
    schema = SPARSE[name].model_json_schema()
    pinned = {path for of, *body in BODIES if of == name for path in left_out(*body)}
    assert set(may_be_left_out(schema, schema)) == pinned


@every_body
def test_a_sparse_body_means_what_it_meant(name: str, stored: Any, means: Any) -> None:
    fact = OWNERS[name].store.mapper.read_fact(name, body_of(stored))
    assert lost(means, fact.model_dump(mode="json")) == []
    assert fact == SPARSE[name].model_validate(means)


@every_body
def test_what_is_written_today_says_no_more(name: str, stored: Any, means: Any) -> None:
    fact = SPARSE[name].model_validate_json(json.dumps(means))
    written = OWNERS[name].store.mapper.write_body(fact, CAUSE.encode())
    assert json.loads(written) == {"fact": stored, "cause": json.loads(CAUSE)}


@every_body
def test_an_order_stored_sparsely_has_the_row_and_the_lines_of_one_stored_whole(
    name: str, stored: Any, means: Any
) -> None:
    sparse, whole = body_of(stored), body_of(means)
    (rows, others) = (
        fold_page([LogEntry(1, STREAM, 1, name, body)], {}) for body in (sparse, whole)
    )
    assert rows == others
    assert lines_of({"placed": sparse}, {}) == lines_of({"placed": whole}, {})
    assert [line.keys() for line in lines_of({"placed": sparse}, {})] == [
        {**line, "fulfilled": 0, "cancelled": 0}.keys() for line in means["message"]["lines"]
    ]


def test_a_line_of_old_that_knew_fewer_fields_has_all_of_them_for_its_readers() -> None:
    body = json.dumps(GOLDEN[PLACED]["minimal"]).encode()
    (line,) = lines_of({"placed": body}, {})
    (means,) = BODIES[-1][2]["message"]["lines"]
    assert line == means | {"fulfilled": 0, "cancelled": 0}


@pytest.mark.parametrize("name", SPARSE)
def test_what_is_said_as_it_was_stored_is_stored_whole(name: str) -> None:
    """A relay takes such fields as they are, and its readers may miss none."""
    assert name not in OWNERS[name].publishes
    assert name not in OWNERS[name].says
