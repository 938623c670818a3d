"""What receivers are told: of each event the fields named here, and nothing else.

An allow-list, because a field that is added to an event must not leave the house by itself. None
here holds a customer, an address, a name, or words that somebody has written.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from contracts import cancellation, inventory, refunds
from contracts.message import Event

PING = "webhook.ping.v1"
"""Type of what is sent to try a receiver."""


class Said(NamedTuple):
    """One event as every receiver gets it."""

    type: str
    moment: datetime
    """When it became true; an endpoint hears of what became true after it was registered."""
    body: str
    """Exactly these characters are signed, kept, and sent on every attempt."""


class _Terms(NamedTuple):
    moment: str
    """The field that says when."""
    fields: tuple[Any, ...]
    """A name, or a name and the fields of each part below it."""


_CANCELLATION = ("order_id", "cancellation_id")
_LINES = ("lines", ("line_id", "sku", "quantity", "amount_minor"))
_QUANTITIES = ("lines", ("line_id", "quantity"))
_REFUND = (*_CANCELLATION, "refund_id", "payment_id", "amount_minor", "currency")
_VOID = (*_CANCELLATION, "void_id", "payment_id", "amount_minor", "currency")
_DECIDED = (*_CANCELLATION, "reason", "currency", _LINES, "refund_minor", "restock", "nothing_left")
_ARRIVAL = ("provider_reference", "arrival_from", "arrival_until")

_TERMS: Mapping[type[Event], _Terms] = MappingProxyType(
    {
        cancellation.OrderCancelled: _Terms("cancelled_at", (*_DECIDED, "held_until")),
        cancellation.OrderCancellationConfirmed: _Terms("confirmed_at", _DECIDED),
        cancellation.OrderCancellationUndone: _Terms("undone_at", (*_CANCELLATION, _QUANTITIES)),
        cancellation.OrderCancellationCompleted: _Terms(
            "completed_at",
            (*_CANCELLATION, "refund", "restock", "notification", "void", "store_credit"),
        ),
        cancellation.OrderReinstated: _Terms(
            "reinstated_at", (*_CANCELLATION, "currency", _QUANTITIES, "charge_minor")
        ),
        cancellation.OrderCancellationRequested: _Terms(
            "requested_at",
            ("order_id", "request_id", "kind", "reason", "currency", _QUANTITIES, "refund_minor",
             "expires_at"),
        ),
        cancellation.OrderCancellationApproved: _Terms(
            "approved_at", ("order_id", "request_id", "cancellation_id", "is_by_default")
        ),
        cancellation.OrderCancellationDenied: _Terms(
            "denied_at", ("order_id", "request_id", "is_by_default")
        ),
        refunds.RefundPending: _Terms("noticed_at", (*_REFUND, "status", *_ARRIVAL)),
        refunds.RefundSucceeded: _Terms(
            "succeeded_at", (*_REFUND, *_ARRIVAL, "acquirer_reference", "credit_note_number")
        ),
        refunds.RefundFailed: _Terms(
            "failed_at", (*_REFUND, "code", "after_success", "is_final", "retry_at")
        ),
        refunds.RefundCanceled: _Terms("canceled_at", (*_REFUND, "provider_reference")),
        refunds.RefundUncertain: _Terms("noticed_at", _REFUND),
        refunds.PaymentVoidSucceeded: _Terms("voided_at", _VOID),
        refunds.PaymentVoidFailed: _Terms("failed_at", (*_VOID, "code", "is_uncertain")),
        refunds.StoreCreditIssued: _Terms(
            "issued_at", (*_CANCELLATION, "credit_id", "amount_minor", "currency", "expires_at")
        ),
        inventory.StockRestocked: _Terms(
            "restocked_at",
            (*_CANCELLATION, "request_id", ("lines", ("line_id", "sku", "quantity", "location"))),
        ),
        inventory.StockReleased: _Terms(
            "released_at",
            (*_CANCELLATION, "request_id", ("items", ("sku", "quantity", "location"))),
        ),
    }
)  # fmt: skip

OFFERED: tuple[type[Event], ...] = tuple(_TERMS)
"""Events that may go out."""

TYPES: frozenset[str] = frozenset(event.TYPE for event in OFFERED)
"""What an endpoint may ask for."""


def moment_of(event: Any) -> datetime:
    """Return when an event became true."""
    moment: datetime = getattr(event, _TERMS[type(event)].moment)
    return moment


def said(event: Any) -> Said:
    """Write an event down as receivers get it."""
    moment, fields = moment_of(event), _TERMS[type(event)].fields
    return _written(event.TYPE, moment, event.model_dump_json(include=_include(fields)))


def said_to_try(endpoint_id: Any, moment: datetime) -> Said:
    """Write down what is sent to try a receiver."""
    return _written(PING, moment, f'{{"endpoint_id":"{endpoint_id}"}}')


def _written(type_: str, moment: datetime, data: str) -> Said:
    body = f'{{"type":"{type_}","timestamp":"{moment.isoformat()}","data":{data}}}'
    return Said(type_, moment, body)


def _include(fields: tuple[Any, ...]) -> dict[str, Any]:
    """Return the fields as pydantic wants them named."""
    return {
        name: below
        for field in fields
        for name, below in [
            (field, True) if isinstance(field, str) else (field[0], {"__all__": set(field[1])})
        ]
    }
