"""What the refunds service may say about money of a cancellation, each word with a mother."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from contracts import refunds
from kit.ids import child_id
from tests.support.mothers import FIRST, ORDER_ID, PAYMENT_ID
from tests.support.spec import NOW

REFUND = child_id(FIRST, PAYMENT_ID)
LATER = UUID(int=5)
"""A refund asked for after the cancellation."""
HOURS = timedelta(hours=2)
"""Longer than what is no news."""

ABOUT: dict[str, Any] = {
    "order_id": ORDER_ID, "cancellation_id": FIRST, "payment_id": PAYMENT_ID,
    "amount_minor": 2000, "currency": "EUR",
}  # fmt: skip


def pending(refund_id: UUID = LATER, **changes: Any) -> refunds.RefundPending:
    """The provider has it and is not done."""
    said: dict[str, Any] = {
        "status": "pending", "provider_reference": "re_1", "noticed_at": NOW, **changes,
    }  # fmt: skip
    return refunds.RefundPending(**ABOUT, refund_id=refund_id, **said)


def success(refund_id: UUID = LATER, **changes: Any) -> refunds.RefundSucceeded:
    """The provider says it is done."""
    said: dict[str, Any] = {"provider_reference": "re_1", "succeeded_at": NOW, **changes}
    return refunds.RefundSucceeded(**ABOUT, refund_id=refund_id, **said)


def failure(refund_id: UUID = LATER, **changes: Any) -> refunds.RefundFailed:
    """No money moved, or it came back."""
    said: dict[str, Any] = {"code": "declined", "detail": "no", "failed_at": NOW, **changes}
    return refunds.RefundFailed(**ABOUT, refund_id=refund_id, **said)


def canceled(refund_id: UUID = LATER) -> refunds.RefundCanceled:
    """The provider gave it up."""
    return refunds.RefundCanceled(**ABOUT, refund_id=refund_id, detail="no", canceled_at=NOW)


def refilled(refund_id: UUID = LATER) -> refunds.GiftCardRefilled:
    """A gift card has its value back."""
    return refunds.GiftCardRefilled(**ABOUT, refund_id=refund_id, refilled_at=NOW)


def restored(refund_id: UUID = LATER) -> refunds.StoreCreditRestored:
    """What store credit had paid is credit again."""
    return refunds.StoreCreditRestored(**ABOUT, refund_id=refund_id, restored_at=NOW)


def paid(refund_id: UUID = LATER) -> refunds.ManualRefundPaid:
    """A person has given it back."""
    return refunds.ManualRefundPaid(
        **ABOUT, refund_id=refund_id, proof="transfer 7", paid_at=NOW, recorded_at=NOW
    )


def released(**changes: Any) -> refunds.PaymentVoidSucceeded:
    """An authorised payment is held no longer."""
    said: dict[str, Any] = {"void_id": LATER, "voided_at": NOW, **changes}
    return refunds.PaymentVoidSucceeded(**{**ABOUT, "currency": None}, **said)


def credited(**changes: Any) -> refunds.StoreCreditIssued:
    """Credit stands in the account."""
    about = {name: value for name, value in ABOUT.items() if name != "payment_id"}
    said: dict[str, Any] = {
        "credit_id": LATER, "customer_id": "13085", "issued_at": NOW,
        "expires_at": NOW + timedelta(days=365), **changes,
    }  # fmt: skip
    return refunds.StoreCreditIssued(**about, **said)
