"""What facts leave in a plan's tables: its state, and what came of each order. Pure.

The rows are written along with the fact, so an order is marked in the very transaction that decides
about it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kit.facts import Fact, RecordedFact
from services.cancellation.domain import events
from services.cancellation.domain.plan_terms import Target, command_id_of

Row = Mapping[str, Any]


def started(recorded: RecordedFact) -> list[Row]:
    """Keep the plan, ready to be worked off."""
    fact: Any = recorded.fact
    selection = fact.selection
    return [
        {
            "row": "plan_started",
            "plan_id": fact.plan_id,
            # As texts, because PostgreSQL takes no zero byte in the JSON it looks into.
            "wish": fact.wish.model_dump_json(),
            "selection": selection.model_dump_json() if selection else None,
            "started_by": fact.actor.model_dump_json(),
            "order_count": fact.order_count,
            "digest": fact.digest,
            "orders_per_s": fact.orders_per_s,
            "at": recorded.cause.recorded_at,
        }
    ]


def chosen(plan_id: str, targets: Iterable[Target]) -> list[Row]:
    """Return a row for every order of a plan."""
    return [
        {"row": "item_chosen", "plan_id": plan_id, "number": number, "order_id": order_id,
         "lines": lines}
        for number, (order_id, lines) in enumerate(targets, 1)
    ]  # fmt: skip


def _changed(state: str) -> Callable[[RecordedFact], list[Row]]:
    def change(recorded: RecordedFact) -> list[Row]:
        fact: Any = recorded.fact
        rate = getattr(fact, "orders_per_s", None)
        return [
            {"row": "plan_changed", "plan_id": fact.plan_id, "state": state,
             "orders_per_s": rate, "at": recorded.cause.recorded_at}
        ]  # fmt: skip

    return change


def _handled(recorded: RecordedFact, actor: Any, outcome: str, **more: Any) -> list[Row]:
    """Mark the order a plan's command was about; commands of others mark nothing."""
    fact: Any = recorded.fact
    if actor is None or actor.type != "BULK":
        return []
    if fact.command_id != command_id_of(actor.id, fact.order_id):
        return []
    return [
        {"row": "item_handled", "plan_id": actor.id, "order_id": fact.order_id,
         "outcome": outcome, "at": recorded.cause.recorded_at, **more}
    ]  # fmt: skip


def cancelled(recorded: RecordedFact) -> list[Row]:
    """Note what a cancellation moves."""
    fact: Any = recorded.fact
    if fact.actor is None:
        return []
    return _handled(
        recorded, fact.actor, "CANCELLED",
        currency=fact.currency, refund_minor=fact.refund_minor,
        units=sum(line.quantity for line in fact.lines), is_told=fact.recipient is not None,
    )  # fmt: skip


def requested(recorded: RecordedFact) -> list[Row]:
    """Note that a second person has to agree."""
    fact: Any = recorded.fact
    codes = [fact.approval] if fact.approval else []
    return _handled(recorded, fact.wish.actor, "REQUESTED", codes=codes, currency=fact.currency)


def refused(recorded: RecordedFact) -> list[Row]:
    """Note which rules stood against it."""
    fact: Any = recorded.fact
    if fact.actor is None:
        return []
    codes = sorted({refusal.code for refusal in fact.refusals})
    return _handled(recorded, fact.actor, "REFUSED", codes=codes)


PLAN_ROWS: dict[type[Fact], tuple[Callable[[RecordedFact], list[Row]], ...]] = {
    events.OrderCancelled: (cancelled,),
    events.CancellationRequested: (requested,),
    events.CancellationRejected: (refused,),
    events.BulkPlanStarted: (started,),
    events.BulkPlanPaused: (_changed("PAUSED"),),
    events.BulkPlanResumed: (_changed("RUNNING"),),
    events.BulkPlanCancelled: (_changed("CANCELLED"),),
    events.BulkPlanCompleted: (_changed("COMPLETED"),),
}
"""Facts that say something about a plan."""
