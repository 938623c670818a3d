"""The link to a customer's page: one order, until a moment, and nobody else can make one."""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from contracts.links import OrderLink, link_keys, read_link, write_link
from contracts.values import OrderId

KEY, OTHER = "k" * 32, "o" * 32
ORDER_IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}", fullmatch=True)
LINKS = st.builds(OrderLink, ORDER_IDS, st.integers(0, 10**12 - 1))


@given(LINKS)
def test_a_link_says_what_was_written_to_whoever_has_the_key(link: OrderLink) -> None:
    token = write_link(KEY, link)
    assert token == write_link(KEY, link)
    assert read_link([OTHER, KEY], token) == link
    assert read_link([OTHER], token) is None
    assert TypeAdapter(OrderId).validate_python(link.order_id)


@given(LINKS, st.data())
def test_no_changed_link_is_read(link: OrderLink, data: st.DataObject) -> None:
    token = write_link(KEY, link)
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.characters(codec="utf-8").filter(lambda one: one != token[place]))
    assert read_link([KEY], token[:place] + letter + token[place + 1 :]) is None
    assert read_link([KEY], token[:place]) is None
    assert read_link([KEY], token + letter) is None


@given(st.text())
def test_whatever_is_no_link_is_none(text: str) -> None:
    assert read_link([KEY], text) is None


def test_a_link_is_made_as_the_contract_says() -> None:
    said = "489434.1800000000"
    seal = hmac.new(KEY.encode(), b"order-link:" + said.encode(), sha256).digest()[:16]
    token = f"{said}.{urlsafe_b64encode(seal).decode().rstrip('=')}"
    assert write_link(KEY, OrderLink("489434", 1_800_000_000)) == token


def test_keys_are_several_while_one_replaces_another_and_never_short() -> None:
    assert link_keys(f" {KEY}, {OTHER},") == (KEY, OTHER)
    assert link_keys("") == ()
    with pytest.raises(ValueError, match="32 characters"):
        link_keys(f"{KEY},short")
