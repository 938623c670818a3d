"""One order: as it is, or as it was at any place in its story."""

from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from console.api import AwayError, ProblemError, path
from console.desk import Visit, new_command_id
from console.pages import asking

Json = dict[str, Any]

SHIPMENTS = {"order.lines-fulfilled.v1": "fulfilled", "order.items-returned.v1": "returned"}
"""Facts about parcels, and what they say became of the units."""


async def find(visit: Visit, **query: Any) -> Json:
    """Read the order the address names."""
    where = path("v1", "orders", visit.within("order_id"))
    found: Json = (await visit.api.get(where, **query))["order"]
    return found


async def show(visit: Visit) -> Response:
    """Show an order with its story."""
    order_id, at = visit.within("order_id"), visit.query.get("at")
    where = path("v1", "orders", order_id)
    waits = {} if at else {"min_position": visit.query.get("seen")}
    answer = await visit.api.get(where, at=at, **waits)
    as_of = answer["as_of"]
    explained = await visit.api.get(f"{where}/explanation", locale=visit.locale, at=as_of)
    history = await visit.api.get(f"{where}/history")
    found = answer["order"]
    cancellations = await asking.in_reader_words(visit, found["cancellations"])
    return visit.page(
        "order.html",
        order={**found, "cancellations": cancellations},
        as_of=as_of,
        as_of_time=answer["as_of_time"],
        is_past=at is not None,
        steps=_steps(history["history"], as_of),
        shipments=_shipments(history["history"], as_of),
        entries=explained["entries"],
        facts={one["version"]: one for one in history["history"]},
        told=await _told(visit),
        undo_id=new_command_id(),
        address=lambda position: f"{path('orders', order_id)}?{urlencode({'at': position})}",
    )


def _shipments(history: list[Json], as_of: int) -> list[Json]:
    """Return what had left the shop or come back by then, in sequence.

    Args:
        history: every fact there is.
        as_of: the position that is shown.
    """
    return [
        {"kind": kind, "at": row["fact"]["message"][f"{kind}_at"],
         "lines": row["fact"]["message"]["lines"]}
        for row in history
        if row["position"] <= as_of and (kind := SHIPMENTS.get(row["name"]))
    ]  # fmt: skip


def _steps(history: list[Json], as_of: int) -> Json:
    """Return the places of the story, which are the ends of its messages, and where we are.

    Args:
        history: every fact there is.
        as_of: the position that is shown.
    """
    places = [
        fact["position"]
        for fact, following in zip(history, [*history[1:], None], strict=True)
        if following is None or following["message_id"] != fact["message_id"]
    ]
    now = sum(place <= as_of for place in places) - 1
    return {
        "places": places,
        "now": now,
        "before": places[now - 1] if now > 0 else None,
        "after": places[now + 1] if now + 1 < len(places) else None,
    }


async def _told(visit: Visit) -> Json | None:
    """Return the answer to the command that led here, to be said once."""
    command_id = visit.query.get("done")
    if not command_id:
        return None
    try:
        return await visit.api.get(path("v1", "commands", command_id))
    except (ProblemError, AwayError):
        return None
