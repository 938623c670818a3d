"""Orders and commands to measure with, and a way to put orders into a store quickly.

An order has three lines, one payment and a customer: about 600 bytes stored, 580 published.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import asyncpg

from contracts.cancellation import CancelOrder
from contracts.orders import Customer, OrderLine, OrderPlaced, PaymentCaptured
from countermand.upstream import Outgoing
from kit.event_store import EventStore, Pending
from kit.facts import Cause
from kit.ids import stream_id
from services.cancellation.bootstrap import SERVICE
from services.cancellation.domain import events

LINES = (("85048", "15CM CHRISTMAS GLASS BALL 20 LIGHTS", 12, 695),
         ("79323P", "PINK CHERRY LIGHTS", 12, 675),
         ("22041", 'RECORD FRAME 7" SINGLE SIZE', 48, 210))  # fmt: skip
TOTAL_MINOR = sum(quantity * price for _, _, quantity, price in LINES)
PAGE_SIZE = 2_000


def placed(order_id: str, now: datetime) -> OrderPlaced:
    """Return one order."""
    return OrderPlaced(
        order_id=order_id,
        placed_at=now,
        currency="GBP",
        customer=Customer(customer_id="13085", email="customer-13085@customers.example"),
        country="United Kingdom",
        lines=tuple(
            OrderLine(line_id=str(n), sku=sku, title=title, quantity=quantity,
                      unit_price_minor=price)
            for n, (sku, title, quantity, price) in enumerate(LINES, 1)
        ),
    )  # fmt: skip


def payments(prefix: str, count: int) -> list[dict[str, object]]:
    """Return what the payment provider must know."""
    return [
        {"payment_id": f"pi_{prefix}-{n}", "amount_minor": TOTAL_MINOR, "currency": "GBP"}
        for n in range(count)
    ]


def commands(prefix: str, count: int) -> Iterator[Outgoing]:
    """Return one cancel command per order."""
    for n in range(count):
        command = CancelOrder(order_id=f"{prefix}-{n}", reason="CUSTOMER", requested_by="bench")
        yield Outgoing(f"{prefix}-{n}-cancel", command)


async def store_orders(
    dsn: str, prefix: str, count: int, store: EventStore = SERVICE.store
) -> None:
    """Append `count` orders, placed and paid, straight to the store."""
    now = datetime.now(UTC)
    cause = Cause(message_id=prefix, correlation_id=prefix, recorded_at=now)
    cause_json = store.mapper.transcoder.encode(cause)
    connection = await asyncpg.connect(dsn)
    try:
        for start in range(0, count, PAGE_SIZE):
            rows = []
            for n in range(start, min(start + PAGE_SIZE, count)):
                order_id = f"{prefix}-{n}"
                captured = PaymentCaptured(
                    order_id=order_id, payment_id=f"pi_{order_id}", amount_minor=TOTAL_MINOR,
                    captured_at=now,
                )  # fmt: skip
                facts = (
                    events.OrderPlaced(message=placed(order_id, now)),
                    events.PaymentCaptured(message=captured),
                )
                stream = stream_id(f"order:{order_id}")
                for version, fact in enumerate(facts, 1):
                    body = store.mapper.write_body(fact, cause_json)
                    rows.append(Pending(stream, version, fact.NAME, body))
            async with connection.transaction():
                await store.append(connection, rows)
        await connection.execute("ANALYZE cancellation.cancellation_events")
    finally:
        await connection.close()
