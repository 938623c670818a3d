"""What the refunds service and the notifier say when money takes another way; see `mothers`."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from contracts import notifier, orders, refunds
from kit.ids import child_id
from tests.support.mothers import FIRST, ORDER_ID, PAYMENT_ID, a_capture, about_refund
from tests.support.spec import NOW

CASH = orders.PaymentMethod(kind="cash", is_offline=True)
"""A way no provider can reverse."""


def a_cash_payment(amount_minor: int = 2000, payment_id: str = PAYMENT_ID) -> Any:
    """Money paid in a shop; the whole of Ada's order, unless told otherwise."""
    paid = a_capture(amount_minor, payment_id)
    return paid.model_copy(update={"tender": "CASH", "method": CASH})


def a_manual_refund_owed(
    cancellation_id: UUID = FIRST, payment_id: str = PAYMENT_ID, amount_minor: int = 2000
) -> refunds.ManualRefundOwed:
    """The refunds service says a person has to give the money back, within a week."""
    return refunds.ManualRefundOwed(
        **about_refund(cancellation_id, payment_id, amount_minor),
        tender="CASH",
        remind_at=NOW + timedelta(days=7),
        owed_at=NOW,
    )


def a_manual_refund_paid(
    cancellation_id: UUID = FIRST, payment_id: str = PAYMENT_ID, amount_minor: int = 2000
) -> refunds.ManualRefundPaid:
    """The refunds service says it has in its books that a person gave the money back."""
    return refunds.ManualRefundPaid(
        **about_refund(cancellation_id, payment_id, amount_minor),
        proof="receipt 17",
        paid_at=NOW,
        credit_note_number=f"{ORDER_ID}/CN1",
        recorded_at=NOW,
    )


def a_void_outcome(
    outcome: str = "FAILED", cancellation_id: UUID = FIRST, payment_id: str = PAYMENT_ID
) -> Any:
    """The refunds service says what became of the release of a payment."""
    about: dict[str, Any] = {
        "order_id": ORDER_ID, "cancellation_id": cancellation_id, "payment_id": payment_id,
        "void_id": child_id(cancellation_id, f"void/{payment_id}"), "amount_minor": 2000,
        "currency": "EUR",
    }  # fmt: skip
    if outcome == "SUCCEEDED":
        return refunds.PaymentVoidSucceeded(**about, voided_at=NOW)
    return refunds.PaymentVoidFailed(
        **about, code="no_such_payment", detail="the provider knows no such payment",
        is_uncertain=outcome == "UNCERTAIN", failed_at=NOW,
    )  # fmt: skip


def a_credit_outcome(outcome: str = "FAILED", root: UUID = FIRST, amount_minor: int = 2000) -> Any:
    """The refunds service says what became of store credit."""
    about: dict[str, Any] = {
        "order_id": ORDER_ID, "cancellation_id": FIRST, "amount_minor": amount_minor,
        "credit_id": child_id(root, "store-credit"), "customer_id": "13085", "currency": "EUR",
    }  # fmt: skip
    if outcome == "SUCCEEDED":
        return refunds.StoreCreditIssued(**about, issued_at=NOW)
    return refunds.StoreCreditFailed(
        **about, code="EXPIRED", detail="it would have lapsed", failed_at=NOW
    )


def a_bounce(cancellation_id: UUID | None = FIRST) -> notifier.CustomerMailBounced:
    """The notifier says a mail came back."""
    return notifier.CustomerMailBounced(
        order_id=ORDER_ID, message_id=child_id(FIRST, "order_cancelled"), kind="ORDER_CANCELLED",
        cancellation_id=cancellation_id, code="5.1.1", detail="no such mailbox", bounced_at=NOW,
    )  # fmt: skip


def an_answer(
    answer: Any = "GOOD", cancellation_id: UUID = FIRST, name: str = "order_cancelled"
) -> notifier.FeedbackGiven:
    """The notifier says what a customer answered."""
    return notifier.FeedbackGiven(
        order_id=ORDER_ID, cancellation_id=cancellation_id, answer=answer, given_at=NOW,
        message_id=child_id(cancellation_id, name),
    )  # fmt: skip


def a_message_report(outcome: Any, **changes: Any) -> notifier.CustomerMessageReported:
    """The notifier says what became of a mail beside the one about the cancellation."""
    return notifier.CustomerMessageReported(
        order_id=ORDER_ID, message_id=child_id(FIRST, "refund_succeeded"), kind="REFUND_SUCCEEDED",
        outcome=outcome, cancellation_id=FIRST, reported_at=NOW, **changes,
    )  # fmt: skip
