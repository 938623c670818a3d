"""The two doors for commands, used as an upstream service should: ask again until acknowledged.

Asking again under the same id is the whole contract; nothing here waits for a server to be well.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from typing import Any

import httpx2
from aiokafka.errors import KafkaError

from countermand.chaos.journal import Journal
from countermand.chaos.workload import Sending
from countermand.upstream import Outgoing, open_upstream

PAGE_EVERY_S = 0.02
"""Commands that fall due within this time travel together."""
AGAIN_AFTER_S = 0.2
CLOSE_TIMEOUT_S = 2.0
HTTP_TIMEOUT_S = 10.0
INTERNAL_ERROR = 500


class KafkaDoor:
    """Publishes commands through one idempotent producer, replaced whenever it fails."""

    def __init__(self, bootstrap: str, journal: Journal) -> None:
        self._bootstrap, self._journal = bootstrap, journal
        self._pending: list[Sending] = []
        self._page: Sequence[Sending] = ()
        self.is_idle = asyncio.Event()
        """Set while everything taken in is acknowledged."""

    def send(self, sending: Sending) -> None:
        """Take a command in; `run` publishes it."""
        self._pending.append(sending)
        self.is_idle.clear()

    async def run(self) -> None:
        """Publish until cancelled."""
        while True:
            resources = AsyncExitStack()
            try:
                upstream = await resources.enter_async_context(open_upstream(self._bootstrap))
                while True:
                    await self._publish(upstream)
            except KafkaError:
                # Perhaps stored, perhaps not: the same ids go out again through a new producer.
                self._journal.retries_count += len(self._page)
                await asyncio.sleep(AGAIN_AFTER_S)
            finally:
                with suppress(KafkaError, TimeoutError):
                    await asyncio.wait_for(resources.aclose(), CLOSE_TIMEOUT_S)

    async def _publish(self, upstream: Any) -> None:
        if not self._page:
            await asyncio.sleep(PAGE_EVERY_S)
            self._page, self._pending = self._pending, []
        if self._page:
            await upstream.publish([Outgoing(s.command_id, s.command) for s in self._page])
            self._journal.acknowledged.update(s.command_id for s in self._page)
            self._page = ()
        if not self._pending:
            self.is_idle.set()


class HttpDoor:
    """Posts commands; the command's id is its `Idempotency-Key`."""

    def __init__(self, client: httpx2.AsyncClient, journal: Journal) -> None:
        self._client, self._journal = client, journal

    async def send(self, sending: Sending) -> None:
        """Post a command until it is answered."""
        command = sending.command
        body = command.model_dump(mode="json", exclude={"order_id"})
        while True:
            try:
                response = await self._client.post(
                    f"/v1/orders/{command.order_id}/cancellations",
                    json=body,
                    headers={"Idempotency-Key": sending.command_id},
                )
            except httpx2.TransportError:
                response = None
            if response is not None and self._is_final(sending, response):
                return
            self._journal.retries_count += 1
            await asyncio.sleep(AGAIN_AFTER_S)

    def _is_final(self, sending: Sending, response: httpx2.Response) -> bool:
        if response.status_code > INTERNAL_ERROR:
            return False
        answer = response.json()
        if "outcome" in answer:
            self._journal.answered(sending.command_id, answer)
            return True
        self._journal.strange.append(
            f"command {sending.command_id}: HTTP {response.status_code} {response.text[:300]}"
        )
        return response.status_code < INTERNAL_ERROR
