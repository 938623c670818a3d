"""Where stock may go: locations that are not in use any more, and where their units go instead."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from contracts.cancellation import Refusal
from contracts.inventory import SetStockLocation
from kit.decider import Context
from kit.facts import Fact
from services.inventory.domain import events


class Location(NamedTuple):
    """One location somebody has set up."""

    is_active: bool
    fallback: str | None


class Locations(NamedTuple):
    """All of them; one nobody has set up is in use."""

    known: Mapping[str, Location] = MappingProxyType({})

    def after(self, fact: events.StockLocationSet) -> "Locations":
        """Return them after one was set."""
        return Locations({**self.known, fact.location: Location(fact.is_active, fact.fallback)})

    def where(self, wanted: str | None) -> str | None:
        """Return where units for `wanted` go: there, or along its fallbacks to one in use.

        Chains have no circle, because none can be set; the shop's unnamed location is always in
        use, so there is always an answer and nothing ever waits for a shelf.
        """
        while wanted is not None and not (found := self.known.get(wanted, _IN_USE)).is_active:
            wanted = found.fallback
        return wanted


_IN_USE = Location(is_active=True, fallback=None)
NOWHERE = Locations()
"""A shop that has set up none."""


def locations_of(context: Context) -> Locations:
    """Return the locations as they are set up at a decision."""
    return context.reference or NOWHERE


def set_location(
    locations: Locations, command: SetStockLocation, message_id: str
) -> Sequence[Fact]:
    """Set a location, unless its units could then go round in a circle."""
    about: dict[str, Any] = {"command_id": message_id}
    fact = events.StockLocationSet(
        location=command.location, is_active=command.is_active, fallback=command.fallback,
        actor=command.actor, note=command.note, **about,
    )  # fmt: skip
    seen, at = [command.location], command.fallback
    while at is not None and at not in seen:
        seen.append(at)
        at = locations.known.get(at, _IN_USE).fallback
    if at is None:
        return [fact]
    refusal = Refusal(
        code="FALLBACK_CIRCULAR",
        detail=f"{' falls back to '.join([*seen, at])}",
        remedy="Name a location whose own fallbacks do not lead back here, or none.",
    )
    return [
        events.StockCommandRejected(command=command.TYPE, refusals=(refusal,), **about),
    ]
