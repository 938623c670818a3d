"""What every fact here has in common."""

from uuid import UUID

from contracts.values import OrderId
from kit.facts import Fact


class MoneyFact(Fact):
    """What every fact here says."""

    order_id: OrderId
    """The order."""
    cancellation_id: UUID
    """The cancellation it belongs to."""
