"""Claims: whoever packs asks first, so that nobody cancels what is on its way out.

Claim and cancellation are decided on the same stream; one of them wins, the other is refused.
"""

from typing import ClassVar
from uuid import UUID

from contracts.cancellation.parts import Actor, CancelLines, Refusal
from contracts.message import Command, Event
from contracts.orders import LineQuantity
from contracts.values import CommandId, OrderId, Timestamp


class ClaimFulfillment(Command):
    """Claim units for packing; until shipped or released they cannot be cancelled."""

    TYPE: ClassVar[str] = "cancellation.claim-fulfillment.v1"

    order_id: OrderId
    """The order."""
    actor: Actor
    """Who packs."""
    lines: CancelLines | None = None
    """Lines and units; leave out to claim all that is open and not claimed."""


class ReleaseFulfillmentClaim(Command):
    """Give a claim up; what of it was not shipped can be cancelled again."""

    TYPE: ClassVar[str] = "cancellation.release-fulfillment-claim.v1"

    order_id: OrderId
    """The order."""
    claim_id: UUID
    """The claim to give up."""
    actor: Actor
    """Who gives it up."""


class FulfillmentClaimed(Event):
    """Units are claimed; pack them."""

    TYPE: ClassVar[str] = "cancellation.fulfillment-claimed.v1"

    order_id: OrderId
    """The order."""
    claim_id: UUID
    """Name it when the units ship, or to give them up."""
    command_id: CommandId
    """The command this answers."""
    lines: tuple[LineQuantity, ...]
    """What is claimed."""
    claimed_at: Timestamp
    """When it was decided."""


class FulfillmentClaimRejected(Event):
    """Units cannot be claimed; do not pack them."""

    TYPE: ClassVar[str] = "cancellation.fulfillment-claim-rejected.v1"

    order_id: OrderId
    """The order named by the command; it need not exist."""
    command_id: CommandId
    """The command this answers."""
    refusals: tuple[Refusal, ...]
    """Every failed rule, not only the first."""
    rejected_at: Timestamp
    """When it was decided."""


class FulfillmentClaimReleased(Event):
    """A claim is given up; what of it was not shipped can be cancelled again."""

    TYPE: ClassVar[str] = "cancellation.fulfillment-claim-released.v1"

    order_id: OrderId
    """The order."""
    claim_id: UUID
    """The claim."""
    command_id: CommandId
    """The command this answers."""
    lines: tuple[LineQuantity, ...]
    """Units that can be cancelled again."""
    released_at: Timestamp
    """When it was decided."""
