"""The state of one order. How facts change it stands in `evolve`.

What is left is computed, never stored, so nothing can be counted twice by being written in two
places.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from contracts.cancellation import LegOutcome, Role
from contracts.orders import OrderPlaced as PlacedMessage
from contracts.orders import PaymentMethod
from contracts.values import Tender
from services.cancellation.domain import events
from services.cancellation.domain.legs import Legs
from services.cancellation.domain.units import Totals

_EMPTY: Mapping[str, int] = MappingProxyType({})


class Request(NamedTuple):
    """A request for a cancellation."""

    asked: events.CancellationRequested
    is_open: bool = True
    """False once it was granted or refused."""


class Restock(NamedTuple):
    """Units put back by hand."""

    asked: events.RestockRequested
    outcome: LegOutcome | None = None
    """None while open."""


class CaseFile(NamedTuple):
    """Something that needs a person, or did."""

    opened: events.CaseOpened
    left: Totals = _EMPTY
    """Units still to be put back, of a failed restock."""
    is_open: bool = True
    role: Role = "AGENT"
    """Who is to see to it now."""
    level: int = 0
    """How often it went up."""
    due_at: datetime | None = None
    """Until when; None for one opened before cases had deadlines."""

    @property
    def cancellation_id(self) -> UUID:
        """The cancellation it is about; contradictions are about none."""
        assert self.opened.cancellation_id is not None  # noqa: S101 - every leg has one
        return self.opened.cancellation_id


class Seldom(NamedTuple):
    """What few orders have; together, so that the others do not pay for it."""

    tenders: Mapping[str, Tender] = MappingProxyType({})
    """What payments were made with, when not by card."""
    methods: Mapping[str, PaymentMethod] = MappingProxyType({})
    """How payments were made, where the shop said."""
    in_flight: Mapping[str, int] = _EMPTY
    """Minor units asked for and neither captured nor failed yet, per payment."""
    voided: frozenset[str] = frozenset()
    """Payments that hold money no longer."""
    returned: Totals = _EMPTY
    """Units shipped and back."""
    claims: Mapping[UUID, Totals] = MappingProxyType({})
    """Units being packed, per claim; what ships or is released leaves it."""
    off_shelf: Totals = _EMPTY
    """Units cancelled and not put back: what may still be put back by hand."""
    lost: Totals = _EMPTY
    """Units that shipped although a held cancellation wants them back on the shelf."""
    requests: Mapping[UUID, Request] = MappingProxyType({})
    """Requests for a cancellation, open and closed."""
    restocks: Mapping[UUID, Restock] = MappingProxyType({})
    """What was put back by hand."""
    cases: Mapping[UUID, CaseFile] = MappingProxyType({})
    """What needs a person, or did."""


NOTHING = Seldom()


class Order(NamedTuple):
    """One order, as far as cancelling it is concerned."""

    placed: PlacedMessage | None = None
    """None for an order nobody told us about."""
    captured: Mapping[str, int] = _EMPTY
    """Minor units captured per payment, in the order the payments came."""
    authorized: Mapping[str, int] = _EMPTY
    """Minor units held per payment."""
    due: Mapping[str, int] = _EMPTY
    """Minor units ever decided to be refunded or credited per payment."""
    fulfilled: Totals = _EMPTY
    """Units shipped per line."""
    cancelled: Totals = _EMPTY
    """Units cancelled per line."""
    cancellations: Mapping[UUID, Legs] = MappingProxyType({})
    """Every cancellation of this order, in the order they were decided."""
    seldom: Seldom = NOTHING
    """What few orders have."""

    def open_units(self, line_id: str, ordered: int) -> int:
        """Return the units of a line neither shipped nor cancelled; never below 0."""
        return max(0, ordered - self.fulfilled.get(line_id, 0) - self.cancelled.get(line_id, 0))

    def claimed_units(self, line_id: str) -> int:
        """Return the units of a line that somebody is packing."""
        return sum(units.get(line_id, 0) for units in self.seldom.claims.values())

    def free_units(self, line_id: str, ordered: int) -> int:
        """Return the units of a line that can be cancelled."""
        open_ = self.open_units(line_id, ordered)
        if open_ and self.seldom.claims:
            return max(0, open_ - self.claimed_units(line_id))
        return open_

    def refundable_minor(self, payment_id: str) -> int:
        """Return what may still be refunded on a payment."""
        return max(0, self.captured.get(payment_id, 0) - self.due.get(payment_id, 0))

    def standing(self) -> Iterator[Legs]:
        """Return the cancellations that were not taken back, held ones included."""
        return (legs for legs in self.cancellations.values() if legs.stands)

    @property
    def is_held(self) -> bool:
        """True while the hold of a cancellation runs."""
        return any(legs.status == "HELD" for legs in self.cancellations.values())

    def shipped_though_cancelled(self, shipped: Totals) -> dict[str, int]:
        """Return, of units about to ship, those that were cancelled before."""
        if not self.cancelled or self.placed is None:
            return {}
        found = {}
        for line in self.placed.lines:
            units, cancelled = shipped.get(line.line_id, 0), self.cancelled.get(line.line_id, 0)
            if units and cancelled:
                gone = self.fulfilled.get(line.line_id, 0) + cancelled - line.quantity
                if over := min(max(0, gone + units) - max(0, gone), cancelled):
                    found[line.line_id] = over
        return found
