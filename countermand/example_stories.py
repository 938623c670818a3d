"""What the short stories about rules are told with: people, an order, and how a story is run."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from contracts import cancellation as c
from contracts import fulfillment, orders, refunds
from contracts.cancellation import Refusal
from kit.decider import Context, Decider
from kit.ids import child_id, event_id, stream_id
from services.cancellation.domain.decisions import ORDER
from services.cancellation.domain.default_policy import DEFAULT_POLICY
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


def line(line_id: str, **more: Any) -> dict[str, Any]:
    """Write a line of two mugs."""
    mug = {"sku": f"MUG-{line_id}", "title": "Mug", "quantity": 2, "unit_price_minor": 500}
    return {"line_id": line_id, **mug, **more}


def order(*lines: dict[str, Any], **more: Any) -> orders.OrderPlaced:
    """Place order 100."""
    said = {
        **ID, "placed_at": NOON, "currency": "EUR", "customer": {"customer_id": "ada"},
        "lines": lines or (line("1"), line("2")),
    }  # fmt: skip
    return orders.OrderPlaced.model_validate({**said, **more})


PAID = orders.PaymentCaptured(**ID, payment_id="pi_1", amount_minor=2000, captured_at=NOON)
PLACED = order()


def owed_by_hand(cancelled_at: int, amount_minor: int = 2000) -> refunds.ManualRefundOwed:
    """Hear that a person has to give money back for the cancellation at a version."""
    cancellation_id = at(cancelled_at)
    return refunds.ManualRefundOwed(
        **ID,
        cancellation_id=cancellation_id,
        refund_id=child_id(cancellation_id, "pi_1"),
        payment_id="pi_1",
        amount_minor=amount_minor,
        currency="EUR",
        tender="CASH",
        remind_at=NOON + timedelta(days=7),
        owed_at=NOON,
    )


UNITS = [{"line_id": "1", "quantity": 2}]
SHIPPED = orders.LinesFulfilled.model_validate({**ID, "lines": UNITS, "fulfilled_at": NOON})


def cancel(**more: Any) -> c.CancelOrder:
    """Ask for a cancellation of it."""
    return c.CancelOrder.model_validate({**ID, "reason": "CUSTOMER", **more})


def do(model: Any, actor: dict[str, Any] = KIM, **more: Any) -> Any:
    """Write a command of somebody."""
    return model.model_validate({**ID, "actor": actor, **more})


def policy(**more: Any) -> c.PublishPolicy:
    """Publish a policy."""
    policy = {**DEFAULT_POLICY.model_dump(), "version": 1, **more}
    admin = {"type": "STAFF", "id": "root", "role": "ADMIN"}
    return c.PublishPolicy.model_validate({"policy": policy, "actor": admin})


def units(line_id: str, quantity: int) -> list[dict[str, Any]]:
    """Write units of one line."""
    return [{"line_id": line_id, "quantity": quantity}]


ASKED = do(c.RequestCancellation, ADA)
CLAIMED = do(fulfillment.ClaimFulfillment, STORE)
HELD: dict[str, Any] = {"hold_s": 600}


def of(
    story: str, history: Sequence[Any], command: Any, terms: dict[str, Any] | None = None,
    minutes_later: int = 0,
) -> Example:  # fmt: skip
    """Write an example about an order."""
    return Example(story, history, command, terms or {}, minutes_later)
