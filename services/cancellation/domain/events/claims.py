"""Who packs what, and the policy's versions."""

from typing import Any, ClassVar
from uuid import UUID

from pydantic import Field

from contracts.cancellation import Actor, Basis, Policy, Refusal
from contracts.orders import LineQuantity
from contracts.values import CommandId, OrderId, Text
from kit.facts import Fact


class FulfillmentClaimed(Fact):
    """Units are being packed. Recorded by: `claim_fulfillment`; published."""

    NAME: ClassVar[str] = "order.fulfillment-claimed.v1"

    order_id: OrderId
    """The order."""
    claim_id: UUID
    """Id of this very fact."""
    command_id: CommandId
    """The command that asked for it."""
    lines: tuple[LineQuantity, ...]
    """Units that cannot be cancelled until shipped or released."""
    actor: Actor
    """Who packs; never published."""
    basis: Basis
    """What the decision rests on."""


class FulfillmentClaimRejected(Fact):
    """Units cannot be claimed. Recorded by: `claim_fulfillment`; published."""

    NAME: ClassVar[str] = "order.fulfillment-claim-rejected.v1"

    order_id: OrderId
    """The order named by the command; it need not exist."""
    command_id: CommandId
    """The command refused."""
    refusals: tuple[Refusal, ...]
    """Every failed rule."""
    actor: Actor
    """Who asked; never published."""
    basis: Basis
    """What the decision rests on."""
    asked: dict[str, Any] = Field(default={})
    """What the command said beside its order and its actor; never published."""


class FulfillmentClaimReleased(Fact):
    """A claim was given up. Recorded by: `release_claim`; published."""

    NAME: ClassVar[str] = "order.fulfillment-claim-released.v1"

    order_id: OrderId
    """The order."""
    claim_id: UUID
    """The claim."""
    command_id: CommandId
    """The command that asked for it."""
    lines: tuple[LineQuantity, ...]
    """Units that can be cancelled again."""
    actor: Actor
    """Who gave it up; never published."""
    basis: Basis
    """What the decision rests on."""


class PolicyPublished(Fact):
    """A new policy is in force. Recorded by: `publish_policy`, in the policy's own stream."""

    NAME: ClassVar[str] = "policy.published.v1"

    policy: Policy
    """The whole of it."""
    command_id: CommandId
    """The command that asked for it."""
    actor: Actor
    """Who published it; never published."""
    staff_note: Text | None
    """Why; never published."""
