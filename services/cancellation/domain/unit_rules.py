"""Rules about units: whoever cancels or claims some must find them open and unclaimed.

One rule, one function; each returns what it refuses, nothing when it holds.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from contracts.cancellation import CancelLine, ProposedLine, Refusal, ReturnProposal
from contracts.orders import OrderLine, OrderPlaced
from services.cancellation.domain.money import line_total
from services.cancellation.domain.order import Order
from services.cancellation.domain.refusals import refuse
from services.cancellation.domain.units import Totals, units_of

Refusals = Sequence[Refusal]
NONE: Refusals = ()


class Asked(NamedTuple):
    """Units somebody asks for."""

    order: Order
    lines: Mapping[str, OrderLine]
    """The order's lines."""
    wanted: Totals
    """Units per line; lines the order does not have included."""
    is_whole: bool
    """True when all that is left is meant; then `wanted` is what is left."""


def ask(order: Order, placed: OrderPlaced, named: Iterable[CancelLine] | None) -> Asked:
    """Work out what is asked for."""
    lines = {line.line_id: line for line in placed.lines}
    if named is not None:
        return Asked(order, lines, units_of(named), is_whole=False)
    if not (order.cancelled or order.fulfilled or order.seldom.claims):
        return Asked(
            order, lines, {id_: line.quantity for id_, line in lines.items()}, is_whole=True
        )
    free = {id_: order.free_units(id_, line.quantity) for id_, line in lines.items()}
    return Asked(order, lines, {id_: units for id_, units in free.items() if units}, is_whole=True)


def line_not_found(asked: Asked) -> Refusals:
    """Every line named is a line of the order."""
    if asked.is_whole:
        return NONE
    strange = [line_id for line_id in asked.wanted if line_id not in asked.lines]
    return [refuse("LINE_NOT_FOUND", f"no line {id_}", line_id=id_) for id_ in strange]


class _Line(NamedTuple):
    """One line named of which more is asked than is free."""

    line_id: str
    asked: int
    ordered: int
    open: int
    shipped: int
    claimed: int

    @property
    def data(self) -> dict[str, int | str]:
        return {"asked": self.asked, "open": self.open - self.claimed, "ordered": self.ordered}


def _short(asked: Asked) -> list[_Line]:
    """Return the lines of which more is asked than is free."""
    if asked.is_whole:
        return []
    order, short = asked.order, []
    for line_id, units in asked.wanted.items():
        line = asked.lines.get(line_id)
        if line is not None and units > order.free_units(line_id, line.quantity):
            open_ = order.open_units(line_id, line.quantity)
            shipped = order.fulfilled.get(line_id, 0)
            claimed = min(open_, order.claimed_units(line_id)) if order.seldom.claims else 0
            short.append(_Line(line_id, units, line.quantity, open_, shipped, claimed))
    return short


def quantity_too_great(asked: Asked) -> Refusals:
    """No more units are asked for than the line ever had."""
    return [
        refuse(
            "QUANTITY_TOO_GREAT",
            f"{line.asked} asked, {line.open} of {line.ordered} open",
            line_id=line.line_id,
            seen=line.data,
        )
        for line in _short(asked)
        if line.asked > line.open + line.shipped and (line.open or line.shipped)
    ]


def nothing_left(asked: Asked) -> Refusals:
    """Not everything asked for was cancelled before."""
    if asked.is_whole and not asked.wanted and not _is_gone_otherwise(asked):
        return [refuse("NOTHING_LEFT", "no unit of this order is open")]
    return [
        refuse(
            "NOTHING_LEFT",
            f"all {line.ordered} units are cancelled",
            line_id=line.line_id,
            seen=line.data,
        )
        for line in _short(asked)
        if not line.open and not line.shipped
    ]


def already_fulfilled(asked: Asked) -> Refusals:
    """The units asked for have not left the shop."""
    if asked.is_whole and not asked.wanted and asked.order.fulfilled:
        proposal = propose_return(asked, asked.order.fulfilled)
        detail = "no unit of this order is open"
        return [refuse("ALREADY_FULFILLED", detail, return_proposal=proposal)]
    return [
        refuse(
            "ALREADY_FULFILLED",
            f"{line.asked} asked, {line.open} open, {line.shipped} shipped",
            line_id=line.line_id,
            return_proposal=propose_return(asked, {line.line_id: line.asked - line.open}),
            shipped=line.shipped,
            seen=line.data,
        )
        for line in _short(asked)
        if line.open < line.asked <= line.open + line.shipped
    ]


def claimed_for_fulfillment(asked: Asked) -> Refusals:
    """Nobody is packing the units asked for."""
    if asked.is_whole and not asked.wanted and _is_claimed(asked.order):
        detail = "every open unit of this order is being packed"
        return [refuse("CLAIMED_FOR_FULFILLMENT", detail)]
    return [
        refuse(
            "CLAIMED_FOR_FULFILLMENT",
            f"{line.asked} asked, {line.claimed} of {line.open} open units are being packed",
            line_id=line.line_id,
            claimed=line.claimed,
            seen=line.data,
        )
        for line in _short(asked)
        if line.claimed and line.asked <= line.open + line.shipped
    ]


def _is_gone_otherwise(asked: Asked) -> bool:
    return bool(asked.order.fulfilled) or _is_claimed(asked.order)


def _is_claimed(order: Order) -> bool:
    return any(units for units in order.seldom.claims.values())


def propose_return(asked: Asked, units: Totals) -> ReturnProposal | None:
    """Propose to return these units, as far as they left the shop and are not back."""
    order, lines = asked.order, []
    tax_included = order.placed is not None and order.placed.tax_included
    for line_id, line in asked.lines.items():
        out = order.fulfilled.get(line_id, 0) - order.seldom.returned.get(line_id, 0)
        if (count := min(units.get(line_id, 0), out, line.quantity)) > 0:
            worth = line_total(line, tax_included=tax_included)
            lines.append(
                ProposedLine(
                    line_id=line_id, sku=line.sku, title=line.title, quantity=count,
                    amount_minor=worth * count // line.quantity,
                )
            )  # fmt: skip
    if not lines:
        return None
    return ReturnProposal(lines=tuple(lines), amount_minor=sum(x.amount_minor for x in lines))


UNIT_RULES: tuple[tuple[str, Callable[[Asked], Refusals]], ...] = (
    ("LINE_NOT_FOUND", line_not_found),
    ("QUANTITY_TOO_GREAT", quantity_too_great),
    ("NOTHING_LEFT", nothing_left),
    ("ALREADY_FULFILLED", already_fulfilled),
    ("CLAIMED_FOR_FULFILLMENT", claimed_for_fulfillment),
)
"""Every rule about units, in the sequence refusals are listed."""


def check_units(asked: Asked) -> list[Refusal]:
    """Return what every rule about units refuses."""
    if asked.is_whole and asked.wanted:
        return []  # what is left is open and unclaimed by definition
    return [refusal for _, rule in UNIT_RULES for refusal in rule(asked)]
