"""The refund ledger of one order: what was asked for, what became of it, what it takes up."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple
from uuid import UUID

from kit.facts import Fact
from services.refunds.domain import events
from services.refunds.domain.commands import ProviderStatus

Word = Literal[
    "asked", "uncertain", "requires_action", "pending", "succeeded", "canceled", "failed",
    "owed", "paid", "refilled", "restored",
]  # fmt: skip
"""The last word about a refund: the provider's five, and ours."""

RANKS: Mapping[str, int] = {
    word: rank
    for rank, word in enumerate(
        ("asked", "uncertain", "requires_action", "pending", "succeeded", "canceled", "failed")
    )
}
"""What a word says more than another: only a higher one changes anything, so that deliveries come
to the same whatever their sequence. `uncertain` gives way to every word of the provider. A refund
may fail after it succeeded; it does not become pending again."""

NONE: Mapping[Any, Any] = MappingProxyType({})


class Refund(NamedTuple):
    """One refund."""

    about: events.RefundFact
    """As it was asked for."""
    word: Word
    attempt_id: UUID
    """What the provider knows the current attempt by."""
    attempts: int = 1
    credit_note_number: str | None = None
    acquirer_reference: str | None = None
    left_minor: int = 0
    """Still owed by hand."""


class Void(NamedTuple):
    """One payment to release."""

    about: events.VoidFact
    word: Literal["asked", "uncertain", "voided", "failed"]


class Ledger(NamedTuple):
    """Everything ever asked for or given back on one order."""

    committed: Mapping[str, int] = NONE
    """Minor units asked for, given back or credited and not failed, per payment."""
    refunds: Mapping[UUID, Refund] = NONE
    """Every refund asked for, and those the ledger forbade."""
    attempts: Mapping[UUID, UUID] = NONE
    """The refund of each attempt the provider was told of."""
    voids: Mapping[UUID, Void] = NONE
    credits: frozenset[UUID] = frozenset()
    """Store credits issued or forbidden."""
    cards: frozenset[str] = frozenset()
    """Gift cards disabled."""
    credit_note_count: int = 0
    """Numbers given out in this order's series."""


def evolve(ledger: Ledger, fact: Fact) -> Ledger:
    """Return the ledger after `fact`."""
    return _EVOLVE[type(fact)](ledger, fact)


def _commit(ledger: Ledger, payment_id: str, amount_minor: int) -> dict[str, int]:
    return {**ledger.committed, payment_id: ledger.committed.get(payment_id, 0) + amount_minor}


def _with(ledger: Ledger, refund: Refund) -> Ledger:
    return ledger._replace(refunds={**ledger.refunds, refund.about.refund_id: refund})


def _opened(word: Word) -> Callable[[Ledger, Any], Ledger]:
    """Return how a refund begins: it takes up its amount."""

    def open_(ledger: Ledger, fact: events.RefundFact) -> Ledger:
        ledger = ledger._replace(committed=_commit(ledger, fact.payment_id, fact.amount_minor))
        if word == "asked":
            attempts = {**ledger.attempts, fact.refund_id: fact.refund_id}
            ledger = ledger._replace(attempts=attempts)
        left_minor = fact.amount_minor if word == "owed" else 0
        return _with(ledger, Refund(fact, word, fact.refund_id, left_minor=left_minor))

    return open_


def _retried(ledger: Ledger, fact: events.RefundRetried) -> Ledger:
    known = ledger.refunds[fact.refund_id]
    again = known._replace(word="asked", attempt_id=fact.attempt_id, attempts=known.attempts + 1)
    attempts = {**ledger.attempts, fact.attempt_id: fact.refund_id}
    return _with(ledger._replace(attempts=attempts), again)


def _heard(ledger: Ledger, fact: Any) -> Ledger:
    """Note a word that leaves the amount taken up."""
    known = ledger.refunds[fact.refund_id]
    match fact:
        case events.RefundPending(status=status):
            return _with(ledger, known._replace(word=status))
        case events.RefundUncertain():
            return _with(ledger, known._replace(word="uncertain"))
        case events.ManualRefundPartPaid(left_minor=left_minor):
            return _with(ledger, known._replace(left_minor=left_minor))
        case _:
            return _with(ledger, known._replace(acquirer_reference=fact.acquirer_reference))


def _given_back(ledger: Ledger, fact: Any) -> Ledger:
    known = ledger.refunds[fact.refund_id]
    number = fact.credit_note_number
    if number is not None and known.credit_note_number is None:
        ledger = ledger._replace(credit_note_count=ledger.credit_note_count + 1)
    is_manual = isinstance(fact, events.ManualRefundPaid)
    return _with(
        ledger,
        known._replace(
            word="paid" if is_manual else "succeeded",
            credit_note_number=number or known.credit_note_number,
            acquirer_reference=None if is_manual else fact.acquirer_reference,
            left_minor=0,
        ),
    )


def _failed(ledger: Ledger, fact: events.RefundFailed | events.RefundCanceled) -> Ledger:
    word: ProviderStatus = "failed" if isinstance(fact, events.RefundFailed) else "canceled"
    known = ledger.refunds.get(fact.refund_id)
    if known is None:  # the ledger forbade it, so it takes up nothing
        return _with(ledger, Refund(fact, word, fact.refund_id))
    if not (isinstance(fact, events.RefundFailed) and fact.retry_at):
        ledger = ledger._replace(committed=_commit(ledger, fact.payment_id, -fact.amount_minor))
    return _with(ledger, known._replace(word=word))


def _void(word: Any) -> Callable[[Ledger, Any], Ledger]:
    def note(ledger: Ledger, fact: events.VoidFact) -> Ledger:
        is_unknown = isinstance(fact, events.VoidFailed) and fact.is_uncertain
        void = Void(fact, "uncertain" if is_unknown else word)
        return ledger._replace(voids={**ledger.voids, fact.void_id: void})

    return note


def _credited(ledger: Ledger, fact: Any) -> Ledger:
    committed = dict(ledger.committed)
    if isinstance(fact, events.StoreCreditIssued):
        for payment_id, amount_minor in fact.parts.items():
            committed[payment_id] = committed.get(payment_id, 0) + amount_minor
    return ledger._replace(committed=committed, credits=ledger.credits | {fact.credit_id})


def _disabled(ledger: Ledger, fact: events.GiftCardDisabled) -> Ledger:
    return ledger._replace(cards=ledger.cards | {fact.gift_card_id})


_EVOLVE: dict[type[Fact], Callable[[Ledger, Any], Ledger]] = {
    events.RefundRequested: _opened("asked"),
    events.GiftCardRefilled: _opened("refilled"),
    events.StoreCreditRestored: _opened("restored"),
    events.ManualRefundOwed: _opened("owed"),
    events.ManualRefundPartPaid: _heard,
    events.RefundRetried: _retried,
    events.RefundPending: _heard,
    events.RefundUncertain: _heard,
    events.RefundReferenceLearnt: _heard,
    events.RefundSucceeded: _given_back,
    events.ManualRefundPaid: _given_back,
    events.RefundFailed: _failed,
    events.RefundCanceled: _failed,
    events.VoidRequested: _void("asked"),
    events.VoidSucceeded: _void("voided"),
    events.VoidFailed: _void("failed"),
    events.StoreCreditIssued: _credited,
    events.StoreCreditFailed: _credited,
    events.GiftCardDisabled: _disabled,
}
