"""The checker finds every planted breaking change and lets every harmless one pass.

A witness is a message that one schema accepts and the other refuses: it proves, without our
checker, that the planted change is what it is said to be.
"""

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import pytest
from jsonschema import Draft202012Validator
from pydantic import Field

from contracts.cancellation import CancelOrder, OrderCancelled
from contracts.values import Identifier
from countermand import generate
from countermand.contracts_compatibility import find_breaks, find_changes
from countermand.contracts_schemas import MESSAGES, write_schema
from tests.contracts.validation import find_errors, read_json, read_sample

FOREIGN = frozenset(message.type for message in MESSAGES if message.has_foreign_writers)
RELEASED = generate.read_released()

COMMAND = "cancellation.cancel-order.v1"
PLACED = "order.placed.v1"
CANCELLED = "cancellation.order-cancelled.v1"
COMPLETED = "cancellation.order-cancellation-completed.v1"
REFUNDED = "refunds.refund-succeeded.v1"
RESTOCK_FAILED = "inventory.restock-failed.v1"

Change = Callable[[Any], None]
ABSENT = object()
TEXT = {"type": "string"}
OUTCOMES = ["SUCCEEDED", "FAILED", "UNCERTAIN", "NOT_DUE"]


def put(path: str, value: object) -> Change:
    """A change that sets what is at `path`; `ABSENT` removes it."""

    def change(document: Any) -> None:
        *parents, last = (int(step) if step.isdigit() else step for step in path.split("/"))
        for step in parents:
            document = document[step]
        if value is ABSENT:
            del document[last]
        else:
            document[last] = value

    return change


def also_require(name: str, part: str = "") -> Change:
    def change(schema: Any) -> None:
        (schema["$defs"][part] if part else schema)["required"].append(name)

    return change


def no_longer_require(name: str) -> Change:
    return lambda schema: schema["required"].remove(name)


def rename(old: str, new: str) -> Change:
    def change(schema: Any) -> None:
        schema["properties"][new] = schema["properties"].pop(old)
        schema["required"] = [new if name == old else name for name in schema["required"]]

    return change


class Plant(NamedTuple):
    """A change to one released schema."""

    what: str
    type: str
    changes: tuple[Change, ...]
    expected: str = ""
    """Part of the finding."""
    witness: Change | None = None
    """Turns the full sample into a message on which old and new schema disagree."""


def breaking(
    what: str, type_: str, *changes: Change, expected: str, witness: Change | None = None
) -> Plant:
    return Plant(what, type_, changes, expected, witness)


def harmless(what: str, type_: str, *changes: Change) -> Plant:
    return Plant(what, type_, changes)


BREAKING = [
    breaking(
        "field of a command removed", COMMAND, put("properties/staff_note", ABSENT),
        expected="staff_note: is gone", witness=put("staff_note", "any"),
    ),
    breaking(
        "field of a command renamed", COMMAND, rename("reason", "cause"),
        expected="reason: is gone (renamed to `cause`?)", witness=put("reason", "OTHER"),
    ),
    breaking(
        "field of a command retyped", COMMAND, put("properties/restock/type", "string"),
        expected="restock: may no longer be boolean", witness=put("restock", True),
    ),
    breaking(
        "new field of a command required", COMMAND,
        put("properties/shop", TEXT), also_require("shop"),
        expected="shop: is now required", witness=put("reason", "OTHER"),
    ),
    breaking(
        "old field of a command now required", COMMAND, also_require("requested_by"),
        expected="requested_by: is now required", witness=put("requested_by", ABSENT),
    ),
    breaking(
        "new field of a command's part required", COMMAND,
        put("$defs/CancelLine/properties/why", TEXT), also_require("why", "CancelLine"),
        expected="lines[].why: is now required", witness=put("reason", "OTHER"),
    ),
    breaking(
        "value of a command gone", COMMAND, put("properties/reason/enum", ["CUSTOMER", "OTHER"]),
        expected="reason: no longer takes the value 'DECLINED', 'FRAUD'",
        witness=put("reason", "FRAUD"),
    ),
    breaking(
        "values of a command limited", COMMAND, put("properties/requested_by/enum", ["upstream"]),
        expected="requested_by: no longer takes the value any other",
        witness=put("requested_by", "anna"),
    ),
    breaking(
        "upper bound of a command's part lowered", COMMAND,
        put("$defs/CancelLine/properties/quantity/maximum", 99),
        expected="lines[].quantity: maximum was 1000000, is 99",
        witness=put("lines/0/quantity", 100),
    ),
    breaking(
        "lower bound of a command's part raised", COMMAND,
        put("$defs/CancelLine/properties/quantity/minimum", 2),
        expected="lines[].quantity: minimum was 1, is 2", witness=put("lines/0/quantity", 1),
    ),
    breaking(
        "bound added to a command", COMMAND, put("properties/lines/anyOf/0/uniqueItems", True),
        expected="lines: `uniqueItems` differs",
        witness=put("lines", [{"line_id": "1", "quantity": 1}] * 2),
    ),
    breaking(
        "fewer lines allowed", COMMAND, put("properties/lines/anyOf/0/maxItems", 1),
        expected="lines: maxItems was 1000, is 1",
        witness=put("lines", [{"line_id": n, "quantity": 1} for n in "12"]),
    ),
    breaking(
        "pattern of a command tightened", COMMAND, put("properties/order_id/pattern", "^[0-9]+$"),
        expected="order_id: pattern was", witness=put("order_id", "A1"),
    ),
    breaking(
        "null of a command refused", COMMAND, put("properties/staff_note", TEXT),
        expected="staff_note: may no longer be null", witness=put("staff_note", None),
    ),
    breaking(
        "default of a command changed", COMMAND, put("properties/refund/default", "NONE"),
        expected="refund: left out it meant 'NOW', now 'NONE'",
    ),
    breaking(
        "value of a foreign event gone", PLACED,
        put("$defs/Customer/properties/locale/enum", ["en"]),
        expected="customer.locale: no longer takes the value 'fr'",
        witness=put("customer/locale", "fr"),
    ),
    breaking(
        "foreign event closed to new fields", PLACED, put("additionalProperties", False),
        expected="data: additionalProperties was True, is False", witness=put("shop", "any"),
    ),
    breaking(
        "field of an event's part removed", CANCELLED,
        put("$defs/RefundDue/properties/captured_minor", ABSENT),
        expected="refunds[].captured_minor: is gone",
    ),
    breaking(
        "field of an event retyped", REFUNDED, put("properties/amount_minor", TEXT),
        expected="amount_minor: may now be string", witness=put("amount_minor", "12.50"),
    ),
    breaking(
        "value of an event added", COMPLETED,
        put("properties/refund/enum", [*OUTCOMES, "SKIPPED"]),
        expected="refund: may now have the value 'SKIPPED'", witness=put("refund", "SKIPPED"),
    ),
    breaking(
        "the one value of an event joined by another", RESTOCK_FAILED,
        put("properties/code", {"enum": ["MORE_THAN_ORDERED", "NO_SUCH_LINE"], **TEXT}),
        expected="code: may now have the value 'NO_SUCH_LINE'",
        witness=put("code", "NO_SUCH_LINE"),
    ),
    breaking(
        "value of an event gone, though old records hold it", COMPLETED,
        put("properties/refund/enum", OUTCOMES[:3]),
        expected="refund: no longer takes the value 'NOT_DUE'", witness=put("refund", "NOT_DUE"),
    ),
    breaking(
        "bound of an event widened", REFUNDED, put("properties/amount_minor/maximum", 10**18),
        expected="amount_minor: maximum was", witness=put("amount_minor", 10**17),
    ),
    breaking(
        "bound of an event dropped", REFUNDED, put("properties/provider_reference/maxLength", ABSENT),
        expected="provider_reference: maxLength was 100, is None",
        witness=put("provider_reference", "r" * 101),
    ),
    breaking(
        "field of an event may be null", REFUNDED,
        put("properties/payment_id", {"anyOf": [TEXT, {"type": "null"}]}),
        expected="payment_id: may now be null", witness=put("payment_id", None),
    ),
    breaking(
        "field of an event may be left out", CANCELLED, no_longer_require("refunds"),
        expected="refunds: may now be left out", witness=put("refunds", ABSENT),
    ),
    breaking(
        "new field of an event required, though old records lack it", REFUNDED,
        put("properties/fee_minor", {"type": "integer"}), also_require("fee_minor"),
        expected="fee_minor: is now required", witness=put("amount_minor", 1),
    ),
    breaking(
        "format of an event dropped", REFUNDED, put("properties/refund_id/format", ABSENT),
        expected="refund_id: format was uuid, is None", witness=put("refund_id", "re_1"),
    ),
    breaking(
        "items of an event retyped", CANCELLED, put("properties/lines/items", TEXT),
        expected="lines[]: may no longer be object", witness=put("order_id", "2"),
    ),
]  # fmt: skip

HARMLESS = [
    harmless("words of a command", COMMAND, put("description", "New."), put("title", "New")),
    harmless("words of an event's field", CANCELLED, put("properties/lines/description", "New.")),
    harmless("new field of a command", COMMAND, put("properties/shop", {"default": None, **TEXT})),
    harmless("new field of an event", CANCELLED, put("properties/shop", {"default": "", **TEXT})),
    harmless(
        "new field of an event's part", CANCELLED, put("$defs/RefundDue/properties/shop", TEXT)
    ),
    harmless(
        "new value of a command", COMMAND, put("properties/refund/enum", ["NOW", "NONE", "LATER"])
    ),
    harmless("values of a command set free", COMMAND, put("properties/refund/enum", ABSENT)),
    harmless("wider bound of a command", COMMAND, put("properties/requested_by/maxLength", 200)),
    harmless("lower least of a foreign event", PLACED, put("properties/lines/minItems", 0)),
    harmless("pattern of a command dropped", COMMAND, put("properties/order_id/pattern", ABSENT)),
    harmless(
        "null in a command", COMMAND,
        put("properties/notify", {"anyOf": [{"type": "boolean"}, {"type": "null"}], "default": True}),
    ),
    harmless("field of a command may be left out", COMMAND, no_longer_require("reason")),
    harmless("command open to new fields", COMMAND, put("additionalProperties", True)),
    harmless("order of the required fields", CANCELLED, lambda schema: schema["required"].reverse()),
    harmless(
        "part moved into its place", COMMAND,
        put("properties/lines/anyOf/0/items", RELEASED[COMMAND]["$defs"]["CancelLine"]),
    ),
]  # fmt: skip


def _after(plant: Plant) -> dict[str, Any]:
    schema = copy.deepcopy(RELEASED[plant.type])
    for change in plant.changes:
        change(schema)
    Draft202012Validator.check_schema(schema)
    assert schema != RELEASED[plant.type]
    return schema


def _find(type_: str, current: dict[str, Any]) -> list[str]:
    breaks = find_breaks({type_: RELEASED[type_]}, {type_: current}, foreign=FOREIGN)
    return [str(each) for each in breaks]


def test_every_message_is_released_and_nothing_has_broken_since():
    assert set(RELEASED) == {message.type for message in MESSAGES}
    assert generate.find_breaks_since_release() == []


@pytest.mark.parametrize("plant", BREAKING, ids=lambda plant: plant.what)
def test_a_breaking_change_is_found(plant):
    found = _find(plant.type, _after(plant))
    assert any(plant.expected in finding for finding in found), found


@pytest.mark.parametrize(
    "plant", [plant for plant in BREAKING if plant.witness], ids=lambda plant: plant.what
)
def test_a_breaking_change_truly_breaks_somebody(plant):
    message = read_sample(plant.type)
    plant.witness(message)
    verdicts = [bool(find_errors(s, message)) for s in (RELEASED[plant.type], _after(plant))]
    assert verdicts in ([False, True], [True, False])


@pytest.mark.parametrize("plant", HARMLESS, ids=lambda plant: plant.what)
def test_a_harmless_change_is_not_flagged(plant):
    assert _find(plant.type, _after(plant)) == []
    for extent in ("full", "minimal"):
        assert find_errors(_after(plant), read_sample(plant.type, extent)) == []


def test_a_message_type_that_is_gone_is_found():
    (found,) = find_breaks({COMMAND: RELEASED[COMMAND]}, {}, foreign=FOREIGN)
    assert str(found) == f"{COMMAND}: data: the message type is gone"


def test_a_new_message_type_is_not_flagged():
    new = {**RELEASED, "order.returned.v1": {"type": "object"}}
    assert find_breaks(RELEASED, new, foreign=FOREIGN) == []


def test_widening_is_judged_by_who_writes():
    wider = copy.deepcopy(RELEASED[COMMAND])
    put("properties/requested_by/maxLength", 200)(wider)
    both = {COMMAND: RELEASED[COMMAND]}, {COMMAND: wider}
    assert find_breaks(*both, foreign=frozenset({COMMAND})) == []
    assert len(find_breaks(*both, foreign=frozenset())) == 1


def test_a_stricter_model_is_found_through_its_schema():
    class Stricter(CancelOrder):
        requested_by: Identifier
        """Who asked; now required."""

    class Narrower(OrderCancelled):
        refund_minor: Annotated[int, Field(strict=True, ge=0, le=100)]
        """Sum of `refunds`."""

    assert _find(COMMAND, write_schema(Stricter)) == [f"{COMMAND}: requested_by: is now required"]
    assert _find(CANCELLED, write_schema(Narrower)) == [
        f"{CANCELLED}: refund_minor: maximum was {10**15}, is 100"
    ]


def test_equal_schemas_have_no_changes():
    for schema in RELEASED.values():
        assert find_changes(schema, copy.deepcopy(schema)) == []


@pytest.fixture
def contracts(tmp_path: Path) -> Path:
    """A copy of `contracts/` whose released files may be changed."""
    return Path(shutil.copytree(generate.CONTRACTS, tmp_path / "contracts"))


def _change_released(contracts: Path, type_: str, change: Change) -> Path:
    path = contracts / "released" / f"{type_}.json"
    schema = read_json(path)
    change(schema)
    path.write_text(json.dumps(schema))
    return path


def test_the_command_line_names_the_break_and_the_way_out(contracts, capsys):
    _change_released(contracts, COMMAND, put("properties/shop", TEXT))
    assert generate.main(["--compat"], contracts) == 1
    assert capsys.readouterr().err.splitlines() == [
        f"{COMMAND}: shop: is gone",
        "Give the changed message a new type; see contracts/README.md",
    ]


def test_a_release_is_refused_while_something_breaks(contracts):
    path = _change_released(contracts, COMMAND, put("properties/shop", TEXT))
    before = path.read_text()
    assert generate.main(["--release"], contracts) == 1
    assert path.read_text() == before


def test_a_release_makes_todays_schemas_the_promise(contracts):
    _change_released(contracts, COMMAND, put("properties/staff_note", ABSENT))
    (contracts / "released" / f"{PLACED}.json").unlink()
    assert generate.main(["--compat"], contracts) == 0
    assert generate.main(["--release"], contracts) == 0
    assert generate.read_released(contracts) == {m.type: write_schema(m.model) for m in MESSAGES}
