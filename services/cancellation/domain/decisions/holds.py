"""Holds: released once their time is over, or taken back as if nothing had been cancelled."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from contracts.cancellation import (
    MoneyTerms,
    Refusal,
    ReleaseHold,
    RestockLine,
    UndoCancellation,
)
from contracts.orders import LineQuantity
from kit.decider import Context
from kit.facts import Fact
from services.cancellation.domain import events
from services.cancellation.domain.allocation import releasable, release
from services.cancellation.domain.decisions.answering import (
    basis_of,
    completed,
    not_permitted,
    rejected,
)
from services.cancellation.domain.decisions.consequences import late_refund
from services.cancellation.domain.evolve.decided import confirm
from services.cancellation.domain.legs import NO_TERMS, Legs, planned_back, worth_of
from services.cancellation.domain.money import books_of
from services.cancellation.domain.order import Order
from services.cancellation.domain.policy import Asker, rulebook_of
from services.cancellation.domain.refusals import refuse

RELEASED, TAKEN_BACK = "release-hold.v1", "undo-cancellation.v1"


def find_cancellation(order: Order, command: Any) -> tuple[Legs | None, list[Refusal]]:
    """Return the cancellation a command names, or why there is none."""
    if order.placed is None:
        return None, [refuse("ORDER_NOT_FOUND", "no such order")]
    legs = order.cancellations.get(command.cancellation_id)
    if legs is None:
        detail = f"no cancellation {command.cancellation_id}"
        return None, [refuse("CANCELLATION_NOT_FOUND", detail)]
    return legs, []


def _held_until(legs: Legs) -> datetime | None:
    return legs.cancelled.held_until if isinstance(legs.cancelled, events.OrderCancelled) else None


def release_hold(order: Order, command: ReleaseHold, context: Context) -> Sequence[Fact]:
    """Let a held cancellation go; a timer only once its time is over."""
    asker = Asker.of(command.actor)
    legs, refusals = find_cancellation(order, command)
    refusals += not_permitted(context, asker, "RELEASE_HOLD")
    if legs is not None:
        until = _held_until(legs)
        if legs.status != "HELD" or until is None:
            refusals.append(_not_held(legs))
        elif asker.type == "TIMER" and context.now < until:
            moment = until.isoformat()
            refusals.append(refuse("HOLD_RUNNING", f"until {moment}", held_until=moment))
    if legs is None or refusals:
        return [rejected(command, context, refusals, RELEASED)]
    fact = _confirmation(order, legs, command, context)
    after = confirm(order, fact)
    since_minor = sum(order.captured.values()) - legs.captured_minor
    late = late_refund(after, context, amount_minor=since_minor, number=2)
    if late:
        return [fact, late]
    return [fact, *completed(after.cancellations[fact.cancellation_id], fact.order_id, context)]


def _not_held(legs: Legs) -> Refusal:
    if legs.status == "UNDONE":
        word = "it was taken back"
    elif isinstance(legs.cancelled, events.CancellationConfirmed):
        word = "its hold has ended"
    else:
        word = "it was never held"
    return refuse("NOT_HELD", word, status=legs.status)


def _confirmation(
    order: Order, legs: Legs, command: ReleaseHold, context: Context
) -> events.CancellationConfirmed:
    """Say again what was decided, as far as it still holds.

    Units that shipped meanwhile do not go back on a shelf; payments that were captured meanwhile
    are not released, and those whose capture failed are.
    """
    held = legs.cancelled
    since = held.held_since if isinstance(held, events.OrderCancelled) else None
    said = {name: getattr(held, name) for name in events.Cancellation.model_fields}
    said |= {
        "command_id": context.message_id,
        "restock_lines": _still_back(order, held),
        "money": _still_moving(order, legs, context),
        "basis": basis_of(context, RELEASED),
        "asked": None,
    }
    return events.CancellationConfirmed(
        **said, cancelled_at=since or context.now, released_by=command.actor
    )


def _still_back(order: Order, held: events.Cancellation) -> tuple[RestockLine, ...] | None:
    lost = {
        line_id: min(units, order.seldom.lost.get(line_id, 0))
        for line_id, units in planned_back(held).items()
        if order.seldom.lost.get(line_id)
    }
    if not lost:
        return held.restock_lines
    lines = held.restock_lines or tuple(
        RestockLine(
            line_id=line.line_id, sku=line.sku, quantity=line.quantity,
            ordered_quantity=line.ordered_quantity,
        )
        for line in held.lines
    )  # fmt: skip
    back = []
    for line in lines:
        gone = min(line.quantity, lost.get(line.line_id, 0))
        lost[line.line_id] = lost.get(line.line_id, 0) - gone
        if line.quantity > gone:
            back.append(line.model_copy(update={"quantity": line.quantity - gone}))
    return tuple(back)


def _still_moving(order: Order, legs: Legs, context: Context) -> MoneyTerms | None:
    terms = legs.cancelled.money
    if not (legs.owed_minor or (terms and terms.voids)):
        return terms
    freed = legs._replace(status="STANDING", voids={}, awaited=frozenset[str]())
    cancellations = {**order.cancellations, legs.cancelled.cancellation_id: freed}
    opened = order._replace(cancellations=cancellations)
    needed_minor = books_of(opened, with_held=False).still_needed(0, 0, 0)
    voids = release(opened, rulebook_of(context), releasable(opened), needed_minor)
    awaited = tuple(id_ for id_ in legs.awaited if id_ in order.seldom.in_flight)
    if terms is None and not voids:
        return None
    return (terms or NO_TERMS).model_copy(update={"voids": voids, "awaited": awaited})


def undo_cancellation(order: Order, command: UndoCancellation, context: Context) -> Sequence[Fact]:
    """Take a cancellation back within its hold; nothing has moved and nothing will."""
    legs, refusals = find_cancellation(order, command)
    refusals += not_permitted(context, Asker.of(command.actor), "UNDO")
    if legs is not None:
        until = _held_until(legs)
        if legs.status != "HELD" or until is None:
            refusals.append(_not_held(legs))
        elif context.now >= until:
            moment = until.isoformat()
            refusals.append(refuse("HOLD_OVER", f"it ended at {moment}", held_until=moment))
    if legs is None or refusals:
        return [rejected(command, context, refusals, TAKEN_BACK)]
    held = legs.cancelled
    return [
        events.CancellationUndone(
            order_id=command.order_id,
            cancellation_id=command.cancellation_id,
            command_id=context.message_id,
            actor=command.actor,
            staff_note=command.staff_note,
            lines=tuple(
                LineQuantity(line_id=line.line_id, quantity=line.quantity) for line in held.lines
            ),
            amount_minor=worth_of(held),
            refunds=held.refunds,
            restock=held.restock,
            is_told=held.recipient is not None,
            basis=basis_of(context, TAKEN_BACK),
        )
    ]
