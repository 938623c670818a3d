"""Makes the payment provider as unpleasant as a real one while processes die.

Slow answers keep calls in flight, so that a killed worker leaves some whose outcome nobody knows;
only the provider's idempotency key then stands between the customer and a second refund.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2

FAULTS: tuple[dict[str, Any], ...] = (
    {"mode": "slow", "probability": 0.25, "delay_ms": 400},
    {"mode": "fail_after", "probability": 0.04},
    {"mode": "fail_before", "probability": 0.02},
)
"""The answer late; the refund made and the line cut; HTTP 500 and nothing made."""


@asynccontextmanager
async def unpleasant_provider(payments_url: str, seed: int) -> AsyncIterator[dict[str, int]]:
    """Arm the faults while the body runs; yields how often each has struck, filled at the end."""
    struck: dict[str, int] = {}
    async with httpx2.AsyncClient(base_url=payments_url, trust_env=False, timeout=30) as client:
        for number, fault in enumerate(FAULTS):
            armed = await client.post("/_sim/faults", json={**fault, "seed": seed + number})
            armed.raise_for_status()
        yield struck
        response = await client.get("/_sim/faults")
        struck |= {fault["mode"]: fault["fired_count"] for fault in response.json()}
        await client.delete("/_sim/faults")
