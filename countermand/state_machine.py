"""Draws what can become of a unit, a cancellation, a request and a case: walks all ways there are.

An order of one unit is led through every command and fact that may change it, by the decisions of
the product; the changes seen on the way are the drawing.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterator
from typing import Any, NamedTuple

from contracts import cancellation as c
from contracts import fulfillment, notifier, orders
from countermand.example_stories import ADA, HELD, ID, LEA, NOON, PLACED, STORE, STREAM
from kit.decider import Context, Unacceptable
from services.cancellation.domain.case_kinds import KINDS
from services.cancellation.domain.decisions import ORDER
from services.cancellation.domain.default_policy import DEFAULT_POLICY
from services.cancellation.domain.order import Order
from services.cancellation.domain.policy import Rulebook

NOTHING = "[*]"
TERMS: tuple[dict[str, Any], ...] = ({}, HELD, {"approvals": [{"name": "ALWAYS"}]})
STEPS_MAX = 6
"""From the placement on; one more shows nothing new."""


def unit(order: Order) -> str:
    """Return where the order's only unit is."""
    if order.placed is None:
        return NOTHING
    if order.cancelled and order.fulfilled:
        return "CONTRADICTED"
    if order.cancelled:
        return "HELD" if order.is_held else "CANCELLED"
    if order.seldom.returned:
        return "RETURNED"
    if order.fulfilled:
        return "SHIPPED"
    return "CLAIMED" if order.claimed_units("1") else "OPEN"


def cancellation(order: Order) -> str:
    """Return how far the first cancellation is."""
    for legs in order.cancellations.values():
        if legs.status == "STANDING":
            return "COMPLETE" if legs.is_completed else "MOVING"
        return legs.status
    return NOTHING


def request(order: Order) -> str:
    """Return what became of the first request."""
    for id_, asked in order.seldom.requests.items():
        if asked.is_open:
            return "WAITING"
        details = [legs.cancelled.details for legs in order.cancellations.values()]
        is_granted = any(found and found.request_id == id_ for found in details)
        return "GRANTED" if is_granted else "REFUSED"
    return NOTHING


def case(order: Order) -> str:
    """Return how the first case stands."""
    for file in order.seldom.cases.values():
        if not file.is_open:
            return "CLOSED"
        return "ESCALATED" if file.level else "OPEN"
    return NOTHING


class Place(NamedTuple):
    """An order that came this way."""

    state: Order
    version: int


class Step(NamedTuple):
    """What one fact made of an order."""

    before: Order
    name: str
    after: Order


def _may_come(order: Order) -> Iterator[Any]:
    """Return all that may come next."""
    about: dict[str, Any] = {**ID, "actor": LEA}
    units = [{"line_id": "1", "quantity": 1}]
    yield c.CancelOrder.model_validate({**about, "reason": "CUSTOMER", "restock": False})
    yield c.RequestCancellation.model_validate({**ID, "actor": ADA})
    yield fulfillment.ClaimFulfillment.model_validate({**ID, "actor": STORE})
    yield orders.LinesFulfilled.model_validate({**ID, "lines": units, "fulfilled_at": NOON})
    if order.fulfilled:
        yield orders.ItemsReturned.model_validate({**ID, "lines": units, "returned_at": NOON})
    for request_id in order.seldom.requests:
        yield c.ApproveCancellation(**about, request_id=request_id)
        yield c.DenyCancellation(**about, request_id=request_id)
    for id_ in order.cancellations:
        yield c.UndoCancellation(**about, cancellation_id=id_)
        yield c.ReleaseHold(**about, cancellation_id=id_)
        yield c.ReinstateOrder(**about, cancellation_id=id_)
        yield notifier.CustomerNotified(
            **ID, cancellation_id=id_, message_id=id_, accepted_at=NOON
        )  # fmt: skip
        yield notifier.CustomerNotificationUncertain(
            **ID, cancellation_id=id_, message_id=id_, detail="no word", noticed_at=NOON
        )  # fmt: skip
    for case_id, file in order.seldom.cases.items():
        yield c.EscalateCase(**about, case_id=case_id)
        yield c.CloseCase(**about, case_id=case_id, resolution=KINDS[file.opened.kind].closed_by[0])
    for claim_id in order.seldom.claims:
        yield fulfillment.ReleaseFulfillmentClaim(**about, claim_id=claim_id)


def walk() -> Iterator[Step]:
    """Return every step there is, some of them several times."""
    customer = {"customer_id": "ada", "email": "ada@example.com"}
    line = PLACED.lines[0].model_copy(update={"quantity": 1})
    placed = PLACED.model_copy(
        update={"lines": (line,), "customer": orders.Customer.model_validate(customer)}
    )
    for terms in TERMS:
        book = Rulebook(c.Policy.model_validate({**DEFAULT_POLICY.model_dump(), **terms}))
        waiting, known = deque([(Place(ORDER.initial, 0), 0)]), set()
        while waiting:
            place, steps = waiting.popleft()
            for message in _may_come(place.state) if steps else [placed]:
                after = yield from _follow(place, message, book)
                shape = _shape(after.state)
                if shape not in known and steps < STEPS_MAX:
                    known.add(shape)
                    waiting.append((after, steps + 1))


def _follow(place: Place, message: Any, book: Rulebook) -> Generator[Step, None, Place]:
    """Let a message come; return where it leads."""
    context = Context(NOON, f"message-{place.version}", STREAM, place.version, book)
    try:
        facts = ORDER.decide(place.state, message, context)
    except Unacceptable:
        return place
    for fact in facts:
        after = ORDER.evolve(place.state, fact)
        yield Step(place.state, fact.NAME, after)
        place = Place(after, place.version + 1)
    return place


def _shape(order: Order) -> tuple[Any, ...]:
    """Return what decides on how an order may go on."""
    seldom = order.seldom
    statuses = tuple((legs.status, legs.is_completed) for legs in order.cancellations.values())
    return (
        unit(order), statuses[:2], tuple(asked.is_open for asked in seldom.requests.values())[:2],
        bool(order.fulfilled), bool(seldom.returned), order.claimed_units("1"), case(order),
    )  # fmt: skip


def draw(steps: list[Step], word: Callable[[Order], str]) -> str:
    """Draw, as Mermaid does, how the word for an order changes."""
    named: dict[tuple[str, str], set[str]] = {}
    for before, name, after in steps:
        change = word(before), word(after)
        if change[0] != change[1]:
            named.setdefault(change, set()).add(name.removeprefix("order.").removesuffix(".v1"))
    arrows = [
        f"    {before} --> {after}: {', '.join(sorted(names))}"
        for (before, after), names in sorted(named.items())
    ]
    return "\n".join(["```mermaid", "stateDiagram-v2", *arrows, "```", ""])


def draw_all() -> dict[str, str]:
    """Draw every machine; keys are the marks they stand between."""
    steps = list(walk())
    return {
        "drawn:unit": draw(steps, unit),
        "drawn:cancellation": draw(steps, cancellation),
        "drawn:request": draw(steps, request),
        "drawn:case": draw(steps, case),
    }
