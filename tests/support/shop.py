"""A shop whose API, projector, timers and bulk plans run as processes, to be killed at will."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2

from contracts.cancellation import Role
from deploy.local.stack import Stack, StackSettings
from kit.postgres import open_pool
from kit.processor import Processor
from services.cancellation.bootstrap import SERVICE
from services.cancellation.domain.default_policy import DEFAULT_POLICY
from services.cancellation.domain.policy import Rulebook
from tests.support.api_door import Door
from tests.support.messages import incoming
from tests.support.people import add_person
from tests.support.stack import Servers, until

ROLES = {"cancellation.api", "cancellation.projector", "cancellation.bulk", "cancellation.timer"}
KILLS = 10
ACTOR = {"type": "STAFF", "id": "ada", "role": "MANAGER"}
WISH = {"reason": "INVENTORY", "sub_reason": "OUT_OF_STOCK"}


@dataclass(frozen=True)
class Shop:
    """The running service, its database, and a way to have orders in it."""

    dsn: str
    stack: Stack
    door: Door
    processor: Processor[Any]
    operations: Door
    """That of dead letters and replays."""
    passwords: dict[str, str] = field(default_factory=dict)

    async def password_of(self, name: str, role: Role = "MANAGER") -> str:
        """Return the password of somebody whose account is opened when first asked for."""
        if name not in self.passwords:
            self.passwords[name] = await add_person(self.dsn, name, role)
        return self.passwords[name]

    async def say(self, *messages: Any, **terms: Any) -> None:
        """Have messages handled, under a policy with these terms."""
        policy = DEFAULT_POLICY.model_copy(update=terms)
        processor = replace(self.processor, reference=lambda: Rulebook(policy))
        numbered = [incoming(m, f"{type(m).__name__}-{m.order_id}") for m in messages]
        for start in range(0, len(numbered), 500):
            await processor.process(numbered[start : start + 500])

    async def start(self, plan_id: str, order_ids: list[str], **more: Any) -> httpx2.Response:
        """Start a plan by HTTP."""
        return await self.door.send(
            "POST", "/v1/bulk-plans", headers={"Idempotency-Key": plan_id},
            json={"order_ids": order_ids, "wish": WISH, "actor": ACTOR, **more},
        )  # fmt: skip

    async def find(self, plan_id: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self.door.get(f"/v1/bulk-plans/{plan_id}")).json()
        return found

    async def kill(self, role: str, progress: Callable[[], Awaitable[int]], step: int) -> list[int]:
        """Kill a role ten times, each time after it has got further; returns how far it was."""
        moments: list[int] = []
        for _ in range(KILLS):
            last = moments[-1] if moments else 0
            moments.append(await self.kill_at(role, progress, last + step))
        return moments

    async def kill_at(self, role: str, progress: Callable[[], Awaitable[int]], goal: int) -> int:
        """Kill a role as soon as it runs and has got so far; returns how far it was."""
        supervisor = self.stack.supervisor

        async def is_there() -> bool:
            return role in supervisor.pids() and await progress() >= goal

        await until(is_there, what=f"{role} gets to {goal}", timeout_s=60)
        supervisor.kill(role)
        return await progress()


@asynccontextmanager
async def open_shop(
    servers: Servers, directory: Path, roles: Collection[str] = ROLES,
    environment: Callable[[Stack], dict[str, str]] = lambda _: {}, **env: str,
) -> AsyncIterator[Shop]:  # fmt: skip
    """Run the processes on a database of their own, with these settings beside the usual.

    `environment` knows where they will be.
    """
    with servers.database() as dsn:
        settings = StackSettings(
            data_dir=directory, external_postgres_dsn=dsn,
            external_kafka=servers.kafka_bootstrap,
            env={"CANCELLATION_PAYMENT_GRACE_S": "0", **env},
        )  # fmt: skip
        stack = Stack(settings, only=roles)
        settings.env.update(environment(stack))
        async with (
            stack,
            open_pool(dsn, name="shop") as pool,
        ):
            door, operations = Door(stack.api_url), Door(stack.operations_url)
            processor = SERVICE.processor(servers.settings(dsn), pool)
            yield Shop(dsn, stack, door, processor, operations)
            await door.client.aclose()
            await operations.client.aclose()
