"""One short story per rule: what has happened, what is asked, and so which rule refuses it.

The decision table prints what the product itself answers to these; nothing here is made up.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from contracts import cancellation as c
from contracts import fulfillment, orders
from contracts.cancellation import Refusal
from kit.decider import Context, Decider
from kit.ids import event_id, stream_id
from services.cancellation.domain.decisions import ORDER
from services.cancellation.domain.decisions.plans import PLAN
from services.cancellation.domain.default_policy import DEFAULT_POLICY
from services.cancellation.domain.plan_commands import CancelBulkPlan, PauseBulkPlan, StartBulkPlan
from services.cancellation.domain.policy import Rulebook

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
STREAM = stream_id("order:100")
ID = {"order_id": "100"}
KIM = {"type": "STAFF", "id": "kim", "role": "AGENT"}
LEA = {"type": "STAFF", "id": "lea", "role": "MANAGER"}
ADA = {"type": "CUSTOMER", "id": "ada"}
TIMER = {"type": "TIMER", "id": "timer"}
STORE = {"type": "SERVICE", "id": "warehouse"}


class Example(NamedTuple):
    """A story that ends in a refusal."""

    story: str
    """In words."""
    history: Sequence[Any]
    """Messages decided on in turn."""
    command: Any
    """The one that is refused."""
    terms: dict[str, Any]
    """What differs from the built-in policy."""
    minutes_later: int
    """Time between the history and the command."""
    decider: Decider[Any] = ORDER
    """Of bulk plans, when the story is about one."""

    def run(self) -> tuple[Sequence[Refusal], str]:
        """Return what the product refuses, and the rule set it checked."""
        policy = c.Policy.model_validate({**DEFAULT_POLICY.model_dump(), **self.terms})
        state, version, book = self.decider.initial, 0, Rulebook(policy)
        for number, message in enumerate(self.history):
            context = Context(NOON, f"history-{number}", STREAM, version, book)
            for fact in self.decider.decide(state, message, context):
                state, version = self.decider.evolve(state, fact), version + 1
        now = NOON + timedelta(minutes=self.minutes_later)
        context = Context(now, "command-1", STREAM, version, book)
        refused: Any = self.decider.decide(state, self.command, context)[0]
        return refused.refusals, refused.basis.rule_set


def at(version: int) -> UUID:
    """Return the id of what was decided as fact number `version`."""
    return event_id(STREAM, version)


def _line(line_id: str, **more: Any) -> dict[str, Any]:
    mug = {"sku": f"MUG-{line_id}", "title": "Mug", "quantity": 2, "unit_price_minor": 500}
    return {"line_id": line_id, **mug, **more}


def _order(*lines: dict[str, Any], **more: Any) -> orders.OrderPlaced:
    said = {
        **ID, "placed_at": NOON, "currency": "EUR", "customer": {"customer_id": "ada"},
        "lines": lines or (_line("1"), _line("2")),
    }  # fmt: skip
    return orders.OrderPlaced.model_validate({**said, **more})


PAID = orders.PaymentCaptured(**ID, payment_id="pi_1", amount_minor=2000, captured_at=NOON)
PLACED = _order()
UNITS = [{"line_id": "1", "quantity": 2}]
SHIPPED = orders.LinesFulfilled.model_validate({**ID, "lines": UNITS, "fulfilled_at": NOON})


def _cancel(**more: Any) -> c.CancelOrder:
    return c.CancelOrder.model_validate({**ID, "reason": "CUSTOMER", **more})


def _do(model: Any, actor: dict[str, Any] = KIM, **more: Any) -> Any:
    return model.model_validate({**ID, "actor": actor, **more})


def _policy(**more: Any) -> c.PublishPolicy:
    policy = {**DEFAULT_POLICY.model_dump(), "version": 1, **more}
    admin = {"type": "STAFF", "id": "root", "role": "ADMIN"}
    return c.PublishPolicy.model_validate({"policy": policy, "actor": admin})


def _units(line_id: str, quantity: int) -> list[dict[str, Any]]:
    return [{"line_id": line_id, "quantity": quantity}]


ASKED = _do(c.RequestCancellation, ADA)
CLAIMED = _do(fulfillment.ClaimFulfillment, STORE)
HELD: dict[str, Any] = {"hold_s": 600}


def _of(
    story: str, history: Sequence[Any], command: Any, terms: dict[str, Any] | None = None,
    minutes_later: int = 0,
) -> Example:  # fmt: skip
    return Example(story, history, command, terms or {}, minutes_later)


_ABOUT_UNITS = {
    "ORDER_NOT_FOUND": _of("nobody announced the order", [], _cancel()),
    "LINE_NOT_FOUND": _of(
        "lines 1 and 2 were ordered; line 9 is asked for", [PLACED], _cancel(lines=_units("9", 1))
    ),
    "QUANTITY_TOO_GREAT": _of(
        "2 were ordered; 3 are asked for", [PLACED], _cancel(lines=_units("1", 3))
    ),
    "NOTHING_LEFT": _of("the whole order was cancelled before", [PLACED, _cancel()], _cancel()),
    "ALREADY_FULFILLED": _of(
        "both units of line 1 have shipped", [PLACED, PAID, SHIPPED], _cancel(lines=UNITS)
    ),
    "CLAIMED_FOR_FULFILLMENT": _of(
        "the warehouse is packing everything", [PLACED, CLAIMED], _cancel(lines=UNITS)
    ),
    "CLAIM_NOT_FOUND": _of(
        "nobody has claimed anything", [PLACED],
        _do(fulfillment.ReleaseFulfillmentClaim, STORE, claim_id=at(9)),
    ),
    "CLAIM_OVER": _of(
        "the claim was given up before",
        [PLACED, CLAIMED, _do(fulfillment.ReleaseFulfillmentClaim, STORE, claim_id=at(2))],
        _do(fulfillment.ReleaseFulfillmentClaim, STORE, claim_id=at(2)),
    ),
    "RESTOCK_TOO_GREAT": _of(
        "everything went back by itself; a unit is to go back by hand", [PLACED, _cancel()],
        _do(c.RestockCancelledItems, lines=_units("1", 1)),
    ),
}  # fmt: skip
_ABOUT_WHO = {
    "MISSING_PERMISSION": _of("a customer uses the staff's command", [PLACED], _cancel(actor=ADA)),
    "VERSION_STALE": _of(
        "the order was read before it was paid", [PLACED, PAID], _cancel(expected_version=1)
    ),
    "REASON_UNKNOWN": _of(
        "no such reason is in the policy", [PLACED], _cancel(sub_reason="FULL_MOON")
    ),
    "EXCLUDED_BY_POLICY": _of(
        "line 1 is engraved, and the policy excludes that",
        [_order(_line("1", tags=["engraved"]))], _cancel(),
        {"exclusions": [{"name": "ENGRAVED", "tags": ["engraved"]}]},
    ),
    "WINDOW_CLOSED": _of(
        "the policy gives customers half an hour; an hour has passed", [PLACED], ASKED,
        {"customer": {"window_s": 1800, "outside": "REFUSE"}}, 60,
    ),
    "APPROVAL_REQUIRED": _of(
        "the policy wants a second person for every cancellation, and a timer asks", [PLACED],
        _do(c.CancelUnpaidOrder, TIMER), {"unpaid_after_s": 0, "approvals": [{"name": "ALWAYS"}]},
    ),
    "PAYMENT_RECEIVED": _of(
        "the timer asks for an order that was paid meanwhile", [PLACED, PAID],
        _do(c.CancelUnpaidOrder, TIMER), {"unpaid_after_s": 0},
    ),
    "NOT_DUE_YET": _of(
        "there is an hour to pay, and the timer comes at once", [PLACED],
        _do(c.CancelUnpaidOrder, TIMER), {"unpaid_after_s": 3600},
    ),
    "REQUEST_NOT_FOUND": _of(
        "nobody has asked for anything", [PLACED],
        _do(c.ApproveCancellation, LEA, request_id=at(9)),
    ),
    "REQUEST_CLOSED": _of(
        "the request was granted before",
        [PLACED, ASKED, _do(c.ApproveCancellation, LEA, request_id=at(2))],
        _do(c.DenyCancellation, LEA, request_id=at(2)),
    ),
    "REQUEST_EXPIRED": _of(
        "it is granted after its time", [PLACED, ASKED],
        _do(c.ApproveCancellation, LEA, request_id=at(2)), {}, 60 * 24 * 3,
    ),
    "REQUEST_NOT_EXPIRED": _of(
        "the timer comes before its time", [PLACED, ASKED],
        _do(c.ExpireCancellationRequest, TIMER, request_id=at(2)),
    ),
    "SAME_PERSON": _of(
        "Lea asks for a large refund and grants it herself", [PLACED, PAID, _cancel(actor=LEA)],
        _do(c.ApproveCancellation, LEA, request_id=at(3)),
        {"approvals": [{"name": "LARGE", "amount_from_minor": 1500, "currency": "EUR"}]},
    ),
    "POLICY_VERSION_STALE": _of(
        "version 2 is published, and version 0 is in force", [], _policy(version=2)
    ),
    "POLICY_INVALID": _of(
        "a flat fee without its currency", [], _policy(fees=[{"name": "FLAT", "flat_minor": 500}])
    ),
}  # fmt: skip
_LATER = _cancel(refund="LATER")
_ABOUT_MONEY = {
    "CHOICES_CONTRADICT": _of(
        "no refund is wanted, and 5.00 of it", [PLACED, PAID],
        _cancel(refund="NONE", refund_amount_minor=500),
    ),
    "REFUND_TOO_GREAT": _of(
        "20.00 were paid; 25.00 are to go back", [PLACED, PAID], _cancel(refund_amount_minor=2500)
    ),
    "REFUND_LINE_NOT_CANCELLED": _of(
        "line 1 is cancelled; line 2 is to be refunded", [PLACED, PAID],
        _cancel(lines=UNITS, refund_lines=_units("2", 1)),
    ),
    "TENDER_NOT_FOUND": _of(
        "the order has one payment, and another is named", [PLACED, PAID],
        _cancel(refund_tenders=[{"payment_id": "pi_9", "amount_minor": 500}]),
    ),
    "STORE_CREDIT_CUSTOMER_MISSING": _of(
        "a guest is to get store credit", [_order(customer=None)],
        _cancel(refund_to="STORE_CREDIT"),
    ),
    "STORE_CREDIT_EXPIRY_PAST": _of(
        "the credit would have lapsed yesterday", [PLACED, PAID],
        _cancel(refund_to="STORE_CREDIT", store_credit_expires_at=NOON - timedelta(days=1)),
    ),
    "NOTHING_OWED": _of(
        "the money went back at once", [PLACED, PAID, _cancel()], _do(c.SettleRefund)
    ),
    "OPEN_BALANCE_TOO_SMALL": _of(
        "20.00 are owed; 25.00 are to be settled", [PLACED, PAID, _LATER],
        _do(c.SettleRefund, amount_minor=2500),
    ),
    "CANCELLATION_NOT_NAMED": _of(
        "two cancellations owe something",
        [PLACED, PAID, _cancel(refund="LATER", lines=UNITS), _LATER], _do(c.SettleRefund),
    ),
    "CANCELLATION_NOT_FOUND": _of(
        "nothing was cancelled", [PLACED], _do(c.UndoCancellation, cancellation_id=at(9))
    ),
    "NOT_HELD": _of(
        "the cancellation was never held", [PLACED, _cancel()],
        _do(c.UndoCancellation, cancellation_id=at(2)),
    ),
    "HOLD_OVER": _of(
        "it was held for ten minutes, and eleven have passed", [PLACED, _cancel()],
        _do(c.UndoCancellation, cancellation_id=at(2)), HELD, 11,
    ),
    "HOLD_RUNNING": _of(
        "it is held for ten minutes, and the timer comes after nine", [PLACED, _cancel()],
        _do(c.ReleaseHold, TIMER, cancellation_id=at(2)), HELD, 9,
    ),
    "ALREADY_REINSTATED": _of(
        "it was taken back before",
        [PLACED, _cancel(), _do(c.ReinstateOrder, LEA, cancellation_id=at(2))],
        _do(c.ReinstateOrder, LEA, cancellation_id=at(2)),
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

EXAMPLES: dict[str, Example] = {**_ABOUT_UNITS, **_ABOUT_WHO, **_ABOUT_MONEY, **_ABOUT_PLANS}
"""By the code of the rule that refuses."""
