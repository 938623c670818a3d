"""Reading records: every way to be wrong has its code, and none makes the reader raise."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.cancellation import CancelOrder
from contracts.orders import OrderPlaced
from contracts.values import AMOUNT_MINOR_MAX, LINES_MAX, QUANTITY_MAX
from kit.cloudevents import (
    MESSAGE_BYTES_MAX,
    MESSAGE_ID_LENGTH_MAX,
    Incoming,
    Skipped,
    Undecodable,
    fingerprint,
    set_aside,
    write_headers,
)
from tests.support.mothers import a_cancel_command, an_order
from tests.support.spec import STREAM
from tests.unit.kit.records import COMMAND, ORDER, READER, Record, a_command, a_record


def put_aside(record: Any) -> Undecodable:
    read = READER.read(record)
    assert isinstance(read, Undecodable), read
    return read


def understood(record: Any) -> Incoming:
    read = READER.read(record)
    assert isinstance(read, Incoming), read
    return read


def with_line(**changes: Any) -> Any:
    return a_record({**ORDER, "lines": [{**ORDER["lines"][0], **changes}]})


def test_a_good_record_is_understood() -> None:
    message = understood(
        a_record(ce_correlationid=b"story-1", ce_traceparent=b"00-aa-bb-01", ce_subject=b"489434")
    )
    assert (message.id, message.type) == ("message-1", "order.placed.v1")
    assert isinstance(message.data, OrderPlaced)
    assert message.stream == STREAM
    assert (message.correlation_id, message.traceparent) == ("story-1", "00-aa-bb-01")


def test_a_story_without_a_name_is_named_by_its_first_message() -> None:
    message = understood(a_record(ce_correlationid=b""))
    assert message.correlation_id == "message-1"
    assert message.traceparent is None


def test_what_we_write_we_can_read() -> None:
    headers = write_headers(
        id_="m", source="/countermand/x", type_=OrderPlaced.TYPE, subject="489434",
        time="2026-03-01T12:00:00+00:00", correlation_id="c", causation_id="b", traceparent="t",
    )  # fmt: skip
    message = understood(a_record()._replace(headers=tuple(headers)))
    assert (message.id, message.correlation_id, message.traceparent) == ("m", "c", "t")
    assert ("ce_causationid", b"b") in headers
    assert ("ce_partitionkey", b"489434") in headers


# Headers


@pytest.mark.parametrize("name", ["ce_id", "ce_type", "ce_source", "ce_specversion"])
def test_without_a_required_header_it_is_put_aside_by_name(name: str) -> None:
    letter = put_aside(a_record(**{name: None}))
    assert letter.code == "HEADER_MISSING"
    assert letter.detail.endswith(name)


@pytest.mark.parametrize("name", ["ce_id", "ce_type", "ce_source"])
def test_a_header_without_a_value_is_a_missing_one(name: str) -> None:
    record = a_record()
    headers = tuple((n, None if n == name else text) for n, text in record.headers)
    letter = put_aside(record._replace(headers=headers))
    assert letter.code == "HEADER_MISSING"
    assert letter.detail.endswith(name)


@pytest.mark.parametrize(
    "name", ["ce_id", "ce_type", "ce_source", "ce_correlationid", "ce_traceparent"]
)
def test_a_header_that_is_not_utf8_is_put_aside(name: str) -> None:
    assert put_aside(a_record(**{name: b"\xff"})).code == "HEADER_NOT_UTF8"


@pytest.mark.parametrize("version", [b"0.3", b"1", b"", b"1.0 ", b"\xff"])
def test_another_specversion_is_put_aside(version: bytes) -> None:
    assert put_aside(a_record(ce_specversion=version)).code == "SPECVERSION_UNSUPPORTED"


@pytest.mark.parametrize("name", ["ce_id", "ce_source"])
def test_an_empty_id_or_source_is_put_aside(name: str) -> None:
    assert put_aside(a_record(**{name: b""})).code == "HEADER_INVALID"


@pytest.mark.parametrize("name", ["ce_id", "ce_correlationid", "ce_traceparent"])
def test_an_id_has_a_longest_length(name: str) -> None:
    understood(a_record(**{name: b"x" * MESSAGE_ID_LENGTH_MAX}))
    letter = put_aside(a_record(**{name: b"x" * (MESSAGE_ID_LENGTH_MAX + 1)}))
    assert letter.code == "HEADER_INVALID"


@pytest.mark.parametrize("name", ["ce_id", "ce_source", "ce_correlationid", "ce_traceparent"])
@pytest.mark.parametrize("control", ["\x00", "\r\n", "\n", "\x1b", "\x7f", "\x85"])
def test_a_control_character_in_a_header_is_put_aside(name: str, control: str) -> None:
    letter = put_aside(a_record(**{name: f"a{control}Bcc: b".encode()}))
    assert letter.code == "HEADER_INVALID"
    assert "\x00" not in (letter.message_id or "")


def test_a_type_nobody_here_listens_to_is_skipped_whatever_it_holds() -> None:
    assert READER.read(a_record(b"\xff", type_="order.praised.v1")) == Skipped("order.praised.v1")
    assert READER.read(a_record(b"\xff", type_="order.placed.v2")) == Skipped("order.placed.v2")


# Values


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


@pytest.mark.parametrize("flag", ["no", 0, None])
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


# Dead letters


def test_a_dead_letter_keeps_everything_the_record_held() -> None:
    record = a_record(b"{", extra=b"\xff\x00")
    letter = put_aside(record)
    assert (letter.topic, letter.partition, letter.offset) == ("orders.events", 3, 42)
    assert (letter.message_id, letter.message_type) == ("message-1", "order.placed.v1")
    assert (letter.key, letter.value) == (b"489434", b"{")
    assert b"ce_id: message-1\n" in letter.headers
    assert b"extra: \xff\x00\n" in letter.headers


def test_words_of_a_dead_letter_fit_a_text_column() -> None:
    many = {f"field\x00{n}": 1 for n in range(500)}
    letter = put_aside(a_command(**many)._replace(key=None))
    assert "\x00" not in letter.detail
    assert len(letter.detail) <= 2000
    long = put_aside(a_record(ce_id=b"\x00\xff" + b"x" * 900))
    assert long.message_id is not None
    assert "\x00" not in long.message_id
    assert len(long.message_id) <= 200


def test_a_message_that_was_understood_can_be_put_aside_too() -> None:
    record = a_record()
    letter = set_aside(understood(record), record, "ORDER_EXISTS", "placed before")
    assert (letter.code, letter.value) == ("ORDER_EXISTS", record.value)
    with pytest.raises(ValueError, match="did not come by Kafka"):
        set_aside(understood(record), None, "ORDER_EXISTS", "placed before")


# Fingerprints


def test_the_same_command_by_both_doors_has_one_fingerprint() -> None:
    message = understood(
        a_record({"reason": "CUSTOMER", "order_id": "489434"}, type_=CancelOrder.TYPE)
    )
    assert message.fingerprint == fingerprint(CancelOrder.TYPE, a_cancel_command())


@pytest.mark.parametrize(
    "change",
    [{"reason": "FRAUD"}, {"notify": False}, {"lines": [("1", 1)]}, {"staff_note": "x"}],
)
def test_another_body_has_another_fingerprint(change: dict[str, Any]) -> None:
    one = fingerprint(CancelOrder.TYPE, a_cancel_command())
    assert one != fingerprint(CancelOrder.TYPE, a_cancel_command(**change))
    assert len(one) == 16


def test_another_type_has_another_fingerprint() -> None:
    assert fingerprint("a.v1", an_order()) != fingerprint("b.v1", an_order())


# Whatever comes


header_values = st.none() | st.binary(max_size=30) | st.sampled_from([b"1.0", b"order.placed.v1"])
records = st.builds(
    Record,
    value=st.none() | st.binary(max_size=200) | st.just(orjson.dumps(ORDER)),
    headers=st.lists(
        st.tuples(
            st.sampled_from(["ce_id", "ce_type", "ce_source", "ce_specversion", "x"]), header_values
        ),
        max_size=8,
    ).map(tuple),
    key=st.none() | st.binary(max_size=10) | st.just(b"489434"),
)


@settings(max_examples=400, deadline=None, database=None)
@given(record=records)
def test_no_record_makes_the_reader_raise(record: Any) -> None:
    assert isinstance(READER.read(record), Incoming | Undecodable | Skipped)


plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9)
shapes = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner)
)


@settings(max_examples=200, deadline=None, database=None)
@given(field=st.sampled_from(sorted(ORDER)), shape=shapes, is_command=st.booleans())
def test_no_shape_of_data_makes_the_reader_raise(
    field: str, shape: Any, *, is_command: bool
) -> None:
    body, type_ = (COMMAND, CancelOrder.TYPE) if is_command else (ORDER, OrderPlaced.TYPE)
    try:
        value = orjson.dumps({**body, field: shape})
    except TypeError:  # an integer beyond 64 bits
        return
    assert isinstance(READER.read(a_record(value, type_=type_)), Incoming | Undecodable)
