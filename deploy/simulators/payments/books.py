"""What the provider owes and has paid: payments and their refunds.

Money is reserved at once and published only when the ledger is on disk: two refunds racing for the
same balance can never both win, and nobody is shown a refund that a crash could undo.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from contracts.values import format_money
from deploy.simulators.payments.errors import (
    already_refunded,
    amount_too_large,
    resource_missing,
    unexpected_state,
)

PaymentStatus = Literal["requires_capture", "succeeded", "canceled"]
ENDED = ("failed", "canceled")
"""Statuses of a refund that moves no money, or no longer does."""


@dataclass(slots=True)
class Payment:
    """A payment: authorised, captured or cancelled."""

    payment_id: str
    amount_minor: int
    currency: str
    status: PaymentStatus = "succeeded"
    reserved_minor: int = 0
    """Refunded, or being refunded."""
    refund_ids: list[str] = field(default_factory=list)
    """Published refunds, the oldest first."""

    def as_json(self) -> dict[str, Any]:
        """Return Stripe's payment intent, as far as we use it."""
        is_held = self.status == "requires_capture"
        return {
            "id": self.payment_id,
            "object": "payment_intent",
            "amount": self.amount_minor,
            "amount_capturable": self.amount_minor if is_held else 0,
            "amount_received": self.amount_minor if self.status == "succeeded" else 0,
            "capture_method": "manual" if is_held else "automatic",
            "currency": self.currency.lower(),
            "status": self.status,
        }


class Refund(NamedTuple):
    """A published refund and the very bytes it is shown with."""

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

    def register(self, payment: Payment) -> None:
        """Add a payment, or capture one that was authorised."""
        known = self.payments.get(payment.payment_id)
        if known is None:
            self.payments[payment.payment_id] = payment
        else:
            known.status, known.amount_minor = payment.status, payment.amount_minor
        if payment.status == "succeeded":
            self._captured[payment.currency] += payment.amount_minor

    def payment(self, payment_id: str, param: str = "intent") -> Payment:
        """Return one payment.

        Raises:
            ApiError: 404.
        """
        payment = self.payments.get(payment_id)
        if payment is None:
            raise resource_missing("payment_intent", payment_id, param)
        return payment

    def void(self, payment_id: str) -> Payment:
        """Cancel an authorised payment.

        Raises:
            ApiError: unknown, or it holds no money that could be let go.
        """
        payment = self.payment(payment_id)
        if payment.status != "requires_capture":
            raise unexpected_state("cancel", payment.status, "requires_capture")
        payment.status = "canceled"
        return payment

    def check_refundable(self, payment_id: str, amount_minor: int) -> Payment:
        """Return the payment when so much can be given back.

        Raises:
            ApiError: unknown payment, not captured, nothing left, or more than is left.
        """
        payment = self.payment(payment_id, "payment_intent")
        if payment.status != "succeeded":
            raise unexpected_state("refund", payment.status, "succeeded")
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
        self._count(refund, 1)

    def change(self, before: dict[str, Any], after: dict[str, Any], body: bytes) -> None:
        """Show another status of a refund; money it no longer moves may be refunded again."""
        self._refunds[after["id"]] = Refund(after["id"], body)
        if after["status"] in ENDED and before["status"] not in ENDED:
            self.payments[after["payment_intent"]].reserved_minor -= after["amount"]
        self._count(before, -1)
        self._count(after, 1)

    def _count(self, refund: dict[str, Any], step: int) -> None:
        self._statuses[refund["status"]] += step
        if refund["status"] == "succeeded":
            self._refunded[refund["currency"].upper()] += step * refund["amount"]

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
        refunded = {currency: minor for currency, minor in self._refunded.items() if minor}
        return {
            "payments": len(self.payments),
            "captured_minor": dict(self._captured),
            "refunds": self._statuses["succeeded"],
            "refunds_open": self._statuses["pending"] + self._statuses["requires_action"],
            "refunds_failed": self._statuses["failed"] + self._statuses["canceled"],
            "refunded_minor": refunded,
        }
