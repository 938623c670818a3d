"""Every word is there in both languages, and every state the services know has one."""

import re
from itertools import chain
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.language import LOCALES, Words, choose
from console.pages import cancel, cases, orders
from console.words import TABLES, WORDS
from contracts.cancellation import CancelReason, CaseResolution, Right, Role, SettleTo
from contracts.cancellation.parts import ActorType, Condition
from contracts.values import MONTHS, Tender
from services.cancellation.domain.case_kinds import KINDS
from services.cancellation.projections import queries
from services.cancellation.projections.row import (
    NOTIFICATION_STATES,
    ORDER_STATES,
    REFUND_STATES,
    RESTOCK_STATES,
)
from services.notifier.desk import OUTCOMES
from services.notifier.domain.choices import Template
from tests.support.both_languages import assert_says_the_same

CONSOLE = Path(__file__).parents[3] / "console"
TEMPLATES = {path.name: path.read_text("utf-8") for path in (CONSOLE / "templates").iterdir()}
SOURCES = {
    str(path): path.read_text("utf-8")
    for path in CONSOLE.rglob("*.py")
    if path.parent.name != "customers"  # which has words of its own
}
KEY = re.compile(r"""\bsay\(["']([^"']+)["'](?! ~)""")
IN_CODE = re.compile(r'"((?:error|trouble)\.(?!html)[a-z_]+)"')
COMPUTED = re.compile(r"""\bsay(?:\.word)?\(["']([a-z_.]+?)\.?["'](?: ~|, )""")
COUNTED = re.compile(r"""\bcounted\(["']([a-z_.]+?)\.?["'](?: ~ (\w+))?""")
SET_ASIDE = re.compile(
    r"""(?:Unacceptable\(\s*|Strange\(\s*|_aside\(record, |return |"id_reused", code=)"""
    r""""([A-Z][A-Z_0-9]+)", """
)
"""Where a service names the cause for which it sets a message aside."""


@pytest.mark.parametrize("key", sorted(WORDS))
def test_both_languages_say_the_same(key: str) -> None:
    assert_says_the_same(*WORDS[key])


def test_no_key_stands_in_two_tables() -> None:
    assert len(WORDS) == sum(len(table) for table in TABLES)


def test_whatever_a_page_says_is_in_the_tables() -> None:
    said = {key for text in TEMPLATES.values() for key in KEY.findall(text)}
    said |= {key for text in SOURCES.values() for key in IN_CODE.findall(text)}
    assert sorted(key for key in said if key not in WORDS) == []
    assert len(said) > 100


def test_nothing_is_in_the_tables_that_no_page_says() -> None:
    said = {key for text in TEMPLATES.values() for key in KEY.findall(text)}
    said |= {key for text in SOURCES.values() for key in IN_CODE.findall(text)}
    kinds = {kind for text in TEMPLATES.values() for kind in COMPUTED.findall(text)}
    kinds |= {kind for text in TEMPLATES.values() for kind, _ in COUNTED.findall(text)}
    kinds |= {
        "units",
        "span",
        "moment",
        "state",
        "leg",
        "case_state",
        "age",
        "stuck",
        "sort",
        "numbers.kind",
        "people_refused",
        "mail_outcome",
    }
    assert [key for key in WORDS if key not in said and not _is_of(key, kinds)] == []


def test_whatever_is_counted_has_a_word_for_one_and_one_for_many() -> None:
    told = {found for text in TEMPLATES.values() for found in COUNTED.findall(text)}
    counted = {kind for kind, name in told if not name}
    counted |= {key.rpartition(".")[0] for key in WORDS if key.startswith("count.")}
    assert [key for key in counted if not {f"{key}.one", f"{key}.many"} <= WORDS.keys()] == []
    assert len(counted) > 12
    assert not [
        key for key, pair in WORDS.items() if re.search(r"\w\((?:e?s|x|nt)\)", "".join(pair))
    ]


def test_every_cause_a_service_sets_aside_for_has_its_words_here() -> None:
    texts = [
        path.read_text("utf-8")
        for folder in ("kit", "services")
        for path in (CONSOLE.parent / folder).rglob("*.py")
    ]
    causes = {code for text in texts for code in SET_ASIDE.findall(text)}
    assert {"DATA_INVALID", "ORDER_NOT_FOUND", "REFUND_NOT_OURS", "MESSAGE_ID_REUSED"} <= causes
    assert sorted(code for code in causes if f"cause.{code}" not in WORDS) == []


def _is_of(key: str, kinds: set[str]) -> bool:
    parts = key.split(".")
    return any(".".join(parts[:n]) in kinds for n in range(1, len(parts) + 1))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("state", ORDER_STATES),
        ("leg", (*REFUND_STATES, *RESTOCK_STATES, *NOTIFICATION_STATES)),
        ("reason", get_args(CancelReason)),
        ("tender", get_args(Tender)),
        ("type", get_args(ActorType)),
        ("role", get_args(Role)),
        ("right", tuple(Right)),
        ("condition", get_args(Condition)),
        ("resolution", get_args(CaseResolution)),
        ("case", KINDS),
        ("mail", [template.upper() for template in get_args(Template)]),
        ("mail_outcome", ("PENDING", *OUTCOMES.values())),
        ("settle.where", get_args(SettleTo)),
        ("stuck", get_args(queries.Stuck)),
        ("sort", get_args(queries.Sort)),
    ],
)
def test_every_word_of_the_services_has_its_words_here(kind: str, words: list[str]) -> None:
    assert [word for word in words if f"{kind}.{word}" not in WORDS] == []


def test_the_filters_offer_what_the_api_knows() -> None:
    assert set(orders.STATES) == set(ORDER_STATES)
    assert set(orders.REASONS) == set(get_args(CancelReason))
    assert set(orders.REFUND_STATES) == set(REFUND_STATES)
    assert set(orders.LEGS) == set(get_args(queries.Stuck))
    assert set(orders.SORTS) == set(get_args(queries.Sort))
    assert set(cases.ROLES) < set(get_args(Role))
    chosen = chain(cancel.REFUNDS, cancel.RESTOCKS, cancel.SHIPPINGS)
    assert all(any(f"{kind}.{word}" in WORDS for kind in ("refund", "restock", "shipping"))
               for word in chosen)  # fmt: skip


@pytest.mark.parametrize(
    ("chosen", "accepted", "locale"),
    [
        (None, "", "en"),
        (None, "fr", "fr"),
        (None, "fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        (None, "de,en;q=0.5,fr;q=0.4", "en"),
        (None, "de", "en"),
        (None, "fr;q=0", "en"),
        (None, "fr;q=many", "en"),
        ("fr", "en", "fr"),
        ("de", "fr", "fr"),
    ],
)
def test_the_switch_wins_over_the_browser(chosen: str | None, accepted: str, locale: str) -> None:
    assert choose(chosen, accepted) == locale


def test_no_line_of_french_begins_with_a_sign() -> None:
    said = Words("fr")("held", units="1 unité", moment="1 mars 2026 à 12:00 ; non ?")
    assert "\u00a0; jusque-là" in said
    assert "12:00 ; non ?" in said, "what is filled in stays as it is"
    assert " :" not in Words("fr").word("told.not", "NO_ADDRESS")


@given(st.text())
def test_any_header_chooses_a_language(accepted: str) -> None:
    assert choose(None, accepted) in ("en", "fr")


def test_money_numbers_and_moments_are_written_as_their_readers_do() -> None:
    en, fr = Words("en"), Words("fr")
    assert (en.money(123456, "EUR"), fr.money(123456, "EUR")) == (
        "1,234.56 EUR",
        "1\u202f234,56 EUR",
    )
    assert (en.decimal(5, "KWD"), fr.decimal(500, "JPY")) == ("0.005", "500")
    assert (en.units(1), fr.units(0), fr.units(2)) == ("1 unit", "0 unité", "2 unités")
    at = "2026-12-01T09:05:07+01:00"
    assert (en.moment(at), fr.exactly(at)) == ("1 Dec 2026, 08:05", "1 déc. 2026 à 08:05:07")
    assert [en.span(s) for s in (5, 120, 7_300, 180_000)] == ["just now", "2 min", "2 h", "2 d"]
    assert all(len(months) == 12 for months in MONTHS.values())


def test_a_word_that_was_added_since_is_shown_as_it_is() -> None:
    assert Words("fr").word("state", "FROZEN") == "FROZEN"


def test_a_name_and_what_is_said_of_it_are_parted_as_each_language_does() -> None:
    assert [Words(locale)("colon") for locale in LOCALES] == [": ", "\u00a0: "]
    for template in (CONSOLE / "templates").glob("*.html"):
        assert not re.search(r"}}:\s", template.read_text("utf-8")), template.name
