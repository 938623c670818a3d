"""Effect workers whose calls are answered in-process: what is left is only our own work.

`python -m countermand.bench.instant refunds|notifier`, started by the benchmark alone.
"""

import sys
from collections.abc import AsyncIterator
from datetime import datetime

from kit.health import Health
from kit.process import run
from kit.settings import KitSettings
from services.notifier import bootstrap as notifier
from services.notifier.ports import Accepted, Mail
from services.refunds import bootstrap as refunds
from services.refunds.ports import NotMade, ProviderRefund, RefundRequest, Voided, VoidRequest

CONCURRENCY = 500
"""As many as a batch holds: there is no one outside to be careful with."""


class InstantGateway:
    """Says yes at once."""

    async def refund(self, request: RefundRequest) -> ProviderRefund:
        """Call it refunded."""
        return ProviderRefund(f"re_{request.refund_id.hex[:24]}", "succeeded")

    async def find(self, _: RefundRequest) -> NotMade:
        """Know of none."""
        return NotMade()

    async def look(self, provider_reference: str) -> ProviderRefund:
        """Call it refunded."""
        return ProviderRefund(provider_reference, "succeeded")

    async def told_since(self, _: datetime) -> AsyncIterator[bytes]:
        """Say nothing by itself."""
        return
        yield

    async def void(self, _: VoidRequest) -> Voided:
        """Call it released."""
        return Voided()


class InstantMailer:
    """Says 250 at once; the mail was rendered like any other."""

    async def send(self, _: Mail) -> Accepted:
        """Call it accepted."""
        return Accepted()


async def work_refunds(settings: KitSettings, health: Health) -> None:
    """Role `refunds`."""
    await refunds.work_with(InstantGateway(), settings, health, concurrency=CONCURRENCY)


async def work_notifier(settings: KitSettings, health: Health) -> None:
    """Role `notifier`."""
    await notifier.work_with(
        InstantMailer(), settings, health, concurrency=CONCURRENCY, sender="Orders <o@shop.example>"
    )


if __name__ == "__main__":
    sys.exit(run("bench", {"refunds": work_refunds, "notifier": work_notifier}, sys.argv[1:]))
