"""What a decision about an order brings: refunds, releases, store credit, gift cards.

Σ refunds and credit on a payment ≤ captured on it: an invariant of this ledger, whoever asks.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from contracts.cancellation import (
    OrderCancellationConfirmed,
    OrderCancelled,
    PaymentVoidRequested,
    RefundDue,
    RefundFallbackChosen,
    RefundRequested,
    StoreCreditDue,
    VoidDue,
)
from kit.decider import Context
from kit.facts import Fact
from kit.ids import child_id
from services.refunds.domain import events
from services.refunds.domain.state import Ledger, evolve

MOVES_MONEY: tuple[type[Any], ...] = (
    OrderCancelled,
    OrderCancellationConfirmed,
    RefundRequested,
    RefundFallbackChosen,
    PaymentVoidRequested,
)
"""Messages that may move money."""

REMINDED_AFTER = timedelta(days=7)
"""How long a refund by hand may take before somebody is reminded, unless the policy says."""


def carry_out(ledger: Ledger, message: Any, context: Context) -> Sequence[Fact]:
    """Record all that a decision brings and that was not recorded before.

    Nothing is while a cancellation is held.
    """
    if isinstance(message, OrderCancelled) and message.held_until is not None:
        return []
    facts: list[Fact] = []
    for bring in _BRINGS[type(message)]:
        for fact in bring(ledger, message, context):
            ledger = evolve(ledger, fact)
            facts.append(fact)
    return facts


def _root(message: Any) -> UUID:
    """Return what the ids of all that a message brings are made of."""
    root: UUID = getattr(message, "request_id", None) or message.cancellation_id
    return root


def request_refunds(ledger: Ledger, message: Any, context: Context) -> Iterable[Fact]:
    """Ask for every refund due that was not asked for and stays within what was captured."""
    for due in message.refunds:
        refund_id = child_id(_root(message), due.payment_id)
        if refund_id not in ledger.refunds:
            fact = _refund(ledger, message, due, refund_id, context)
            ledger = evolve(ledger, fact)
            yield fact


def _refund(
    ledger: Ledger, message: Any, due: RefundDue, refund_id: UUID, context: Context
) -> Fact:
    about = {
        "order_id": message.order_id,
        "cancellation_id": message.cancellation_id,
        "refund_id": refund_id,
        "payment_id": due.payment_id,
        "amount_minor": due.amount_minor,
        "currency": message.currency,
        "tender": due.tender,
        "method": due.method,
    }
    if (total := _total(ledger, due)) > due.captured_minor:
        detail = f"{total} in all would exceed the {due.captured_minor} captured"
        return events.RefundFailed(**about, code="MORE_THAN_CAPTURED", detail=detail)
    if due.tender == "STORE_CREDIT":
        return events.StoreCreditRestored(**about)
    if due.method is not None and due.method.is_offline:
        return events.ManualRefundOwed(**about, remind_at=context.now + _reminded_after(due))
    if due.tender == "GIFT_CARD":
        return events.GiftCardRefilled(**about)
    return events.RefundRequested(**about)


def _reminded_after(due: RefundDue) -> timedelta:
    given_s = due.by_hand_within_s
    return REMINDED_AFTER if given_s is None else timedelta(seconds=given_s)


def _total(ledger: Ledger, due: RefundDue) -> int:
    return ledger.committed.get(due.payment_id, 0) + due.amount_minor


def _credit_of(message: Any) -> StoreCreditDue | None:
    if isinstance(message, RefundRequested):
        return message.store_credit
    return message.money.store_credit if message.money else None


def issue_credit(ledger: Ledger, message: Any, context: Context) -> Iterable[Fact]:
    """Enter store credit once; the payments it stands for can give back so much less."""
    credit, credit_id = _credit_of(message), child_id(_root(message), "store-credit")
    if credit is None or credit_id in ledger.credits:
        return
    about = {
        "order_id": message.order_id,
        "cancellation_id": message.cancellation_id,
        "credit_id": credit_id,
        "customer_id": credit.customer_id,
        "amount_minor": credit.amount_minor,
        "currency": message.currency,
    }
    over = [part for part in credit.payments if _total(ledger, part) > part.captured_minor]
    if over:
        total = _total(ledger, over[0])
        detail = f"{total} in all would exceed the {over[0].captured_minor} captured"
        yield events.StoreCreditFailed(**about, code="MORE_THAN_CAPTURED", detail=detail)
    elif credit.expires_at is not None and credit.expires_at <= context.now:
        detail = f"it would have lapsed at {credit.expires_at.isoformat()}"
        yield events.StoreCreditFailed(**about, code="EXPIRED", detail=detail)
    else:
        parts = {part.payment_id: part.amount_minor for part in credit.payments}
        yield events.StoreCreditIssued(**about, expires_at=credit.expires_at, parts=parts)


def _voids_of(message: Any) -> tuple[VoidDue, ...]:
    if isinstance(message, PaymentVoidRequested):
        return message.voids
    return message.money.voids if message.money else ()


def request_voids(ledger: Ledger, message: Any, _: Context) -> Iterable[Fact]:
    """Ask for every release due; never for one of a payment that gives money back."""
    for due in _voids_of(message):
        void_id = child_id(message.cancellation_id, f"void/{due.payment_id}")
        if void_id in ledger.voids:
            continue
        about = {
            "order_id": message.order_id,
            "cancellation_id": message.cancellation_id,
            "void_id": void_id,
            "payment_id": due.payment_id,
            "amount_minor": due.amount_minor,
            "currency": message.currency,
        }
        if ledger.committed.get(due.payment_id):
            detail = "money of this payment was captured and goes back"
            yield events.VoidFailed(**about, code="PAYMENT_CAPTURED", detail=detail)
        else:
            yield events.VoidRequested(**about)


def disable_cards(ledger: Ledger, message: Any, _: Context) -> Iterable[Fact]:
    """Disable the gift cards bought with cancelled units, once each."""
    for line in message.lines:
        for card in line.gift_card_ids:
            if card not in ledger.cards:
                yield events.GiftCardDisabled(
                    order_id=message.order_id,
                    cancellation_id=message.cancellation_id,
                    gift_card_id=card,
                )


_CANCELLATION = (disable_cards, request_voids, request_refunds, issue_credit)

_BRINGS: dict[type[Any], Sequence[Any]] = {
    OrderCancelled: _CANCELLATION,
    OrderCancellationConfirmed: _CANCELLATION,
    RefundRequested: (request_refunds, issue_credit),
    RefundFallbackChosen: (request_refunds,),
    PaymentVoidRequested: (request_voids,),
}
