"""The checker finds every planted change of a stored fact that old rows would trip over."""

import copy
import json

import pytest

from countermand.contracts_compatibility import Schema
from countermand.generate import CONTRACTS
from countermand.stored_schemas import (
    all_facts,
    find_stored_breaks,
    find_stored_breaks_since_release,
    read_stored,
)
from tests.contracts.planted_changes import ABSENT, NULL, TEXT, Change, also_require, put, rename
from tests.contracts.validation import find_errors
from tests.history.test_golden_bodies import GOLDEN

STORED = read_stored(CONTRACTS)
CANCELLED, PLACED, CAPTURED, RESTOCKED, POLICY = (
    "order.cancelled.v1", "order.placed.v1", "order.payment-captured.v1", "stock.restocked.v1",
    "replay.planned.v1",
)  # fmt: skip

PLANTED: list[tuple[str, str, list[Change]]] = [
    ("a field is gone", CANCELLED, [put("properties/staff_note", ABSENT)]),
    ("a field has another name", CANCELLED, [rename("currency", "money")]),
    ("a field has another type", CANCELLED, [put("properties/restock/type", "string")]),
    ("a new field must be there", CANCELLED,
     [put("properties/shop", TEXT), also_require("shop")]),
    ("a field must be there now", CANCELLED, [also_require("held_until")]),
    ("a value is no longer known", CANCELLED,
     [put("properties/reason", {"enum": ["CUSTOMER"], "type": "string"})]),
    ("leaving a field out means something else", CANCELLED,
     [put("properties/held_until/default", "none")]),
    ("an amount may be smaller only", CANCELLED, [put("properties/refund_minor/maximum", 100)]),
    ("an amount is more than nothing", CANCELLED, [put("properties/refund_minor/minimum", 1)]),
    ("no more than one line", CANCELLED, [put("properties/lines/maxItems", 1)]),
    ("at least two lines", CANCELLED, [put("properties/lines/minItems", 2)]),
    ("an order's number has another form", CANCELLED,
     [put("properties/order_id/pattern", "^[0-9]+$")]),
    ("what is not known is refused", CANCELLED, [put("additionalProperties", value=False)]),
    ("what was heard has another type", CAPTURED, [put("properties/message", TEXT)]),
    ("what was heard is gone", PLACED, [put("properties/message", ABSENT)]),
    ("what was heard may be nothing only", PLACED, [put("properties/message", NULL)]),
    ("a part of what was heard must be there", PLACED, [also_require("country", "OrderPlaced")]),
    ("leaving a line's tax out means something else", PLACED,
     [put("$defs/OrderLine/properties/tax_minor/default", 1)]),
    ("leaving a customer's language out means another", PLACED,
     [put("$defs/Customer/properties/locale/default", "fr")]),
    ("a line's tags cannot be left out any more", PLACED,
     [put("$defs/OrderLine/properties/tags/default", ABSENT), also_require("tags", "OrderLine")]),
    ("what leaving a channel out means is made up each time", PLACED,
     [put("$defs/OrderPlaced/properties/channel/default", ABSENT)]),
    ("a rule that nobody understands", PLACED, [put("properties/message/not", TEXT)]),
    ("a list is a text", RESTOCKED, [put("properties/lines", TEXT)]),
    ("a plan's field has another type", POLICY, [put("properties/estimate_s/type", "string")]),
]  # fmt: skip


def breaks(name: str, schema: Schema, older: frozenset[str] = frozenset()) -> list[str]:
    return [str(one) for one in find_stored_breaks({name: STORED[name]}, {name: schema}, older)]


def test_there_are_as_many_as_there_were() -> None:
    assert len({what for what, _, _ in PLANTED}) == 24


@pytest.mark.parametrize(("what", "name", "changes"), PLANTED, ids=[one[0] for one in PLANTED])
def test_a_change_that_old_rows_trip_over_is_found(
    what: str, name: str, changes: list[Change]
) -> None:
    schema = copy.deepcopy(STORED[name])
    for change in changes:
        change(schema)
    assert schema != STORED[name], what
    assert breaks(name, schema), what


def test_what_was_ever_written_is_read_today() -> None:
    assert find_stored_breaks_since_release(CONTRACTS) == []


@pytest.mark.parametrize("kind", ["complete", "minimal"])
@pytest.mark.parametrize("name", STORED)
def test_a_golden_body_fits_the_released_schema(name: str, kind: str) -> None:
    assert find_errors(STORED[name], GOLDEN[name][kind]["fact"]) == []


def test_a_fact_that_is_gone_is_found_unless_it_is_raised() -> None:
    gone = {name: STORED[name] for name in STORED if name != CANCELLED}
    assert [one.type for one in find_stored_breaks(STORED, gone, frozenset())] == [CANCELLED]
    assert find_stored_breaks(STORED, gone, frozenset({CANCELLED})) == []


def test_a_new_field_that_may_be_left_out_is_no_break() -> None:
    schema = copy.deepcopy(STORED[CANCELLED])
    put("properties/shop", {"default": None, "anyOf": [TEXT, NULL]})(schema)
    put("properties/refund_minor/minimum", ABSENT)(schema)
    assert breaks(CANCELLED, schema) == []


def test_every_older_name_has_its_golden_body() -> None:
    assert {name for fact in all_facts() for name in fact.stored_names()} <= GOLDEN.keys()
    assert json.dumps(STORED)
