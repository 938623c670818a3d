"""What a merchant's text may do, and some two hundred texts that try to do more."""

import gc
import time
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.values import Locale
from services.notifier.domain.choices import Template
from services.notifier.domain.stationery import BUILT_IN
from services.notifier.rendering import _values, shipped_text
from services.notifier.samples import a_request
from services.notifier.wording import VALUES, TextError, read_text, write
from tests.support.hostile import hostile_expressions, hostile_texts

SECOND = 1.0
"""Of work, whatever else the machine has to do."""
VALUES_GIVEN: dict[str, Any] = {**dict.fromkeys(VALUES), "order_id": "489434", "amount": "1.00 EUR"}


def test_there_are_some_two_hundred() -> None:
    assert len(list(hostile_texts())) > 200


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Leave garbage where it is: to look through all of a long run takes longer than a text."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("text", [*hostile_texts()], ids=lambda text: repr(text[9:60]))
def test_a_hostile_text_is_refused_at_once(text: str) -> None:
    began = time.process_time()
    with pytest.raises(TextError):
        read_text(text)
    with pytest.raises(TextError):
        write(text, VALUES_GIVEN)
    assert time.process_time() - began < SECOND


@pytest.mark.parametrize("expression", hostile_expressions()[:110])
def test_it_is_refused_in_a_condition_too(expression: str) -> None:
    with pytest.raises(TextError):
        read_text(f"Subject\n\n{{% if {expression} %}}x{{% endif %}}")


def test_a_name_repeated_until_it_is_huge_is_cut_off() -> None:
    text = "Subject\n\n" + "{{ message }}" * 700
    with pytest.raises(TextError, match="characters"):
        write(text, {**VALUES_GIVEN, "message": "x" * 500})


def test_a_value_is_text_and_never_read_as_one_of_ours() -> None:
    _, body = write("Subject\n\n{{ message }}", {**VALUES_GIVEN, "message": "{{ 7 * 7 }}"})
    assert "{{ 7 * 7 }}" in body


@pytest.mark.parametrize("text", ["", "  \n \n", "Subject", "Subject\n  ", "{{ fee }}\n\nx"])
def test_a_mail_without_subject_or_words_is_none(text: str) -> None:
    with pytest.raises(TextError):
        write(text, VALUES_GIVEN)


def test_what_a_text_may_do() -> None:
    text = (
        "Order {{ order_id }}\n\n{# a remark #}{% if amount and not fee %}{{ amount }}"
        "{% elif order_id == '1' or order_id != '2' %}b{% else %}c{% endif %}"
        "{{ fee }}{{ 'x' if amount else 'y' }}"
    )
    assert write(text, VALUES_GIVEN) == ("Order 489434", "\n1.00 EURx")


@pytest.mark.parametrize("locale", get_args(Locale))
@pytest.mark.parametrize("template", get_args(Template))
def test_a_shipped_text_may_be_a_merchants_own(template: Template, locale: Locale) -> None:
    values = _values(a_request(template, locale), BUILT_IN)
    assert values.keys() == VALUES
    assert write(shipped_text(f"{template}.{locale}"), values)


@settings(max_examples=150, deadline=None, database=None)
@given(st.text(alphabet=st.sampled_from("{}%#()[]|._'\"ifendoramut x0*~=\n"), max_size=80))
def test_no_text_does_more_than_fail(text: str) -> None:
    try:
        subject, body = write(text, VALUES_GIVEN)
    except TextError:
        return
    assert subject
    assert body
