"""Whole lives of one order: every command and every fact, in any sequence, under any policy.

What may come next is chosen by a `Random`, so the same lives are drawn by Hypothesis, which makes
them short again, and by tests that want very many.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

from contracts import cancellation, inventory, notifier, orders, refunds
from contracts.cancellation import FeeTerms
from kit.decider import Unacceptable
from kit.facts import Fact
from kit.ids import child_id
from services.cancellation.domain.decisions import ORDER
from services.cancellation.domain.legs import Legs
from services.cancellation.domain.order import Order
from services.cancellation.domain.policy import Rulebook
from tests.support import wishes
from tests.support.mothers import (
    A_CUSTOMER,
    ORDER_ID,
    PLACED_AT,
    a_cancel_command,
    a_capture,
    a_line,
    a_shipment,
    an_order,
)
from tests.support.spec import NOW, Story, story_of

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
    if chance.random() < 0.4 and (waiting := _reports(order)):
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
)  # fmt: skip
"""Everything that may be said about an order, beside what the legs report."""

Report = Callable[[Random], Any]


def _reports(order: Order) -> list[Report]:
    """Return a way to report on each leg that is open."""
    found: list[Report] = []
    for id_, legs in order.cancellations.items():
        if legs.status not in ("HELD", "UNDONE"):
            found += _reports_on(id_, legs)
    for request_id, request in order.seldom.restocks.items():
        if request.outcome is None:
            found.append(_restock_report(request.asked.cancellation_id, request_id))
    return found


def _reports_on(id_: UUID, legs: Legs) -> list[Report]:
    found = [
        _refund_report(id_, child_id(id_, due.payment_id), due)
        for due in legs.cancelled.refunds
        if legs.refunds[due.payment_id] is None
    ]
    found += [
        _refund_report(id_, refund_id, due)
        for refund_id, due in legs.later_due.items()
        if legs.later[refund_id] is None
    ]
    if legs.restock is None:
        found.append(_restock_report(id_, None))
    if legs.notification is None:
        found.append(_mail_report(id_))
    return found


def _refund_report(id_: UUID, refund_id: UUID, due: cancellation.RefundDue) -> Report:
    about: Any = {
        "order_id": ORDER_ID, "cancellation_id": id_, "refund_id": refund_id,
        "payment_id": due.payment_id, "amount_minor": due.amount_minor, "currency": "EUR",
    }  # fmt: skip
    words: tuple[Any, ...] = (
        refunds.RefundSucceeded(**about, provider_reference="re_1", succeeded_at=NOW),
        refunds.RefundFailed(**about, code="no", detail="no", failed_at=NOW),
        refunds.RefundUncertain(**about, detail="?", noticed_at=NOW),
    )
    return lambda chance: chance.choice(words)


def _restock_report(id_: UUID, request_id: UUID | None) -> Report:
    about: Any = {"order_id": ORDER_ID, "cancellation_id": id_, "request_id": request_id}
    good = inventory.StockRestocked(**about, lines=(), restocked_at=PLACED_AT)
    bad = inventory.RestockFailed(
        **about, code="MORE_THAN_ORDERED", detail="no", failed_at=PLACED_AT
    )
    return lambda chance: chance.choice((good, good, bad))


def _mail_report(id_: UUID) -> Report:
    about: Any = {"order_id": ORDER_ID, "cancellation_id": id_, "message_id": child_id(id_, "m")}
    words: tuple[Any, ...] = (
        notifier.CustomerNotified(**about, accepted_at=NOW),
        notifier.CustomerNotificationFailed(**about, code="no", detail="no", failed_at=NOW),
        notifier.CustomerNotificationUncertain(**about, detail="?", noticed_at=NOW),
    )
    return lambda chance: chance.choice(words)
