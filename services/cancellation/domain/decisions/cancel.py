"""Cancelling: one decision for everybody who asks; only the rights and the source differ."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from contracts.cancellation import Action, CancelOrder, Refusal
from kit.decider import Context
from kit.facts import Fact
from kit.ids import event_id
from services.cancellation.domain import events
from services.cancellation.domain.decisions.answering import basis_of, completed, not_permitted
from services.cancellation.domain.decisions.writing import write
from services.cancellation.domain.draft import Case, Draft, draft
from services.cancellation.domain.legs import opened_legs
from services.cancellation.domain.order import Order
from services.cancellation.domain.policy import Asker, rulebook_of
from services.cancellation.domain.refusals import refuse
from services.cancellation.domain.rules import (
    CHOICE_RULES,
    chooses_money,
    has_choices,
    refund_too_great,
)
from services.cancellation.domain.unit_rules import ask, check_units

RULE_SET = "cancel-order.v1"
IMPATIENT = frozenset({"TIMER"})
"""Who cannot wait for a second person."""


def asker_of(command: CancelOrder) -> Asker:
    """Return who asks; senders of old name themselves only."""
    return Asker.of(command.actor) if command.actor else Asker("SERVICE", command.requested_by)


def cancel_order(order: Order, command: CancelOrder, context: Context) -> Sequence[Fact]:
    """Cancel all that is left, or the lines asked for, or refuse with every reason.

    Where the policy wants a second person, it waits for one.
    """
    asker = asker_of(command)
    case, refusals = consider(order, command, asker, context, "CANCEL")
    if case is None:
        return [_rejected(command, context, refusals)]
    planned = draft(case)
    if refusals := refund_too_great(case, planned):
        return [_rejected(command, context, refusals)]
    approval = find_approval(case, planned) if case.book.policy.approvals else None
    if approval is None:
        return cancelled(case, planned, RULE_SET)
    if asker.type in IMPATIENT:
        return [_rejected(command, context, [approval_required(approval)])]
    expires_at = context.now + timedelta(seconds=case.book.policy.approval_within_s)
    return [
        events.CancellationRequested(
            **asked_for(case, planned, RULE_SET),
            kind="APPROVAL",
            approval=approval,
            customer_note=None,
            expires_at=expires_at,
            default_outcome="DENY",
        )
    ]


def consider(
    order: Order, wish: CancelOrder, asker: Asker, context: Context, action: Action | None
) -> tuple[Case | None, Sequence[Refusal]]:
    """Check every rule that needs no price; return the case, or why there is none."""
    placed = order.placed
    if placed is None:
        return None, [refuse("ORDER_NOT_FOUND", "no such order")]
    book = rulebook_of(context)
    refusals: list[Refusal] = []
    if action and not book.allows(asker, action):
        refusals += not_permitted(context, asker, action)
    if action and chooses_money(wish):
        refusals += not_permitted(context, asker, "CHOOSE_REFUND")
    asked = ask(order, placed, wish.lines)
    case = Case(order, placed, wish, asker, book, asked, context)
    refusals += check_units(asked)
    if has_choices(case):
        for _, rule in CHOICE_RULES:
            refusals += rule(case)
    return (None, refusals) if refusals else (case, ())


def find_approval(case: Case, planned: Draft) -> str | None:
    """Return the policy's rule by which a second person is needed."""
    wish = case.wish
    terms = case.book.find_approval(
        case.asker, wish.reason, wish.sub_reason, case.placed.currency, planned.owed_minor
    )
    return terms.name if terms else None


def approval_required(approval: str) -> Refusal:
    """Refuse whoever cannot wait for a second person."""
    return refuse("APPROVAL_REQUIRED", f"{approval} asks for a second person", approval=approval)


def asked_for(case: Case, planned: Draft, rule_set: str) -> dict[str, object]:
    """Return what every request for a cancellation says."""
    wish, context = case.wish, case.context
    return {
        "order_id": wish.order_id,
        "request_id": event_id(context.stream_id, context.version + 1),
        "command_id": context.message_id,
        "reason": wish.reason,
        "sub_reason": wish.sub_reason,
        "wish": wish,
        "currency": case.placed.currency,
        "lines": tuple(
            {"line_id": line.line_id, "quantity": line.quantity} for line in planned.lines
        ),
        "refund_minor": planned.owed_minor,
        "basis": basis_of(context, rule_set),
    }


def cancelled(
    case: Case, planned: Draft, rule_set: str, *, request_id: UUID | None = None
) -> list[Fact]:
    """Cancel as planned; complete at once when no leg is due."""
    fact = write(case, planned, basis_of(case.context, rule_set), request_id=request_id)
    if fact.refunds or fact.restock or fact.recipient:
        return [fact]
    return [fact, *completed(opened_legs(fact), fact.order_id, case.context)]


def _rejected(
    command: CancelOrder, context: Context, refusals: Sequence[Refusal]
) -> events.CancellationRejected:
    return events.CancellationRejected(
        order_id=command.order_id,
        command_id=context.message_id,
        requested_by=command.actor.id if command.actor else command.requested_by,
        refusals=tuple(refusals),
        actor=command.actor,
        basis=basis_of(context, RULE_SET),
        asked=command,
    )
