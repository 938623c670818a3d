"""What a plan would do: the very decisions it would bring, counted and thrown away.

Orders are looked at in batches, so 50,000 of them take no more memory than a hundred, and other
requests are answered in between.
"""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from typing import Any

from contracts.cancellation import Role
from kit.processor import Processor
from services.cancellation.bulk.sending import messages_of
from services.cancellation.domain import events
from services.cancellation.domain.plan_terms import BulkWish, Target, digest_of

BATCH = 100
EXAMPLES_MAX = 5

PREVIEW = "preview"
"""Name of the plan that is only looked at."""


class Preview:
    """The sums, as far as they have come."""

    def __init__(self, targets: Sequence[Target]) -> None:
        self.orders, self.digest = len(targets), digest_of(targets)
        self.policy_version = 0
        self.checked = 0
        self.outcomes: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.examples: defaultdict[str, list[str]] = defaultdict(list)
        self.approvals: Counter[str] = Counter()
        self.money: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.totals: Counter[str] = Counter()

    def add(self, order_id: str, fact: Any, code: str) -> None:
        """Count what would come of one order."""
        self.checked += 1
        match fact:
            case events.OrderCancelled():
                self.outcomes["CANCELLED"] += 1
                self._add_cancelled(fact)
            case events.CancellationRequested():
                self.outcomes["REQUESTED"] += 1
                self.approvals[fact.approval or ""] += 1
                self.money[fact.currency]["awaiting_approval_minor"] += fact.refund_minor
            case events.CancellationRejected():
                self.outcomes["REFUSED"] += 1
                self._add_refused(order_id, {refusal.code for refusal in fact.refusals})
            case _:
                self.outcomes["SET_ASIDE"] += 1
                self._add_refused(order_id, {code})

    def _add_refused(self, order_id: str, codes: set[str]) -> None:
        for code in codes:
            self.refused[code] += 1
            if len(self.examples[code]) < EXAMPLES_MAX:
                self.examples[code].append(order_id)

    def _add_cancelled(self, fact: events.OrderCancelled) -> None:
        units = sum(line.quantity for line in fact.lines)
        self.totals["units"] += units
        if fact.restock:
            back = fact.restock_lines
            self.totals["restock_units"] += (
                units if back is None else sum(line.quantity for line in back)
            )
        self.totals["messages"] += fact.recipient is not None
        self.totals["held"] += fact.held_until is not None
        money = self.money[fact.currency]
        money["refund_minor"] += fact.refund_minor
        if (terms := fact.money) is None:
            return
        money["later_minor"] += terms.balance_minor
        money["kept_minor"] += terms.kept_minor
        money["void_minor"] += sum(void.amount_minor for void in terms.voids)
        if terms.fee:
            money["fee_minor"] += terms.fee.percent_minor + terms.fee.flat_minor
        if terms.store_credit:
            money["store_credit_minor"] += terms.store_credit.amount_minor

    def to_json(self) -> dict[str, Any]:
        """Return the sums; amounts that are 0 are left out, but for refunds."""
        return {
            "orders": self.orders,
            "digest": self.digest,
            "policy_version": self.policy_version,
            "outcomes": dict(self.outcomes),
            "money": {
                currency: {"refund_minor": 0, **{k: v for k, v in amounts.items() if v}}
                for currency, amounts in self.money.items()
            },
            "units": self.totals["units"],
            "restock_units": self.totals["restock_units"],
            "messages": self.totals["messages"],
            "held": self.totals["held"],
            "approvals": dict(self.approvals),
            "refusals": [
                {"code": code, "orders": count, "examples": self.examples[code]}
                for code, count in self.refused.most_common()
            ],
        }


async def look_ahead(
    orders: Processor[Any], wish: BulkWish, role: Role | None, targets: Sequence[Target]
) -> AsyncIterator[Preview]:
    """Go through the orders and yield the sums after each batch; writes nothing."""
    preview = Preview(targets)
    preview.policy_version = orders.reference().version
    for start in range(0, len(targets), BATCH):
        batch = targets[start : start + BATCH]
        answers, _ = await orders.foresee(messages_of(PREVIEW, wish, role, batch), {})
        for target, answer in zip(batch, answers, strict=True):
            fact = answer.facts[0] if answer.facts else None
            preview.add(target.order_id, fact, answer.code)
        yield preview
    if not targets:
        yield preview
