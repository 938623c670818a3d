"""Decisions as sentences: what was decided, and what it means for money, stock and customer."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from contracts.cancellation import Aftermath
from contracts.orders import LineQuantity
from kit.facts import Fact
from services.cancellation.domain import events
from services.cancellation.domain.legs import planned_back
from services.cancellation.explaining.telling import command, units
from services.cancellation.explaining.words import Speaker

Lines = Iterator[str]


def decided(fact: Fact, currency: str, say: Speaker) -> list[str]:
    """Say what was decided, the gist first; nothing of a fact that was only heard."""
    tell = _DECISIONS.get(type(fact))
    return list(tell(fact, currency, say)) if tell else []


def _cancelled(fact: events.OrderCancelled, _: str, say: Speaker) -> Lines:
    yield say("cancelled", units=units(fact.lines, say), reason=say.word("reason", fact.reason))
    if fact.nothing_left:
        yield say("cancelled.all")
    if fact.held_until:
        yield say("cancelled.held", moment=say.moment(fact.held_until))


def _rejected(fact: Any, _: str, say: Speaker) -> Lines:
    match fact:
        case events.CommandRejected():
            said = _Said(fact.asked)
            yield say("rejected", command=command(fact.command, said, say))
        case events.FulfillmentClaimRejected():
            yield say("rejected", command=say("command.claim-fulfillment"))
        case _:
            yield say("rejected", command=say("command.cancel-order"))


class _Said:
    """What a command said, by attribute."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        self.__dict__.update(said)


def _requested(fact: events.CancellationRequested, currency: str, say: Speaker) -> Lines:
    yield say(
        f"requested.{fact.kind}",
        units=units(fact.lines, say),
        amount=say.money(fact.refund_minor, currency),
        approval=fact.approval,
    )
    default = say.word("default", fact.default_outcome)
    yield say("requested.until", moment=say.moment(fact.expires_at), default=default)


def _approved(fact: events.CancellationApproved, _: str, say: Speaker) -> Lines:
    yield say("approved.default" if fact.is_by_default else "approved", request=fact.request_id)


def _denied(fact: events.CancellationDenied, _: str, say: Speaker) -> Lines:
    how = "taken_back" if fact.actor.type == "CUSTOMER" else "denied"
    yield say("denied.default" if fact.is_by_default else how, request=fact.request_id)
    if fact.customer_message:
        yield say("told.message", text=fact.customer_message)


def _undone(fact: events.CancellationUndone, _: str, say: Speaker) -> Lines:
    yield say("undone", units=units(fact.lines, say))


def _reinstated(fact: events.OrderReinstated, currency: str, say: Speaker) -> Lines:
    amount = say.money(fact.charge_minor, currency)
    yield say("reinstated", units=units(fact.lines, say), amount=amount)
    for item in fact.aftermath:
        yield say(f"aftermath.{item.is_restored}", what=_aftermath(item, currency, say))


def _aftermath(item: Aftermath, currency: str, say: Speaker) -> str:
    about = {
        "units": say("line_units", count=say.units(item.quantity or 0), line=item.line_id),
        "amount": say.money(item.amount_minor or 0, currency),
        "payment": item.payment_id,
    }
    return say.find(f"aftermath.{item.code}", **about) or item.detail


def _refunded(fact: events.RefundRequested, currency: str, say: Speaker) -> Lines:
    credited_minor = fact.store_credit.amount_minor if fact.store_credit else 0
    amount = say.money(fact.refund_minor + credited_minor, currency)
    yield say("settled" if fact.cause == "SETTLEMENT" else "late", amount=amount)


def _paid_by_hand(fact: events.ManualRefundRecorded, currency: str, say: Speaker) -> Lines:
    yield say(
        "manual_refund_recorded",
        amount=say.money(fact.amount_minor, currency),
        payment=fact.payment_id,
        moment=say.moment(fact.paid_at),
        proof=fact.proof,
    )
    yield say("manual_refund_left", amount=say.money(fact.left_minor, currency))


def _restocked(fact: events.RestockRequested, _: str, say: Speaker) -> Lines:
    if fact.lines:
        yield say("restocked", units=units(fact.lines, say))
    if fact.kept_out:
        yield say("restocked.not", units=units(fact.kept_out, say))


def _freed(fact: events.PaymentVoidRequested, _: str, say: Speaker) -> Lines:
    yield say("freed", payments=", ".join(void.payment_id for void in fact.voids))


def _assigned(fact: events.CaseAssigned, _: str, say: Speaker) -> Lines:
    role = say.word("role", fact.role)
    yield say("case.assigned", case=fact.case_id, owner=fact.owner, role=role)


def _escalated(fact: events.CaseEscalated, _: str, say: Speaker) -> Lines:
    yield say(
        f"case.escalated.{fact.cause}",
        case=fact.case_id,
        role=say.word("role", fact.role),
        moment=say.moment(fact.due_at),
    )


def _case_closed(fact: events.CaseClosed, _: str, say: Speaker) -> Lines:
    yield say("case.closed", case=fact.case_id, how=say.word("resolution", fact.resolution))


def _claimed(key: str) -> Callable[[Any, str, Speaker], Lines]:
    return lambda fact, _, say: iter([say(key, units=units(fact.lines, say))])


_DECISIONS: dict[type[Fact], Callable[[Any, str, Speaker], Lines]] = {
    events.OrderCancelled: _cancelled,
    events.CancellationConfirmed: lambda _, __, say: iter([say("confirmed")]),
    events.CancellationUndone: _undone,
    events.OrderReinstated: _reinstated,
    events.CancellationRejected: _rejected,
    events.CommandRejected: _rejected,
    events.FulfillmentClaimRejected: _rejected,
    events.CancellationRequested: _requested,
    events.CancellationApproved: _approved,
    events.CancellationDenied: _denied,
    events.RefundRequested: _refunded,
    events.ManualRefundRecorded: _paid_by_hand,
    events.PaymentVoidRequested: _freed,
    events.RestockRequested: _restocked,
    events.CaseAssigned: _assigned,
    events.CaseEscalated: _escalated,
    events.CaseNoteAdded: lambda fact, _, say: iter(
        [say("case.noted", case=fact.case_id, text=fact.note)]
    ),
    events.CaseClosed: _case_closed,
    events.FulfillmentClaimed: _claimed("claimed"),
    events.FulfillmentClaimReleased: _claimed("released"),
}


def stock(fact: events.Cancellation, say: Speaker) -> Lines:
    """Say which units go back on the shelf and which do not."""
    back, off = back_and_off(fact)
    if back:
        yield say("stock.back", units=units(back, say))
    if off:
        yield say("stock.off", units=units(off, say))
    if fact.details and fact.details.claimed_lines:
        yield say("claimed.left", units=units(fact.details.claimed_lines, say))


def back_and_off(fact: events.Cancellation) -> tuple[list[LineQuantity], list[LineQuantity]]:
    """Return the units of a cancellation that go back on the shelf, and those that do not."""
    planned = planned_back(fact)
    off = {line.line_id: line.quantity - planned.get(line.line_id, 0) for line in fact.lines}
    return _lines(planned), _lines(off)


def _lines(counts: Mapping[str, int]) -> list[LineQuantity]:
    return [LineQuantity(line_id=id_, quantity=count) for id_, count in counts.items() if count]


def message(fact: events.Cancellation, say: Speaker) -> Lines:
    """Say whether the customer is told, and in which words of ours."""
    if fact.recipient is None:
        yield say("told.not")
        return
    yield say("told", language=say.word("language", fact.recipient.locale))
    if fact.details and fact.details.reason_label:
        yield say("told.label", label=fact.details.reason_label)
    if fact.details and fact.details.customer_message:
        yield say("told.message", text=fact.details.customer_message)
