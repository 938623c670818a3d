"""Kills service processes at random moments, and stops PostgreSQL and Kafka the hard way once each.

Moments and victims come from the seed. The supervisor restarts a service process at once; the
servers are started again here, because nothing else should.
"""

import asyncio
import time
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from deploy.local.errors import LocalRuntimeError, ProcessFailedError
from deploy.local.processes import service_names
from deploy.local.server import Server
from deploy.local.stack import Stack

POSTGRES_AT = 1 / 3
KAFKA_AT = 2 / 3
"""When the hard stops come, as a share of the load."""
RESTART_WITHIN_S = 60.0
BETWEEN_RUNS_S = 0.05


class Kill(NamedTuple):
    """One planned `kill -9`."""

    at_s: float
    """After the start of the load."""
    victim: str


def plan_kills(seed: int, *, seconds: int, kills_per_minute: int, shards: int = 1) -> list[Kill]:
    """Plan kills at random moments; every process dies once before any dies again."""
    rng = Random(f"kills {seed}")  # noqa: S311 - repeatable, not secret
    count = round(seconds * kills_per_minute / 60)
    victims: list[str] = []
    while len(victims) < count:
        names = service_names(shards=shards)
        victims += rng.sample(names, len(names))
    moments = sorted(rng.uniform(0, seconds) for _ in range(count))
    return [Kill(*planned) for planned in zip(moments, victims, strict=False)]


@dataclass(slots=True)
class Killer:
    """Carries a plan out and times every return to readiness."""

    stack: Stack
    plan: list[Kill]
    seconds: int
    kills_count: int = 0
    restarts_s: list[float] = field(default_factory=list)
    """From each kill of a service process to its readiness."""
    hard_stops: dict[str, float] = field(default_factory=dict)
    """Seconds from the hard stop of a server to its readiness."""
    failures: list[str] = field(default_factory=list)
    """Processes that did not come back."""

    async def run(self) -> None:
        """Kill until the plan is carried out and every victim is ready again."""
        start = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for server, share in ((self.stack.postgres, POSTGRES_AT), (self.stack.kafka, KAFKA_AT)):
                if server:
                    group.create_task(self._stop_hard(server, start + self.seconds * share))
            for kill in self.plan:
                await _sleep_until(start + kill.at_s)
                group.create_task(self._kill(kill.victim))

    async def _kill(self, victim: str) -> None:
        supervisor = self.stack.supervisor
        while victim not in supervisor.pids():  # noqa: ASYNC110 - it tells nobody of a start
            await asyncio.sleep(BETWEEN_RUNS_S)
        pid, killed_at = supervisor.kill(victim), time.monotonic()
        self.kills_count += 1
        try:
            while supervisor.pids().get(victim, pid) == pid:  # noqa: ASYNC110 - as above
                await asyncio.sleep(BETWEEN_RUNS_S)
            await supervisor.wait_until_ready([victim], timeout_s=RESTART_WITHIN_S)
        except ProcessFailedError as gone:
            self.failures.append(str(gone))
        else:
            self.restarts_s.append(time.monotonic() - killed_at)

    async def _stop_hard(self, server: Server, at: float) -> None:
        await _sleep_until(at)
        stopped_at = time.monotonic()
        server.kill()
        server.start()
        while server.title not in self.hard_stops:
            try:
                await server.wait_until_ready(RESTART_WITHIN_S)
            except ProcessFailedError as gone:
                self.failures.append(str(gone))
                return
            except LocalRuntimeError:  # the stack's own watch has started it meanwhile
                continue
            self.hard_stops[server.title] = time.monotonic() - stopped_at


async def _sleep_until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - time.monotonic()))
