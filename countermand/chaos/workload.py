"""What one campaign does, fixed in advance by its seed: orders, commands, doors and moments.

A command is sent once or several times under one id; how often changes nothing that may happen.
Partial cancels leave units open on purpose, so that a command done twice moves money twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any, Literal, NamedTuple

from contracts.cancellation import CancelLine, CancelOrder
from contracts.orders import Customer, OrderLine, OrderPlaced, PaymentCaptured
from countermand.upstream import Outgoing

Door = Literal["kafka", "http"]

CURRENCY: Literal["EUR"] = "EUR"
HTTP_SHARE = 0.3
REPEATED_SHARE = 0.05
"""Commands that an upstream service sends two or three times."""
REFUSED_SHARE = 0.06
"""Commands wrong on purpose."""
AT_ONCE_S = 0.05
"""A third of the repetitions follow this soon, so that both doors race for one id."""
COMMANDS_PER_ORDER = (1, 1, 1, 2, 2, 3, 4)
UNITS_MAX = 2
"""Per line and partial cancel: with four of them at most, a line of eight never runs out."""
QUANTITIES = range(8, 21)
PRICES_MINOR = (0, 85, 199, 1_250, 4_999)
PLACED_AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
TITLES = ("Teapot, enamel", "Théière émaillée", "Jam jar, 6 pcs", "Bougie «été»", "Paper chain")
REASONS: tuple[Any, ...] = ("CUSTOMER", "INVENTORY", "FRAUD", "STAFF", "OTHER")


class Sending(NamedTuple):
    """One command through one door at one moment."""

    at_s: float
    """After the start of the load."""
    door: Door
    command_id: str
    command: CancelOrder
    is_repeat: bool


@dataclass(slots=True)
class Workload:
    """A whole campaign's input."""

    facts: list[Outgoing] = field(default_factory=list)
    payments: list[dict[str, Any]] = field(default_factory=list)
    sendings: list[Sending] = field(default_factory=list)
    """In the order of their moments."""

    @property
    def first_at_s(self) -> dict[str, float]:
        """When each command is sent for the first time."""
        return {s.command_id: s.at_s for s in self.sendings if not s.is_repeat}


def plan_workload(seed: int, *, seconds: int, rate: int) -> Workload:
    """Plan `seconds * rate` commands, evenly spaced, over as many orders as they need."""
    rng = Random(f"workload {seed}")  # noqa: S311 - repeatable, not secret
    workload = Workload()
    count = seconds * rate
    slots = list(range(count))
    rng.shuffle(slots)
    number = 0
    while slots:
        number += 1
        placed = _plan_order(rng, number, workload)
        share = min(rng.choice(COMMANDS_PER_ORDER), len(slots))
        moments = sorted(slots.pop() for _ in range(share))
        for moment, command in zip(moments, _plan_commands(rng, placed, share), strict=True):
            _plan_sendings(rng, workload, moment / rate, command, seconds=seconds)
    workload.sendings.sort(key=lambda sending: sending.at_s)
    return workload


def _plan_order(rng: Random, number: int, workload: Workload) -> OrderPlaced:
    order_id = f"chaos-{number:05d}"
    lines = tuple(
        OrderLine(
            line_id=str(line), sku=f"SKU-{rng.randrange(500):03d}", title=rng.choice(TITLES),
            quantity=rng.choice(QUANTITIES), unit_price_minor=rng.choice(PRICES_MINOR),
        )
        for line in range(1, rng.randint(1, 4) + 1)
    )  # fmt: skip
    placed = OrderPlaced(
        order_id=order_id, placed_at=PLACED_AT, currency=CURRENCY, lines=lines, country="France",
        customer=_plan_customer(rng, number),
    )  # fmt: skip
    workload.facts.append(Outgoing(f"{order_id}:placed", placed))
    total_minor = sum(line.quantity * line.unit_price_minor for line in lines)
    for part, amount_minor in enumerate(_split(rng, total_minor), start=1):
        payment_id = f"pi_{order_id}_{part}"
        captured = PaymentCaptured(
            order_id=order_id, payment_id=payment_id, amount_minor=amount_minor,
            captured_at=PLACED_AT,
        )  # fmt: skip
        workload.facts.append(Outgoing(f"{order_id}:captured-{part}", captured))
        workload.payments.append(
            {"payment_id": payment_id, "amount_minor": amount_minor, "currency": CURRENCY}
        )
    return placed


def _plan_customer(rng: Random, number: int) -> Customer | None:
    """One in ten is a guest, one in twenty has no address."""
    draw = rng.random()
    if draw < 0.10:  # noqa: PLR2004 - as the docstring says
        return None
    return Customer(
        customer_id=f"C-{number}",
        email=None if draw < 0.15 else f"customer-{number}@example.com",  # noqa: PLR2004
        locale=rng.choice(("en", "fr")),
    )


def _split(rng: Random, total_minor: int) -> list[int]:
    """Split what an order costs over one to three payments, none of them empty."""
    parts = min(rng.choice((1, 1, 1, 2, 2, 3)), total_minor)
    if parts == 0:
        return []
    cuts = sorted(rng.sample(range(1, total_minor), parts - 1))
    return [end - start for start, end in zip([0, *cuts], [*cuts, total_minor], strict=True)]


def _plan_commands(rng: Random, placed: OrderPlaced, count: int) -> Iterator[CancelOrder]:
    """Plan partial cancels; the last one may cancel all that is left, any may be wrong."""
    for number in range(1, count + 1):
        command = CancelOrder(
            order_id=placed.order_id,
            reason=rng.choice(REASONS),
            lines=_plan_lines(rng, placed),
            refund="NONE" if rng.random() < 0.1 else "NOW",  # noqa: PLR2004 - one in ten
            restock=rng.random() >= 0.1,  # noqa: PLR2004
            notify=rng.random() >= 0.1,  # noqa: PLR2004
            staff_note="chaos",
            requested_by="chaos",
        )
        if rng.random() < REFUSED_SHARE:
            yield command.model_copy(update=_spoil(rng, command))
        elif number == count and rng.random() < 0.3:  # noqa: PLR2004 - three in ten
            yield command.model_copy(update={"lines": None})
        else:
            yield command


def _plan_lines(rng: Random, placed: OrderPlaced) -> tuple[CancelLine, ...]:
    chosen = rng.sample(placed.lines, rng.randint(1, min(2, len(placed.lines))))
    return tuple(
        CancelLine(line_id=line.line_id, quantity=rng.randint(1, UNITS_MAX)) for line in chosen
    )


def _spoil(rng: Random, command: CancelOrder) -> dict[str, Any]:
    return rng.choice(
        (
            {"order_id": f"{command.order_id}-unknown"},
            {"lines": (CancelLine(line_id="99", quantity=1),)},
            {"lines": (CancelLine(line_id="1", quantity=1_000),)},
        )
    )


def _plan_sendings(
    rng: Random, workload: Workload, at_s: float, command: CancelOrder, *, seconds: int
) -> None:
    command_id = f"cmd-{rng.getrandbits(64):016x}"
    moments = [at_s]
    if rng.random() < REPEATED_SHARE:
        for _ in range(rng.randint(1, 2)):
            is_soon = rng.random() < 1 / 3
            latest_s = min(at_s + AT_ONCE_S, seconds) if is_soon else seconds
            moments.append(rng.uniform(at_s, latest_s))
    for number, moment_s in enumerate(moments):
        door: Door = "http" if rng.random() < HTTP_SHARE else "kafka"
        workload.sendings.append(Sending(moment_s, door, command_id, command, number > 0))
