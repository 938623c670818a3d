"""What staff do with a case, as each door takes it."""

from typing import Any

from contracts import cancellation as ask
from countermand.upstream import Outgoing
from tests.support.doors import Story, Wish
from tests.support.messages import fulfilled
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
