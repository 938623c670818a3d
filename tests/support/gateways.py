"""Refund gateways for the suite they all pass.

A gateway joins by a line in `GATEWAYS`. The benchmark's has no provider behind it and says yes to
everybody, so what only a provider can do is asked of the others.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from countermand.bench.instant import InstantGateway
from services.refunds.adapters.stripe_refunds import StripeRefunds
from services.refunds.ports import RefundGateway, RefundRequest
from tests.support.peers import Provider, provider

CAPTURED_MINOR = 10_000


@dataclass(frozen=True, slots=True)
class Subject:
    """A gateway under test, and the provider behind it if it has one."""

    gateway: RefundGateway
    provider: Provider | None


@asynccontextmanager
async def stripe_refunds(directory: Path) -> AsyncIterator[Subject]:
    async with provider(directory) as peer:
        gateway = StripeRefunds(peer.url, "sk_test")
        yield Subject(gateway, peer)
        await gateway.close()


@asynccontextmanager
async def instant(_: Path) -> AsyncIterator[Subject]:
    yield Subject(InstantGateway(), None)


Gateway = Callable[[Path], AbstractAsyncContextManager[Subject]]

WITH_PROVIDER: list[Gateway] = [stripe_refunds]
GATEWAYS: list[Gateway] = [*WITH_PROVIDER, instant]


Strict = tuple[RefundGateway, Provider]


def request_of(order_id: str, amount_minor: int = 2_500) -> RefundRequest:
    return RefundRequest(
        refund_id=uuid4(), order_id=order_id, payment_id=f"pi_{order_id}",
        amount_minor=amount_minor, currency="EUR",
    )  # fmt: skip
