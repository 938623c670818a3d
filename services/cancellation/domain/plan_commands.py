"""What may be asked of a bulk plan; by HTTP and command line, and by its own role."""

from typing import ClassVar

from contracts.cancellation import Actor
from contracts.message import Command
from contracts.values import Currency, Text
from services.cancellation.domain.plan_terms import (
    RATE_DEFAULT,
    BulkWish,
    Digest,
    OrderFilter,
    PlanId,
    Rate,
)


class StartBulkPlan(Command):
    """Cancel many orders the same way."""

    TYPE: ClassVar[str] = "bulk.start-plan.v1"

    plan_id: PlanId
    """Name of the plan."""
    wish: BulkWish
    """What is wanted of every order."""
    selection: OrderFilter | None = None
    """How the orders were found; empty when they were listed."""
    order_count: int
    """How many were found."""
    digest: Digest
    """Which were found."""
    expected_digest: Digest | None = None
    """Which were found when somebody looked; refuse if these are others."""
    orders_per_s: Rate = RATE_DEFAULT
    """Orders per second at most."""
    actor: Actor
    """Who asks."""


class PauseBulkPlan(Command):
    """Touch no further order until the plan is resumed."""

    TYPE: ClassVar[str] = "bulk.pause-plan.v1"

    plan_id: PlanId
    """The plan."""
    actor: Actor
    """Who asks."""
    staff_note: Text | None = None
    """Why."""


class ResumeBulkPlan(Command):
    """Go on where the plan stood."""

    TYPE: ClassVar[str] = "bulk.resume-plan.v1"

    plan_id: PlanId
    """The plan."""
    actor: Actor
    """Who asks."""
    orders_per_s: Rate | None = None
    """Orders per second at most from now on; left out, as before."""
    staff_note: Text | None = None
    """Why."""


class CancelBulkPlan(Command):
    """Touch no further order, ever; what the plan did stays."""

    TYPE: ClassVar[str] = "bulk.cancel-plan.v1"

    plan_id: PlanId
    """The plan."""
    actor: Actor
    """Who asks."""
    staff_note: Text | None = None
    """Why."""


class CompleteBulkPlan(Command):
    """Note that every order was handled. Sent by the role that works the plan off."""

    TYPE: ClassVar[str] = "bulk.complete-plan.v1"

    plan_id: PlanId
    """The plan."""
    outcomes: dict[str, int]
    """Orders per outcome."""
    refund_minor: dict[Currency, int]
    """Money given back at once, per currency."""
