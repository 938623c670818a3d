"""Tells the shop what happened: signed POSTs, again until they are taken, badly when asked to.

Signature: docs.stripe.com/webhooks#verify-manually. Every attempt is signed anew, as Stripe's are.
"""

import asyncio
import hmac
import logging
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256

import aiohttp

from deploy.simulators.faults import FaultPlan
from deploy.simulators.payments.events import Event
from kit.clock import Clock

log = logging.getLogger(__name__)

WEBHOOK_MODES = ("webhook_drop", "webhook_double", "webhook_delay", "webhook_reorder")
SUBSCRIBED = ("refund.updated", "refund.failed")
"""A refund's creation was answered already; whoever wants to hear it twice names those events."""

ATTEMPT_TIMEOUT_S = 10.0
AGAIN_AFTER_S, AGAIN_AFTER_MAX_S = 0.25, 5.0
ATTEMPTS_MAX = 200
CONCURRENCY_MAX = 16
REORDER_S = 1.0
"""How long a delivery waits for one behind it to overtake it."""


class Webhooks:
    """One endpoint of the shop.

    Args:
        url: Where to post; None keeps silent.
        secrets: Every one signs, as while one replaces another.
        types: Events it hears.
        faults: Says what goes wrong.
        clock: For the signature.
    """

    def __init__(
        self,
        url: str | None,
        secrets: Sequence[str],
        types: Sequence[str],
        faults: FaultPlan,
        clock: Clock,
    ) -> None:
        self._url, self._secrets, self._types = url, secrets, frozenset(types)
        self._faults, self._clock = faults, clock
        self._session: aiohttp.ClientSession | None = None
        self._slots = asyncio.Semaphore(CONCURRENCY_MAX)
        self._tasks: set[asyncio.Task[None]] = set()
        self._overtaken = asyncio.Event()
        self.counts: Counter[str] = Counter()
        """Deliveries taken, dropped and tried again."""

    def tell(self, event: Event) -> None:
        """Deliver an event in the background; how often and when, the faults say."""
        if self._url is None or event.type not in self._types:
            return
        if self._faults.draw("webhook_drop"):
            self.counts["dropped"] += 1
            return
        copies = 2 if self._faults.draw("webhook_double") else 1
        delay = self._faults.draw("webhook_delay")
        is_reordered = self._faults.draw("webhook_reorder") is not None
        for _ in range(copies):
            wait_s = delay.delay_s if delay else 0.0
            task = asyncio.create_task(self._deliver(event, wait_s, is_reordered=is_reordered))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Give up what is not delivered; the events stay listed."""
        for task in self._tasks:
            task.cancel()
        if self._session:
            await self._session.close()

    async def _deliver(self, event: Event, wait_s: float, *, is_reordered: bool) -> None:
        await asyncio.sleep(wait_s)
        if is_reordered:
            await self._let_one_pass()
        again_s = AGAIN_AFTER_S
        for _ in range(ATTEMPTS_MAX):
            if await self._post(event.body):
                self.counts["taken"] += 1
                self._overtaken.set()
                return
            self.counts["tried_again"] += 1
            await asyncio.sleep(again_s)
            again_s = min(AGAIN_AFTER_MAX_S, again_s * 2)

    async def _let_one_pass(self) -> None:
        self._overtaken.clear()
        try:
            await asyncio.wait_for(self._overtaken.wait(), REORDER_S)
        except TimeoutError:
            return

    async def _post(self, body: bytes) -> bool:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=ATTEMPT_TIMEOUT_S)
            self._session = aiohttp.ClientSession(timeout=timeout)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": sign(body, self._secrets, int(self._clock().timestamp())),
        }
        try:
            async with (
                self._slots,
                self._session.post(str(self._url), data=body, headers=headers) as answer,
            ):
                return answer.ok
        except (aiohttp.ClientError, TimeoutError):
            return False


def sign(body: bytes, secrets: Sequence[str], at: int) -> str:
    """Return the header `Stripe-Signature`."""
    signed = b"%d." % at + body
    found = [hmac.new(secret.encode(), signed, sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={at}", *(f"v1={signature}" for signature in found)])
