"""The refund ledger of one order, and the decisions about it.

Σ refunds asked for on a payment ≤ captured on it: an invariant of this ledger, whoever asks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from contracts.cancellation import OrderCancellationConfirmed, OrderCancelled, RefundRequested
from kit.decider import Context, Decider, Unacceptable
from kit.facts import Fact
from kit.ids import child_id
from services.refunds.domain import commands, events


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything ever asked for or given back on one order."""

    committed: Mapping[str, int] = field(default_factory=dict)
    """Minor units asked for and not failed, per payment."""
    requested: Mapping[UUID, events.RefundRequested] = field(default_factory=dict)
    """Every refund asked for."""
    settled: frozenset[UUID] = frozenset()
    """Refunds with a final word, and those never asked for because the ledger forbade it."""


def evolve(ledger: Ledger, fact: Fact) -> Ledger:
    """Return the ledger after `fact`."""
    match fact:
        case events.RefundRequested():
            return replace(
                ledger,
                committed=_add(ledger.committed, fact.payment_id, fact.amount_minor),
                requested={**ledger.requested, fact.refund_id: fact},
            )
        case events.RefundFailed():
            returned = fact.amount_minor if fact.refund_id in ledger.requested else 0
            return replace(
                ledger,
                committed=_add(ledger.committed, fact.payment_id, -returned),
                settled=ledger.settled | {fact.refund_id},
            )
        case events.RefundSucceeded() | events.RefundUncertain():
            return replace(ledger, settled=ledger.settled | {fact.refund_id})
        case _:
            raise TypeError(type(fact).__name__)


def _add(totals: Mapping[str, int], key: str, amount: int) -> dict[str, int]:
    return {**totals, key: totals.get(key, 0) + amount}


HEARD: tuple[type[Any], ...] = (OrderCancelled, OrderCancellationConfirmed, RefundRequested)
"""Messages that may bring refunds."""


def request_refunds(ledger: Ledger, message: Any, _: Context) -> Sequence[Fact]:
    """Ask for every refund due that was not asked for before and stays within what was captured.

    Nothing is asked for while a cancellation is held.
    """
    if isinstance(message, OrderCancelled) and message.held_until is not None:
        return []
    is_later = isinstance(message, RefundRequested)
    root = message.request_id if is_later else message.cancellation_id
    facts: list[Fact] = []
    for due in message.refunds:
        refund_id = child_id(root, due.payment_id)
        if refund_id in ledger.requested or refund_id in ledger.settled:
            continue
        about = {
            "order_id": message.order_id,
            "cancellation_id": message.cancellation_id,
            "refund_id": refund_id,
            "payment_id": due.payment_id,
            "amount_minor": due.amount_minor,
            "currency": message.currency,
        }
        total = ledger.committed.get(due.payment_id, 0) + due.amount_minor
        fact: Fact
        if total > due.captured_minor:
            detail = f"{total} in all would exceed the {due.captured_minor} captured"
            fact = events.RefundFailed(**about, code="MORE_THAN_CAPTURED", detail=detail)
        else:
            fact = events.RefundRequested(**about)
        ledger = evolve(ledger, fact)
        facts.append(fact)
    return facts


def record_outcome(ledger: Ledger, command: Any, _: Context) -> Sequence[Fact]:
    """Record the provider's word; a second word on a settled refund changes nothing."""
    requested = ledger.requested.get(command.refund_id)
    if requested is None:
        raise Unacceptable("REFUND_NOT_FOUND", f"refund {command.refund_id} was never asked for")
    if command.refund_id in ledger.settled:
        return []
    about = dict(requested)
    match command:
        case (
            commands.RecordProviderStatus(status="succeeded", provider_reference=str(reference))
            | commands.RecordRefundSuccess(provider_reference=reference)
        ):
            return [events.RefundSucceeded(**about, provider_reference=reference)]
        case commands.RecordProviderStatus(status="failed" | "canceled" as status):
            code, detail = command.failure_reason or status, command.detail
            return [events.RefundFailed(**about, code=code, detail=detail or status)]
        case commands.RecordProviderStatus():
            return []
        case commands.RecordRefundFailure(code=code, detail=detail):
            return [events.RefundFailed(**about, code=code, detail=detail)]
        case commands.RecordRefundUncertainty(detail=detail):
            return [events.RefundUncertain(**about, detail=detail)]
        case _:
            raise TypeError(type(command).__name__)


def decide(ledger: Ledger, message: Any, context: Context) -> Sequence[Fact]:
    """Decide on what was heard or an answer of the provider."""
    if isinstance(message, HEARD):
        return request_refunds(ledger, message, context)
    return record_outcome(ledger, message, context)


LEDGER = Decider(initial=Ledger(), evolve=evolve, decide=decide)
