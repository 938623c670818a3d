"""What a person filled in, read; and the commands that come of it."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.forms import Form, read_amount
from console.language import Words
from console.pages.afterwards import restock_wish, settle_wish
from console.pages.cancel import wish_of
from console.pages.person import within_console
from console.session import Session, Sessions
from contracts.cancellation import CancelOrder, RestockCancelledItems, SettleRefund
from contracts.values import AMOUNT_MINOR_MAX, minor_digits
from tests.support.mothers import ORDER_ID, a_cancel_command, a_capture, an_order
from tests.support.rows import row_of
from tests.support.telling import Told

FULL = {"units:1": "2", "units:2": "2", "reason": "CUSTOMER/CHANGED_MIND", "refund": "NOW",
        "restock": "ALL", "shipping": "WITH_LAST", "notify": "yes"}  # fmt: skip


def an_order_row(*messages: Any) -> dict[str, Any]:
    told = Told().say(an_order(), a_capture(), *messages)
    return row_of([one.fact for one in told.recorded])


def command_of(changes: dict[str, str], **row: Any) -> CancelOrder:
    form = Form([*{**FULL, **changes}.items()])
    wish = wish_of(form, an_order_row() | row)
    assert form.errors == {}
    return CancelOrder.model_validate({**wish.body, "order_id": ORDER_ID}, strict=False)


def errors_of(changes: dict[str, str]) -> dict[str, str]:
    form = Form([*{**FULL, **changes}.items()])
    wish_of(form, an_order_row())
    return form.errors


def test_the_first_dialog_as_it_opens_cancels_all_that_is_left() -> None:
    command = command_of({})
    assert (command.reason, command.sub_reason, command.lines) == ("CUSTOMER", "CHANGED_MIND", None)
    assert (command.refund, command.restock, command.notify) == ("NOW", True, True)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"units:2": "0"}, {"lines": [("1", 2)]}),
        ({"refund": "LATER"}, {"refund": "LATER"}),
        ({"refund": "NONE"}, {"refund": "NONE"}),
        ({"refund": "AMOUNT", "amount": "12,50"}, {"refund_amount_minor": 1250}),
        ({"refund": "LINES", "worth:1": "1"}, {"refund_lines": [("1", 1)]}),
        ({"as_credit": "yes"}, {"refund_to": "STORE_CREDIT"}),
        ({"refund": "LATER", "as_credit": "yes"}, {"refund_to": "ORIGINAL"}),
        ({"restock": "NONE"}, {"restock": False}),
        ({"restock": "POLICY"}, {"restock": None}),
        ({"restock": "CHOSEN", "back:1": "1"}, {"restock_lines": [("1", 1)], "restock": True}),
        ({"restock": "CHOSEN"}, {"restock_lines": None, "restock": False}),
        ({"statutory": "yes"}, {"is_statutory_withdrawal": True}),
        ({"expected_version": "2"}, {"expected_version": 2}),
        ({"staff_note": " called \r\n twice "}, {"staff_note": "called \n twice"}),
        ({"customer_message": "Sorry!"}, {"customer_message": "Sorry!"}),
        ({"shipping": "KEEP"}, {"shipping": "KEEP"}),
        ({"refund": "BRIBE", "restock": "BURN"}, {"refund": "NOW", "restock": True}),
    ],
)
def test_every_choice_of_the_dialog_is_said(changes: dict[str, str], said: dict[str, Any]) -> None:
    command = command_of(changes)
    for name, value in said.items():
        found = getattr(command, name)
        if isinstance(value, list):
            found = [(unit.line_id, unit.quantity) for unit in found]
        assert found == value


def test_a_box_left_empty_tells_nobody() -> None:
    form = Form([*{name: value for name, value in FULL.items() if name != "notify"}.items()])
    assert wish_of(form, an_order_row()).body["notify"] is False


def test_money_per_payment_is_said_by_payment() -> None:
    command = command_of({"refund": "TENDERS", "tender:pi_489434": "5.00"})
    assert command.refund_tenders is not None
    assert [(one.payment_id, one.amount_minor) for one in command.refund_tenders] == [
        ("pi_489434", 500)
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"units:1": "0", "units:2": "0"}, "units"),
        ({"units:1": "-1"}, "units:1"),
        ({"units:1": "two"}, "units:1"),
        ({"units:1": "1" * 40}, "units:1"),
        ({"units:1": "²"}, "units:1"),
        ({"reason": ""}, "reason"),
        ({"refund": "AMOUNT", "amount": ""}, "amount"),
        ({"refund": "AMOUNT", "amount": "12.505"}, "amount"),
        ({"refund": "LINES"}, "worth"),
        ({"refund": "TENDERS"}, "tender"),
        ({"as_credit": "yes", "credit_until": "tomorrow"}, "credit_until"),
        ({"staff_note": "x" * 501}, "staff_note"),
    ],
)
def test_what_cannot_be_read_is_marked_where_it_stands(changes: dict[str, str], field: str) -> None:
    assert list(errors_of(changes)) == [field]


def test_units_of_lines_the_order_does_not_have_are_no_fields_of_ours() -> None:
    assert command_of({"units:99": "5"}).lines is None


def test_what_is_owed_is_settled_whole_in_part_or_closed() -> None:
    row = an_order_row(a_cancel_command(refund="LATER"))
    (owed,) = row["cancellations"]
    base = {"cancellation": owed["cancellation_id"]}
    said = [
        settle_wish(Form([*{**base, **more}.items()]), row).body
        for more in ({}, {"how": "AMOUNT", "amount": "3"}, {"how": "CLOSE"})
    ]
    actor = {"type": "STAFF", "id": "kim"}
    for body in said:
        SettleRefund.model_validate({**body, "order_id": ORDER_ID, "actor": actor}, strict=False)
    assert [body.get("amount_minor") for body in said] == [None, 300, 0]
    assert [body.get("is_final") for body in said] == [None, None, True]


@pytest.mark.parametrize("to", ["ORIGINAL", "STORE_CREDIT", "BY_HAND"])
def test_what_is_owed_goes_where_somebody_chose(to: str) -> None:
    row = an_order_row(a_cancel_command(refund="LATER"))
    until = {"credit_until": "2027-01-31"} if to == "STORE_CREDIT" else {}
    assert settle_wish(Form([("refund_to", to), *until.items()]), row).body["refund_to"] == to
    closed = settle_wish(Form([("refund_to", to), ("how", "CLOSE")]), row).body
    assert "refund_to" not in closed, "nothing goes anywhere"


def test_units_go_back_by_shelf_and_condition() -> None:
    row = an_order_row(a_cancel_command(restock=False))
    fields = {"back:1": "1", "location:1": "paris", "back:2": "2", "condition:2": "DAMAGED"}
    body = restock_wish(Form([*fields.items()]), row).body
    actor = {"type": "STAFF", "id": "kim"}
    command = RestockCancelledItems.model_validate(
        {**body, "order_id": ORDER_ID, "actor": actor}, strict=False
    )
    assert [(u.line_id, u.quantity, u.location, u.condition) for u in command.lines] == [
        ("1", 1, "paris", "SELLABLE"), ("2", 2, None, "DAMAGED"),
    ]  # fmt: skip


@given(st.integers(0, AMOUNT_MINOR_MAX), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_an_amount_written_for_people_is_read_back_exactly(minor: int, currency: str) -> None:
    for locale in ("en", "fr"):
        words = Words(locale)  # type: ignore[arg-type]
        assert read_amount(words.decimal(minor, currency), currency) == minor


@given(st.text(max_size=30), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_whatever_is_typed_is_an_exact_amount_or_none(text: str, currency: str) -> None:
    minor = read_amount(text, currency)
    assert minor is None or 0 <= minor <= AMOUNT_MINOR_MAX
    if minor is not None:
        assert Decimal(minor).scaleb(-minor_digits(currency)) >= 0


@pytest.mark.parametrize("text", ["", "abc", "1,2,3", "-1", "NaN", "inf", "1e99", "0.001"])
def test_what_is_no_amount_is_none(text: str) -> None:
    assert read_amount(text, "EUR") is None


@pytest.mark.parametrize(
    ("where", "goes_to"),
    [
        ("/cases?state=OPEN", "/cases?state=OPEN"),
        (None, "/orders"),
        ("https://elsewhere.example", "/orders"),
        ("//elsewhere.example", "/orders"),
        ("/\\elsewhere.example", "/orders"),
        ("javascript:alert(1)", "/orders"),
    ],
)
def test_after_saying_who_one_is_one_stays_in_the_console(where: str | None, goes_to: str) -> None:
    assert within_console(where) == goes_to


def test_a_session_is_known_again_and_a_forged_one_is_not() -> None:
    sessions, others = Sessions("one key", 60), Sessions("another key", 60)
    session = Session.begin("kim", "AGENT")
    cookie = sessions.write(session)
    assert sessions.read(cookie) == session
    for wrong in (None, "", cookie[:-1], cookie + "x", others.write(session), "a.b.c"):
        assert sessions.read(wrong) is None
    assert Sessions("one key", -1).read(cookie) is None


def test_a_form_belongs_to_one_session() -> None:
    sessions = Sessions("one key", 60)
    kim, lea = Session.begin("kim", "AGENT"), Session.begin("lea", "AGENT")
    assert sessions.is_own_form(kim, sessions.token(kim))
    assert not sessions.is_own_form(lea, sessions.token(kim))
    assert not sessions.is_own_form(kim, "")
    assert not sessions.is_own_form(kim, sessions.write(kim))
