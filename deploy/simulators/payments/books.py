"""What the provider owes and has paid: captured payments and their refunds.

Money is reserved at once and published only when the ledger is on disk: two refunds racing for the
same balance can never both win, and nobody is shown a refund that a crash could undo.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from contracts.values import format_money
from deploy.simulators.payments.errors import (
    already_refunded,
    amount_too_large,
    resource_missing,
)


@dataclass(slots=True)
class Payment:
    """A captured payment."""

    payment_id: str
    amount_minor: int
    currency: str
    reserved_minor: int = 0
    """Refunded, or being refunded."""
    refund_ids: list[str] = field(default_factory=list)
    """Published refunds, the oldest first."""


class Refund(NamedTuple):
    """A published refund and the very bytes it is answered with."""

    refund_id: str
    body: bytes


class Books:
    """Payments and refunds, in memory, rebuilt from the ledger at every start."""

    def __init__(self) -> None:
        self.payments: dict[str, Payment] = {}
        self._refunds: dict[str, Refund] = {}
        self._by_our_id: defaultdict[str, list[str]] = defaultdict(list)
        self._captured: Counter[str] = Counter()
        self._refunded: Counter[str] = Counter()
        self._statuses: Counter[str] = Counter()

    def capture(self, payment: Payment) -> None:
        """Add a payment; its id must be new."""
        self.payments[payment.payment_id] = payment
        self._captured[payment.currency] += payment.amount_minor

    def check_refundable(self, payment_id: str, amount_minor: int) -> Payment:
        """Return the payment when so much can be given back.

        Raises:
            ApiError: unknown payment, nothing left, or more than is left.
        """
        payment = self.payments.get(payment_id)
        if payment is None:
            raise resource_missing("payment_intent", payment_id, "payment_intent")
        left_minor = payment.amount_minor - payment.reserved_minor
        if left_minor == 0:
            raise already_refunded(payment_id)
        if amount_minor > left_minor:
            currency = payment.currency
            raise amount_too_large(
                format_money(amount_minor, currency), format_money(left_minor, currency)
            )
        return payment

    def publish(self, refund: dict[str, Any], body: bytes) -> None:
        """Show a refund that is on disk; its money was reserved before."""
        identifier: str = refund["id"]
        self._refunds[identifier] = Refund(identifier, body)
        payment = self.payments[refund["payment_intent"]]
        payment.refund_ids.append(identifier)
        ours = refund["metadata"].get("refund_id")
        if ours is not None:
            self._by_our_id[ours].append(identifier)
        self._statuses[refund["status"]] += 1
        if refund["status"] == "succeeded":
            self._refunded[payment.currency] += refund["amount"]

    def refund(self, identifier: str) -> Refund:
        """Return one refund.

        Raises:
            ApiError: 404.
        """
        found = self._refunds.get(identifier)
        if found is None:
            raise resource_missing("refund", identifier, "id")
        return found

    def newest_first(self, payment_id: str | None) -> Iterator[Refund]:
        """Yield the refunds of one payment, or of all."""
        if payment_id is None:
            yield from reversed(self._refunds.values())
        elif payment_id in self.payments:
            for identifier in reversed(self.payments[payment_id].refund_ids):
                yield self._refunds[identifier]

    def with_our_id(self, refund_id: str) -> list[Refund]:
        """Return the refunds whose `metadata[refund_id]` is ours, the newest first."""
        identifiers = self._by_our_id.get(refund_id, [])
        return [self._refunds[identifier] for identifier in reversed(identifiers)]

    def summary(self) -> dict[str, Any]:
        """Return counts and sums; `refunds` counts succeeded ones only."""
        return {
            "payments": len(self.payments),
            "captured_minor": dict(self._captured),
            "refunds": self._statuses["succeeded"],
            "refunds_failed": self._statuses["failed"],
            "refunded_minor": dict(self._refunded),
        }
