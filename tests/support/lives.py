"""Whole lives of one order: every command and every fact, in any sequence, under any policy.

What may come next is chosen by a `Random`, so the same lives are drawn by Hypothesis, which makes
them short again, and by tests that want very many.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

from contracts import cancellation, orders
from contracts.cancellation import FeeTerms
from kit.decider import Unacceptable
from kit.facts import Fact
from services.cancellation.domain.decisions import ORDER
from services.cancellation.domain.decisions.by_hand import owed_by_hand
from services.cancellation.domain.order import Order
from services.cancellation.domain.policy import Rulebook
from tests.support import wishes
from tests.support.lives_reports import reports
from tests.support.money_mothers import a_cash_payment, an_answer
from tests.support.mothers import (
    A_CUSTOMER,
    a_cancel_command,
    a_capture,
    a_line,
    a_shipment,
    an_order,
)
from tests.support.spec import Story, story_of

PAYMENTS = ("pi_a", "pi_b")
LINE_IDS = ("1", "2", "3")
UNKNOWN = UUID(int=1)


class Life(NamedTuple):
    """What happened to one order."""

    story: Story[Order]
    facts: tuple[Fact, ...]
    versions: tuple[int, ...]
    """Version of the order after each message that left a trace."""


def a_random_policy(chance: Random) -> Rulebook:
    """Return a policy with some of all that a policy can say."""
    changes: dict[str, Any] = {
        "hold_s": chance.choice((0, 0, 3_600)),
        "unpaid_after_s": chance.choice((None, 60)),
        "notify": chance.random() < 0.8,
        "restock": cancellation.RestockTerms(is_automatic=chance.random() < 0.7),
        "refund_sequence": chance.choice(("AS_PAID", "LAST_FIRST")),
        "customer": cancellation.CustomerTerms(
            inside=chance.choice(("GRANT", "ASK")),
            default_outcome=chance.choice(("APPROVE", "DENY")),
            answer_within_s=7_200,
        ),
    }
    if chance.random() < 0.3:
        changes["fees"] = (FeeTerms(name="FEE", percent_bps=1_000, flat_minor=1, currency="EUR"),)
    if chance.random() < 0.3:
        terms = cancellation.ApprovalTerms(name="LARGE", amount_from_minor=15, currency="EUR")
        changes["approvals"] = (terms,)
    return wishes.a_policy(**changes)


def a_random_order(chance: Random) -> orders.OrderPlaced:
    """Return an order of one to three lines, with or without all that an order can have."""
    lines = [
        a_line(line_id, quantity=chance.randint(1, 4), price_minor=chance.randint(0, 9)).model_copy(
            update={
                "tax_minor": chance.choice((0, 2)),
                "location": chance.choice((None, "Paris")),
                "tags": chance.choice(((), ("perishable",))),
            }
        )
        for line_id in LINE_IDS[: chance.randint(1, 3)]
    ]
    customer = chance.choice((A_CUSTOMER, A_CUSTOMER, None, orders.Customer(customer_id="7")))
    shipping = orders.Shipping(amount_minor=3, discount_minor=1, tax_minor=1)
    return an_order(
        *lines, customer=customer, tax_included=chance.random() < 0.5,
        shipping=chance.choice((None, shipping)),
    )  # fmt: skip


def live(chance: Random, steps: int) -> Life:
    """Let things happen to an order; what is put aside leaves no trace."""
    story: Story[Order] = story_of(ORDER).under(a_random_policy(chance))
    facts: list[Fact] = []
    versions: list[int] = []
    for number in range(steps):
        if number == 1:
            message: Any = a_random_order(chance)
        else:
            message = next_message(chance, story.state)
        if chance.random() < 0.15:
            story = story.after(minutes=chance.choice((1, 59, 119)))
        try:
            decided = story.when(message, message_id=f"message-{number}").facts
        except Unacceptable:
            continue
        if decided:
            story = story.given(*decided)
            facts += decided
            versions.append(story.version)
    return Life(story, tuple(facts), tuple(versions))


def next_message(chance: Random, order: Order) -> Any:
    """Return what may come next; some of it will be refused or put aside."""
    if chance.random() < 0.4 and (waiting := reports(order)):
        return chance.choice(waiting)(chance)
    return next_from_outside(chance, order)


def next_from_outside(chance: Random, order: Order) -> Any:
    """Return what may come next from upstream or staff; no leg reports anything."""
    return chance.choice(_KINDS)(chance, order)


def units(chance: Random, most: int = 3) -> list[tuple[str, int]]:
    """Return units of some lines."""
    return [
        (line_id, chance.randint(1, most))
        for line_id in chance.sample(LINE_IDS, chance.randint(1, 2))
    ]


def _cancel(chance: Random, _: Order) -> Any:
    choices: dict[str, Any] = {
        "lines": chance.choice((None, units(chance))),
        "refund": chance.choice(("NOW", "NOW", "LATER", "NONE")),
        "restock": chance.choice((True, True, False, None)),
        "notify": chance.choice((True, True, False, None)),
        "shipping": chance.choice(("WITH_LAST", "WITH_LAST", "NOW", "KEEP")),
        "actor": chance.choice((None, wishes.KIM, wishes.LEA)),
        "sub_reason": chance.choice((None, "CHANGED_MIND")),
        "is_statutory_withdrawal": chance.random() < 0.1,
    }
    if chance.random() < 0.2:
        choices["refund_amount_minor"] = chance.randint(0, 20)
    if chance.random() < 0.1:
        choices["refund_to"] = "STORE_CREDIT"
    if choices["lines"] and chance.random() < 0.3:
        line_id, count = choices["lines"][0]
        condition = chance.choice(("SELLABLE", "DAMAGED"))
        choices["restock"] = None
        choices["restock_lines"] = wishes.units_back((line_id, count), condition=condition)
    return a_cancel_command(**choices)


def _cancellation_id(chance: Random, order: Order) -> UUID:
    return chance.choice([*order.cancellations, UNKNOWN])


def _request_id(chance: Random, order: Order) -> UUID:
    return chance.choice([*order.seldom.requests, UNKNOWN])


def _payment(chance: Random) -> tuple[int, str]:
    return chance.randint(0, 40), chance.choice(PAYMENTS)


def _settle(chance: Random, order: Order) -> Any:
    later = [id_ for id_, legs in order.cancellations.items() if legs.balance_minor]
    return wishes.a_settlement(
        chance.choice((None, chance.randint(1, 20))),
        cancellation_id=chance.choice([*later, None]),
        is_final=chance.random() < 0.3,
        refund_to=chance.choice(("ORIGINAL", "ORIGINAL", "STORE_CREDIT")),
    )


def _pay_by_hand(chance: Random, order: Order) -> Any:
    """Give back what is owed by hand, a part of it, or too much."""
    owed = [*owed_by_hand(order)]
    left_minor = chance.choice([one.left_minor for one in owed] or [5])
    return wishes.a_manual_refund(
        chance.choice((left_minor, chance.randint(1, left_minor), left_minor + 1)),
        refund_id=chance.choice([*(one.refund_id for one in owed), None]),
    )


def _restock(chance: Random, order: Order) -> Any:
    waiting = [*order.seldom.off_shelf.items()] or units(chance)
    line_id, count = chance.choice(waiting)
    condition = chance.choice(("SELLABLE", "SELLABLE", "DAMAGED"))
    return wishes.a_restock_by_hand((line_id, chance.randint(1, count)), condition=condition)


def _claim_release(chance: Random, order: Order) -> Any:
    return wishes.a_claim_release(chance.choice([*order.seldom.claims, UNKNOWN]))


def _ship(chance: Random, order: Order) -> Any:
    message = a_shipment(*units(chance, 2))
    claim_id = chance.choice([*order.seldom.claims, None])
    return message.model_copy(update={"claim_id": claim_id})


_KINDS: Sequence[Callable[[Random, Order], Any]] = (
    _cancel, _cancel, _cancel, _ship, _settle, _restock, _claim_release,
    lambda chance, _: a_capture(*_payment(chance)),
    lambda chance, _: a_capture(*_payment(chance)),
    lambda chance, _: a_cash_payment(chance.randint(0, 40), "cash"),
    _pay_by_hand,
    lambda chance, _: wishes.a_hold_of_money(*_payment(chance)),
    lambda chance, _: wishes.a_capture_start(*_payment(chance)),
    lambda chance, _: wishes.a_capture_failure(*_payment(chance)),
    lambda chance, _: wishes.a_void(chance.choice(PAYMENTS)),
    lambda chance, _: wishes.a_return(*units(chance)),
    lambda chance, _: wishes.a_claim(*chance.choice(([], units(chance)))),
    lambda chance, _: wishes.a_request(chance.choice((None, units(chance)))),
    lambda chance, order: wishes.an_approval(_request_id(chance, order)),
    lambda chance, order: wishes.a_denial(_request_id(chance, order)),
    lambda chance, order: wishes.an_expiry(_request_id(chance, order)),
    lambda _, __: wishes.an_unpaid_timer(),
    lambda chance, order: wishes.a_release(
        _cancellation_id(chance, order), chance.choice((wishes.TIMER, wishes.LEA))
    ),
    lambda chance, order: wishes.an_undo(_cancellation_id(chance, order)),
    lambda chance, order: wishes.a_reinstatement(_cancellation_id(chance, order)),
    lambda chance, order: an_answer(
        chance.choice(("GOOD", "FAIR", "POOR")), _cancellation_id(chance, order)
    ),
)  # fmt: skip
"""Everything that may be said about an order, beside what the legs report."""
