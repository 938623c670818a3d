"""One order's stock with its movements summed up, as the ledger has them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from contracts import orders
from kit.decider import Context, Unacceptable
from kit.facts import Fact, RecordedFact
from services.inventory.domain.decisions import STOCK
from services.inventory.domain.stock import NOTHING, Stock
from services.inventory.ledger import movements_of
from tests.support.mothers import A_CAUSE, ORDER_ID, PLACED_AT
from tests.support.spec import NOW, STREAM

Row = Mapping[str, Any]


class Level(NamedTuple):
    """Units of one article at one location."""

    on_hand: int
    reserved: int

    @property
    def available(self) -> int:
        """Units that can be sold."""
        return self.on_hand - self.reserved


NONE = Level(0, 0)


def levels_of(rows: Iterable[Row]) -> dict[tuple[str, str | None], Level]:
    """Sum up movements per article and location; what comes to nothing is left out."""
    found: dict[tuple[str, str | None], Level] = {}
    for row in rows:
        key = row["sku"], row["location"]
        on_hand, reserved = found.get(key, NONE)
        found[key] = Level(on_hand + row["on_hand"], reserved + row["reserved"])
    return {key: level for key, level in found.items() if level != NONE}


class Shelf:
    """Decides on messages in turn and keeps what they leave."""

    def __init__(self, *messages: Any, reference: Any = None) -> None:
        self.stock: Stock = NOTHING
        self.version = 0
        self.rows: list[Row] = []
        self.facts: list[Fact] = []
        self.reference = reference
        self.hear(*messages)

    def hear(self, *messages: Any) -> "Shelf":
        """Decide on messages; what is put aside changes nothing."""
        for message in messages:
            context = Context(NOW, "command-1", STREAM, self.version, self.reference)
            try:
                decided: Sequence[Fact] = STOCK.decide(self.stock, message, context)
            except Unacceptable:
                continue
            for fact in decided:
                self.version += 1
                self.facts.append(fact)
                self.rows += movements_of(RecordedFact(STREAM, self.version, fact, A_CAUSE))
                self.stock = STOCK.evolve(self.stock, fact)
        return self

    @property
    def levels(self) -> dict[tuple[str, str | None], Level]:
        """Return what all movements come to."""
        return levels_of(self.rows)

    @property
    def kinds(self) -> list[tuple[str, int]]:
        """Return kind and quantity of each movement, in turn."""
        return [(row["kind"], row["quantity"]) for row in self.rows]

    def level(self, sku: str = "SKU-1", location: str | None = None) -> Level:
        """Return one level."""
        return self.levels.get((sku, location), NONE)


def a_return(*units: tuple[str, int], **changes: Any) -> orders.ItemsReturned:
    """Units back from the customer: `a_return(("1", 2))`."""
    return orders.ItemsReturned(
        order_id=ORDER_ID,
        lines=tuple(orders.LineQuantity(line_id=id_, quantity=count) for id_, count in units),
        returned_at=PLACED_AT,
        **changes,
    )
