"""What is kept of a record put aside is enough to send it again, byte for byte."""

from hypothesis import given
from hypothesis import strategies as st

from contracts.cancellation import CancelOrder
from contracts.orders import OrderPlaced
from kit.cloudevents import REDRIVE_ID, fingerprint, fold_headers, read_headers, set_aside
from tests.unit.kit.records import COMMAND, ORDER, a_record, put_aside, understood

NAMES = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1) | st.just("x-y_z")
VALUES = st.binary() | st.lists(st.sampled_from([b"a", b": ", b"\n", b" ", b"\n "])).map(b"".join)


@given(st.lists(st.tuples(NAMES, VALUES)))
def test_headers_come_back_as_they_were(headers: list[tuple[str, bytes]]) -> None:
    assert read_headers(fold_headers(headers)) == headers


def test_headers_without_a_line_break_are_plain_lines() -> None:
    assert fold_headers([("a", b"1"), ("b", b": 2"), ("c", b"")]) == b"a: 1\nb: : 2\nc: \n"


def test_a_redriven_record_says_so_whether_it_is_understood_or_not() -> None:
    redriven = {REDRIVE_ID: b"R1"}
    assert understood(a_record(**redriven)).redrive_id == "R1"
    assert understood(a_record()).redrive_id is None
    assert put_aside(a_record(b"{", **redriven)).redrive_id == "R1"
    assert put_aside(a_record(**{REDRIVE_ID: b"\xff"})).code == "HEADER_NOT_UTF8"


def test_only_what_was_understood_has_a_fingerprint() -> None:
    record = a_record()
    message = understood(record)
    assert set_aside(message, record, "CODE", "detail").fingerprint == message.fingerprint
    assert put_aside(a_record(b"{")).fingerprint is None


def test_saying_what_leaving_it_out_says_is_the_same_message() -> None:
    plain = CancelOrder.model_validate(COMMAND)
    said = CancelOrder.model_validate({**COMMAND, "refund": "NOW", "staff_note": None})
    other = CancelOrder.model_validate({**COMMAND, "refund": "NONE"})
    prints = [fingerprint(CancelOrder.TYPE, one) for one in (plain, said, other)]
    assert prints[0] == prints[1] != prints[2]


def test_a_new_optional_field_leaves_the_fingerprint_of_old_messages_alone() -> None:
    """A message delivered before an upgrade and once more after it is a duplicate, not a misuse."""

    class Later(OrderPlaced):
        gift_note: str | None = None

    before, after = OrderPlaced.model_validate(ORDER), Later.model_validate(ORDER)
    assert fingerprint("order.placed.v1", before) == fingerprint("order.placed.v1", after)
