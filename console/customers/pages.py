"""The page of an order: what happened, what is next, when the money arrives, and what to do."""

import asyncio
from typing import get_args

from starlette.exceptions import HTTPException
from starlette.responses import Response

from console.api import ProblemError
from console.customers import asking
from console.customers.shop import Shop
from console.customers.story import Cancelled
from console.customers.visit import Visit
from console.templating import go
from contracts.notifier import FeedbackAnswer
from kit.clock import utc_now

ANSWERS: tuple[str, ...] = get_args(FeedbackAnswer)


async def show(visit: Visit) -> Response:
    """Show the order."""
    newest = visit.story.newest
    asked, (can_ask, refusals) = await asyncio.gather(
        visit.notifier.questions(visit.token), _may_ask(visit)
    )
    url = visit.shop.reorder_url if newest else None
    return visit.page(
        "order.html",
        can_ask=can_ask,
        refusals=refusals,
        question=asked.about(newest.cancellation_id) if newest and newest.is_confirmed else None,
        vouchers=asked.vouchers,
        answers=ANSWERS,
        thanks="thanks" in visit.request.query_params,
        reorder=url and url.replace("{order_id}", visit.story.order_id),
        cause=lambda one: cause_of(visit.shop, one),
        today=utc_now().date(),
    )


def cause_of(shop: Shop, one: Cancelled) -> str | None:
    """Return why, as the mails say it; nothing rather than a word of ours."""
    named = shop.causes.get(one.sub_reason or "") or one.label
    return named or shop.causes.get(one.reason)


async def _may_ask(visit: Visit) -> tuple[bool, list[str]]:
    """Tell whether the customer may ask for anything, or why not."""
    if any(one.outcome is None for one in visit.story.asked):
        return False, []
    if not visit.story.open:
        is_sent = any(unit.sent for unit in visit.story.kept)
        return False, [visit.say("refusal.ALREADY_FULFILLED")] if is_sent else []
    try:
        told = await asking.ahead(visit, asking.whole(visit))
    except ProblemError:
        return False, [visit.say("refusal.other")]
    return told["outcome"] != "REJECTED", asking.why_not(visit, told["refusals"])


async def answer(visit: Visit) -> Response:
    """Take the answer to the question; the first counts."""
    said = visit.form.text("answer")
    if said not in ANSWERS:
        raise HTTPException(400)
    asked = await visit.notifier.questions(visit.token)
    question = asked.about(visit.form.text("cancellation_id") or "")
    if question is None:
        raise HTTPException(404)
    if not await visit.notifier.answer(question["token"], said):
        raise HTTPException(503)
    return go(visit.at(thanks="yes"))
