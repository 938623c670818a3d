"""Messages as upstream and the services send them, for tests that need some and care for few."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from contracts.cancellation import CancelledLine, CancelOrder, OrderCancelled, Recipient, RefundDue
from contracts.message import Message
from contracts.orders import Customer, LinesFulfilled, OrderLine, OrderPlaced, PaymentCaptured
from kit.cloudevents import Headers, Incoming, fingerprint, write_headers
from kit.ids import NAMESPACE
from services.cancellation.translation import stream_of

MOMENT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
PRICE_MINOR = 1_250


def placed(order_id: str, *units: int, **more: Any) -> OrderPlaced:
    """Place an order with one line per number of units, at 12.50 EUR each; two lines by default."""
    return OrderPlaced(
        order_id=order_id,
        placed_at=MOMENT,
        currency="EUR",
        customer=Customer(customer_id="C1", email=f"{order_id}@shop.example"),
        lines=tuple(
            OrderLine(
                line_id=str(number), sku=f"sku-{number}", title=f"Article {number}",
                quantity=quantity, unit_price_minor=PRICE_MINOR,
            )
            for number, quantity in enumerate(units or (2, 1), 1)
        ),
    ).model_copy(update=more)  # fmt: skip


def captured(order_id: str, amount_minor: int = 3 * PRICE_MINOR) -> PaymentCaptured:
    """Capture the payment `pi_<order>`, by default all of a default order."""
    return PaymentCaptured(
        order_id=order_id, payment_id=f"pi_{order_id}", amount_minor=amount_minor,
        captured_at=MOMENT,
    )  # fmt: skip


def fulfilled(order_id: str, **units: int) -> LinesFulfilled:
    """Ship units: `fulfilled("1", line_1=2)` ships two of line 1."""
    lines = [
        {"line_id": name.removeprefix("line_"), "quantity": quantity}
        for name, quantity in units.items()
    ]
    return LinesFulfilled.model_validate(
        {"order_id": order_id, "lines": lines, "fulfilled_at": MOMENT}
    )


def cancel(order_id: str, **more: Any) -> CancelOrder:
    """Ask to cancel; all that is left unless `lines` says otherwise."""
    return CancelOrder.model_validate({"order_id": order_id, "reason": "CUSTOMER", **more})


def cancelled(order_id: str, amount_minor: int = 3 * PRICE_MINOR) -> OrderCancelled:
    """Say what the cancellation service says when the default order is cancelled and refunded."""
    return OrderCancelled(
        order_id=order_id,
        cancellation_id=cancellation_id(order_id),
        command_id=f"cancel-{order_id}",
        reason="CUSTOMER",
        currency="EUR",
        lines=(
            CancelledLine(
                line_id="1", sku="sku-1", title="Article 1", quantity=3, ordered_quantity=3,
                amount_minor=amount_minor,
            ),
        ),
        refund_minor=amount_minor,
        refunds=(
            RefundDue(
                payment_id=f"pi_{order_id}", amount_minor=amount_minor, captured_minor=amount_minor
            ),
        ),
        restock=True,
        recipient=Recipient(email=f"{order_id}@shop.example", locale="en"),
        nothing_left=True,
        cancelled_at=MOMENT,
    )  # fmt: skip


def cancellation_id(order_id: str) -> UUID:
    """Return the cancellation id `cancelled` uses."""
    return uuid5(NAMESPACE, f"cancellation:{order_id}")


def incoming(
    message: Any, id_: str, *, traceparent: str | None = None,
    stream_of: Callable[[Any], tuple[str, UUID]] = stream_of,
) -> Incoming:  # fmt: skip
    """Return a message as a consumer hands it to the processor, by default of cancellation."""
    return Incoming(
        id_, message.TYPE, message, stream_of(message)[1], fingerprint(message.TYPE, message),
        id_, traceparent,
    )  # fmt: skip


def headers(message: Any, id_: str, *, traceparent: str | None = None) -> Headers:
    """Return the CloudEvents headers upstream would write."""
    return write_headers(
        id_=id_, source="/tests", type_=message.TYPE, subject=message.order_id,
        time=MOMENT.isoformat(), correlation_id=id_, traceparent=traceparent,
    )  # fmt: skip


def record(message: Message, id_: str, *, traceparent: str | None = None) -> dict[str, Any]:
    """Return what a producer sends for a message: `key`, `value` and `headers`."""
    about: Any = message
    return {
        "key": about.order_id.encode(),
        "value": message.model_dump_json().encode(),
        "headers": headers(message, id_, traceparent=traceparent),
    }
