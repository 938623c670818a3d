"""Which cancelled units go back on which shelf, and which never do."""

from typing import Any

import pytest

from contracts.cancellation import RestockLine
from services.cancellation.domain import events
from services.cancellation.domain.decisions import ORDER
from tests.support.mothers import a_cancel_command, a_capture, a_line, an_order
from tests.support.spec import Story, story_of
from tests.support.wishes import a_policy, units_back

order = story_of(ORDER)
paid = order.given(an_order(), a_capture())


def cancelled(story: Story[Any], **command: Any) -> events.OrderCancelled:
    fact = story.when(a_cancel_command(**command)).facts[0]
    assert isinstance(fact, events.OrderCancelled), fact
    return fact


def test_exactly_the_units_named_go_back() -> None:
    fact = cancelled(paid, restock_lines=units_back(("1", 1), location="paris"))
    assert fact.restock_lines == (
        RestockLine(
            line_id="1", sku="SKU-1", quantity=1, ordered_quantity=2, location="paris"
        ),
    )  # fmt: skip
    assert paid.given(fact).state.seldom.off_shelf == {"1": 1, "2": 2}


def test_damaged_units_stay_off_the_shelf() -> None:
    fact = cancelled(paid, restock_lines=units_back(("1", 2), condition="DAMAGED"))
    assert (fact.restock, fact.restock_lines) == (False, None)


def test_units_go_back_where_they_were_taken_from() -> None:
    line = a_line().model_copy(update={"location": "lyon"})
    fact = cancelled(order.given(an_order(line), a_capture(1000)))
    assert fact.restock_lines is not None
    assert [back.location for back in fact.restock_lines] == ["lyon"]


@pytest.mark.parametrize("tag", ["perishable", "damaged"])
def test_some_goods_never_go_back_whoever_asks(tag: str) -> None:
    line = a_line("1").model_copy(update={"tags": (tag,)})
    story = order.given(an_order(line, a_line("2")), a_capture())
    fact = cancelled(story, restock=True)
    assert fact.restock_lines is not None
    assert [back.line_id for back in fact.restock_lines] == ["2"]
    assert cancelled(story, lines=[("1", 1)]).restock is False
    story.when(a_cancel_command(restock_lines=units_back(("1", 1)))).then_refused(
        "EXCLUDED_BY_POLICY"
    )


@pytest.mark.parametrize(
    ("terms", "command", "goes_back"),
    [
        ({}, {}, True),
        ({"is_automatic": False}, {}, False),
        ({"by_reason": [{"reason": "FRAUD", "restock": False}]}, {"reason": "FRAUD"}, False),
        ({"by_reason": [{"reason": "FRAUD", "restock": False}]}, {}, True),
        (
            {"by_reason": [{"reason": "OTHER", "sub_reason": "UNDELIVERABLE", "restock": False}]},
            {"reason": "OTHER", "sub_reason": "UNDELIVERABLE"},
            False,
        ),
        (
            {"by_reason": [{"reason": "OTHER", "sub_reason": "UNDELIVERABLE", "restock": False}]},
            {"reason": "OTHER"},
            True,
        ),
    ],
)
def test_when_nobody_says_the_policy_does(
    terms: dict[str, Any], command: dict[str, Any], *, goes_back: bool
) -> None:
    story = paid.under(a_policy(restock=terms))
    assert cancelled(story, restock=None, **command).restock is goes_back


def test_who_says_is_heard_whatever_the_policy_says() -> None:
    story = paid.under(a_policy(restock={"is_automatic": False}, notify=False))
    fact = cancelled(story, restock=True, notify=True)
    assert (fact.restock, fact.recipient is not None) == (True, True)


def test_refuses_to_put_back_more_than_is_cancelled() -> None:
    command = a_cancel_command(lines=[("1", 1)], restock_lines=units_back(("1", 1), ("1", 1)))
    (refusal,) = paid.when(command).then_refused("RESTOCK_TOO_GREAT")
    assert refusal.data == {"asked": 2, "limit": 1}
