"""Bulk plans: started, paused, resumed, cancelled, completed.

A plan decides about itself alone. Whether an order may be cancelled is decided in the order's own
stream, by the command the plan sends; the plan has no right its starter has not.
"""

from collections.abc import Callable, Sequence
from typing import Any

from contracts.cancellation import Action, Refusal
from contracts.message import Command
from kit.decider import Context, Decider
from kit.facts import Fact
from services.cancellation.domain import events
from services.cancellation.domain.decisions.answering import (
    basis_of,
    check_command_id,
    not_permitted,
    said,
)
from services.cancellation.domain.evolve import evolve
from services.cancellation.domain.evolve.plans import Plan
from services.cancellation.domain.plan_commands import (
    CancelBulkPlan,
    CompleteBulkPlan,
    PauseBulkPlan,
    ResumeBulkPlan,
    StartBulkPlan,
)
from services.cancellation.domain.plan_terms import ORDERS_MAX, Target, command_of, plan_key
from services.cancellation.domain.policy import Asker
from services.cancellation.domain.refusals import refuse
from services.cancellation.domain.rules import chooses_money

STARTED, CHANGED = "start-bulk-plan.v1", "change-bulk-plan.v1"


def start(plan: Plan, command: StartBulkPlan, context: Context) -> Sequence[Fact]:
    """Start a plan, if its starter could cancel every one of its orders by hand."""
    refusals = _permitted(command, context)
    if plan.status != "UNKNOWN":
        refusals.append(refuse("PLAN_EXISTS", f"plan {command.plan_id} was started before"))
    if command.order_count == 0:
        refusals.append(refuse("PLAN_EMPTY", "no order fits"))
    if command.order_count > ORDERS_MAX:
        detail = f"{command.order_count} orders; at most {ORDERS_MAX}"
        refusals.append(
            refuse("PLAN_TOO_LARGE", detail, orders=command.order_count, most=ORDERS_MAX)
        )
    if command.expected_digest not in (None, command.digest):
        detail = f"{command.order_count} orders fit now, and not those that were looked at"
        refusals.append(refuse("SELECTION_CHANGED", detail, digest=command.digest))
    if refusals:
        return [_rejected(command, context, refusals, STARTED)]
    return [
        events.BulkPlanStarted(
            **dict(command),
            command_id=context.message_id,
            basis=basis_of(context, STARTED),
        )
    ]


def _permitted(command: StartBulkPlan, context: Context) -> list[Refusal]:
    """Refuse at once what every single order would refuse."""
    role, wish = command.actor.role, command.wish
    sample = command_of(command.plan_id, wish, role, Target("any"))
    actions: list[Action] = ["CANCEL", *(["CHOOSE_REFUND"] if chooses_money(sample) else [])]  # type: ignore[list-item]
    askers = (Asker.of(command.actor), Asker("BULK", command.plan_id, role))
    return [
        refusal
        for asker in askers
        for action in actions
        for refusal in not_permitted(context, asker, action)
    ]


def pause(plan: Plan, command: PauseBulkPlan, context: Context) -> Sequence[Fact]:
    """Pause a plan; one that is paused stays so."""
    if refusals := _standing(plan, command, context):
        return [_rejected(command, context, refusals, CHANGED)]
    return [] if plan.status == "PAUSED" else [events.BulkPlanPaused(**_said(command, context))]


def resume(plan: Plan, command: ResumeBulkPlan, context: Context) -> Sequence[Fact]:
    """Resume a plan, or change the pace of one that runs."""
    if refusals := _standing(plan, command, context):
        return [_rejected(command, context, refusals, CHANGED)]
    rate = command.orders_per_s or plan.orders_per_s
    if plan.status == "RUNNING" and rate == plan.orders_per_s:
        return []
    return [events.BulkPlanResumed(**{**_said(command, context), "orders_per_s": rate})]


def cancel(plan: Plan, command: CancelBulkPlan, context: Context) -> Sequence[Fact]:
    """Cancel a plan; one that is cancelled stays so."""
    if plan.status == "CANCELLED":
        return []
    if refusals := _standing(plan, command, context):
        return [_rejected(command, context, refusals, CHANGED)]
    return [events.BulkPlanCancelled(**_said(command, context))]


def complete(plan: Plan, command: CompleteBulkPlan, context: Context) -> Sequence[Fact]:
    """Complete a plan that runs."""
    if plan.status != "RUNNING":
        return []
    return [events.BulkPlanCompleted(**dict(command), command_id=context.message_id)]


def _standing(plan: Plan, command: Any, context: Context) -> list[Refusal]:
    """Refuse who may not, and what is no longer possible."""
    refusals = not_permitted(context, Asker.of(command.actor), "CANCEL")
    if plan.status == "UNKNOWN":
        refusals.append(refuse("PLAN_NOT_FOUND", f"no plan {command.plan_id}"))
    elif plan.status in ("CANCELLED", "COMPLETED"):
        refusals.append(refuse("PLAN_OVER", f"it is {plan.status}", status=plan.status))
    return refusals


def _said(command: Any, context: Context) -> dict[str, Any]:
    return {
        **dict(command),
        "command_id": context.message_id,
        "basis": basis_of(context, CHANGED),
    }


def _rejected(
    command: Any, context: Context, refusals: Sequence[Refusal], rule_set: str
) -> events.CommandRejected:
    return events.CommandRejected(
        order_id=plan_key(command.plan_id),
        command_id=context.message_id,
        command=command.TYPE,
        refusals=tuple(refusals),
        actor=command.actor,
        basis=basis_of(context, rule_set),
        asked=said(command),
    )


DECISIONS: dict[type[Command], Callable[[Plan, Any, Context], Sequence[Fact]]] = {
    StartBulkPlan: start,
    PauseBulkPlan: pause,
    ResumeBulkPlan: resume,
    CancelBulkPlan: cancel,
    CompleteBulkPlan: complete,
}
"""Every command about a plan, and the function that decides."""


def decide(plan: Plan, command: Command, context: Context) -> Sequence[Fact]:
    """Decide on any command about a plan."""
    check_command_id(context.message_id)
    return DECISIONS[type(command)](plan, command, context)


PLAN: Decider[Any] = Decider(initial=Plan(), evolve=evolve, decide=decide)
"""The decider of plans; their facts are folded like all others of this service."""
