"""What staff do with a case, and a timer when its deadline has passed."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from contracts.cancellation import (
    Action,
    AddCaseNote,
    AssignCase,
    CloseCase,
    EscalateCase,
    Refusal,
)
from kit.decider import Context
from kit.facts import Fact
from services.cancellation.domain import events
from services.cancellation.domain.case_kinds import ABOVE, KINDS, within_s
from services.cancellation.domain.decisions.answering import basis_of, not_permitted, rejected
from services.cancellation.domain.order import CaseFile, Order
from services.cancellation.domain.policy import Asker, rulebook_of
from services.cancellation.domain.refusals import refuse

ASSIGNED, ESCALATED = "assign-case.v1", "escalate-case.v1"
NOTED, CLOSED = "add-case-note.v1", "close-case.v1"


def _find(
    order: Order, command: Any, context: Context, action: Action, *, must_be_open: bool = True
) -> tuple[CaseFile | None, list[Refusal]]:
    """Return the case a command names, or why there is none, and whether it may be touched."""
    refusals = not_permitted(context, Asker.of(command.actor), action)
    if order.placed is None:
        return None, [refuse("ORDER_NOT_FOUND", "no such order")]
    case = order.seldom.cases.get(command.case_id)
    if case is None:
        detail = f"no case {command.case_id}"
        refusals.append(refuse("CASE_NOT_FOUND", detail, case_id=str(command.case_id)))
    elif must_be_open and not case.is_open:
        refusals.append(refuse("CASE_OVER", f"case {command.case_id} is closed"))
    return case, refusals


def assign_case(order: Order, command: AssignCase, context: Context) -> Sequence[Fact]:
    """Say whose a case is; it stays with the role it waits for unless another is named."""
    case, refusals = _find(order, command, context, "HANDLE_CASE")
    if case is None or refusals:
        return [rejected(command, context, refusals, ASSIGNED)]
    return [
        events.CaseAssigned(
            order_id=command.order_id,
            case_id=command.case_id,
            command_id=context.message_id,
            owner=command.owner,
            role=command.role or case.role,
            actor=command.actor,
            staff_note=command.staff_note,
            basis=basis_of(context, ASSIGNED),
        )
    ]


def escalate_case(order: Order, command: EscalateCase, context: Context) -> Sequence[Fact]:
    """Bring a case before the next higher role, which has as much time for it again."""
    case, refusals = _find(order, command, context, "ESCALATE_CASE")
    is_timer = command.actor.type == "TIMER"
    role = ABOVE.get(case.role) if case else None
    if case is not None and role is None:
        refusals.append(refuse("CASE_AT_TOP", f"it waits for {case.role}", role=case.role))
    if case is not None and is_timer and (case.due_at is None or context.now < case.due_at):
        moment = case.due_at.isoformat() if case.due_at else "nobody set one"
        refusals.append(refuse("CASE_NOT_DUE", f"its deadline: {moment}", due_at=moment))
    if case is None or role is None or refusals:
        return [rejected(command, context, refusals, ESCALATED)]
    given_s = within_s(case.opened.kind, rulebook_of(context).policy)
    return [
        events.CaseEscalated(
            order_id=command.order_id,
            case_id=command.case_id,
            command_id=context.message_id,
            cause="DEADLINE" if is_timer else "BY_HAND",
            level=case.level + 1,
            role=role,
            due_at=context.now + timedelta(seconds=given_s),
            actor=command.actor,
            staff_note=command.staff_note,
            basis=basis_of(context, ESCALATED),
        )
    ]


def add_note(order: Order, command: AddCaseNote, context: Context) -> Sequence[Fact]:
    """Write something down about a case, open or closed."""
    case, refusals = _find(order, command, context, "HANDLE_CASE", must_be_open=False)
    if case is None or refusals:
        return [rejected(command, context, refusals, NOTED)]
    return [
        events.CaseNoteAdded(
            order_id=command.order_id,
            case_id=command.case_id,
            command_id=context.message_id,
            note=command.note,
            actor=command.actor,
            basis=basis_of(context, NOTED),
        )
    ]


def close_case(order: Order, command: CloseCase, context: Context) -> Sequence[Fact]:
    """Close a case by hand, in a way that fits its kind."""
    case, refusals = _find(order, command, context, "HANDLE_CASE")
    if case is not None:
        kind = case.opened.kind
        allowed = KINDS[kind].closed_by
        if command.resolution not in allowed:
            detail = f"{kind} is closed as {' or '.join(allowed)}, not as {command.resolution}"
            refusals.append(
                refuse("RESOLUTION_NOT_ALLOWED", detail, kind=kind, allowed=" ".join(allowed))
            )
    if case is None or refusals:
        return [rejected(command, context, refusals, CLOSED)]
    return [
        events.CaseClosed(
            order_id=command.order_id,
            case_id=command.case_id,
            command_id=context.message_id,
            resolution=command.resolution,
            actor=command.actor,
            staff_note=command.staff_note,
            basis=basis_of(context, CLOSED),
        )
    ]
