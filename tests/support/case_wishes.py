"""What staff do with a case, and with money owed by hand, as each door takes it."""

from typing import Any

from contracts import cancellation as ask
from contracts.refunds import ManualRefundOwed
from countermand.upstream import Outgoing
from kit.ids import child_id
from tests.support.doors import Story, Wish
from tests.support.messages import captured, fulfilled
from tests.support.money_mothers import CASH
from tests.support.stack import until

CASE = "/v1/orders/{order}/cases/{case}"
ASSIGN = Wish(
    ask.AssignCase, f"{CASE}/assignment",
    "cases assign {order} {case} --owner kim --as-role MANAGER --note knows␣the␣customer",
    {"owner": "kim", "role": "MANAGER", "staff_note": "knows the customer"},
)  # fmt: skip
ESCALATE = Wish(ask.EscalateCase, f"{CASE}/escalation", "cases escalate {order} {case}")
NOTE = Wish(
    ask.AddCaseNote, f"{CASE}/notes", "cases note {order} {case} called␣the␣carrier",
    {"note": "called the carrier"},
)  # fmt: skip


def close(resolution: str) -> Wish:
    verb = f"cases close {{order}} {{case}} --resolution {resolution}"
    return Wish(ask.CloseCase, f"{CASE}/closure", verb, {"resolution": resolution})


def paid(amount_minor: int, words: str = "", **said: Any) -> Wish:
    """Record money given back by hand."""
    verb = f"refunds record {{order}} --amount-minor {amount_minor} --currency EUR --proof till␣2"
    about = {"amount_minor": amount_minor, "currency": "EUR", "proof": "till 2", **said}
    path = "/v1/orders/{order}/manual-refunds"
    return Wish(ask.RecordManualRefund, path, f"{verb} {words}", about)


async def pay_by_hand(story: Story) -> list[dict[str, Any]]:
    """Cash comes when nothing is left to pay: give it back in two parts, and twice too much."""

    async def newest(name: str, message: Any) -> Any:
        await story.running.upstream.publish([Outgoing(f"{story.order_id}-{name}", message)])

        async def is_there() -> bool:
            return any(name == one.fact.NAME for one in await story.facts())

        await until(is_there, what=name)
        return [one.fact for one in await story.facts() if name == one.fact.NAME][-1]

    cash = captured(story.order_id, 800).model_copy(update={"tender": "CASH", "method": CASH})
    asked = await newest("order.refund-requested.v1", cash)
    owed = ManualRefundOwed(
        order_id=story.order_id, cancellation_id=asked.cancellation_id, currency="EUR",
        refund_id=child_id(asked.request_id, cash.payment_id), payment_id=cash.payment_id,
        amount_minor=800, tender="CASH", remind_at=cash.captured_at, owed_at=cash.captured_at,
    )  # fmt: skip
    await newest("order.refund-progressed.v1", owed)
    story.call(refund=str(owed.refund_id))
    wishes = (
        paid(300, "--refund {refund} --note at␣noon", refund_id="{refund}", staff_note="at noon"),
        paid(501),
        paid(500, "--paid-at 2020-01-01T00:00:00Z", paid_at="2020-01-01T00:00:00Z"),
        paid(1),
    )
    return [await story.wish(wish) for wish in wishes]


async def see_to_it(story: Story) -> list[dict[str, Any]]:
    """Ship what was cancelled; take the case, write about it, bring it up, close it as it fits."""
    shipped = fulfilled(story.order_id, line_1=5)
    await story.running.upstream.publish([Outgoing(f"{story.order_id}-shipped", shipped)])

    async def is_open() -> bool:
        return (await story.facts())[-1].fact.NAME == "order.case-opened.v1"

    await until(is_open, what="a case is open")
    story.call(case=str((await story.facts())[-1].fact.case_id))  # type: ignore[attr-defined]
    wishes = (ASSIGN, NOTE, ESCALATE, ESCALATE, close("NOTHING_TO_DO"), close("WRITTEN_OFF"), NOTE)
    return [await story.wish(wish) for wish in wishes]
