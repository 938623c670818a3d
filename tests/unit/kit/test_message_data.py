"""Reading the value of a record: what is not exactly what was agreed is put aside, with words."""

from typing import Any

import orjson
import pytest

from contracts.cancellation import CancelOrder
from contracts.values import AMOUNT_MINOR_MAX, LINES_MAX, QUANTITY_MAX
from kit.cloudevents import MESSAGE_BYTES_MAX, Undecodable
from tests.support.spec import STREAM
from tests.unit.kit.records import ORDER, READER, a_command, a_record, put_aside, understood


def with_line(**changes: Any) -> Any:
    return a_record({**ORDER, "lines": [{**ORDER["lines"][0], **changes}]})


@pytest.mark.parametrize("value", [None, b""], ids=["tombstone", "empty"])
def test_a_record_without_a_value_is_put_aside(value: bytes | None) -> None:
    assert put_aside(a_record(value=value)).code == "VALUE_EMPTY"


def test_a_value_has_a_largest_size() -> None:
    padding = b" " * (MESSAGE_BYTES_MAX - len(orjson.dumps(ORDER)))
    understood(a_record(orjson.dumps(ORDER) + padding))
    letter = put_aside(a_record(orjson.dumps(ORDER) + padding + b" "))
    assert letter.code == "MESSAGE_TOO_LARGE"
    assert str(MESSAGE_BYTES_MAX + 1) in letter.detail


@pytest.mark.parametrize(
    "value",
    [
        b"{",
        b"\xff\xfe",
        b"\x00",
        b"{'order_id': 1}",
        b'{"order_id": "\xff"}',
        b'{"order_id": "\\ud800"}',
        b"[" * 10_000 + b"]" * 10_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        orjson.dumps(ORDER) + b"{}",
        orjson.dumps(ORDER)[:-1],
        b"\xef\xbb\xbf" + orjson.dumps(ORDER),
    ],
)
def test_what_is_not_json_is_put_aside(value: bytes) -> None:
    assert put_aside(a_record(value)).code == "JSON_INVALID"


@pytest.mark.parametrize(
    "data", [None, [], 7, "order", True, {}, {**ORDER, "lines": []}, {**ORDER, "order_id": None}]
)
def test_json_of_another_shape_is_put_aside(data: Any) -> None:
    assert put_aside(a_record(data)).code == "DATA_INVALID"


@pytest.mark.parametrize("number", [1.0, 1.5, True, False, "2", None, 0, -1, QUANTITY_MAX + 1])
def test_a_quantity_is_a_whole_number_of_at_least_one(number: Any) -> None:
    letter = put_aside(with_line(quantity=number))
    assert letter.code == "DATA_INVALID"
    assert letter.detail.startswith("lines.0.quantity: ")


@pytest.mark.parametrize("number", [5.0, 5.5, True, "500", None, -1, AMOUNT_MINOR_MAX + 1])
def test_money_is_a_whole_number_within_bounds(number: Any) -> None:
    letter = put_aside(with_line(unit_price_minor=number))
    assert letter.code == "DATA_INVALID"
    assert letter.detail.startswith("lines.0.unit_price_minor: ")


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e400", b"1e2"])
@pytest.mark.parametrize("field", [b"500", b'"quantity":2'])
def test_a_number_json_does_not_have_is_put_aside(number: bytes, field: bytes) -> None:
    name, _, old = field.rpartition(b":")
    value = orjson.dumps(ORDER).replace(field, name + (b":" if name else b"") + number)
    assert number in value, old
    assert put_aside(a_record(value)).code in {"JSON_INVALID", "DATA_INVALID"}


def test_an_integer_of_any_length_is_put_aside() -> None:
    value = orjson.dumps(ORDER).replace(b"500", b"9" * 5_000)
    assert put_aside(a_record(value)).code in {"JSON_INVALID", "DATA_INVALID"}


@pytest.mark.parametrize("currency", ["EURO", "eur", "XXX", "", "XBT", None])
def test_an_unknown_currency_is_put_aside(currency: Any) -> None:
    assert put_aside(a_record({**ORDER, "currency": currency})).code == "DATA_INVALID"


@pytest.mark.parametrize(
    "moment",
    [
        "2026-02-27T09:30:00",  # whose clock?
        "yesterday",
        "0001-01-01T00:00:00+14:00",  # before the first moment there is in UTC
        "9999-12-31T23:59:59-14:00",  # after the last
        None,
    ],
)
def test_a_moment_that_is_none_in_utc_is_put_aside(moment: Any) -> None:
    assert put_aside(a_record({**ORDER, "placed_at": moment})).code == "DATA_INVALID"


@pytest.mark.parametrize("order_id", ["", "a b", "a\n", "é", "-1", "x" * 101, "a\x00", 7])
def test_an_order_number_is_an_identifier(order_id: Any) -> None:
    assert put_aside(a_record({**ORDER, "order_id": order_id})).code == "DATA_INVALID"


def test_an_order_has_a_largest_number_of_lines() -> None:
    lines = [{**ORDER["lines"][0], "line_id": str(n)} for n in range(LINES_MAX + 1)]
    understood(a_record({**ORDER, "lines": lines[:-1]}))
    assert put_aside(a_record({**ORDER, "lines": lines})).code == "DATA_INVALID"


def test_an_event_may_say_more_than_we_know() -> None:
    more = {**ORDER, "gift_wrap": True, "customer": {"customer_id": "1", "vip": True}}
    message = understood(a_record(more))
    assert not hasattr(message.data, "gift_wrap")


@pytest.mark.parametrize(
    "fields",
    [{"line": []}, {"lines": [{"line_id": "1", "quantity": 1, "qty": 2}]}, {"Notify": False}],
)
def test_a_command_may_not_say_more_than_we_know(fields: dict[str, Any]) -> None:
    """A misspelt `lines` would otherwise cancel the whole order."""
    assert put_aside(a_command(**fields)).code == "DATA_INVALID"


@pytest.mark.parametrize("flag", ["no", 0])
def test_notify_is_what_it_says_or_nothing(flag: Any) -> None:
    read = READER.read(a_command(notify=flag))
    assert isinstance(read, Undecodable) or read.data.notify is False  # type: ignore[union-attr]


def test_of_a_repeated_json_name_the_last_counts_for_data_and_key_alike() -> None:
    """RFC 8259 leaves it open; what matters is that stream and data never disagree."""
    value = b'{"order_id":"1","order_id":"489434","reason":"STAFF"}'
    message = understood(a_record(value, type_=CancelOrder.TYPE))
    assert message.data.order_id == "489434"
    assert message.stream == STREAM
    wrong = b'{"order_id":"489434","order_id":"1","reason":"STAFF"}'
    assert put_aside(a_record(wrong, type_=CancelOrder.TYPE)).code == "KEY_MISMATCH"


@pytest.mark.parametrize("key", [b"1", b"", b"489434 ", b"\xff"])
def test_a_record_under_another_key_is_put_aside(key: bytes) -> None:
    letter = put_aside(a_record(key=key))
    assert letter.code == "KEY_MISMATCH"
    assert "'489434'" in letter.detail


def test_a_record_without_a_key_is_read() -> None:
    understood(a_record(key=None))
