"""What goes to which endpoint, once: decisions about an order's deliveries, and about endpoints."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Literal, NamedTuple
from uuid import UUID

from kit.decider import Context, Decider, Unacceptable
from kit.facts import Fact
from kit.ids import child_id
from services.notifier.webhooks.domain import commands, events
from services.notifier.webhooks.domain.endpoints import NOBODY, Endpoints
from services.notifier.webhooks.domain.outgoing import OFFERED, Said, said, said_to_try

Outcome = Literal["PENDING", "SUCCEEDED", "FAILED"]


class Delivery(NamedTuple):
    """One message to one endpoint."""

    requested: events.DeliveryRequested
    outcome: Outcome = "PENDING"


class Lane(NamedTuple):
    """The deliveries about one order; in the stream about them, the endpoints."""

    deliveries: Mapping[UUID, Delivery] = MappingProxyType({})
    endpoints: Endpoints = NOBODY


def delivery_id_of(endpoint_id: UUID, message_id: str) -> UUID:
    """Return the one id of a message to an endpoint."""
    return child_id(endpoint_id, message_id)


def effect_id_of(delivery_id: UUID, round_: int) -> UUID:
    """Return the id of the call; a delivery that is asked for again is another call."""
    return delivery_id if round_ == 0 else child_id(delivery_id, f"round-{round_}")


def evolve(lane: Lane, fact: Fact) -> Lane:
    """Return the lane after `fact`."""
    match fact:
        case events.EndpointSet():
            return lane._replace(endpoints=lane.endpoints.after(fact))
        case events.KeyReplaced():
            return lane
        case events.DeliveryRequested():
            return _with(lane, fact.delivery_id, Delivery(fact))
        case events.DeliveryEnded():
            delivery = lane.deliveries[fact.delivery_id]
            return _with(lane, fact.delivery_id, delivery._replace(outcome=fact.outcome))
        case _:
            raise TypeError(type(fact).__name__)


def _with(lane: Lane, delivery_id: UUID, delivery: Delivery) -> Lane:
    return lane._replace(deliveries={**lane.deliveries, delivery_id: delivery})


def tell(lane: Lane, event: Any, context: Context) -> Sequence[Fact]:
    """Tell every endpoint that wants to know; whoever was told before is not told again."""
    endpoints: Endpoints = context.reference or NOBODY
    told = said(event)
    return [
        _requested(endpoint_id, event.order_id, context.message_id, told)
        for endpoint_id in endpoints.wanting(told.type, told.moment)
        if delivery_id_of(endpoint_id, context.message_id) not in lane.deliveries
    ]


def send_missing(lane: Lane, wish: commands.SendMissing, context: Context) -> Sequence[Fact]:
    """Send what an endpoint has not got, or what has failed."""
    _find_endpoint(context.reference or NOBODY, wish.endpoint_id, is_enabled=True)
    known = lane.deliveries.get(delivery_id_of(wish.endpoint_id, wish.message_id))
    if known is None:
        told = Said(wish.type, context.now, wish.body)
        return [_requested(wish.endpoint_id, wish.order_id, wish.message_id, told, wish)]
    return [_once_more(known.requested, wish)] if known.outcome == "FAILED" else []


def send_again(lane: Lane, wish: commands.SendAgain, context: Context) -> Sequence[Fact]:
    """Send once more what has ended, under the same id."""
    delivery = _find_delivery(lane, wish.delivery_id)
    endpoints = context.reference or NOBODY
    _find_endpoint(endpoints, delivery.requested.endpoint_id, is_enabled=True)
    if delivery.outcome == "PENDING":
        raise Unacceptable("DELIVERY_PENDING", "it is still on its way")
    return [_once_more(delivery.requested, wish)]


def ping(_: Lane, wish: commands.Ping, context: Context) -> Sequence[Fact]:
    """Try a receiver."""
    _find_endpoint(context.reference or NOBODY, wish.endpoint_id, is_enabled=True)
    told = said_to_try(wish.endpoint_id, context.now)
    return [_requested(wish.endpoint_id, None, context.message_id, told, wish)]


def record_ended(lane: Lane, word: commands.RecordEnded, _: Context) -> Sequence[Fact]:
    """Record how a delivery ended; a second word about one time changes nothing."""
    delivery = _find_delivery(lane, word.delivery_id)
    if delivery.outcome != "PENDING" or delivery.requested.round != word.round:
        return []
    endpoint_id = delivery.requested.endpoint_id
    return [events.DeliveryEnded(endpoint_id=endpoint_id, **word.model_dump())]


def set_endpoint(lane: Lane, wish: commands.SetEndpoint, context: Context) -> Sequence[Fact]:
    """Register an endpoint or change it; what is so already changes nothing."""
    known = lane.endpoints.known.get(wish.endpoint_id)
    if known is None:
        if wish.url is None:
            raise Unacceptable("ENDPOINT_NOT_FOUND", f"no endpoint {wish.endpoint_id}")
        return [
            events.EndpointSet(
                endpoint_id=wish.endpoint_id, url=wish.url, types=wish.types or (),
                description=wish.description, is_enabled=True, registered_at=context.now,
                who=wish.who, why=wish.why,
            )
        ]  # fmt: skip
    changes = wish.model_dump(
        include={"url", "types", "description", "is_enabled"}, exclude_none=True
    )
    if all(getattr(known, name) == value for name, value in changes.items()):
        return []
    about = {"code": wish.code, "who": wish.who, "why": wish.why}
    return [known.model_copy(update={**changes, **about})]


def note_key(lane: Lane, wish: commands.ReplaceKey, context: Context) -> Sequence[Fact]:
    """Note that a key was replaced."""
    _find_endpoint(lane.endpoints, wish.endpoint_id)
    old_until = context.now + timedelta(seconds=wish.keep_old_s)
    about = wish.model_dump(exclude={"keep_old_s"})
    return [events.KeyReplaced(**about, old_until=old_until)]


def _requested(
    endpoint_id: UUID, order_id: str | None, message_id: str, told: Said, wish: Any = None
) -> events.DeliveryRequested:
    return events.DeliveryRequested(
        delivery_id=delivery_id_of(endpoint_id, message_id), endpoint_id=endpoint_id,
        order_id=order_id, message_id=message_id, type=told.type, body=told.body,
        who=wish and wish.who, why=wish and wish.why,
    )  # fmt: skip


def _once_more(before: events.DeliveryRequested, wish: Any) -> events.DeliveryRequested:
    return before.model_copy(update={"round": before.round + 1, "who": wish.who, "why": wish.why})


def _find_endpoint(endpoints: Endpoints, id_: UUID, *, is_enabled: bool = False) -> None:
    found = endpoints.known.get(id_)
    if found is None:
        raise Unacceptable("ENDPOINT_NOT_FOUND", f"no endpoint {id_}")
    if is_enabled and not found.is_enabled:
        raise Unacceptable("ENDPOINT_DISABLED", f"endpoint {id_} is disabled")


def _find_delivery(lane: Lane, delivery_id: UUID) -> Delivery:
    found = lane.deliveries.get(delivery_id)
    if found is None:
        raise Unacceptable("DELIVERY_NOT_FOUND", f"no delivery {delivery_id}")
    return found


_DECISIONS: dict[type, Callable[[Lane, Any, Context], Sequence[Fact]]] = {
    **dict.fromkeys(OFFERED, tell),
    commands.SendMissing: send_missing,
    commands.SendAgain: send_again,
    commands.Ping: ping,
    commands.RecordEnded: record_ended,
    commands.SetEndpoint: set_endpoint,
    commands.ReplaceKey: note_key,
}


def decide(lane: Lane, message: Any, context: Context) -> Sequence[Fact]:
    """Decide on what was heard, a wish of the staff, or how a call ended."""
    return _DECISIONS[type(message)](lane, message, context)


LANE = Decider(initial=Lane(), evolve=evolve, decide=decide)
