"""Makes the payment provider as unpleasant as a real one while processes die.

Slow answers keep calls in flight, so that a killed worker leaves some whose outcome nobody knows.
The provider forgets its keys at once, so that only a look at what it has stands between the
customer and a second refund. Some refunds stay under way for a while, and some fail after they were
called succeeded; what it tells of them goes astray.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx2

FAULTS: tuple[dict[str, Any], ...] = (
    {"mode": "slow", "probability": 0.25, "delay_ms": 400},
    {"mode": "fail_after", "probability": 0.04},
    {"mode": "fail_before", "probability": 0.02},
    {"mode": "fail_look", "probability": 0.05},
    {"mode": "webhook_drop", "probability": 0.2},
    {"mode": "webhook_double", "probability": 0.2},
    {"mode": "webhook_reorder", "probability": 0.2},
)
"""The answer late; the refund made and the line cut; HTTP 500 and nothing made; a look without an
answer; what is told by itself never, twice, or after what follows it."""

SCRIPT = {
    "probability": 0.2,
    "steps": [
        {"status": "pending", "pending_reason": "processing"},
        {"status": "succeeded", "after_s": 2.0, "acquirer_reference": "74521"},
    ],
}
"""What becomes of one refund in five."""

LATE_FAILURE = [
    {"status": "succeeded", "acquirer_reference": "74522"},
    {"status": "failed", "after_s": 3.0, "failure_reason": "lost_or_stolen_card"},
]
"""What becomes of every refund on some payments: the money comes back, and is owed again."""

FAILING_EVERY = 8
"""One payment in so many gives its refunds back late."""

FORGETFUL = {"PAYMENTS_KEY_LIFE_S": "0.05", "REFUNDS_CATCH_UP_EVERY_S": "2"}
"""A day and a minute, shortened to what a campaign can wait for."""


@asynccontextmanager
async def unpleasant_provider(
    payments_url: str, seed: int, payment_ids: Sequence[str]
) -> AsyncIterator[dict[str, int]]:
    """Arm the faults while the body runs; yields how often each has struck, filled at the end."""
    struck: dict[str, int] = {}
    async with httpx2.AsyncClient(base_url=payments_url, trust_env=False, timeout=30) as client:
        for number, fault in enumerate(FAULTS):
            armed = await client.post("/_sim/faults", json={**fault, "seed": seed + number})
            armed.raise_for_status()
        late = [
            {"payment_intent": payment_id, "steps": LATE_FAILURE}
            for payment_id in payment_ids[::FAILING_EVERY]
        ]
        for script in ({**SCRIPT, "seed": seed}, *late):
            (await client.post("/_sim/scripts", json=script)).raise_for_status()
        yield struck
        response = await client.get("/_sim/faults")
        struck |= {fault["mode"]: fault["fired_count"] for fault in response.json()}
        await client.delete("/_sim/faults")
