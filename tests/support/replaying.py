"""Replays as the command makes them, on a test's own database; and one that can be killed.

`python -m tests.support.replaying FILE RATE` runs a plan in a process of its own.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from countermand.replay.decisions import Approve, Command, Plan
from countermand.replay.doing import System, target_of
from countermand.replay.hearing import hear
from countermand.replay.journal import Journal
from countermand.replay.plan import Plan as PlanFile
from countermand.replay.plan import make_plan, read_plan
from countermand.replay.running import Ended, Run
from countermand.replay.selection import Selection
from countermand.replay.targets import Target
from countermand.specs import LOGS, SPECS, take_up_reference
from kit.cloudevents import Incoming, fingerprint
from kit.postgres import open_pool
from kit.settings import KitSettings
from tests.support.messages import PRICE_MINOR, cancel, captured, incoming, placed
from tests.support.stack import fetch

ADA, BOB = {"who": "Ada", "why": "found them missing"}, {"who": "Bob", "why": "looked at it"}


class Operator:
    """Plans and runs replays."""

    def __init__(self, system: System, directory: Path) -> None:
        self.system, self._directory = system, directory
        self.steps: list[tuple[str, int, int]] = []
        """What was told while plans were made."""

    @classmethod
    @asynccontextmanager
    async def at(cls, settings: KitSettings, directory: Path) -> AsyncIterator["Operator"]:
        """Work on a database."""
        async with open_pool(settings.postgres_dsn, size_max=8, name="test") as pool:
            yield cls(System(pool, settings, Journal(pool)), directory)

    async def plan(self, target: str, name: str = "plan", **selection: Any) -> PlanFile:
        """Make a plan and keep it."""
        wanted = Selection(**selection)
        aim = target_of(self.system, target, wanted, grace_s=0)
        made = await make_plan(aim, wanted, self._directory / f"{name}.jsonl", self._note)
        await self.record(
            made,
            Plan(
                **ADA, plan_hash=made.hash, target=made.target, selection=made.selection,
                totals=made.totals, estimate_s=made.estimate_s,
            ),
        )  # fmt: skip
        return made

    def _note(self, *step: Any) -> None:
        self.steps.append(step)

    async def record(self, plan: PlanFile, command: Command) -> Any:
        """Record what a person wants."""
        return await self.system.journal.record(plan.hash, command)

    async def approve(self, plan: PlanFile) -> None:
        """Let the second person agree."""
        await self.record(plan, Approve(**BOB))

    def target(self, plan: PlanFile) -> Target:
        """Return what a plan is aimed at."""
        return target_of(self.system, plan.target, Selection.model_validate(plan.selection))

    async def run(
        self, plan: PlanFile, *, target: Target | None = None, rate: float | None = None
    ) -> Ended:
        """Carry a plan out."""
        return await Run(
            self.system.pool, self.system.journal, plan, target or self.target(plan), **ADA,
            rate=rate, on_step=lambda *_: None,
        ).run()  # fmt: skip


async def cancel_orders(settings: KitSettings, orders: Iterable[str]) -> None:
    """Let orders be placed, paid and cancelled, as the cancellation service records it."""
    messages = [
        message
        for order in orders
        for message in (
            incoming(placed(order), f"placed-{order}"),
            incoming(captured(order, 3 * PRICE_MINOR), f"captured-{order}"),
            incoming(cancel(order), f"cancel-{order}"),
        )
    ]
    async with SPECS["cancellation"].pool(settings, "test") as pool:
        processor = SPECS["cancellation"].processor(settings, pool)
        for start in range(0, len(messages), 600):
            await processor.process(messages[start : start + 600])


async def deliver(settings: KitSettings, service: str, orders: Iterable[str]) -> None:
    """Let a service hear that orders were cancelled, as Kafka would bring it."""
    spec, source = LOGS[service], SPECS["cancellation"]
    wanted = {spec.stream_of(placed(order))[1] for order in orders}
    async with spec.pool(settings, "test") as pool:
        async with pool.acquire() as connection:
            entries = await source.store.read_log(connection, after=0, limit=1_000_000)
        heard = [one for entry in entries if (one := hear(spec, source, entry))]
        messages = [one.message for one in heard if one.message.stream in wanted]
        await take_up_reference(spec, pool)
        await spec.processor(settings, pool).process(messages)


async def everything(dsn: str, service: str = "refunds") -> Any:
    """Return all a service holds, to be compared."""
    tables = (f"{service}_events", "inbox", "effects", "dead_letters")
    return [
        sorted(map(repr, await fetch(dsn, f"SELECT t.*::text FROM {service}.{table} t")))
        for table in tables
    ]


async def settle(settings: KitSettings, service: str, report: Callable[[UUID], BaseModel]) -> None:
    """Let every effect of a service end as a worker would record it."""
    spec = LOGS[service]
    async with spec.pool(settings, "test") as pool:
        for effect_id, stream in await pool.fetch(
            f"SELECT effect_id, stream_id FROM {service}.effects WHERE status <> 'done'"
        ):
            command, type_ = report(effect_id), type(report(effect_id)).__name__
            message = Incoming(
                f"effect:{effect_id}", type_, command, stream, fingerprint(type_, command), "story"
            )
            await spec.processor(settings, pool).process([message], finished=[effect_id])


async def main(file: str, rate: str) -> None:
    """Run a plan as a process."""
    async with Operator.at(KitSettings(), Path(file).parent) as operator:
        await operator.run(read_plan(Path(file)), rate=float(rate))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
