"""From an order's log to a file of masked messages, and from the file to another system.

What upstream said and asked is copied; what came of it is not, for the other system is to find out
by itself: it decides, refunds with its provider and mails to its mail server.
"""

import secrets
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from pydantic import ValidationError

from contracts import topics
from contracts.cancellation import CancelOrder
from contracts.message import Message
from contracts.orders import PaymentCaptured
from countermand.endpoints import Endpoints
from countermand.errors import KnownError
from countermand.feed import register_payments
from countermand.recovery.waiting import wait_until_level
from countermand.screen import OnStep
from countermand.staging.masking import mask, mask_text
from countermand.upstream import Outgoing, open_upstream
from kit.ids import stream_id
from kit.postgres import Pool
from services.cancellation.bootstrap import SERVICE
from services.cancellation.explaining.repeating import message_of
from services.cancellation.explaining.steps import Step, take_apart

_MODELS: tuple[type[Message], ...] = (*topics.ORDERS.messages, CancelOrder)
COPIED = {model.TYPE: model for model in _MODELS}
"""Other commands name ids that the other system gives anew."""


class CopyError(KnownError):
    """The file is no masked copy."""


class Copied(NamedTuple):
    """What a copy holds."""

    orders: int
    messages: int
    left_out: int
    """Messages about what happened here, and commands that name ids of here."""


async def export(pool: Pool, orders: Sequence[str], path: Path) -> Copied:
    """Write a masked copy of some orders.

    Raises:
        CopyError: there is no such order.
    """
    secret, count, left_out = secrets.token_bytes(32), 0, 0
    with path.open("wb") as file:
        for order in orders:
            async with pool.acquire() as connection:
                recorded = await SERVICE.store.load(connection, stream_id(f"order:{order}"))
            if not recorded:
                raise CopyError(f"There is no order {order}.")
            for step in take_apart(recorded):
                line = _line(step, secret)
                if line is None:
                    left_out += 1
                else:
                    file.write(orjson.dumps(line) + b"\n")
                    count += 1
    return Copied(len(orders), count, left_out)


def _line(step: Step, secret: bytes) -> dict[str, Any] | None:
    message = message_of(step)
    model: Any = COPIED.get(getattr(message, "TYPE", ""))
    if message is None or model is None:
        return None
    data = mask(orjson.loads(message.model_dump_json(exclude_defaults=True)), secret)
    model.model_validate_json(orjson.dumps(data))  # fails here rather than over there
    return {"id": mask_text(step.cause.message_id, secret), "type": model.TYPE, "data": data}


def read_copy(path: Path) -> list[Outgoing]:
    """Read a masked copy.

    Raises:
        CopyError: it is none.
    """
    try:
        return [
            Outgoing(
                line["id"], COPIED[line["type"]].model_validate_json(orjson.dumps(line["data"]))
            )
            for line in map(orjson.loads, path.read_bytes().splitlines())
        ]
    except (OSError, ValueError, LookupError, TypeError, ValidationError) as no:
        raise CopyError(f"{path} is no masked copy ({no}).") from None


async def live_again(endpoints: Endpoints, messages: Sequence[Outgoing], on_step: OnStep) -> int:
    """Send a copy to a system, each order's messages in their sequence; returns how many orders."""
    stories: dict[str, list[Outgoing]] = {}
    for outgoing in messages:
        stories.setdefault(outgoing.message.order_id, []).append(outgoing)  # type: ignore[attr-defined]
    if endpoints.payments_url:
        await register_payments(endpoints.payments_url, list(_payments(messages)))
    sent = 0
    async with open_upstream(endpoints.kafka_bootstrap) as upstream:
        # Facts and commands travel on two topics, so each round waits for the one before.
        for some in zip_longest(*stories.values()):
            sent += await upstream.publish(one for one in some if one is not None)
            await wait_until_level(endpoints, lambda *_: None)
            on_step("Messages lived again", sent, len(messages))
    return len(stories)


def _payments(messages: Sequence[Outgoing]) -> Iterator[dict[str, Any]]:
    currencies: dict[str, str] = {}
    for _, message, *_ in messages:
        about: Any = message
        currencies.setdefault(about.order_id, getattr(about, "currency", ""))
        if isinstance(message, PaymentCaptured):
            yield {
                "payment_id": message.payment_id, "amount_minor": message.amount_minor,
                "currency": currencies[message.order_id],
            }  # fmt: skip
