"""One cancellation as its facts tell it, for the model beside the product."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from kit.ids import child_id
from services.cancellation.domain import events


@dataclass
class Cancelled:
    """One cancellation, as its facts tell it."""

    fact: events.Cancellation
    status: str
    """`HELD`, `MOVING`, `UNDONE` or `REINSTATED`."""
    held_until: datetime | None
    balance_minor: int = 0
    kept_minor: int = 0
    back: Counter[str] = field(default_factory=Counter)
    """Units planned back on the shelf."""
    completed: int = 0

    @property
    def units(self) -> Counter[str]:
        """Units cancelled, per line."""
        return Counter({line.line_id: line.quantity for line in self.fact.lines})

    @property
    def worth_minor(self) -> int:
        """Goods and delivery."""
        shipping = self.fact.money.shipping_minor if self.fact.money else 0
        return sum(line.amount_minor for line in self.fact.lines) + shipping

    @property
    def fee_minor(self) -> int:
        """What was kept by the policy."""
        fee = self.fact.money.fee if self.fact.money else None
        return fee.percent_minor + fee.flat_minor if fee else 0

    @property
    def owed_minor(self) -> int:
        """What goes back in all, now or later."""
        kept = self.fact.money.kept_minor if self.fact.money else 0
        return self.worth_minor - self.fee_minor - kept - self.kept_minor


def at_once(fact: events.Cancellation) -> Counter[str]:
    """Return what a cancellation gives back or credits at once, per payment."""
    due = Counter({refund.payment_id: refund.amount_minor for refund in fact.refunds})
    credit = fact.money.store_credit if fact.money else None
    for part in credit.payments if credit else ():
        due[part.payment_id] += part.amount_minor
    return due


def refund_ids(fact: events.RefundRequested) -> list[UUID]:
    """Return the ids of the refunds a request asks for."""
    return [child_id(fact.request_id, refund.payment_id) for refund in fact.refunds]
