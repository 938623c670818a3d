"""How long refunds were pending, read from a log of our own."""

import pytest

from kit.cloudevents import Incoming, fingerprint
from kit.ids import child_id
from kit.settings import KitSettings
from services.refunds.arrivals import Arrivals
from services.refunds.bootstrap import SERVICE
from services.refunds.domain import arrivals, commands
from services.refunds.domain.commands import ProviderStatus
from tests.support.effects import hear
from tests.support.messages import cancelled

pytestmark = pytest.mark.integration


def incoming(order_id: str, status: ProviderStatus) -> Incoming:
    (due,) = cancelled(order_id).refunds
    refund_id = child_id(cancelled(order_id).cancellation_id, due.payment_id)
    word = commands.RecordProviderStatus(
        order_id=order_id, refund_id=refund_id, status=status, provider_reference="re_1"
    )
    type_, id_ = type(word).__name__, f"{status}-{order_id}"
    _, stream = SERVICE.stream_of(word)
    return Incoming(id_, type_, word, stream, fingerprint(type_, word), id_)


async def test_refunds_that_were_pending_and_succeeded_are_learnt_from(
    settings: KitSettings, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "ENOUGH", 3)
    learning, orders = Arrivals(), [str(number) for number in range(4)]
    async with SERVICE.pool(settings, "test") as pool:
        await learning.refresh(pool)
        assert learning.current() == {}, "an empty log teaches nothing"
        await hear(SERVICE, settings, orders)
        said: list[tuple[str, ProviderStatus]] = [(order_id, "pending") for order_id in orders]
        said += [(order_id, "succeeded") for order_id in orders[1:]]
        messages = [incoming(order_id, status) for order_id, status in said]
        await SERVICE.processor(settings, pool).process(messages)
        await learning.refresh(pool)
    assert learning.current() == {("card", None): arrivals.Span(0, 0)}
