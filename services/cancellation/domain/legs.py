"""How far one cancellation has come: its legs, and whether it still stands."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, NamedTuple
from uuid import UUID

from contracts.cancellation import LegOutcome, MoneyTerms, RefundDue, StoreCreditDue
from contracts.refunds import StoreCreditFailed
from kit.facts import Fact
from kit.ids import child_id
from services.cancellation.domain import events

Status = Literal["STANDING", "HELD", "UNDONE", "REINSTATED"]
"""`HELD`: nothing may move yet. `UNDONE`, `REINSTATED`: taken back, within its hold or after it."""

Outcomes = Mapping[Any, LegOutcome | None]
"""How each of several calls ended; None while open."""

NONE: Mapping[Any, Any] = MappingProxyType({})
NO_TERMS = MoneyTerms()


class ByHand(NamedTuple):
    """A refund that a person has to give back."""

    payment_id: str
    left_minor: int
    """Still owed; 0 once all of it is paid."""


class Legs(NamedTuple):
    """One cancellation."""

    refunds: Outcomes
    """Per payment to refund at once."""
    restock: LegOutcome | None
    """None while open, `NOT_DUE` when nothing goes back."""
    notification: LegOutcome | None
    """None while open, `NOT_DUE` when nobody is told."""
    cancelled: events.Cancellation
    """What was decided."""
    status: Status = "STANDING"
    voids: Outcomes = NONE
    """Per payment to release."""
    credits: Outcomes = NONE
    """Per store credit."""
    balance_minor: int = 0
    """Owed, and to be settled later."""
    kept_minor: int = 0
    """Was owed, and is kept since the balance was closed."""
    later: Outcomes = NONE
    """Per refund asked for after the cancellation, by refund id."""
    later_due: Mapping[UUID, RefundDue] = NONE
    """Those refunds, by the same ids."""
    later_credits: Mapping[UUID, StoreCreditDue] = NONE
    """Store credit asked for after the cancellation, by credit id."""
    by_hand: Mapping[UUID, ByHand] = NONE
    """Refunds that a person has to give back, or has, by refund id."""
    awaited: frozenset[str] = frozenset()
    """Payments whose capture was in flight; refunded or released when its outcome is known."""
    broken: frozenset[str] = frozenset()
    """Payments whose refunds failed for good."""
    is_reopened: bool = False
    """True while some of the balance is owed because a refund failed."""
    captured_minor: int = 0
    """What had been captured on the order when it was decided."""
    is_completed: bool = False
    """True once its completion was recorded; what comes later does not complete it again."""

    @property
    def stands(self) -> bool:
        """True unless it was taken back."""
        return self.status in ("STANDING", "HELD")

    @property
    def terms(self) -> MoneyTerms:
        """What was decided about money beside the refunds."""
        return self.cancelled.money or NO_TERMS

    @property
    def owed_minor(self) -> int:
        """What the customer is to have back of it in all, now or later."""
        cancelled = self.cancelled
        if cancelled.basis is None:  # decided before money that comes late was given back
            return cancelled.refund_minor
        terms = self.terms
        fee = terms.fee
        fee_minor = fee.percent_minor + fee.flat_minor if fee else 0
        return worth_of(cancelled) - fee_minor - terms.kept_minor - self.kept_minor

    @property
    def refund(self) -> LegOutcome | None:
        """One word for the money leg: the worst of its refunds, None while any is open or owed."""
        if self.balance_minor or self.awaited:
            return None
        return worst(self.refunds, self.later)

    def credit_due(self, id_: UUID) -> StoreCreditDue | None:
        """Return the store credit of an id."""
        return self.later_credits.get(id_) or self.terms.store_credit

    def outcome_of(self, refund_id: UUID | None) -> LegOutcome | None:
        """Return how a refund ended, by its id."""
        if refund_id in self.later:
            return self.later[refund_id]
        for payment_id, outcome in self.refunds.items():
            if child_id(self.cancelled.cancellation_id, payment_id) == refund_id:
                return outcome
        return None

    def refunded_minor(self, payment_id: str) -> int:
        """Return what was given back on a payment."""
        due = [(refund, self.refunds[refund.payment_id]) for refund in self.cancelled.refunds]
        due += [(refund, self.later[id_]) for id_, refund in self.later_due.items()]
        return sum(
            refund.amount_minor
            for refund, outcome in due
            if refund.payment_id == payment_id and outcome == "SUCCEEDED"
        )

    @property
    def void(self) -> LegOutcome | None:
        """One word for the payments to release."""
        return worst(self.voids)

    @property
    def store_credit(self) -> LegOutcome | None:
        """One word for the store credit."""
        return worst(self.credits)

    @property
    def is_settled(self) -> bool:
        """True when no leg is open."""
        return self.status != "HELD" and None not in (
            self.refund,
            self.restock,
            self.notification,
            self.void,
            self.store_credit,
        )


def worth_of(fact: events.Cancellation) -> int:
    """Return what a cancellation is worth, delivery included."""
    shipping_minor = fact.money.shipping_minor if fact.money else 0
    return sum(line.amount_minor for line in fact.lines) + shipping_minor


def credit_id(root: UUID) -> UUID:
    """Return the id of the store credit that a cancellation or a settlement brings."""
    return child_id(root, "store-credit")


def worst(*several: Outcomes) -> LegOutcome | None:
    """Return the worst of some outcomes, None while any is open."""
    outcomes = {outcome for each in several for outcome in each.values()}
    if None in outcomes:
        return None
    for word in _FROM_WORST:
        if word in outcomes:
            return word
    return "NOT_DUE"


_FROM_WORST: Sequence[LegOutcome] = ("FAILED", "UNCERTAIN", "SUCCEEDED")


def opened_legs(fact: events.Cancellation, captured_minor: int = 0) -> Legs:
    """Return the legs of a new cancellation, or of one whose hold is over."""
    is_held = isinstance(fact, events.OrderCancelled) and fact.held_until is not None
    refunds: Outcomes = {refund.payment_id: None for refund in fact.refunds}
    restock: LegOutcome | None = None if fact.restock else "NOT_DUE"
    notification: LegOutcome | None = None if fact.recipient else "NOT_DUE"
    status: Status = "HELD" if is_held else "STANDING"
    terms = fact.money
    if terms is None:
        return Legs(refunds, restock, notification, fact, status, captured_minor=captured_minor)
    return Legs(
        refunds,
        restock,
        notification,
        fact,
        status,
        voids={void.payment_id: None for void in terms.voids},
        credits={credit_id(fact.cancellation_id): None} if terms.store_credit else NONE,
        balance_minor=terms.balance_minor,
        awaited=frozenset(terms.awaited),
        captured_minor=captured_minor,
    )


def reported_legs(legs: Legs, fact: Fact) -> Legs:
    """Return the legs after one of them has reported."""
    match fact:
        case events.RefundReported(message=message, outcome=outcome):
            legs = with_refund(legs, message, outcome)
        case events.RefundProgressed(message=message, state=state):
            legs = with_refund(legs, message, None)
            if state == "OWED":
                owed = ByHand(message.payment_id, message.amount_minor)
                legs = legs._replace(by_hand={**legs.by_hand, message.refund_id: owed})
        case events.RestockReported():
            legs = legs._replace(restock=fact.outcome)
        case events.NotificationReported():
            legs = legs._replace(notification=fact.outcome)
        case events.PaymentVoided(message=message):
            legs = legs._replace(voids={**legs.voids, message.payment_id: "SUCCEEDED"})
        case events.VoidReported(message=released, outcome=outcome):
            legs = legs._replace(voids={**legs.voids, released.payment_id: outcome})
        case events.StoreCreditReported(message=credited, outcome=outcome):
            legs = legs._replace(credits={**legs.credits, credited.credit_id: outcome})
        case _:
            raise TypeError(type(fact).__name__)
    return legs


def with_refund(legs: Legs, about: Any, outcome: LegOutcome | None) -> Legs:
    """Return the legs with another outcome of the refund that something is about."""
    if about.refund_id in legs.later:
        return legs._replace(later={**legs.later, about.refund_id: outcome})
    return legs._replace(refunds={**legs.refunds, about.payment_id: outcome})


def reopened_by_credit(legs: Legs, failed: StoreCreditFailed) -> Legs:
    """Return the legs once store credit was not entered: what it stood for is owed again."""
    return legs._replace(
        credits={**legs.credits, failed.credit_id: "NOT_DUE"},
        balance_minor=legs.balance_minor + failed.amount_minor,
        is_reopened=True,
    )


def ended_capture(legs: Legs, payment_id: str, *, has_money: bool, is_last: bool) -> Legs:
    """Return the legs once a capture has ended: a payment with money can no longer be released."""
    awaited = legs.awaited - {payment_id} if is_last else legs.awaited
    voids = legs.voids
    if has_money and voids.get(payment_id, "") in (None, "UNCERTAIN"):
        voids = {**voids, payment_id: "FAILED"}
    if awaited == legs.awaited and voids is legs.voids:
        return legs
    return legs._replace(awaited=awaited, voids=voids)


def planned_back(fact: events.Cancellation) -> dict[str, int]:
    """Return the units a cancellation puts back, per line."""
    if fact.restock_lines is None:
        return {line.line_id: line.quantity for line in fact.lines} if fact.restock else {}
    planned: dict[str, int] = {}
    for line in fact.restock_lines:
        planned[line.line_id] = planned.get(line.line_id, 0) + line.quantity
    return planned


def requested_later(legs: Legs, fact: events.RefundRequested) -> Legs:
    """Return the legs once more money was asked for."""
    due = {child_id(fact.request_id, refund.payment_id): refund for refund in fact.refunds}
    return legs._replace(
        later={**legs.later, **dict.fromkeys(due)},
        later_due={**legs.later_due, **due},
        credits={**legs.credits, credit_id(fact.request_id): None}
        if fact.store_credit
        else legs.credits,
        later_credits={**legs.later_credits, credit_id(fact.request_id): fact.store_credit}
        if fact.store_credit
        else legs.later_credits,
        balance_minor=fact.balance_minor,
        is_reopened=legs.is_reopened and fact.balance_minor > 0,
        kept_minor=legs.kept_minor + fact.kept_minor,
    )
