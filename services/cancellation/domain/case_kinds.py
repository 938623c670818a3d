"""Every kind of case: who sees to it, until when, how a person may close it, when it is over.

One table. A new outcome that needs a person is an entry here, and an entry in `CAUSES` of
`decisions.cases` that says which fact opens it.
"""

from collections.abc import Callable
from typing import NamedTuple

from contracts.cancellation import ClosedByHand, Policy, Role
from services.cancellation.domain.order import CaseFile, Order
from services.cancellation.domain.units import units_of

HOUR_S = 3_600
DAY_S = 24 * HOUR_S

IsOver = Callable[[Order, CaseFile], bool]


class CaseKind(NamedTuple):
    """What is to be known of a kind of case."""

    meaning: str
    """What has happened."""
    role: Role
    """Who is to see to it first."""
    within_s: int
    """How long they have unless the policy says; after that, and again after so long, it goes
    up."""
    closed_by: tuple[ClosedByHand, ...]
    """How a person may close it."""
    is_over: IsOver
    """Whether its cause is gone, so that it closes itself."""
    is_over_when: str
    """The same in words."""


ABOVE: dict[Role, Role] = {
    "VIEWER": "MANAGER", "AGENT": "MANAGER", "OPS": "ADMIN", "MANAGER": "ADMIN",
}  # fmt: skip
"""Who a case goes up to; nobody is above an administrator."""


def _is_refunded(order: Order, case: CaseFile) -> bool:
    """Tell whether the refund came after all, or is certainly not needed any more."""
    legs = order.cancellations[case.cancellation_id]
    outcome = legs.outcome_of(case.opened.cause_id)
    is_replaced = outcome == "NOT_DUE" and legs.refund == "SUCCEEDED"
    is_unwanted = outcome in ("FAILED", "NOT_DUE") and legs.status == "REINSTATED"
    return outcome == "SUCCEEDED" or is_replaced or is_unwanted


def _is_paid(order: Order, case: CaseFile) -> bool:
    """Tell whether the refunds service has taken all of it into its books."""
    legs = order.cancellations[case.cancellation_id]
    return legs.outcome_of(case.opened.cause_id) == "SUCCEEDED"


def _is_released(order: Order, case: CaseFile) -> bool:
    """Tell whether the payment holds nothing any more, or gave money, which then goes back."""
    payment_id = case.opened.payment_id or ""
    released = order.cancellations[case.cancellation_id].voids.get(payment_id) == "SUCCEEDED"
    return released or payment_id in order.seldom.voided or bool(order.captured.get(payment_id))


def _is_settled_otherwise(order: Order, case: CaseFile) -> bool:
    """Tell whether the customer has had what store credit was to be given for, or needs not."""
    legs = order.cancellations[case.cancellation_id]
    ended = ("SUCCEEDED", "NOT_DUE")
    return not legs.stands or (legs.refund in ended and legs.store_credit in ended)


def _is_back(order: Order, case: CaseFile) -> bool:
    """Tell whether as many units were put back by hand, or the units are sold again."""
    legs = order.cancellations[case.cancellation_id]
    return not case.left or legs.status == "REINSTATED"


def _is_told(order: Order, case: CaseFile) -> bool:
    return order.cancellations[case.cancellation_id].notification == "SUCCEEDED"


def _is_consistent(order: Order, case: CaseFile) -> bool:
    """Tell whether what shipped has come back, or is no longer cancelled."""
    assert order.placed is not None  # noqa: S101 - facts about unknown orders are put aside
    ordered = {line.line_id: line.quantity for line in order.placed.lines}
    return all(
        order.fulfilled.get(id_, 0) - order.seldom.returned.get(id_, 0)
        + order.cancelled.get(id_, 0) <= ordered[id_]
        for id_ in units_of(case.opened.lines)
    )  # fmt: skip


def _has_left(order: Order, case: CaseFile) -> bool:
    """Tell whether the units that came back are known to have left."""
    return all(
        order.seldom.returned.get(id_, 0) <= order.fulfilled.get(id_, 0)
        for id_ in units_of(case.opened.lines)
    )


def _is_given_back(order: Order, case: CaseFile) -> bool:
    """Tell whether all that came on the payment was given back, or is needed to pay with."""
    assert order.placed is not None  # noqa: S101 - as above
    if any(order.open_units(line.line_id, line.quantity) for line in order.placed.lines):
        return True
    payment_id = case.opened.payment_id or ""
    back_minor = sum(legs.refunded_minor(payment_id) for legs in order.cancellations.values())
    return back_minor >= order.captured.get(payment_id, 0)


def _by_hand(_: Order, __: CaseFile) -> bool:
    """Tell nothing: only a person knows."""
    return False


KINDS: dict[str, CaseKind] = {
    "REFUND_FAILED": CaseKind(
        "A refund failed for good; the money is still owed.",
        "MANAGER", DAY_S, ("DONE_OUTSIDE", "WRITTEN_OFF"), _is_refunded,
        "the refund succeeds after all, or the order is reinstated",
    ),
    "REFUND_UNCERTAIN": CaseKind(
        "Nobody knows whether a refund was made.",
        "OPS", DAY_S, ("DONE_OUTSIDE", "WRITTEN_OFF"), _is_refunded,
        "the refund is known to have succeeded",
    ),
    "MANUAL_REFUND_OWED": CaseKind(
        "A person has to give money back: no provider can.",
        "AGENT", 7 * DAY_S, ("WRITTEN_OFF",), _is_paid,
        "all of it is recorded as paid",
    ),
    "VOID_FAILED": CaseKind(
        "An authorised payment was not released; it still holds the customer's money.",
        "OPS", DAY_S, ("DONE_OUTSIDE", "NOTHING_TO_DO"), _is_released,
        "the payment is released after all, or gives money, which then goes back",
    ),
    "VOID_UNCERTAIN": CaseKind(
        "Nobody knows whether an authorised payment was released.",
        "OPS", DAY_S, ("DONE_OUTSIDE", "NOTHING_TO_DO"), _is_released,
        "the payment is known to be released, or gives money, which then goes back",
    ),
    "STORE_CREDIT_FAILED": CaseKind(
        "Store credit was not entered; the money is still owed.",
        "MANAGER", DAY_S, ("DONE_OUTSIDE", "WRITTEN_OFF"), _is_settled_otherwise,
        "what is owed was settled, or the order is reinstated",
    ),
    "RESTOCK_FAILED": CaseKind(
        "Cancelled units were not put back.",
        "AGENT", 2 * DAY_S, ("DONE_OUTSIDE", "WRITTEN_OFF"), _is_back,
        "as many units were put back by hand, or the order is reinstated",
    ),
    "NOTIFICATION_FAILED": CaseKind(
        "The customer could not be told.",
        "AGENT", DAY_S, ("DONE_OUTSIDE", "NOTHING_TO_DO"), _is_told,
        "the customer is told after all",
    ),
    "NOTIFICATION_UNCERTAIN": CaseKind(
        "Nobody knows whether the customer was told.",
        "AGENT", 2 * DAY_S, ("DONE_OUTSIDE", "NOTHING_TO_DO"), _is_told,
        "the customer is known to have been told",
    ),
    "MESSAGE_FAILED": CaseKind(
        "The customer could not be told of something beside the cancellation.",
        "AGENT", DAY_S, ("DONE_OUTSIDE", "NOTHING_TO_DO"), _by_hand,
        "never; a person closes it",
    ),
    "MESSAGE_UNCERTAIN": CaseKind(
        "Nobody knows whether the customer was told of something beside the cancellation.",
        "AGENT", 2 * DAY_S, ("DONE_OUTSIDE", "NOTHING_TO_DO"), _by_hand,
        "never; a person closes it",
    ),
    "MAIL_BOUNCED": CaseKind(
        "A mail came back: the customer has not read it.",
        "AGENT", 2 * DAY_S, ("DONE_OUTSIDE", "NOTHING_TO_DO"), _by_hand,
        "never; a person closes it",
    ),
    "LOCATION_DEACTIVATED": CaseKind(
        "Units went to another shelf, because theirs is no longer in use.",
        "AGENT", 2 * DAY_S, ("DONE_OUTSIDE", "NOTHING_TO_DO"), _by_hand,
        "never; a person closes it",
    ),
    "SHIPPED_AFTER_CANCELLATION": CaseKind(
        "Units shipped although they were cancelled.",
        "MANAGER", DAY_S, ("DONE_OUTSIDE", "WRITTEN_OFF"), _is_consistent,
        "the units come back, or they are no longer cancelled",
    ),
    "PAYMENT_AFTER_CANCELLATION": CaseKind(
        "Money came although nothing is left to pay.",
        "MANAGER", DAY_S, ("DONE_OUTSIDE", "NOTHING_TO_DO"), _is_given_back,
        "all of it was given back, or units to pay for are open again",
    ),
    "RETURNED_MORE_THAN_SHIPPED": CaseKind(
        "Units came back that never left.",
        "AGENT", 2 * DAY_S, ("DONE_OUTSIDE", "NOTHING_TO_DO"), _has_left,
        "they are known to have left",
    ),
}  # fmt: skip
"""By kind. A kind once released keeps its meaning."""


def within_s(kind: str, policy: Policy) -> int:
    """Return how long somebody has for a case of a kind, and again each time it goes up."""
    if kind == "MANUAL_REFUND_OWED" and policy.manual_refund_within_s is not None:
        return policy.manual_refund_within_s
    return KINDS[kind].within_s
