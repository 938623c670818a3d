"""Data with names: messages as upstream and the services would send them.

All of one story is about order 489434 unless a test says otherwise. Each mother gives a whole and
valid message; name only what the test is about.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from contracts import cancellation, inventory, notifier, orders, refunds
from kit.facts import Cause
from kit.ids import child_id, event_id
from tests.support.spec import NOW, STREAM

ORDER_ID = "489434"
PAYMENT_ID = "pi_489434"
PLACED_AT = datetime(2026, 2, 27, 9, 30, tzinfo=UTC)
SHOP = "Orders <orders@shop.example>"
A_CUSTOMER = orders.Customer(customer_id="13085", email="ada@example.com", locale="en")
A_CAUSE = Cause(message_id="command-1", correlation_id="story-1", recorded_at=NOW)


def cancellation_at(version: int) -> UUID:
    """Return the id of the cancellation decided as fact number `version` of the story."""
    return event_id(STREAM, version)


FIRST = cancellation_at(3)
"""The cancellation that follows a placement and a capture."""


def a_line(line_id: str = "1", *, quantity: int = 2, price_minor: int = 500) -> orders.OrderLine:
    """Two mugs at 5.00, unless told otherwise."""
    return orders.OrderLine(
        line_id=line_id, sku=f"SKU-{line_id}", title=f"Mug no. {line_id}", quantity=quantity,
        unit_price_minor=price_minor,
    )  # fmt: skip


def an_order(
    *lines: orders.OrderLine, customer: orders.Customer | None = A_CUSTOMER, **changes: Any
) -> orders.OrderPlaced:
    """Ada's order of two lines worth 20.00 EUR."""
    return orders.OrderPlaced(
        **{
            "order_id": ORDER_ID,
            "placed_at": PLACED_AT,
            "currency": "EUR",
            "customer": customer,
            "country": "France",
            "lines": lines or (a_line("1"), a_line("2")),
            **changes,
        }
    )


def an_authorization(amount_minor: int = 2000) -> orders.PaymentAuthorized:
    """Money held, not moved."""
    return orders.PaymentAuthorized(
        order_id=ORDER_ID, payment_id=PAYMENT_ID, amount_minor=amount_minor, authorized_at=PLACED_AT
    )


def a_capture(amount_minor: int = 2000, payment_id: str = PAYMENT_ID) -> orders.PaymentCaptured:
    """Money moved to the shop; the whole of Ada's order, unless told otherwise."""
    return orders.PaymentCaptured(
        order_id=ORDER_ID, payment_id=payment_id, amount_minor=amount_minor, captured_at=PLACED_AT
    )


def a_shipment(*units: tuple[str, int]) -> orders.LinesFulfilled:
    """Units out of the door: `a_shipment(("1", 2))`."""
    return orders.LinesFulfilled(
        order_id=ORDER_ID,
        lines=tuple(
            orders.LineQuantity(line_id=line_id, quantity=quantity) for line_id, quantity in units
        ),
        fulfilled_at=PLACED_AT,
    )


def a_cancel_command(
    *, lines: Sequence[tuple[str, int]] | None = None, **changes: Any
) -> cancellation.CancelOrder:
    """Cancel all that is left, or `lines=[("1", 2)]`; the customer asked for it."""
    return cancellation.CancelOrder(
        **{
            "order_id": ORDER_ID,
            "reason": "CUSTOMER",
            "lines": None
            if lines is None
            else tuple(
                cancellation.CancelLine(line_id=line_id, quantity=quantity)
                for line_id, quantity in lines
            ),
            **changes,
        }
    )


def a_cancelled_line(
    line_id: str = "1", *, quantity: int = 2, ordered: int = 2, amount_minor: int = 1000
) -> cancellation.CancelledLine:
    """Both mugs of a line, worth 10.00."""
    return cancellation.CancelledLine(
        line_id=line_id, sku=f"SKU-{line_id}", title=f"Mug no. {line_id}", quantity=quantity,
        ordered_quantity=ordered, amount_minor=amount_minor,
    )  # fmt: skip


def a_refund_due(
    amount_minor: int = 2000, payment_id: str = PAYMENT_ID, captured_minor: int = 2000
) -> cancellation.RefundDue:
    """20.00 of 20.00 captured."""
    return cancellation.RefundDue(
        payment_id=payment_id, amount_minor=amount_minor, captured_minor=captured_minor
    )


def a_recipient(locale: str = "en", email: str = "ada@example.com") -> cancellation.Recipient:
    """Ada, in English."""
    return cancellation.Recipient.model_validate({"email": email, "locale": locale})


def an_order_cancelled(**changes: Any) -> cancellation.OrderCancelled:
    """Ada's whole order is cancelled: the public message the three legs hear."""
    due = changes.pop("refunds", (a_refund_due(),))
    return cancellation.OrderCancelled(
        **{
            "order_id": ORDER_ID,
            "cancellation_id": FIRST,
            "command_id": "command-1",
            "reason": "CUSTOMER",
            "currency": "EUR",
            "lines": (a_cancelled_line("1"), a_cancelled_line("2")),
            "refund_minor": sum(refund.amount_minor for refund in due),
            "refunds": due,
            "restock": True,
            "recipient": a_recipient(),
            "nothing_left": True,
            "cancelled_at": NOW,
            **changes,
        }
    )


def about_refund(cancellation_id: UUID, payment_id: str, amount_minor: int) -> dict[str, Any]:
    """Return what every word about a refund says."""
    return {
        "order_id": ORDER_ID,
        "cancellation_id": cancellation_id,
        "refund_id": child_id(cancellation_id, payment_id),
        "payment_id": payment_id,
        "amount_minor": amount_minor,
        "currency": "EUR",
    }


def a_refund_success(
    cancellation_id: UUID = FIRST, payment_id: str = PAYMENT_ID, amount_minor: int = 2000
) -> refunds.RefundSucceeded:
    """The refunds service says the money is back."""
    return refunds.RefundSucceeded(
        **about_refund(cancellation_id, payment_id, amount_minor),
        provider_reference="re_1",
        succeeded_at=NOW,
    )


def a_refund_failure(
    cancellation_id: UUID = FIRST, payment_id: str = PAYMENT_ID, amount_minor: int = 2000
) -> refunds.RefundFailed:
    """The refunds service says no money moved."""
    return refunds.RefundFailed(
        **about_refund(cancellation_id, payment_id, amount_minor),
        code="charge_disputed",
        detail="the charge is disputed",
        failed_at=NOW,
    )


def a_refund_uncertainty(
    cancellation_id: UUID = FIRST, payment_id: str = PAYMENT_ID, amount_minor: int = 2000
) -> refunds.RefundUncertain:
    """The refunds service says nobody knows."""
    return refunds.RefundUncertain(
        **about_refund(cancellation_id, payment_id, amount_minor),
        detail="HTTP 503",
        noticed_at=NOW,
    )


def a_restock(cancellation_id: UUID = FIRST) -> inventory.StockRestocked:
    """The inventory service says the mugs are back on the shelf."""
    return inventory.StockRestocked(
        order_id=ORDER_ID,
        cancellation_id=cancellation_id,
        lines=(inventory.RestockedLine(line_id="1", sku="SKU-1", quantity=2),),
        restocked_at=NOW,
    )


def a_restock_failure(cancellation_id: UUID = FIRST) -> inventory.RestockFailed:
    """The inventory service says nothing went back."""
    return inventory.RestockFailed(
        order_id=ORDER_ID,
        cancellation_id=cancellation_id,
        code="MORE_THAN_ORDERED",
        detail="line 1: 3 units back of 2 ordered",
        failed_at=NOW,
    )


def _about_mail(cancellation_id: UUID) -> dict[str, Any]:
    return {
        "order_id": ORDER_ID,
        "cancellation_id": cancellation_id,
        "message_id": child_id(cancellation_id, "order_cancelled"),
    }


def a_notification(cancellation_id: UUID = FIRST) -> notifier.CustomerNotified:
    """The notifier says the mail server took the message."""
    return notifier.CustomerNotified(**_about_mail(cancellation_id), accepted_at=NOW)


def a_notification_failure(cancellation_id: UUID = FIRST) -> notifier.CustomerNotificationFailed:
    """The notifier says the mail server refused."""
    return notifier.CustomerNotificationFailed(
        **_about_mail(cancellation_id), code="SMTP_550", detail="no such mailbox", failed_at=NOW
    )


def a_notification_uncertainty(
    cancellation_id: UUID = FIRST,
) -> notifier.CustomerNotificationUncertain:
    """The notifier says nobody knows whether the message was taken."""
    return notifier.CustomerNotificationUncertain(
        **_about_mail(cancellation_id), detail="the line was lost", noticed_at=NOW
    )
