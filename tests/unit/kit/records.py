"""Kafka records as the reader meets them, well-formed unless a test says otherwise."""

from typing import Any, NamedTuple

import orjson

from contracts.cancellation import CancelOrder
from contracts.orders import OrderPlaced
from kit.cloudevents import Incoming, MessageReader, Undecodable
from services.cancellation.translation import stream_of

ORDER: dict[str, Any] = {
    "order_id": "489434",
    "placed_at": "2026-02-27T09:30:00Z",
    "currency": "EUR",
    "lines": [
        {"line_id": "1", "sku": "SKU-1", "title": "Mug", "quantity": 2, "unit_price_minor": 500}
    ],
}
COMMAND: dict[str, Any] = {"order_id": "489434", "reason": "STAFF"}
READER = MessageReader((OrderPlaced, CancelOrder), stream_of)


class Record(NamedTuple):
    """What aiokafka hands over, as far as it is read."""

    value: bytes | None
    headers: tuple[tuple[str, Any], ...]
    key: bytes | None = b"489434"
    topic: str = "orders.events"
    partition: int = 3
    offset: int = 42


def a_record(data: Any = ORDER, *, type_: Any = OrderPlaced.TYPE, **changes: Any) -> Any:
    """Return a record; name headers to change them, `None` to leave one out."""
    headers: dict[str, Any] = {
        "ce_specversion": b"1.0",
        "ce_id": b"message-1",
        "ce_source": b"/upstream",
        "ce_type": type_.encode(),
    }
    fields: dict[str, Any] = {
        "value": data if isinstance(data, bytes) else orjson.dumps(data),
        **{name: changes.pop(name) for name in ("key", "value") if name in changes},
    }
    kept = ((name, text) for name, text in (headers | changes).items() if text is not None)
    return Record(headers=tuple(kept), **fields)


def a_command(**fields: Any) -> Any:
    """Return a record with a cancel command."""
    return a_record({**COMMAND, **fields}, type_=CancelOrder.TYPE)


def put_aside(record: Any) -> Undecodable:
    """Read a record that must be put aside."""
    read = READER.read(record)
    assert isinstance(read, Undecodable), read
    return read


def understood(record: Any) -> Incoming:
    """Read a record that must be understood."""
    read = READER.read(record)
    assert isinstance(read, Incoming), read
    return read
