"""Fills a sandbox: orders from upstream, and what colleagues and customers did with some."""

import asyncio
from datetime import datetime
from typing import Any, NamedTuple

from contracts.cancellation import ApprovalTerms, Policy
from countermand.endpoints import Endpoints
from countermand.feed import feed
from countermand.orders import ApiError, call
from countermand.training.orders import CURRENCY, feed_of
from services.cancellation.domain.default_policy import DEFAULT_POLICY

HOLD_S = 30 * 86_400
"""So long the held order waits: nobody hurries an exercise."""

TWO_PEOPLE = ApprovalTerms(name="LARGE_REFUND", amount_from_minor=50_000, currency=CURRENCY)

COLLEAGUE = {"type": "STAFF", "id": "paul", "role": "AGENT"}
HEAD = {"type": "STAFF", "id": "admin", "role": "ADMIN"}

IN_FORCE_WITHIN_S = 30.0


class Wish(NamedTuple):
    """One command of the story so far."""

    order_id: str
    path: str
    body: dict[str, Any]


HELD = Wish(
    "T-1004", "cancellations",
    {"reason": "CUSTOMER", "sub_reason": "CHANGED_MIND", "actor": COLLEAGUE},
)  # fmt: skip
WISHES = (
    Wish(
        "T-1005", "cancellation-requests",
        {"reason": "CUSTOMER", "actor": {"type": "CUSTOMER", "id": "C-1005"},
         "customer_note": "I ordered the wrong lamp."},
    ),
    Wish(
        "T-1008", "cancellations",
        {"reason": "INVENTORY", "sub_reason": "OUT_OF_STOCK", "restock": False,
         "actor": COLLEAGUE, "staff_note": "Not on the shelf."},
    ),
    Wish(
        "T-1009", "cancellations",
        {"reason": "CUSTOMER", "sub_reason": "CHANGED_MIND", "refund": "LATER",
         "actor": COLLEAGUE},
    ),
)  # fmt: skip
"""In their sequence; once the last is answered the sandbox is full."""


async def fill(endpoints: Endpoints, began_at: datetime) -> None:
    """Fill a sandbox; one that is full stays as its people left it."""
    shop = _Shop(endpoints)
    if await shop.knows(WISHES[-1]):
        return
    await feed(endpoints, feed_of(began_at), lambda *_: None)
    await shop.publish(DEFAULT_POLICY.model_copy(update={"version": 1, "hold_s": HOLD_S}))
    await shop.ask(HELD)
    await shop.publish(DEFAULT_POLICY.model_copy(update={"version": 2, "approvals": (TWO_PEOPLE,)}))
    for wish in WISHES:
        await shop.ask(wish)


class _Shop:
    """The sandbox's API; every command has an id of its own, so asking again changes nothing."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._where, self._key = endpoints.api_url, endpoints.api_key

    async def _call(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        return await call(self._where, method, path, key=self._key, **more)

    async def knows(self, wish: Wish) -> bool:
        try:
            await self._call("GET", f"/v1/commands/{_id(wish)}")
        except ApiError:
            return False
        return True

    async def ask(self, wish: Wish) -> None:
        await self._call(
            "POST", f"/v1/orders/{wish.order_id}/{wish.path}", json=wish.body,
            headers={"Idempotency-Key": _id(wish)},
        )  # fmt: skip

    async def publish(self, policy: Policy) -> None:
        """Publish a version and wait until what is asked for rests on it."""
        await self._call(
            "POST", "/v1/policies", headers={"Idempotency-Key": f"training-v{policy.version}"},
            json={"policy": policy.model_dump(mode="json"), "actor": HEAD},
        )  # fmt: skip
        async with asyncio.timeout(IN_FORCE_WITHIN_S):
            while await self._version_in_force() < policy.version:  # noqa: ASYNC110 - elsewhere
                await asyncio.sleep(0.2)

    async def _version_in_force(self) -> int:
        path = "/v1/orders/T-1001/cancellation-previews"
        told = await self._call("POST", path, json={"reason": "OTHER", "actor": COLLEAGUE})
        return int(told["basis"]["policy_version"])


def _id(wish: Wish) -> str:
    return f"training-{wish.order_id}"
