"""Answers that say no."""

from typing import Any, ClassVar

from pydantic import Field

from contracts.cancellation import Actor, Basis, CancelOrder, Refusal
from contracts.values import CommandId, Identifier, OrderId, Text
from kit.facts import Fact


class CancellationRejected(Fact):
    """A cancel command was refused; nothing moved. Recorded by: `cancel_order`; published."""

    NAME: ClassVar[str] = "order.cancellation-rejected.v1"

    order_id: OrderId
    """The order named by the command; it need not exist."""
    command_id: CommandId
    """The command refused."""
    requested_by: Identifier
    """Who asked."""
    refusals: tuple[Refusal, ...]
    """Every failed rule."""
    actor: Actor | None = None
    """Who asked, when the command says more than `requested_by`; never published."""
    basis: Basis | None = None
    """What the decision rests on; empty before there were policies."""
    asked: CancelOrder | None = None
    """The command; empty before there were policies. Never published."""


class CommandRejected(Fact):
    """Another command was refused; nothing moved. Recorded by: every decision; published."""

    NAME: ClassVar[str] = "order.command-rejected.v1"

    order_id: OrderId
    """The order named by the command; it need not exist. `policy:default` for a policy."""
    command_id: CommandId
    """The command refused."""
    command: Text
    """Its type."""
    refusals: tuple[Refusal, ...]
    """Every failed rule."""
    actor: Actor
    """Who asked; never published."""
    basis: Basis
    """What the decision rests on."""
    asked: dict[str, Any] = Field(default={})
    """What the command said beside its order and its actor; never published."""
