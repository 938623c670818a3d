"""What becomes of a bulk plan, in a stream of its own, `plan:<plan_id>`.

What a plan does to an order stands in that order's stream.
"""

from typing import ClassVar

from contracts.cancellation import Actor, Basis
from contracts.values import CommandId, Currency, Text
from kit.facts import Fact
from services.cancellation.domain.plan_terms import BulkWish, Digest, OrderFilter, PlanId, Rate


class BulkPlanStarted(Fact):
    """Orders are cancelled one after the other from now on. Recorded by: `start`."""

    NAME: ClassVar[str] = "bulk.plan-started.v1"

    plan_id: PlanId
    """The plan."""
    command_id: CommandId
    """The command that asked for it."""
    wish: BulkWish
    """What is wanted of every order."""
    selection: OrderFilter | None
    """How the orders were found; empty when they were listed."""
    order_count: int
    """How many they are; they stand in `plan_items`."""
    digest: Digest
    """Which they are, as a fingerprint."""
    orders_per_s: Rate
    """Orders per second at most."""
    actor: Actor
    """Who started it."""
    basis: Basis
    """What the decision rests on."""


class BulkPlanPaused(Fact):
    """No further order is touched until the plan is resumed. Recorded by: `pause`."""

    NAME: ClassVar[str] = "bulk.plan-paused.v1"

    plan_id: PlanId
    """The plan."""
    command_id: CommandId
    """The command that asked for it."""
    actor: Actor
    """Who paused it."""
    staff_note: Text | None
    """Why."""
    basis: Basis
    """What the decision rests on."""


class BulkPlanResumed(Fact):
    """The plan goes on where it stood. Recorded by: `resume`."""

    NAME: ClassVar[str] = "bulk.plan-resumed.v1"

    plan_id: PlanId
    """The plan."""
    command_id: CommandId
    """The command that asked for it."""
    orders_per_s: Rate
    """Orders per second at most, from now on."""
    actor: Actor
    """Who resumed it."""
    staff_note: Text | None
    """Why."""
    basis: Basis
    """What the decision rests on."""


class BulkPlanCancelled(Fact):
    """No further order is ever touched by the plan; what it did stays. Recorded by: `cancel`."""

    NAME: ClassVar[str] = "bulk.plan-cancelled.v1"

    plan_id: PlanId
    """The plan."""
    command_id: CommandId
    """The command that asked for it."""
    actor: Actor
    """Who cancelled it."""
    staff_note: Text | None
    """Why."""
    basis: Basis
    """What the decision rests on."""


class BulkPlanCompleted(Fact):
    """Every order of the plan was handled. Recorded by: `complete`."""

    NAME: ClassVar[str] = "bulk.plan-completed.v1"

    plan_id: PlanId
    """The plan."""
    command_id: CommandId
    """The command that noted it."""
    outcomes: dict[str, int]
    """Orders per outcome."""
    refund_minor: dict[Currency, int]
    """Money given back at once, per currency."""
