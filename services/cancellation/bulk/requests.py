"""Bodies of the requests about plans."""

from typing import Self

from pydantic import model_validator

from contracts.cancellation import Actor
from contracts.message import CommandPart
from services.cancellation.domain.plan_terms import (
    RATE_DEFAULT,
    BulkWish,
    Digest,
    OrderFilter,
    OrderIds,
    Rate,
)


class BulkPreviewBody(CommandPart):
    """A plan to look at: which orders, and what is wanted of them."""

    order_ids: OrderIds | None = None
    """These orders, in this sequence; repeated numbers count once."""
    filter: OrderFilter | None = None
    """Or those that fit."""
    wish: BulkWish
    """What is wanted of every order."""
    actor: Actor
    """Who asks; the plan may do no more than they."""

    @model_validator(mode="after")
    def _names_orders_once(self) -> Self:
        if (self.order_ids is None) == (self.filter is None):
            raise ValueError("name order_ids or a filter, one of the two")
        return self


class BulkPlanBody(BulkPreviewBody):
    """A plan to start."""

    orders_per_s: Rate = RATE_DEFAULT
    """Orders per second at most."""
    expected_digest: Digest | None = None
    """As a preview told it; refuse if other orders fit now."""
