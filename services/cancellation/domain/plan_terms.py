"""What a bulk plan does with its orders, and which orders these are.

A plan is a way to send one cancel command per order. The commands and their ids follow from the
plan and the order alone, so a plan taken up again after a crash sends the same ones.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, StringConstraints, model_validator

from contracts.cancellation import Actor, CancelLine, CancelOrder, CancelReason, RefundTo, Role
from contracts.message import CommandPart
from contracts.values import Code, Identifier, OrderId, Text, Timestamp
from kit.ids import child_id, stream_id

ORDERS_MAX = 50_000
"""Orders in one plan. Decision: more than a shop of the size of the public retail data sells in two
years; a larger recall is several plans."""

RATE_DEFAULT = 100
"""Orders per second unless told otherwise: 50,000 orders in eight minutes, and the legs keep up."""

RATE_MAX = 10_000
"""More than any machine reaches: no limit."""

PlanId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$"),
]
"""Name of a plan, chosen by whoever starts it: `recall-2026-11`."""

Rate = Annotated[int, Field(strict=True, ge=1, le=RATE_MAX)]
"""Orders per second at most."""

OrderIds = Annotated[tuple[OrderId, ...], Field(min_length=1, max_length=ORDERS_MAX)]

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""Fingerprint of which orders and lines are meant, in which sequence."""


class BulkWish(CommandPart):
    """What is wanted of every order; the fields of `CancelOrder` that make sense for many."""

    reason: CancelReason
    """Why; required."""
    sub_reason: Code | None = None
    """One of the merchant's own reasons below `reason`."""
    refund: Literal["NOW", "LATER", "NONE"] = "NOW"
    """As in `CancelOrder`."""
    refund_to: RefundTo = "ORIGINAL"
    """As in `CancelOrder`."""
    store_credit_expires_at: Timestamp | None = None
    """As in `CancelOrder`."""
    shipping: Literal["WITH_LAST", "NOW", "KEEP"] = "WITH_LAST"
    """As in `CancelOrder`."""
    restock: bool | None = True
    """Whether the units go back on the shelf; null leaves it to the policy."""
    notify: bool | None = True
    """Whether the customers are told; null leaves it to the policy."""
    customer_message: Text | None = None
    """A sentence for the customers."""
    staff_note: Text | None = None
    """For staff only; never reaches a customer."""
    is_statutory_withdrawal: bool = False
    """As in `CancelOrder`."""


class OrderFilter(CommandPart):
    """Which orders are meant, by what is known of them; all that is said must hold."""

    sku: Identifier | None = None
    """Orders with units of this article that are neither shipped nor cancelled."""
    only_item: bool = False
    """True cancels the units of that article alone; needs `sku`."""
    country: Text | None = None
    """Orders of customers there, written as the shop writes it."""
    placed_from: Timestamp | None = None
    """Placed then or later."""
    placed_before: Timestamp | None = None
    """Placed earlier than that."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.sku is None and self.only_item:
            raise ValueError("only_item needs sku")
        if not (self.sku or self.country or self.placed_from or self.placed_before):
            raise ValueError("name an article, a country or a time; all orders are never meant")
        return self


class Target(NamedTuple):
    """One order of a plan."""

    order_id: str
    lines: tuple[tuple[str, int], ...] | None = None
    """Line ids and units; None for all that is left."""


def digest_of(targets: Iterable[Target]) -> str:
    """Return the fingerprint of a selection."""
    digest = sha256()
    for order_id, lines in targets:
        meant = "" if lines is None else " ".join(f"{id_}={units}" for id_, units in lines)
        digest.update(f"{order_id} {meant}\n".encode())
    return digest.hexdigest()


def plan_key(plan_id: str) -> str:
    """Return the key of a plan, from which its stream's id is made."""
    return f"plan:{plan_id}"


def command_id_of(plan_id: str, order_id: str) -> str:
    """Return the id of the command a plan sends about an order."""
    return f"bulk:{child_id(stream_id(plan_key(plan_id)), order_id)}"


def actor_of(plan_id: str, role: Role | None) -> Actor:
    """Return the plan as the one who asks; it may do what whoever started it may."""
    return Actor(type="BULK", id=plan_id, role=role)


def command_of(plan_id: str, wish: BulkWish, role: Role | None, target: Target) -> CancelOrder:
    """Return the command a plan sends about one of its orders."""
    lines = target.lines
    return CancelOrder(
        **dict(wish),
        order_id=target.order_id,
        lines=None if lines is None else tuple(CancelLine(line_id=n, quantity=q) for n, q in lines),
        actor=actor_of(plan_id, role),
        requested_by=plan_id,
    )
