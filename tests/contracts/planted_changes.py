"""Changes to released schemas: some that break somebody outside, some that do not."""

from collections.abc import Callable
from typing import Any, NamedTuple

from countermand.generate import read_released

RELEASED = read_released()

COMMAND = "cancellation.cancel-order.v1"
PLACED = "order.placed.v1"
CANCELLED = "cancellation.order-cancelled.v1"
COMPLETED = "cancellation.order-cancellation-completed.v1"
REFUNDED = "refunds.refund-succeeded.v1"
RESTOCK_FAILED = "inventory.restock-failed.v1"

Change = Callable[[Any], None]
ABSENT = object()
TEXT = {"type": "string"}
NULL = {"type": "null"}
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
        "field of a command retyped", COMMAND,
        put("properties/is_statutory_withdrawal/type", "string"),
        expected="is_statutory_withdrawal: may no longer be boolean",
        witness=put("is_statutory_withdrawal", value=True),
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
        expected="reason: no longer takes 'DECLINED', 'FRAUD'",
        witness=put("reason", "FRAUD"),
    ),
    breaking(
        "values of a command limited", COMMAND, put("properties/requested_by/enum", ["upstream"]),
        expected="requested_by: now takes only 'upstream'",
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
        "rule unknown to the checker", COMMAND,
        put("properties/lines/anyOf/0/uniqueItems", value=True),
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
        expected="customer.locale: no longer takes 'fr'",
        witness=put("customer/locale", "fr"),
    ),
    breaking(
        "foreign event closed to new fields", PLACED, put("additionalProperties", value=False),
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
        expected="refund: may now be 'SKIPPED'", witness=put("refund", "SKIPPED"),
    ),
    breaking(
        "the one value of an event joined by another", RESTOCK_FAILED,
        put("properties/code", {"enum": ["MORE_THAN_ORDERED", "NO_SUCH_LINE"], **TEXT}),
        expected="code: may now be 'NO_SUCH_LINE'",
        witness=put("code", "NO_SUCH_LINE"),
    ),
    breaking(
        "value of an event gone, though old records hold it", COMPLETED,
        put("properties/refund/enum", OUTCOMES[:3]),
        expected="refund: no longer takes 'NOT_DUE'", witness=put("refund", "NOT_DUE"),
    ),
    breaking(
        "bound of an event widened", REFUNDED, put("properties/amount_minor/maximum", 10**18),
        expected="amount_minor: maximum was", witness=put("amount_minor", 10**17),
    ),
    breaking(
        "bound of an event dropped", REFUNDED,
        put("properties/provider_reference/maxLength", ABSENT),
        expected="provider_reference: maxLength was 100, is None",
        witness=put("provider_reference", "r" * 101),
    ),
    breaking(
        "field of an event may be null", REFUNDED,
        put("properties/payment_id", {"anyOf": [TEXT, NULL]}),
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
        put("properties/notify", {"anyOf": [{"type": "boolean"}, NULL], "default": True}),
    ),
    harmless("field of a command may be left out", COMMAND, no_longer_require("reason")),
    harmless("command open to new fields", COMMAND, put("additionalProperties", value=True)),
    harmless("order of what is required", CANCELLED, lambda schema: schema["required"].reverse()),
    harmless(
        "part moved into its place", COMMAND,
        put("properties/lines/anyOf/0/items", RELEASED[COMMAND]["$defs"]["CancelLine"]),
    ),
]  # fmt: skip
