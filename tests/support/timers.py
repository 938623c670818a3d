"""Timers in one process: the service at a moment and under a policy of the test's choosing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from contracts import orders
from contracts.cancellation import Policy
from kit.health import Health
from kit.ids import stream_id
from kit.postgres import Pool, open_pool
from kit.processor import Processor
from kit.projector import Projector
from kit.settings import KitSettings
from services.cancellation.bootstrap import SERVICE
from services.cancellation.domain.default_policy import DEFAULT_POLICY
from services.cancellation.domain.policy import Rulebook
from services.cancellation.projections.orders import OrdersProjection
from services.cancellation.timers.worker import TimerWorker
from tests.support.messages import MOMENT, incoming, placed
from tests.support.stack import fetch

TIMERS = "cancellation.timers"
EVENTS = "cancellation.cancellation_events"


@dataclass
class TimerWorld:
    """The service at a moment of the test's choosing, under a policy of its choosing."""

    dsn: str
    pool: Pool
    processor: Processor[Any]
    now: datetime = MOMENT
    policy: Policy = DEFAULT_POLICY
    numbers: list[int] = field(default_factory=list)

    def worker(self, *, grace_s: float = 0) -> TimerWorker:
        """Return one copy of the role."""
        return TimerWorker(
            pool=self.pool, processor=self.processor, health=Health("test", 60),
            policy=self.rulebook, clock=self.clock, payment_grace_s=grace_s,
        )  # fmt: skip

    def clock(self) -> datetime:
        return self.now

    def rulebook(self) -> Rulebook:
        return Rulebook(self.policy)

    def after(self, **time: float) -> None:
        """Let time go by."""
        self.now += timedelta(**time)

    async def say(self, message: Any, id_: str = "") -> Any:
        """Have a message handled; return its facts."""
        self.numbers.append(0)
        (answer,) = await self.processor.process(
            [incoming(message, id_ or f"m{len(self.numbers)}")]
        )
        assert answer.status == "handled", answer
        return answer.facts

    async def turn(self, **more: float) -> int:
        """Let the role do a turn; return how many timers were due."""
        return await self.worker(**more).turn()

    async def names(self, order_id: str) -> list[str]:
        """Return the stored names of an order's story."""
        rows = await fetch(
            self.dsn, f"SELECT topic FROM {EVENTS} WHERE originator_id = $1"
            " ORDER BY originator_version", stream_id(f"order:{order_id}"),
        )  # fmt: skip
        return [row[0] for row in rows]

    async def outcomes(self) -> dict[str, str | None]:
        """Return what came of each order's timer."""
        rows = await fetch(self.dsn, f"SELECT order_id, outcome FROM {TIMERS} ORDER BY order_id")
        return {row[0]: row[1] for row in rows}

    async def project(self) -> None:
        """Bring the read models up to date."""
        projector = Projector(
            schema="cancellation", pool=self.pool, store=SERVICE.store,
            projection=OrdersProjection(),
        )  # fmt: skip
        while await projector.advance():
            pass


@asynccontextmanager
async def open_timer_world(settings: KitSettings) -> AsyncIterator[TimerWorld]:
    """Open the service on a test's database."""
    async with open_pool(settings.postgres_dsn, size_max=8, name="test") as pool:
        made = TimerWorld(settings.postgres_dsn, pool, SERVICE.processor(settings, pool))
        made.processor = replace(made.processor, clock=made.clock, reference=made.rulebook)
        yield made


def policy(version: int, **terms: Any) -> Policy:
    return DEFAULT_POLICY.model_copy(update={"version": version, **terms})


def unpaid(order_id: str, **more: Any) -> orders.OrderPlaced:
    """Place an order that is to be paid within an hour."""
    return placed(order_id, payment_due_at=MOMENT + timedelta(hours=1), **more)


def held(order_id: str) -> orders.PaymentAuthorized:
    return orders.PaymentAuthorized(
        order_id=order_id, payment_id=f"pi_{order_id}", amount_minor=3_750, authorized_at=MOMENT
    )


def voided(order_id: str) -> orders.PaymentVoided:
    return orders.PaymentVoided(order_id=order_id, payment_id=f"pi_{order_id}", voided_at=MOMENT)


class With:
    """Something with one of its methods replaced."""

    def __init__(self, whole: Any, **replaced: Any) -> None:
        self._whole = whole
        self.__dict__ |= replaced

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole, name)
