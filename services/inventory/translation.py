"""Between private facts and public messages."""

from typing import Any
from uuid import UUID

from contracts import inventory as public
from contracts.topics import INVENTORY
from kit.facts import Cause, Fact
from kit.ids import stream_id
from kit.relay import Outgoing, said_as_stored
from services.inventory.domain import events

_PUBLIC: dict[type[Fact], tuple[Any, str]] = {
    events.StockRestocked: (public.StockRestocked, "restocked_at"),
    events.RestockFailed: (public.RestockFailed, "failed_at"),
    events.StockReleased: (public.StockReleased, "released_at"),
    events.StockCaseOpened: (public.StockCaseOpened, "opened_at"),
    events.StockAdjusted: (public.StockAdjusted, "adjusted_at"),
    events.StockLocationSet: (public.StockLocationSet, "set_at"),
    events.StockCommandRejected: (public.StockCommandRejected, "rejected_at"),
}
"""What a fact is called in public, and the field that says when."""

PUBLISHES = frozenset(fact.NAME for fact in _PUBLIC)
"""Stored names that become messages."""

_SAID = {
    fact: (model, moment, tuple(name for name in model.model_fields if name != moment))
    for fact, (model, moment) in _PUBLIC.items()
}

SAYS = {
    fact.NAME: said_as_stored(INVENTORY.name, "order_id", *_PUBLIC[fact])
    for fact in (events.RestockFailed, events.StockReleased, events.StockCaseOpened)
}
"""How those are said that need not be read for it."""


def stream_of(message: Any) -> tuple[str, UUID]:
    """Return the key and the stream of a message: its order, as this service sees it.

    A count belongs to its article, so that no two orders ever meet in one stream.
    """
    if isinstance(message, public.STOCK_COMMANDS):
        key = public.key_of(message)
        return key, stream_id(f"inventory:{key}")
    return message.order_id, stream_id(f"inventory:{message.order_id}")


def translate(fact: Fact, cause: Cause) -> Outgoing:
    """Write the public message of a published fact; who and why stay here."""
    said = _SAID.get(type(fact))
    if said is None:
        raise TypeError(f"{fact.NAME} is private")
    model, moment, names = said
    values = {name: getattr(fact, name) for name in names}
    if isinstance(fact, events.StockRestocked):
        values["lines"] = tuple(_said_line(line) for line in fact.lines)
    message = model(**values, **{moment: cause.recorded_at})
    key = getattr(fact, "order_id", None) or public.key_of(message)
    return Outgoing(INVENTORY.name, key, message)


def _said_line(line: events.BackLine) -> public.RestockedLine:
    """What the units were until then stays here."""
    return public.RestockedLine(
        line_id=line.line_id, sku=line.sku, quantity=line.quantity, location=line.location
    )
