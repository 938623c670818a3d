"""Which facts open a case, once per cause, and when a case closes itself.

Both are decided with the fact that is the reason, in its stream: no case is missed and none is
opened twice, whichever process is killed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from contracts import inventory, refunds
from contracts.cancellation import CaseResolution
from contracts.orders import LineQuantity
from kit.decider import Context, Unacceptable
from kit.facts import Fact
from kit.ids import child_id, event_id
from services.cancellation.domain import events
from services.cancellation.domain.case_kinds import KINDS
from services.cancellation.domain.evolve import evolve
from services.cancellation.domain.legs import planned_back
from services.cancellation.domain.order import CaseFile, Order
from services.cancellation.domain.units import units_of


class Cause(NamedTuple):
    """Something a fact says that needs a person."""

    kind: str
    cause_id: UUID
    """What went wrong: of one thing at most one case is open."""
    cancellation_id: UUID | None
    detail: str
    payment_id: str | None = None
    amount_minor: int | None = None
    units: Mapping[str, int] = {}
    due_at: datetime | None = None
    """Until when, where somebody else has said; otherwise as its kind says."""


def _refund(_: Order, fact: events.RefundReported) -> Cause:
    message: Any = fact.message
    return Cause(
        f"REFUND_{fact.outcome}", message.refund_id, message.cancellation_id, message.detail,
        payment_id=message.payment_id, amount_minor=message.amount_minor,
    )  # fmt: skip


def _restock(order: Order, fact: events.RestockReported) -> Cause | None:
    """Name the units that are neither on a shelf nor in another case about them."""
    message: Any = fact.message
    request = order.seldom.restocks.get(message.request_id) if message.request_id else None
    if request is None:
        units = planned_back(order.cancellations[message.cancellation_id].cancelled)
    else:
        units = units_of(request.asked.lines)
        waiting = [case.left for case in order.seldom.cases.values() if case.is_open]
        if all(any(line_id in left for left in waiting) for line_id in units):
            return None
    return Cause(
        "RESTOCK_FAILED", child_id(message.request_id or message.cancellation_id, "restock"),
        message.cancellation_id, message.detail, units=units,
    )  # fmt: skip


def _notification(_: Order, fact: events.NotificationReported) -> Cause:
    message: Any = fact.message
    return Cause(
        f"NOTIFICATION_{fact.outcome}", child_id(message.cancellation_id, "notification"),
        message.cancellation_id, message.detail,
    )  # fmt: skip


def _message(_: Order, fact: events.MessageReported) -> Cause | None:
    """Name a further mail that did not arrive; how the message leg ended is told by another."""
    message = fact.message
    if message.outcome == "SUCCEEDED":
        return None
    words = " ".join(word for word in (f"{message.kind}:", message.code, message.detail) if word)
    return Cause(
        f"MESSAGE_{message.outcome}", child_id(message.message_id, "message"),
        message.cancellation_id, words[:DETAIL_MAX],
    )  # fmt: skip


def _owed_by_hand(_: Order, fact: events.RefundProgressed) -> Cause | None:
    owed = fact.message
    if not isinstance(owed, refunds.ManualRefundOwed):
        return None
    return Cause(
        "MANUAL_REFUND_OWED", owed.refund_id, owed.cancellation_id,
        f"paid by {owed.tender}, on {owed.payment_id}, which no provider can give back",
        payment_id=owed.payment_id, amount_minor=owed.amount_minor, due_at=owed.remind_at,
    )  # fmt: skip


def _void(order: Order, fact: events.VoidReported) -> Cause | None:
    """Name a payment that still holds money; one that gave money gives it back another way."""
    message = fact.message
    if not isinstance(message, refunds.PaymentVoidFailed) or order.captured.get(message.payment_id):
        return None
    return Cause(
        f"VOID_{fact.outcome}", message.void_id, message.cancellation_id,
        message.detail or message.code,
        payment_id=message.payment_id, amount_minor=message.amount_minor,
    )  # fmt: skip


def _credit(_: Order, fact: events.StoreCreditReported) -> Cause | None:
    message = fact.message
    if not isinstance(message, refunds.StoreCreditFailed):
        return None
    return Cause(
        "STORE_CREDIT_FAILED", message.credit_id, message.cancellation_id,
        f"{message.code}: {message.detail}"[:DETAIL_MAX], amount_minor=message.amount_minor,
    )  # fmt: skip


def _bounce(_: Order, fact: events.MailBounced) -> Cause:
    message = fact.message
    return Cause(
        "MAIL_BOUNCED", child_id(message.message_id, "bounce"), message.cancellation_id,
        f"{message.code} {message.detail}"[:DETAIL_MAX],
    )  # fmt: skip


CAUSES: dict[type[Fact], Callable[[Order, Any], Cause | None]] = {
    events.RefundReported: _refund,
    events.RefundProgressed: _owed_by_hand,
    events.VoidReported: _void,
    events.StoreCreditReported: _credit,
    events.RestockReported: _restock,
    events.NotificationReported: _notification,
    events.MessageReported: _message,
    events.MailBounced: _bounce,
}
"""Facts that may need a person where they tell of no success, and what about them does."""

DETAIL_MAX = 500
"""Characters; longest `Text`."""


def _may_need_a_person(fact: Any) -> bool:
    return type(fact) in CAUSES and getattr(fact, "outcome", None) != "SUCCEEDED"


def with_cases(order: Any, facts: Sequence[Fact], context: Context) -> Sequence[Fact]:
    """Add the cases that facts open, and the ends of those whose cause they end.

    Most orders never have one, and cost no more than a look.
    """
    if not isinstance(order, Order) or not (
        order.seldom.cases or any(_may_need_a_person(fact) for fact in facts)
    ):
        return facts
    after, found = order, list(facts)
    for fact in facts:
        after = evolve(after, fact)
        if _may_need_a_person(fact):
            for more in _opened(after, fact, context):
                after = evolve(after, more)
                found.append(more)
    found += [
        closed(case, "RESOLVED")
        for case in after.seldom.cases.values()
        if case.is_open and KINDS[case.opened.kind].is_over(after, case)
    ]
    return found


def _opened(order: Order, fact: Fact, context: Context) -> Iterator[Fact]:
    """Open a case about what a fact says, in the place of one that knew less."""
    cause = CAUSES[type(fact)](order, fact)
    if cause is None:
        return
    about = [x for x in order.seldom.cases.values() if x.opened.cause_id == cause.cause_id]
    for case in about:
        if case.is_open:
            if case.opened.kind == cause.kind:
                return
            yield closed(case, "REPLACED")
    yield open_case(
        order, context, case_id=child_id(cause.cause_id, f"case:{len(about) + 1}"),
        **cause._asdict(),
    )  # fmt: skip


def closed(case: CaseFile, resolution: CaseResolution) -> events.CaseClosed:
    """Close a case without anybody asking."""
    return events.CaseClosed(
        order_id=case.opened.order_id,
        case_id=case.opened.case_id,
        command_id=None,
        resolution=resolution,
        actor=None,
        staff_note=None,
        basis=None,
    )


def open_case(
    order: Order, context: Context, *, case_id: UUID, kind: str, detail: str,
    units: Mapping[str, int] | None = None, due_at: datetime | None = None, **about: Any,
) -> events.CaseOpened:  # fmt: skip
    """Have a person look."""
    assert order.placed is not None  # noqa: S101 - facts about unknown orders are put aside
    prices = {line.line_id: line.unit_price_minor for line in order.placed.lines}
    units = units or {}
    stake_minor = about.get("amount_minor")
    if stake_minor is None and units:
        stake_minor = sum(prices.get(line_id, 0) * count for line_id, count in units.items())
    terms = KINDS[kind]
    return events.CaseOpened(
        order_id=order.placed.order_id,
        case_id=case_id,
        kind=kind,
        detail=detail,
        lines=tuple(
            LineQuantity(line_id=line_id, quantity=count) for line_id, count in units.items()
        ),
        currency=order.placed.currency,
        stake_minor=stake_minor,
        role=terms.role,
        due_at=due_at or context.now + timedelta(seconds=terms.within_s),
        **about,
    )


def record_stock_case(
    order: Order, message: inventory.StockCaseOpened, context: Context
) -> Sequence[Fact]:
    """Have a person look at what the inventory service cannot see to by itself.

    What came back without having left is a contradiction of our own facts, and has a case already.
    """
    if order.placed is None:
        raise Unacceptable("ORDER_NOT_FOUND", "no order of this number was placed before")
    if message.case_id in order.seldom.cases or message.kind == "RETURNED_MORE_THAN_SOLD":
        return []
    if message.kind not in KINDS:
        raise Unacceptable("CASE_KIND_UNKNOWN", f"nobody here knows what {message.kind} is")
    return [
        open_case(
            order, context, case_id=message.case_id, kind=message.kind, detail=message.detail,
            units=units_of(message.lines), cancellation_id=message.cancellation_id,
        )
    ]  # fmt: skip


def open_contradiction(
    order: Order, context: Context, *, number: int, kind: str, detail: str, **about: Any
) -> events.CaseOpened:
    """Have a person look at a fact that contradicts a decision.

    Args:
        order: before or after the fact.
        context: of the decision.
        number: place of the case among the facts of this decision; it is called after it.
        kind: which contradiction.
        detail: what was seen, in words.
        about: what it is about.
    """
    case_id = event_id(context.stream_id, context.version + number)
    return open_case(order, context, case_id=case_id, kind=kind, detail=detail, **about)
