"""Mending a record: what is asked for changes, nothing else, and nonsense is refused."""

import orjson
import pytest

from countermand.dead_letters.actions import CannotEditError, with_fields, with_headers
from countermand.dead_letters.doing import split
from countermand.dead_letters.letters import NoSuchLetterError, Raw
from countermand.dead_letters.shown import clean, dump

RAW = Raw(b"1", b'{"a": {"b": [1, {"c": "two"}]}, "d": null}', [("x", b"1"), ("y", b"2")])


def test_a_field_is_replaced_wherever_it_is() -> None:
    mended = with_fields(RAW, [("a.b.1.c", "2"), ("a.b.0", '{"new": true}'), ("e", '"five"')])
    assert orjson.loads(mended.value or b"") == {
        "a": {"b": [{"new": True}, {"c": 2}]}, "d": None, "e": "five",
    }  # fmt: skip
    assert (mended.key, mended.headers) == (RAW.key, RAW.headers)
    assert with_fields(RAW, []) is RAW


@pytest.mark.parametrize(
    ("path", "text"),
    [("a.x.y", "1"), ("a.b.7", "1"), ("a.b.c", "1"), ("d.e", "1"), ("a", "two"), ("a", "")],
)
def test_what_does_not_fit_is_refused(path: str, text: str) -> None:
    with pytest.raises(CannotEditError):
        with_fields(RAW, [(path, text)])


def test_what_is_no_json_is_replaced_as_a_whole_or_not_at_all() -> None:
    with pytest.raises(CannotEditError, match="as a file"):
        with_fields(RAW._replace(value=b"{"), [("a", "1")])


def test_headers_are_replaced_added_and_left_out() -> None:
    mended = with_headers(RAW, [("x", "9"), ("y", None), ("z", "3")])
    assert mended.headers == [("x", b"9"), ("z", b"3")]


@pytest.mark.parametrize(
    "name", ["refunds", "refunds/", "refunds/x", "orders/1", "/1", "refunds/-1"]
)
def test_a_letter_has_a_name_of_its_own(name: str) -> None:
    with pytest.raises(NoSuchLetterError):
        split(name)
    assert split("refunds/12") == ("refunds", 12)


def test_nothing_in_a_letter_reaches_the_terminal_raw() -> None:
    shown = clean("\x1b[31mred\x07 [bold]not bold[/]\r\n")
    assert "\x1b" not in shown
    assert "\\[bold]" in shown
    assert clean("x" * 600).endswith("…")


def test_bytes_are_shown_with_offset_hex_and_text() -> None:
    first, second = dump(b"order 489465\x00\xff\x1b[m")
    assert first == "00000000  6f 72 64 65 72 20 34 38 39 34 36 35 00 ff 1b 5b  order 489465...["
    assert second.split() == ["00000010", "6d", "m"]
