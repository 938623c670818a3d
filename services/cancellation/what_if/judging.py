"""What two policies make of what was asked about one order: the decisions themselves, thrown away.

Each wish is decided again at the moment and on the state it was decided on, once by the policy in
force and once by the draft. Nothing else differs, so whatever comes out otherwise is the draft's
doing.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from contracts.cancellation import CancelOrder, RequestCancellation
from kit.decider import Context, Unacceptable
from kit.facts import Fact, RecordedFact
from services.cancellation.domain import events
from services.cancellation.domain.decisions import ORDER
from services.cancellation.domain.policy import Rulebook
from services.cancellation.explaining.repeating import message_of
from services.cancellation.explaining.steps import Step, take_apart


class Outcome(NamedTuple):
    """What would come of a wish."""

    outcome: str
    """`CANCELLED`, `HELD`, `SECOND_PERSON`, `ASKED`, `REFUSED`."""
    rules: frozenset[str]
    """Codes of what refused it, or the name of what wants a second person."""
    refund_minor: int = 0
    """What would be given back, when it is granted."""
    fee_minor: int = 0
    """What the shop would keep of it."""
    restock: bool = False
    is_told: bool = False


class Judged(NamedTuple):
    """One wish, by both policies."""

    order_id: str
    customer: str
    """Whose order it is; the order itself where nobody is named."""
    version: int
    """Of the order when it was asked."""
    at: datetime
    currency: str
    asker: str
    """Who asked: `CUSTOMER`, `STAFF`, …"""
    now: Outcome
    then: Outcome

    @property
    def is_flip(self) -> bool:
        """True when the draft makes something else of it."""
        return self.now != self.then

    @property
    def rules(self) -> list[str]:
        """Return what makes the difference, each under a stable word; nothing where none is."""
        now, then = self.now, self.then
        if not self.is_flip:
            return []
        named = now.rules ^ then.rules
        found = sorted(named)
        if (now.outcome == "HELD") != (then.outcome == "HELD") and not named:
            found.append("HOLD")
        if now.outcome != then.outcome and not found:
            found.append("CUSTOMER_WINDOW")
        if now.fee_minor != then.fee_minor:
            found.append("FEE")
        if now.outcome == then.outcome:
            found += ["RESTOCK"] if now.restock != then.restock else []
            found += ["MESSAGE"] if now.is_told != then.is_told else []
            found += ["AMOUNT"] if not found else []
        return found


def judge(
    recorded: Sequence[RecordedFact], since: datetime, now: Rulebook, then: Rulebook
) -> Iterator[Judged]:
    """Return what both policies make of each wish about an order.

    Args:
        recorded: the order's facts, oldest first.
        since: only wishes from then on.
        now: the policy in force.
        then: the draft.
    """
    for step in take_apart(recorded):
        placed = getattr(step.before, "placed", None)
        if step.cause.recorded_at < since or placed is None:
            continue
        wish = message_of(step)
        if not isinstance(wish, CancelOrder | RequestCancellation):
            continue
        # It was made for the version it met; what it met is what is looked at.
        outcomes = [_decide(step, wish, book) for book in (now, then)]
        customer = placed.customer.customer_id if placed.customer else placed.order_id
        asker = wish.actor.type if wish.actor else "SERVICE"
        yield Judged(
            placed.order_id, customer or placed.order_id, step.known, step.cause.recorded_at,
            placed.currency, asker, *outcomes,
        )  # fmt: skip


def _decide(step: Step, wish: Any, book: Rulebook) -> Outcome:
    context = Context(
        step.cause.recorded_at, step.cause.message_id, step.stream, step.known, book
    )  # fmt: skip
    try:
        return _outcome_of(ORDER.decide(step.before, wish, context))
    except Unacceptable as no:
        return Outcome("REFUSED", frozenset({no.code}))


def _outcome_of(facts: Sequence[Fact]) -> Outcome:
    match facts[0] if facts else None:
        case events.OrderCancelled() as fact:
            fee = fact.money.fee if fact.money else None
            return Outcome(
                "HELD" if fact.held_until else "CANCELLED", frozenset(), fact.refund_minor,
                fee.percent_minor + fee.flat_minor if fee else 0, fact.restock,
                fact.recipient is not None,
            )  # fmt: skip
        case events.CancellationRequested() as fact:
            is_approval = fact.kind == "APPROVAL"
            rules = frozenset({fact.approval}) if fact.approval else frozenset()
            return Outcome("SECOND_PERSON" if is_approval else "ASKED", rules, fact.refund_minor)
        case events.CancellationRejected() | events.CommandRejected() as fact:
            return Outcome("REFUSED", frozenset(one.code for one in fact.refusals))
        case _:
            return Outcome("NOTHING", frozenset())
