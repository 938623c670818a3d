"""The inbox of requests on a real PostgreSQL: first what is due first, page by page."""

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

import pytest

from contracts.cancellation import Actor, ApprovalTerms, DenyCancellation, RequestCancellation
from kit.settings import KitSettings
from services.cancellation.projections import request_queries
from services.cancellation.projections.request_queries import Wanted, list_requests
from tests.support.messages import cancel, captured, placed
from tests.support.timers import TimerWorld, open_timer_world, policy
from tests.support.wishes import KIM, LEA

pytestmark = pytest.mark.integration

LARGE = ApprovalTerms(name="LARGE_REFUND", amount_from_minor=1)


@pytest.fixture
async def world(settings: KitSettings) -> AsyncIterator[TimerWorld]:
    async with open_timer_world(settings) as opened:
        yield opened


async def ask(world: TimerWorld, order_id: str, answer_within_s: int) -> str:
    """Have a customer ask, so long before it is too late to answer."""
    terms = world.policy.customer.model_copy(update={"answer_within_s": answer_within_s})
    world.policy = policy(0, customer=terms)
    await world.say(placed(order_id))
    customer = Actor(type="CUSTOMER", id="C1")
    (fact,) = await world.say(RequestCancellation(order_id=order_id, actor=customer))
    return str(fact.request_id)


async def test_what_waits_is_listed_by_its_deadline_until_it_is_answered(
    world: TimerWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_queries, "BATCH", 2)
    ids = {name: await ask(world, name, s) for name, s in (("c", 900), ("a", 300), ("b", 600))}
    world.policy = policy(0, approvals=(LARGE,))
    await world.say(placed("d"))
    await world.say(captured("d"))
    await world.say(cancel("d", actor=KIM))
    await world.say(DenyCancellation(order_id="b", request_id=UUID(ids["b"]), actor=LEA))
    await world.project()

    async def listed(wanted: Wanted, limit: int = 50) -> list[str]:
        rows = await list_requests(world.pool, wanted, now=world.now, limit=limit)
        return [row["order_id"] for row in rows]

    assert await listed(Wanted()) == ["a", "c", "d"]
    assert await listed(Wanted("CUSTOMER_REQUEST")) == ["a", "c"]
    assert await listed(Wanted("APPROVAL")) == ["d"]
    (first,) = await list_requests(world.pool, Wanted(), now=world.now, limit=1)
    assert (first["request_id"], first["left_s"], first["is_overdue"]) == (ids["a"], 300, False)
    assert first["currency"] == "EUR"
    last = datetime.fromisoformat(first["expires_at"]), UUID(first["request_id"])
    assert await listed(Wanted(after=last)) == ["c", "d"]
    world.after(seconds=301)
    late, *_ = await list_requests(world.pool, Wanted(), now=world.now, limit=3)
    assert (late["left_s"], late["is_overdue"]) == (0, True)
