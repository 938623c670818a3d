"""Requests: customers ask, a second person grants or refuses, a timer closes the rest."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from contracts.cancellation import (
    ApproveCancellation,
    CancelOrder,
    DenyCancellation,
    ExpireCancellationRequest,
    Refusal,
    RequestCancellation,
)
from kit.decider import Context
from kit.facts import Fact
from services.cancellation.domain import events
from services.cancellation.domain.decisions.answering import basis_of, not_permitted, rejected
from services.cancellation.domain.decisions.cancel import (
    asked_for,
    asker_of,
    cancelled,
    consider,
    find_approval,
)
from services.cancellation.domain.decisions.writing import recipient_of
from services.cancellation.domain.draft import Case, draft
from services.cancellation.domain.order import Order, Request
from services.cancellation.domain.policy import Asker, rulebook_of
from services.cancellation.domain.refusals import refuse
from services.cancellation.domain.rules import refund_too_great

ASKED, GRANTED = "request-cancellation.v1", "approve-cancellation.v1"
DENIED, EXPIRED = "deny-cancellation.v1", "expire-cancellation-request.v1"


def request_cancellation(
    order: Order, command: RequestCancellation, context: Context
) -> Sequence[Fact]:
    """Cancel at once where the policy lets customers, or have a person decide."""
    wish = CancelOrder(
        order_id=command.order_id,
        reason=command.reason,
        lines=command.lines,
        restock=None,
        notify=None,
        actor=command.actor,
        requested_by=command.actor.id,
        sub_reason=command.sub_reason,
        refund_to=command.refund_to,
        expected_version=command.expected_version,
        is_statutory_withdrawal=command.is_statutory_withdrawal,
    )
    asker = Asker.of(command.actor)
    case, found = consider(order, wish, asker, context, "REQUEST")
    refusals = list(found)
    terms = rulebook_of(context).policy.customer
    is_open = order.placed is None or terms.window_s is None or (
        context.now < order.placed.placed_at + timedelta(seconds=terms.window_s)
    )  # fmt: skip
    if not is_open and terms.outside == "REFUSE":
        detail = f"the window was open for {terms.window_s} s"
        refusals.append(refuse("WINDOW_CLOSED", detail, window_s=terms.window_s or 0))
    if case is None or refusals:
        return [rejected(command, context, refusals, ASKED)]
    planned = draft(case)
    approval = find_approval(case, planned)
    if is_open and terms.inside == "GRANT" and approval is None:
        return cancelled(case, planned, ASKED)
    return [
        events.CancellationRequested(
            **asked_for(case, planned, ASKED),
            kind="CUSTOMER_REQUEST",
            approval=approval,
            customer_note=command.customer_note,
            expires_at=context.now + timedelta(seconds=terms.answer_within_s),
            default_outcome=terms.default_outcome,
            recipient=recipient_of(case),
        )
    ]


def _find(order: Order, command: Any) -> tuple[Request | None, list[Refusal]]:
    """Return the open request a command names, or why there is none."""
    if order.placed is None:
        return None, [refuse("ORDER_NOT_FOUND", "no such order")]
    request = order.seldom.requests.get(command.request_id)
    if request is None:
        detail = f"no request {command.request_id}"
        return None, [refuse("REQUEST_NOT_FOUND", detail, request_id=str(command.request_id))]
    if not request.is_open:
        return None, [refuse("REQUEST_CLOSED", f"request {command.request_id} was answered")]
    return request, []


def _expired(request: Request, context: Context) -> list[Refusal]:
    expires_at = request.asked.expires_at
    if context.now < expires_at:
        return []
    detail = f"it could be answered until {expires_at.isoformat()}"
    return [refuse("REQUEST_EXPIRED", detail, expires_at=expires_at.isoformat())]


def approve(order: Order, command: ApproveCancellation, context: Context) -> Sequence[Fact]:
    """Grant a request: decide it anew, as the order and the policy stand now."""
    asker = Asker.of(command.actor)
    request, refusals = _find(order, command)
    refusals += not_permitted(context, asker, "APPROVE")
    if request is not None:
        refusals += _expired(request, context)
        if _is_same(asker, asker_of(request.asked.wish)):
            refusals.append(refuse("SAME_PERSON", f"{asker.id} asked for it", actor=asker.id))
    if request is None or refusals:
        return [rejected(command, context, refusals, GRANTED)]
    case, planned_refusals = _anew(order, request, context)
    if case is None:
        return [rejected(command, context, planned_refusals, GRANTED)]
    return _granted(case, command, request, GRANTED, is_by_default=False)


def _is_same(one: Asker, other: Asker) -> bool:
    return (one.type, one.id) == (other.type, other.id)


def _anew(
    order: Order, request: Request, context: Context
) -> tuple[Case | None, Sequence[Refusal]]:
    """Look at the wish again. Who asked was allowed to; what they saw is no longer the question."""
    wish = request.asked.wish.model_copy(update={"expected_version": None})
    case, refusals = consider(order, wish, asker_of(wish), context, None)
    if case is not None and (refusals := refund_too_great(case, draft(case))):
        return None, refusals
    return case, refusals


def _granted(
    case: Case, command: Any, request: Request, rule_set: str, *, is_by_default: bool
) -> list[Fact]:
    """Cancel what was asked for; the cancellation answers whoever granted it."""
    fact, *completion = cancelled(case, draft(case), rule_set, request_id=request.asked.request_id)
    approved = events.CancellationApproved(
        order_id=command.order_id,
        request_id=request.asked.request_id,
        cancellation_id=fact.cancellation_id,  # type: ignore[attr-defined]
        actor=command.actor,
        staff_note=getattr(command, "staff_note", None),
        is_by_default=is_by_default,
    )
    return [fact, approved, *completion]


def deny(order: Order, command: DenyCancellation, context: Context) -> Sequence[Fact]:
    """Refuse a request; whoever made it may always take it back."""
    asker = Asker.of(command.actor)
    request, refusals = _find(order, command)
    if request is None or not _is_same(asker, asker_of(request.asked.wish)):
        refusals += not_permitted(context, asker, "APPROVE")
    if request is None or refusals:
        return [rejected(command, context, refusals, DENIED)]
    return [
        events.CancellationDenied(
            order_id=command.order_id,
            request_id=command.request_id,
            command_id=context.message_id,
            actor=command.actor,
            staff_note=command.staff_note,
            customer_message=command.customer_message,
            is_by_default=False,
            basis=basis_of(context, DENIED),
        )
    ]


def expire(order: Order, command: ExpireCancellationRequest, context: Context) -> Sequence[Fact]:
    """Close a request nobody answered, as it was said when it was made.

    What was to be granted by default and can no longer be is refused.
    """
    request, refusals = _find(order, command)
    refusals += not_permitted(context, Asker.of(command.actor), "EXPIRE")
    if request is not None and context.now < request.asked.expires_at:
        moment = request.asked.expires_at.isoformat()
        refusals.append(refuse("REQUEST_NOT_EXPIRED", f"until {moment}", expires_at=moment))
    if request is None or refusals:
        return [rejected(command, context, refusals, EXPIRED)]
    if request.asked.default_outcome == "APPROVE":
        case, _ = _anew(order, request, context)
        if case is not None:
            return _granted(case, command, request, EXPIRED, is_by_default=True)
    return [
        events.CancellationDenied(
            order_id=command.order_id,
            request_id=command.request_id,
            command_id=context.message_id,
            actor=command.actor,
            staff_note=None,
            customer_message=None,
            is_by_default=True,
            basis=basis_of(context, EXPIRED),
        )
    ]
