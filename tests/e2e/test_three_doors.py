"""The same commands through Kafka, HTTP and the command line: the same facts, events and answers.

Only who asks differs, and that is never published.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts import cancellation as ask
from contracts import fulfillment
from contracts.message import Message
from contracts.orders import LinesFulfilled
from countermand.upstream import Outgoing
from kit.ids import stream_id
from services.cancellation.domain.default_policy import DEFAULT_POLICY
from services.cancellation.domain.publishing import POLICY_KEY
from tests.support.api_door import Running
from tests.support.case_wishes import pay_by_hand, see_to_it
from tests.support.doors import Story, Wish, alike, events_of, facts_of, leaves
from tests.support.messages import MOMENT, PRICE_MINOR, captured, fulfilled, placed
from tests.support.stack import fetch, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

DOORS = ("kafka", "http", "cli")
WHO = {"actor", "requested_by", "released_by"}
"""Fields that say who asked."""

ORDER = "/v1/orders/{order}"
CANCELLATION = ORDER + "/cancellations/{cancellation}"
REQUEST = ORDER + "/cancellation-requests/{request}"


def line(line_id: str, quantity: int) -> dict[str, Any]:
    return {"line_id": line_id, "quantity": quantity}


def cancel(words: str = "", **said: Any) -> Wish:
    """Cancel for a reason of the staff: by its fields, and in words for the command line."""
    verb = f"cancel {{order}} --reason STAFF {words}"
    return Wish(ask.CancelOrder, ORDER + "/cancellations", verb, {"reason": "STAFF", **said})


def settle(words: str, **said: Any) -> Wish:
    verb = f"settle {{order}} {words}"
    return Wish(ask.SettleRefund, ORDER + "/refund-settlements", verb, said)


def request(words: str = "", **said: Any) -> Wish:
    path = ORDER + "/cancellation-requests"
    verb = f"requests make {{order}} {words}"
    return Wish(ask.RequestCancellation, path, verb, said, role=None, type="CUSTOMER")


APPROVE = Wish(ask.ApproveCancellation, f"{REQUEST}/approval", "requests approve {order} {request}")
DENY = Wish(
    ask.DenyCancellation, f"{REQUEST}/denial",
    "requests deny {order} {request} --customer-message too␣late",
    {"customer_message": "too late"},
)  # fmt: skip
EXPIRE = Wish(
    ask.ExpireCancellationRequest, f"{REQUEST}/expiry", "requests expire {order} {request}",
    role=None, type="TIMER",
)  # fmt: skip
UNPAID = Wish(
    ask.CancelUnpaidOrder, ORDER + "/unpaid-cancellations", "orders expire {order}",
    role=None, type="TIMER",
)  # fmt: skip
UNDO = Wish(ask.UndoCancellation, f"{CANCELLATION}/undo", "undo {order} {cancellation}")
RELEASE = Wish(ask.ReleaseHold, f"{CANCELLATION}/release", "holds release {order} {cancellation}")
REINSTATE = Wish(
    ask.ReinstateOrder, f"{CANCELLATION}/reinstatement", "reinstate {order} {cancellation}"
)
RESTOCK = Wish(
    ask.RestockCancelledItems, ORDER + "/restocks",
    "restock {order} --line 1=1 --line 1=1@paris:DAMAGED",
    {"lines": [
        {**line("1", 1), "location": None, "condition": "SELLABLE"},
        {**line("1", 1), "location": "paris", "condition": "DAMAGED"},
    ]},
)  # fmt: skip
CLAIM = Wish(
    fulfillment.ClaimFulfillment, ORDER + "/fulfillment-claims", "claims take {order} --line 1=2",
    {"lines": [line("1", 2)]},
)  # fmt: skip
UNCLAIM = Wish(
    fulfillment.ReleaseFulfillmentClaim, ORDER + "/fulfillment-claims/{claim}/release",
    "claims release {order} {claim}",
)  # fmt: skip


async def announce(running: Running, order_id: str, *more: Message, **changes: Any) -> None:
    """Announce an order of three lines, 5, 2 and 1 units, and wait until all is in."""
    facts = [placed(order_id, 5, 2, 1, **changes), *more]
    sent = [Outgoing(f"{order_id}-fact-{n}", fact) for n, fact in enumerate(facts)]
    ids = [outgoing.message_id for outgoing in sent]
    for outgoing in sent:
        await running.upstream.publish([outgoing])

    async def are_in() -> bool:
        rows = await fetch(
            running.database,
            "SELECT count(*) FROM cancellation.inbox WHERE message_id = ANY($1)", ids,
        )  # fmt: skip
        return bool(rows[0][0] == len(ids))

    await until(are_in, what=f"{order_id} is announced")


CHOICES = (
    cancel("--line 1=9 --line 7=1", lines=[line("1", 9), line("7", 1)]),
    cancel(
        "--line 1=3 --refund LATER --no-restock --no-notify --note on␣the␣phone "
        "--customer-message sorry --sub-reason BETTER_OFFER",
        lines=[line("1", 3)], refund="LATER", restock=False, notify=False,
        staff_note="on the phone", customer_message="sorry", sub_reason="BETTER_OFFER",
    ),
    cancel(
        "--line 1=3 --refund LATER --restock-by-policy --notify-by-policy --expected-version 2 "
        "--shipping KEEP",
        lines=[line("1", 3)], refund="LATER", restock=None, notify=None, expected_version=2,
        shipping="KEEP",
    ),
    cancel(
        "--line 1=3 --refund LATER --no-restock", lines=[line("1", 3)], refund="LATER",
        restock=False,
    ),
    settle("--amount-minor 1000", amount_minor=1_000),
    settle(
        "--tender pi_{order}=500 --final",
        tenders=[{"payment_id": "pi_{order}", "amount_minor": 500}], is_final=True,
    ),
    settle("", cancellation_id=None),
    RESTOCK,
    cancel(
        "--line 1=1 --refund-amount-minor 700 --refund-to STORE_CREDIT "
        "--store-credit-expires-at 2090-01-01T00:00:00Z --restock-line 1=1@lyon",
        lines=[line("1", 1)], refund_amount_minor=700, refund_to="STORE_CREDIT",
        store_credit_expires_at="2090-01-01T00:00:00Z",
        restock_lines=[{**line("1", 1), "location": "lyon", "condition": "SELLABLE"}],
    ),
    cancel(
        "--line 2=2 --refund-line 2=1 --statutory-withdrawal", lines=[line("2", 2)],
        refund_lines=[line("2", 1)], is_statutory_withdrawal=True,
    ),
    cancel("--refund NONE", refund="NONE"),
)  # fmt: skip


async def choices(story: Story) -> list[str]:
    """Cancel in pieces with every choice, settle and restock afterwards."""
    await announce(story.running, story.order_id, captured(story.order_id, 8 * PRICE_MINOR))
    return [(await story.wish(wish))["outcome"] for wish in CHOICES]


async def asking(story: Story) -> list[str]:
    """A customer asks twice, then for the rest; a timer comes too early."""
    await announce(story.running, story.order_id, captured(story.order_id, 8 * PRICE_MINOR))
    said = {"lines": [line("1", 1)], "sub_reason": "CHANGED_MIND", "customer_note": "too many"}
    words = "--line 1=1 --sub-reason CHANGED_MIND --customer-note too␣many"
    outcomes = [
        await story.wish(request(words, **said), request="request_id"),
        await story.wish(DENY),
        await story.wish(APPROVE),
        await story.wish(request(words, **said), request="request_id"),
        await story.wish(EXPIRE),
        await story.wish(APPROVE),
        await story.wish(UNPAID),
    ]
    return [answer["outcome"] for answer in outcomes]


async def packing(story: Story) -> list[str]:
    """Some units are claimed, some shipped, the rest cancelled; nobody pays for another order."""
    shipped: LinesFulfilled = fulfilled(story.order_id, line_2=2)
    await announce(
        story.running, story.order_id, shipped, payment_due_at=MOMENT - timedelta(days=99)
    )
    outcomes = [
        await story.wish(CLAIM, claim="claim_id"),
        await story.wish(cancel("--line 1=4 --line 2=1", lines=[line("1", 4), line("2", 1)])),
        await story.wish(cancel("--line 3=1", lines=[line("3", 1)])),
        await story.wish(UNCLAIM),
        await story.wish(UNCLAIM),
        await story.wish(UNPAID),
        await story.wish(CLAIM),
    ]
    return [answer["outcome"] for answer in outcomes]


async def holding(story: Story) -> list[str]:
    """What was cancelled is held, taken back, held again, let go and reinstated."""
    await announce(story.running, story.order_id, captured(story.order_id, 8 * PRICE_MINOR))
    outcomes = [
        await story.wish(cancel(), cancellation="cancellation_id"),
        await story.wish(UNDO),
        await story.wish(cancel(), cancellation="cancellation_id"),
        await story.wish(RELEASE),
        await story.wish(UNDO),
        await story.wish(REINSTATE),
        await story.wish(
            cancel("--line 3=1", lines=[line("3", 1)]), cancellation="cancellation_id"
        ),
    ]
    return [answer["outcome"] for answer in outcomes]


async def handling(story: Story) -> list[str]:
    """A parcel leaves although its units were cancelled, cash comes late; somebody sees to it."""
    await announce(story.running, story.order_id)
    outcomes = [await story.wish(cancel()), *await see_to_it(story), *await pay_by_hand(story)]
    return [answer["outcome"] for answer in outcomes]


async def same_through_all_doors(
    running: Running, live: Callable[[Story], Awaitable[list[str]]]
) -> list[str]:
    """Live a story through each door; everything recorded, published and answered is alike."""
    seen = []
    for door in DOORS:
        story = Story(running, door, f"{live.__name__}-{door}")
        outcomes = await live(story)
        recorded = await story.facts()
        facts = [[one.fact.NAME, without_who(one.fact.model_dump(mode="json"))] for one in recorded]
        events = events_of(recorded)
        assert f"by-{door}" not in json.dumps([events, story.answers]), "who asked stays inside"
        said = alike([facts, events, story.answers], story.names())
        seen.append((outcomes, leaves(said)))
    for other in seen[1:]:
        assert set(other[1].items()) ^ set(seen[0][1].items()) == set()
        assert other == seen[0]
    return list(seen[0][0])


def without_who(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_who(part) for name, part in value.items() if name not in WHO}
    return [without_who(part) for part in value] if isinstance(value, list) else value


async def test_every_choice_of_a_cancellation(running: Running) -> None:
    assert await same_through_all_doors(running, choices) == [
        "REJECTED", "REJECTED", "REJECTED", "CANCELLED", "REFUND_REQUESTED", "REFUND_REQUESTED",
        "REJECTED", "RESTOCK_REQUESTED", "CANCELLED", "CANCELLED", "CANCELLED",
    ]  # fmt: skip


async def test_what_a_customer_asks_for(running: Running) -> None:
    assert await same_through_all_doors(running, asking) == [
        "REQUESTED", "DENIED", "REJECTED", "REQUESTED", "REJECTED", "CANCELLED", "REJECTED",
    ]  # fmt: skip


async def test_claims_and_what_nobody_paid_for(running: Running) -> None:
    assert await same_through_all_doors(running, packing) == [
        "CLAIMED", "REJECTED", "CANCELLED", "CLAIM_RELEASED", "REJECTED", "CANCELLED", "REJECTED",
    ]  # fmt: skip


async def test_a_case_that_somebody_sees_to(running: Running) -> None:
    assert await same_through_all_doors(running, handling) == [
        "CANCELLED", "CASE_ASSIGNED", "CASE_NOTE_ADDED", "CASE_ESCALATED", "REJECTED", "REJECTED",
        "CASE_CLOSED", "CASE_NOTE_ADDED", *["MANUAL_REFUND_RECORDED", "REJECTED"] * 2,
    ]  # fmt: skip


async def test_a_policy_and_what_it_holds(running: Running, tmp_path: Path) -> None:
    """Last, because a policy is everybody's."""
    seen = []
    for version, door in enumerate(DOORS, 1):
        policy = DEFAULT_POLICY.model_copy(update={"version": version, "hold_s": 3_600})
        file = tmp_path / f"{door}.json"
        file.write_text(policy.model_dump_json())
        publish = Wish(
            ask.PublishPolicy, "/v1/policies", f"policy publish {file}",
            {"policy": policy.model_dump(mode="json")}, role="ADMIN",
        )  # fmt: skip
        story = Story(running, door, f"policy-{door}")
        await story.wish(publish)
        fact = (await facts_of(running, stream_id(POLICY_KEY)))[-1].fact
        names = {**story.names(), f'"version": {version}': '"version": 0'}
        told = [without_who(fact.model_dump(mode="json")), story.answers[-1]]
        seen.append(alike(told, names))
    assert seen == seen[:1] * 3

    async def is_in_force() -> bool:
        found = (await running.door.get("/v1/policies")).json()["policies"]
        return bool(found[0]["version"] == len(DOORS))

    await until(is_in_force, what="the policy is in force")
    await asyncio.sleep(1.5)  # within a second every process decides by it
    assert await same_through_all_doors(running, holding) == [
        "CANCELLED", "UNDONE", "CANCELLED", "CONFIRMED", "REJECTED", "REINSTATED", "CANCELLED",
    ]  # fmt: skip
