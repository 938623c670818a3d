"""Reading records: every way to be wrong has its code, and none makes the reader raise."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.cancellation import CancelOrder
from contracts.orders import OrderPlaced
from kit.cloudevents import (
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
from tests.unit.kit.records import (
    COMMAND,
    ORDER,
    READER,
    Record,
    a_command,
    a_record,
    put_aside,
    understood,
)


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
