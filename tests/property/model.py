"""What an order is allowed to become, told a second time and more simply than the product does.

Counts units and money from the facts alone, never from the product's state. `check` must hold after
every step; `can_have` says beforehand whether units must be granted.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.orders import OrderPlaced
from kit.facts import Fact
from tests.property.told import Cancelled, at_once

TAKEN_BACK = ("UNDONE", "REINSTATED")


class Model:
    """One order, from its facts."""

    def __init__(self, placed: OrderPlaced) -> None:
        self.placed = placed
        self.ordered = Counter({line.line_id: line.quantity for line in placed.lines})
        taxed = 0 if placed.tax_included else 1
        shipping = placed.shipping
        self.total_minor = sum(
            line.quantity * line.unit_price_minor
            - line.discount_minor
            + taxed * line.tax_minor
            + line.duties_minor
            for line in placed.lines
        )
        if shipping is not None:
            off = shipping.amount_minor - shipping.discount_minor
            self.total_minor += off + taxed * shipping.tax_minor
        self.shipped: Counter[str] = Counter()
        self.captured: Counter[str] = Counter()
        self.due: Counter[str] = Counter()
        self.cancellations: dict[UUID, Cancelled] = {}
        self.claims: dict[UUID, Counter[str]] = {}
        self.requests: dict[UUID, tuple[bool, datetime]] = {}
        self.on_shelf: Counter[str] = Counter()
        """Units that are back on a shelf or on their way there."""
        self.by_hand: dict[UUID, Counter[str]] = {}
        self.releases: dict[str, str] = {}
        """Per payment to be released: `ASKED`, `DONE` or `FAILED`."""
        self.was_overpaid = False

    # Sums

    def standing(self) -> list[Cancelled]:
        return [each for each in self.cancellations.values() if each.status not in TAKEN_BACK]

    @property
    def owes(self) -> bool:
        """True while something is to be settled later."""
        return any(each.balance_minor for each in self.standing())

    def cancelled(self, line_id: str) -> int:
        return sum(each.units[line_id] for each in self.standing())

    def open(self, line_id: str) -> int:
        return max(0, self.ordered[line_id] - self.shipped[line_id] - self.cancelled(line_id))

    def free(self, line_id: str) -> int:
        claimed = sum(units[line_id] for units in self.claims.values())
        return max(0, self.open(line_id) - claimed)

    def overpaid_minor(self, *, moving_only: bool) -> int:
        """What the customer has paid and neither needs to nor was promised back."""
        counted = [x for x in self.standing() if not moving_only or x.status == "MOVING"]
        held = [x for x in self.standing() if moving_only and x.status == "HELD"]
        due = self.due.total() - sum(at_once(x.fact).total() for x in held)
        to_pay = self.total_minor - sum(x.owed_minor for x in counted)
        return self.captured.total() - due - to_pay - sum(x.balance_minor for x in counted)

    def can_have(self, named: Iterable[Any] | None) -> bool:
        """Tell whether units may be cancelled or claimed; None means all that is free."""
        if named is None:
            return any(self.free(line_id) for line_id in self.ordered)
        wanted = Counter[str]()
        for line in named:
            wanted[line.line_id] += line.quantity
        return all(units <= self.free(line_id) for line_id, units in wanted.items())

    # Facts

    def take(self, fact: Fact) -> None:
        """Follow one fact."""
        follow = getattr(self, f"_on_{type(fact).__name__}", None)
        if follow:
            follow(fact)

    def _on_PaymentCaptured(self, fact: Any) -> None:  # noqa: N802 - named after its fact
        payment_id = fact.message.payment_id
        self.captured[payment_id] += fact.message.amount_minor
        if self.releases.get(payment_id) == "ASKED":
            self.releases[payment_id] = "FAILED"

    def _on_PaymentVoided(self, fact: Any) -> None:  # noqa: N802
        if self.releases.get(fact.message.payment_id) == "ASKED":
            self.releases[fact.message.payment_id] = "DONE"

    def _on_LinesFulfilled(self, fact: Any) -> None:  # noqa: N802
        left = Counter[str]()
        for line in fact.message.lines:
            left[line.line_id] += line.quantity
        self.shipped += left
        for id_, units in self.claims.items():
            if fact.message.claim_id in (None, id_):
                used = units & left
                left -= used
                self.claims[id_] = units - used

    def _on_OrderCancelled(self, fact: Any) -> None:  # noqa: N802
        status = "HELD" if fact.held_until else "MOVING"
        made = Cancelled(fact, status, fact.held_until)
        self.cancellations[fact.cancellation_id] = made
        self.due += at_once(fact)
        self._let_go(made)

    def _on_CancellationConfirmed(self, fact: Any) -> None:  # noqa: N802
        made = self.cancellations[fact.cancellation_id]
        assert made.status == "HELD"
        assert made.fact.refunds == fact.refunds
        made.fact, made.status = fact, "MOVING"
        self._let_go(made)

    def _let_go(self, made: Cancelled) -> None:
        fact = made.fact
        made.balance_minor = fact.money.balance_minor if fact.money else 0
        if made.status == "HELD":
            return
        lines: Any = fact.lines if fact.restock_lines is None else fact.restock_lines
        for line in lines if fact.restock else ():
            made.back[line.line_id] += line.quantity
        self.on_shelf += made.back
        for line_id, units in made.back.items():
            room = self.ordered[line_id] - self.shipped[line_id]
            assert self.on_shelf[line_id] <= max(0, room), "never both shipped and restocked"
            assert units <= made.units[line_id]
        for void in fact.money.voids if fact.money else ():
            self._release(void.payment_id)

    def _release(self, payment_id: str) -> None:
        assert not self.captured[payment_id], "what was captured is refunded, not released"
        assert payment_id not in self.releases, "nothing is released twice"
        self.releases[payment_id] = "ASKED"

    def _on_PaymentVoidRequested(self, fact: Any) -> None:  # noqa: N802
        for void in fact.voids:
            self._release(void.payment_id)

    def _on_CancellationUndone(self, fact: Any) -> None:  # noqa: N802
        made = self.cancellations[fact.cancellation_id]
        assert made.status == "HELD"
        made.status = "UNDONE"
        self.due -= at_once(made.fact)

    def _on_OrderReinstated(self, fact: Any) -> None:  # noqa: N802
        made = self.cancellations[fact.cancellation_id]
        assert made.status == "MOVING"
        made.status, made.balance_minor = "REINSTATED", 0
        for line in fact.reserve_lines:
            self.on_shelf[line.line_id] = max(0, self.on_shelf[line.line_id] - line.quantity)

    def _on_RefundRequested(self, fact: Any) -> None:  # noqa: N802
        made = self.cancellations[fact.cancellation_id]
        assert made.status == "MOVING"
        assert sum(x.amount_minor for x in fact.refunds) == fact.refund_minor
        back = Counter({x.payment_id: x.amount_minor for x in fact.refunds})
        if fact.store_credit:
            back += Counter({x.payment_id: x.amount_minor for x in fact.store_credit.payments})
        if fact.cause == "SETTLEMENT":
            assert made.balance_minor == back.total() + fact.kept_minor + fact.balance_minor
            made.balance_minor = fact.balance_minor
            made.kept_minor += fact.kept_minor
        self.due += back

    def _on_RestockRequested(self, fact: Any) -> None:  # noqa: N802
        units = Counter[str]()
        for line in fact.lines:
            units[line.line_id] += line.quantity
        self.by_hand[fact.request_id] = units
        self.on_shelf += units
        for line_id in units:
            assert self.on_shelf[line_id] <= self.cancelled(line_id), "only what was cancelled"
            room = self.ordered[line_id] - self.shipped[line_id]
            assert self.on_shelf[line_id] <= max(0, room), "never both shipped and restocked"

    def _on_RestockReported(self, fact: Any) -> None:  # noqa: N802
        if fact.outcome == "SUCCEEDED":
            return
        if fact.message.request_id:
            self.on_shelf -= self.by_hand[fact.message.request_id]
        else:
            self.on_shelf -= self.cancellations[fact.message.cancellation_id].back

    def _on_FulfillmentClaimed(self, fact: Any) -> None:  # noqa: N802
        units = Counter({line.line_id: line.quantity for line in fact.lines})
        assert all(n <= self.free(line_id) for line_id, n in units.items())
        self.claims[fact.claim_id] = units

    def _on_FulfillmentClaimReleased(self, fact: Any) -> None:  # noqa: N802
        told = Counter({line.line_id: line.quantity for line in fact.lines})
        assert told == +self.claims[fact.claim_id]
        self.claims[fact.claim_id] = Counter()

    def _on_CancellationRequested(self, fact: Any) -> None:  # noqa: N802
        self.requests[fact.request_id] = (True, fact.expires_at)

    def _on_CancellationApproved(self, fact: Any) -> None:  # noqa: N802
        is_open, expires_at = self.requests[fact.request_id]
        assert is_open, "a request is answered once"
        self.requests[fact.request_id] = (False, expires_at)

    _on_CancellationDenied = _on_CancellationApproved  # noqa: N815

    def _on_CancellationCompleted(self, fact: Any) -> None:  # noqa: N802
        made = self.cancellations[fact.cancellation_id]
        made.completed += 1
        assert made.completed == 1, "complete once"
        assert made.status != "HELD"

    # What always holds

    def check(self) -> None:
        """Check what must hold between any two steps."""
        for payment_id, due in self.due.items():
            assert 0 <= due <= self.captured[payment_id], "never more than was paid"
        for line_id, ordered in self.ordered.items():
            assert self.cancelled(line_id) <= ordered
        for made in self.cancellations.values():
            going = at_once(made.fact).total()
            assert going + made.fee_minor + made.balance_minor <= made.worth_minor
            assert made.owed_minor >= 0
        if all(self.cancelled(line_id) == n for line_id, n in self.ordered.items()):
            goods = sum(x.amount_minor for made in self.standing() for x in made.fact.lines)
            delivery = sum(made.worth_minor for made in self.standing()) - goods
            shipping = self.placed.shipping
            all_delivery = 0
            if shipping is not None:
                taxed = 0 if self.placed.tax_included else shipping.tax_minor
                all_delivery = shipping.amount_minor - shipping.discount_minor + taxed
            assert goods == self.total_minor - all_delivery, "the goods end at exactly 0"
            assert delivery in (0, all_delivery)
        overpaid_minor = self.overpaid_minor(moving_only=True)
        if not any(made.status == "MOVING" for made in self.standing()) and overpaid_minor > 0:
            self.was_overpaid = True  # nobody has cancelled anything; that is not late money
        assert self.was_overpaid or overpaid_minor <= 0, "late money is back"
