"""What the cancellation service says after a cancellation, as the legs hear it; see `mothers`."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from contracts import cancellation
from contracts.orders import LineQuantity
from tests.support.mothers import (
    FIRST,
    ORDER_ID,
    a_recipient,
    a_refund_due,
    an_order_cancelled,
    cancellation_at,
)
from tests.support.spec import NOW

REQUEST = cancellation_at(9)
"""A request of money or stock made after the cancellation."""


def a_held_cancellation(**changes: Any) -> cancellation.OrderCancelled:
    """Ada's whole order is cancelled, and nothing may move for a quarter of an hour."""
    return an_order_cancelled(**{"held_until": NOW + timedelta(minutes=15), **changes})


def a_confirmation(**changes: Any) -> cancellation.OrderCancellationConfirmed:
    """The same once its hold is over."""
    said = an_order_cancelled(**changes).model_dump(exclude={"held_until"})
    return cancellation.OrderCancellationConfirmed.model_validate({**said, "confirmed_at": NOW})


def a_later_refund(
    *due: cancellation.RefundDue, cancellation_id: UUID = FIRST
) -> cancellation.RefundRequested:
    """5.00 more are due on Ada's payment."""
    refunds = due or (a_refund_due(500),)
    return cancellation.RefundRequested(
        order_id=ORDER_ID,
        cancellation_id=cancellation_id,
        request_id=REQUEST,
        command_id=None,
        cause="LATE_PAYMENT",
        currency="EUR",
        refunds=refunds,
        refund_minor=sum(refund.amount_minor for refund in refunds),
        balance_minor=0,
        requested_at=NOW,
    )


def back(
    line_id: str = "1", quantity: int = 1, ordered: int = 2, location: str | None = None
) -> cancellation.RestockLine:
    """One unit of a line, for a shelf."""
    return cancellation.RestockLine(
        line_id=line_id, sku=f"SKU-{line_id}", quantity=quantity, ordered_quantity=ordered,
        location=location,
    )  # fmt: skip


def a_restock_request(*lines: cancellation.RestockLine) -> cancellation.RestockRequested:
    """Somebody puts units back by hand."""
    return cancellation.RestockRequested(
        order_id=ORDER_ID,
        cancellation_id=FIRST,
        request_id=REQUEST,
        command_id="restock-1",
        lines=lines,
        requested_at=NOW,
    )


def a_reinstated_order(
    units: Sequence[tuple[str, int]], cancellation_id: UUID = FIRST
) -> cancellation.OrderReinstated:
    """Ada gets her order after all; these units are needed again."""
    lines = tuple(LineQuantity(line_id=id_, quantity=count) for id_, count in units)
    return cancellation.OrderReinstated(
        order_id=ORDER_ID,
        cancellation_id=cancellation_id,
        command_id="reinstate-1",
        currency="EUR",
        lines=lines,
        reserve_lines=lines,
        charge_minor=0,
        aftermath=(),
        reinstated_at=NOW,
    )


def a_notice(message_id: UUID) -> bytes:
    """Return what another mail server writes when it cannot deliver a mail of ours (RFC 3464)."""
    return f"""From: MAILER-DAEMON@mx.example
To: orders@shop.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I am sorry to have to inform you.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; ada@example.com
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 no
 such mailbox

--b
Content-Type: message/rfc822

From: orders@shop.example
Message-ID: <{message_id}@countermand>
Subject: Your order

Hello

--b--
""".encode()


ASKED = UUID(int=7)
"""A customer's request."""


def a_reinstatement() -> cancellation.OrderReinstated:
    """The cancellation is taken back; 5.00 are to be paid again."""
    return cancellation.OrderReinstated(
        order_id=ORDER_ID, cancellation_id=FIRST, command_id="c", currency="EUR", lines=(),
        reserve_lines=(), charge_minor=500, aftermath=(), reinstated_at=NOW,
    )  # fmt: skip


def a_customers_request(**changes: Any) -> cancellation.OrderCancellationRequested:
    """A customer who reads French asks for a cancellation."""
    said: dict[str, Any] = {
        "order_id": ORDER_ID, "request_id": ASKED, "command_id": "c",
        "kind": "CUSTOMER_REQUEST", "reason": "CUSTOMER", "currency": "EUR", "lines": (),
        "refund_minor": 500, "expires_at": NOW + timedelta(days=2), "default_outcome": "DENY",
        "recipient": a_recipient("fr"), "requested_at": NOW, **changes,
    }  # fmt: skip
    return cancellation.OrderCancellationRequested(**said)


def a_denial() -> cancellation.OrderCancellationDenied:
    """That request is denied, with a word to the customer."""
    return cancellation.OrderCancellationDenied(
        order_id=ORDER_ID, request_id=ASKED, command_id="c", is_by_default=False,
        customer_message="It is packed already.", denied_at=NOW,
    )  # fmt: skip
