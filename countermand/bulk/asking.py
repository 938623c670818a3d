"""Asks the API about plans: looks ahead with progress, and waits for a plan's end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import orjson

from countermand.endpoints import Endpoints
from countermand.errors import KnownError
from countermand.orders import ApiError, bearer, call

PREFIX = "/v1/bulk-plans"
NDJSON = "application/x-ndjson"

PATIENCE_S = 300.0
"""For a selection and its rows; 50,000 orders take some seconds."""

LOOK_EVERY_S = 0.5

Json = dict[str, Any]
OnStep = Callable[[int, int], None]
"""Receives how many orders are done, and how many there are."""


async def look_ahead(endpoints: Endpoints, body: Json, on_step: OnStep) -> Json:
    """Return what a plan would do.

    Raises:
        ApiError: the API answered with a problem.
    """
    last: Json = {}
    async with httpx2.AsyncClient(
        base_url=endpoints.api_url, timeout=PATIENCE_S, trust_env=False,
        headers=bearer(endpoints.api_key),
    ) as client, client.stream(
        "POST", f"{PREFIX}/preview", json=body, headers={"Accept": NDJSON}
    ) as response:  # fmt: skip
        if response.status_code >= 400:  # noqa: PLR2004 - HTTP's own border
            raise ApiError(orjson.loads(await response.aread()))
        async for line in response.aiter_lines():
            last = orjson.loads(line)
            if "checked" in last:
                on_step(last["checked"], last["of"])
    if "digest" not in last:
        raise KnownError("The answer broke off; nothing was written. Ask again.")
    return last


async def send(endpoints: Endpoints, path: str, body: Json, key: str) -> Json:
    """Send a command about a plan; the same key and body are safe to send again.

    Raises:
        KnownError: no answer came.
        ApiError: the API answered with a problem.
    """
    try:
        return await call(
            endpoints.api_url, "POST", f"{PREFIX}{path}", json=body, timeout=PATIENCE_S,
            key=endpoints.api_key,
            headers={"Idempotency-Key": key},
        )  # fmt: skip
    except httpx2.TransportError as lost:
        raise KnownError(
            f"No answer came ({lost or type(lost).__name__}), so nobody knows here. `countermand"
            " bulk status` tells; the same command again is safe."
        ) from lost


async def find(endpoints: Endpoints, plan_id: str) -> Json:
    """Return one plan."""
    plan: Json = await call(endpoints.api_url, "GET", f"{PREFIX}/{plan_id}", key=endpoints.api_key)
    return plan


async def follow(endpoints: Endpoints, plan_id: str) -> AsyncIterator[Json]:
    """Yield a plan as it goes on, until it stands still."""
    while True:
        plan = await find(endpoints, plan_id)
        yield plan
        if plan["state"] != "RUNNING":
            return
        await asyncio.sleep(LOOK_EVERY_S)


async def outcomes(
    endpoints: Endpoints, plan_id: str, *, page: int, **wanted: Any
) -> AsyncIterator[Json]:
    """Yield pages of what came of a plan's orders."""
    parameters = {name: value for name, value in wanted.items() if value is not None}
    after = 0
    while True:
        found = await call(
            endpoints.api_url, "GET", f"{PREFIX}/{plan_id}/outcomes", key=endpoints.api_key,
            params={**parameters, "after": after, "limit": page},
        )  # fmt: skip
        yield found
        if found["next_after"] is None:
            return
        after = found["next_after"]
