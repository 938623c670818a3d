"""The refunds service with a provider that talks back: real processes on both sides."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from deploy.local.ports import free_ports
from services.refunds.api import PATH
from services.refunds.bootstrap import SERVICE
from tests.support.effects import hear, outcomes, until_done
from tests.support.peers import Provider, provider
from tests.support.processes import ServiceProcess
from tests.support.stack import Servers, fetch, until

SECRETS = ("whsec_old", "whsec_new")
AMOUNT_MINOR = 3_750
CATCH_UP_S = 0.3


@dataclass(frozen=True, slots=True)
class Refunding:
    """The two sides, and what their books say."""

    servers: Servers
    dsn: str
    peer: Provider
    door: httpx2.AsyncClient
    processes: dict[str, ServiceProcess]

    async def hear(self, *order_ids: str, captured_minor: int = AMOUNT_MINOR) -> None:
        """Let the service hear that paid orders were cancelled.

        Args:
            order_ids: the orders.
            captured_minor: what the provider has of each; with more than is refunded, a second
                refund would go through.
        """
        await self.peer.capture(order_ids, captured_minor)
        await hear(SERVICE, self.servers.settings(self.dsn), list(order_ids))

    async def facts(self) -> list[str]:
        """Return the stored names of every fact so far."""
        rows = await fetch(
            self.dsn, "SELECT topic FROM refunds.refunds_events ORDER BY notification_id"
        )
        return [row[0] for row in rows]

    async def until_settled(self, timeout_s: float = 60) -> None:
        """Wait until no call is open."""
        await until_done(self.dsn, SERVICE.name, timeout_s=timeout_s)

    async def until_fact(self, name: str, count: int = 1, timeout_s: float = 20) -> None:
        """Wait until a fact is recorded so often."""

        async def is_there() -> bool:
            return (await outcomes(self.dsn, SERVICE.name))[name] >= count

        await until(is_there, what=f"{count} times {name}", timeout_s=timeout_s)

    async def letters(self) -> list[tuple[str, str]]:
        """Return code and message id of every dead letter."""
        rows = await fetch(
            self.dsn, "SELECT code, message_id FROM refunds.dead_letters ORDER BY dead_letter_id"
        )
        return [tuple(row) for row in rows]

    async def tell(self, body: bytes, header: str) -> httpx2.Response:
        """Post a webhook, as anybody might."""
        headers = {"Stripe-Signature": header, "Content-Type": "application/json"}
        return await self.door.post(PATH, content=body, headers=headers)


@asynccontextmanager
async def refunding(
    servers: Servers, dsn: str, directory: Path, *roles: str, env: dict[str, str] | None = None,
    provider_arguments: tuple[str, ...] = (),
) -> AsyncIterator[Refunding]:  # fmt: skip
    """Run a provider and these roles of the service."""
    [port] = free_ports(1)
    async with AsyncExitStack() as resources:
        peer = await resources.enter_async_context(
            provider(
                directory, "--webhook-url", f"http://127.0.0.1:{port}{PATH}",
                "--webhook-secret", SECRETS[1], *provider_arguments,
            )
        )  # fmt: skip
        told: dict[str, Any] = {
            "REFUNDS_GATEWAY_URL": peer.url,
            "REFUNDS_HTTP_PORT": str(port),
            "REFUNDS_WEBHOOK_SECRETS": ",".join(SECRETS),
            "REFUNDS_CATCH_UP_EVERY_S": str(CATCH_UP_S),
            **(env or {}),
        }
        processes = {
            role: await resources.enter_async_context(
                ServiceProcess(servers, dsn, "services.refunds", role, env=told)
            )
            for role in roles
        }
        for process in processes.values():
            await process.until_ready()
        door = await resources.enter_async_context(
            httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False)
        )
        yield Refunding(servers, dsn, peer, door, processes)
