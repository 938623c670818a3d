"""Every sentence of the customer's page is there in both languages, and none that nobody says."""

import re
from pathlib import Path
from typing import get_args

import pytest

from console.customers import money
from console.customers.words import WORDS
from contracts.cancellation import DefaultOutcome
from contracts.notifier import FeedbackAnswer
from contracts.values import Tender
from tests.support.both_languages import assert_says_the_same

CUSTOMERS = Path(__file__).parents[3] / "console" / "customers"
TEXTS = [path.read_text("utf-8") for path in (CUSTOMERS / "templates").iterdir()]
SOURCES = [
    path.read_text("utf-8")
    for path in [*CUSTOMERS.glob("*.py"), CUSTOMERS.parent / "forms.py"]
    if not path.name.startswith("words")
]
KEY = re.compile(r"""\b(?:say|self)\(\s*["']([^"']+)["'](?! ~)""")
CHOSEN = re.compile(r"""["']([a-z_]+(?:\.[A-Za-z_]+)*)["'](?! ~)""")
COMPUTED = re.compile(r"""["']([a-z_]+)\.["'] ~|\bf"([a-z_]+)\.\{""")
KINDS = {"refund", "void", "credit", "balance", "awaited", "fee", "cancelled", "units", "moment"}
"""Of money, named by its kind; and what is chosen between in a template."""


@pytest.mark.parametrize("key", sorted(WORDS))
def test_both_languages_say_the_same(key: str) -> None:
    assert_says_the_same(*WORDS[key])


def test_whatever_a_page_says_has_words_and_nothing_else_does() -> None:
    all_ = [*TEXTS, *SOURCES]
    said = {key for text in all_ for key in KEY.findall(text)}
    assert sorted(key for key in said if key not in WORDS) == []
    chosen = {key for text in all_ for key in CHOSEN.findall(text)}
    kinds = {kind for text in all_ for found in COMPUTED.findall(text) for kind in found if kind}
    unsaid = [
        key
        for key in WORDS
        if key not in said | chosen and key.partition(".")[0] not in kinds | KINDS
    ]
    assert unsaid == []


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("refund", money.REFUND_STATES | {"STARTED", "NEEDS_YOU"}),
        ("void", {*money.VOID_STATES.values(), "UNCERTAIN"}),
        ("tender", get_args(Tender)),
        ("answer", get_args(FeedbackAnswer)),
        ("default", get_args(DefaultOutcome)),
    ],
)
def test_every_word_of_the_services_has_its_words_here(kind: str, words: list[str]) -> None:
    assert [word for word in words if f"{kind}.{word}" not in WORDS] == []
