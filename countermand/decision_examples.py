"""One short story per rule: what has happened, what is asked, and so which rule refuses it.

The decision table prints what the product itself answers to these; nothing here is made up.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from contracts import cancellation as c
from contracts import fulfillment
from countermand.example_stories import (
    ADA,
    ASKED,
    CLAIMED,
    HELD,
    LEA,
    NOON,
    PAID,
    PLACED,
    SHIPPED,
    STORE,
    TIMER,
    UNITS,
    Example,
    at,
    cancel,
    do,
    line,
    of,
    order,
    owed_by_hand,
    policy,
    units,
)
from services.cancellation.domain.decisions.plans import PLAN
from services.cancellation.domain.plan_commands import CancelBulkPlan, PauseBulkPlan, StartBulkPlan

_ABOUT_UNITS = {
    "ORDER_NOT_FOUND": of("nobody announced the order", [], cancel()),
    "LINE_NOT_FOUND": of(
        "lines 1 and 2 were ordered; line 9 is asked for", [PLACED], cancel(lines=units("9", 1))
    ),
    "QUANTITY_TOO_GREAT": of(
        "2 were ordered; 3 are asked for", [PLACED], cancel(lines=units("1", 3))
    ),
    "NOTHING_LEFT": of("the whole order was cancelled before", [PLACED, cancel()], cancel()),
    "ALREADY_FULFILLED": of(
        "both units of line 1 have shipped", [PLACED, PAID, SHIPPED], cancel(lines=UNITS)
    ),
    "CLAIMED_FOR_FULFILLMENT": of(
        "the warehouse is packing everything", [PLACED, CLAIMED], cancel(lines=UNITS)
    ),
    "CLAIM_NOT_FOUND": of(
        "nobody has claimed anything", [PLACED],
        do(fulfillment.ReleaseFulfillmentClaim, STORE, claim_id=at(9)),
    ),
    "CLAIM_OVER": of(
        "the claim was given up before",
        [PLACED, CLAIMED, do(fulfillment.ReleaseFulfillmentClaim, STORE, claim_id=at(2))],
        do(fulfillment.ReleaseFulfillmentClaim, STORE, claim_id=at(2)),
    ),
    "RESTOCK_TOO_GREAT": of(
        "everything went back by itself; a unit is to go back by hand", [PLACED, cancel()],
        do(c.RestockCancelledItems, lines=units("1", 1)),
    ),
}  # fmt: skip
_ABOUT_WHO = {
    "MISSING_PERMISSION": of("a customer uses the staff's command", [PLACED], cancel(actor=ADA)),
    "VERSION_STALE": of(
        "the order was read before it was paid", [PLACED, PAID], cancel(expected_version=1)
    ),
    "REASON_UNKNOWN": of(
        "no such reason is in the policy", [PLACED], cancel(sub_reason="FULL_MOON")
    ),
    "EXCLUDED_BY_POLICY": of(
        "line 1 is engraved, and the policy excludes that",
        [order(line("1", tags=["engraved"]))], cancel(),
        {"exclusions": [{"name": "ENGRAVED", "tags": ["engraved"]}]},
    ),
    "WINDOW_CLOSED": of(
        "the policy gives customers half an hour; an hour has passed", [PLACED], ASKED,
        {"customer": {"window_s": 1800, "outside": "REFUSE"}}, 60,
    ),
    "APPROVAL_REQUIRED": of(
        "the policy wants a second person for every cancellation, and a timer asks", [PLACED],
        do(c.CancelUnpaidOrder, TIMER), {"unpaid_after_s": 0, "approvals": [{"name": "ALWAYS"}]},
    ),
    "PAYMENT_RECEIVED": of(
        "the timer asks for an order that was paid meanwhile", [PLACED, PAID],
        do(c.CancelUnpaidOrder, TIMER), {"unpaid_after_s": 0},
    ),
    "NOT_DUE_YET": of(
        "there is an hour to pay, and the timer comes at once", [PLACED],
        do(c.CancelUnpaidOrder, TIMER), {"unpaid_after_s": 3600},
    ),
    "REQUEST_NOT_FOUND": of(
        "nobody has asked for anything", [PLACED],
        do(c.ApproveCancellation, LEA, request_id=at(9)),
    ),
    "REQUEST_CLOSED": of(
        "the request was granted before",
        [PLACED, ASKED, do(c.ApproveCancellation, LEA, request_id=at(2))],
        do(c.DenyCancellation, LEA, request_id=at(2)),
    ),
    "REQUEST_EXPIRED": of(
        "it is granted after its time", [PLACED, ASKED],
        do(c.ApproveCancellation, LEA, request_id=at(2)), {}, 60 * 24 * 3,
    ),
    "REQUEST_NOT_EXPIRED": of(
        "the timer comes before its time", [PLACED, ASKED],
        do(c.ExpireCancellationRequest, TIMER, request_id=at(2)),
    ),
    "SAME_PERSON": of(
        "Lea asks for a large refund and grants it herself", [PLACED, PAID, cancel(actor=LEA)],
        do(c.ApproveCancellation, LEA, request_id=at(3)),
        {"approvals": [{"name": "LARGE", "amount_from_minor": 1500, "currency": "EUR"}]},
    ),
    "POLICY_VERSION_STALE": of(
        "version 2 is published, and version 0 is in force", [], policy(version=2)
    ),
    "POLICY_INVALID": of(
        "a flat fee without its currency", [], policy(fees=[{"name": "FLAT", "flat_minor": 500}])
    ),
}  # fmt: skip
_LATER = cancel(refund="LATER")
_ABOUT_MONEY = {
    "CHOICES_CONTRADICT": of(
        "no refund is wanted, and 5.00 of it", [PLACED, PAID],
        cancel(refund="NONE", refund_amount_minor=500),
    ),
    "REFUND_TOO_GREAT": of(
        "20.00 were paid; 25.00 are to go back", [PLACED, PAID], cancel(refund_amount_minor=2500)
    ),
    "REFUND_LINE_NOT_CANCELLED": of(
        "line 1 is cancelled; line 2 is to be refunded", [PLACED, PAID],
        cancel(lines=UNITS, refund_lines=units("2", 1)),
    ),
    "TENDER_NOT_FOUND": of(
        "the order has one payment, and another is named", [PLACED, PAID],
        cancel(refund_tenders=[{"payment_id": "pi_9", "amount_minor": 500}]),
    ),
    "STORE_CREDIT_CUSTOMER_MISSING": of(
        "a guest is to get store credit", [order(customer=None)],
        cancel(refund_to="STORE_CREDIT"),
    ),
    "STORE_CREDIT_EXPIRY_PAST": of(
        "the credit would have lapsed yesterday", [PLACED, PAID],
        cancel(refund_to="STORE_CREDIT", store_credit_expires_at=NOON - timedelta(days=1)),
    ),
    "NOTHING_OWED": of(
        "the money went back at once", [PLACED, PAID, cancel()], do(c.SettleRefund)
    ),
    "OPEN_BALANCE_TOO_SMALL": of(
        "20.00 are owed; 25.00 are to be settled", [PLACED, PAID, _LATER],
        do(c.SettleRefund, amount_minor=2500),
    ),
    "CANCELLATION_NOT_NAMED": of(
        "two cancellations owe something",
        [PLACED, PAID, cancel(refund="LATER", lines=UNITS), _LATER], do(c.SettleRefund),
    ),
    "CANCELLATION_NOT_FOUND": of(
        "nothing was cancelled", [PLACED], do(c.UndoCancellation, cancellation_id=at(9))
    ),
    "NOT_HELD": of(
        "the cancellation was never held", [PLACED, cancel()],
        do(c.UndoCancellation, cancellation_id=at(2)),
    ),
    "HOLD_OVER": of(
        "it was held for ten minutes, and eleven have passed", [PLACED, cancel()],
        do(c.UndoCancellation, cancellation_id=at(2)), HELD, 11,
    ),
    "HOLD_RUNNING": of(
        "it is held for ten minutes, and the timer comes after nine", [PLACED, cancel()],
        do(c.ReleaseHold, TIMER, cancellation_id=at(2)), HELD, 9,
    ),
    "ALREADY_REINSTATED": of(
        "it was taken back before",
        [PLACED, cancel(), do(c.ReinstateOrder, LEA, cancellation_id=at(2))],
        do(c.ReinstateOrder, LEA, cancellation_id=at(2)),
    ),
}  # fmt: skip


_BY_HAND = [PLACED, PAID, cancel(), owed_by_hand(3)]
_TWICE_BY_HAND = [
    PLACED, PAID, cancel(lines=UNITS), owed_by_hand(3, 1000), cancel(), owed_by_hand(6, 1000),
]  # fmt: skip


def _paid(amount_minor: int = 2000, currency: str = "EUR", **more: Any) -> c.RecordManualRefund:
    said = {"amount_minor": amount_minor, "currency": currency, "proof": "transfer 4711", **more}
    paid: c.RecordManualRefund = do(c.RecordManualRefund, **said)
    return paid


_ABOUT_MONEY_BY_HAND = {
    "NOTHING_OWED_BY_HAND": of(
        "the provider gives the money back", [PLACED, PAID, cancel()], _paid()
    ),
    "MANUAL_REFUND_NOT_FOUND": of(
        "20.00 were paid in cash; another payment is named", _BY_HAND, _paid(payment_id="pi_9")
    ),
    "MANUAL_REFUND_NOT_NAMED": of(
        "cash is owed for two cancellations", _TWICE_BY_HAND, _paid(1000)
    ),
    "PAID_MORE_THAN_OWED": of(
        "15.00 of 20.00 were given back, now 10.00 more", [*_BY_HAND, _paid(1500)], _paid(1000)
    ),
    "CURRENCY_DIFFERENT": of(
        "euros are owed, pounds were given back", _BY_HAND, _paid(currency="GBP")
    ),
    "PAID_AT_IN_FUTURE": of(
        "it is to be given back tomorrow", _BY_HAND, _paid(paid_at=NOON + timedelta(days=1))
    ),
}  # fmt: skip


def _plan(model: Any = StartBulkPlan, **more: Any) -> Any:
    return model.model_validate({"plan_id": "recall", "actor": LEA, **more})


def _start(order_count: int = 3, **more: Any) -> StartBulkPlan:
    wish = {"reason": "INVENTORY"}
    started: StartBulkPlan = _plan(wish=wish, order_count=order_count, digest="a" * 64, **more)
    return started


def _about(story: str, history: Sequence[Any], command: Any) -> Example:
    return Example(story, history, command, {}, 0, PLAN)


_ABOUT_PLANS = {
    "PLAN_NOT_FOUND": _about("nobody started it", [], _plan(PauseBulkPlan)),
    "PLAN_EXISTS": _about("it was started before", [_start()], _start()),
    "PLAN_OVER": _about(
        "it was cancelled", [_start(), _plan(CancelBulkPlan)], _plan(PauseBulkPlan)
    ),
    "PLAN_EMPTY": _about("a filter that no order fits", [], _start(0)),
    "PLAN_TOO_LARGE": _about("60,000 orders fit", [], _start(60_000)),
    "SELECTION_CHANGED": _about(
        "the preview meant other orders", [], _start(expected_digest="b" * 64)
    ),
}

_CONTRADICTED = [PLACED, cancel(), SHIPPED]
_LEFT = do(c.CloseCase, LEA, case_id=at(4), resolution="WRITTEN_OFF")
_UP = do(c.EscalateCase, LEA, case_id=at(4))

_ABOUT_CASES = {
    "CASE_NOT_FOUND": of(
        "everything went as decided", [PLACED], do(c.AssignCase, case_id=at(9), owner="kim")
    ),
    "CASE_OVER": of("the loss was accepted before", [*_CONTRADICTED, _LEFT], _LEFT),
    "CASE_NOT_DUE": of(
        "units shipped although cancelled, an hour ago", _CONTRADICTED,
        do(c.EscalateCase, TIMER, case_id=at(4)), minutes_later=60,
    ),
    "CASE_AT_TOP": of("it went up before", [*_CONTRADICTED, _UP], _UP),
    "RESOLUTION_NOT_ALLOWED": of(
        "units shipped although cancelled", _CONTRADICTED,
        do(c.CloseCase, LEA, case_id=at(4), resolution="NOTHING_TO_DO"),
    ),
}  # fmt: skip

EXAMPLES: dict[str, Example] = {
    **_ABOUT_UNITS, **_ABOUT_WHO, **_ABOUT_MONEY, **_ABOUT_MONEY_BY_HAND, **_ABOUT_CASES,
    **_ABOUT_PLANS,
}  # fmt: skip
"""By the code of the rule that refuses."""
