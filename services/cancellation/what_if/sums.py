"""What a draft comes to over all that was asked, counted as it is judged."""

from collections import Counter, defaultdict
from typing import Any

from services.cancellation.what_if.judging import Judged, Outcome

GRANTED = frozenset({"CANCELLED", "HELD"})


class Sums:
    """Sums as far as they have come."""

    def __init__(self) -> None:
        self.decisions = self.flips = 0
        self._orders: set[str] = set()
        self._customers: set[str] = set()
        self._turns: Counter[tuple[str, str]] = Counter()
        self._rules: Counter[str] = Counter()
        self._money: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def add(self, one: Judged) -> None:
        """Count one wish."""
        self.decisions += 1
        money = self._money[one.currency]
        for name, outcome in (("now", one.now), ("then", one.then)):
            self._add_money(money, name, outcome)
        if not one.is_flip:
            return
        self.flips += 1
        self._orders.add(one.order_id)
        self._customers.add(one.customer)
        self._turns[one.now.outcome, one.then.outcome] += 1
        self._rules.update(one.rules)

    def _add_money(self, money: Counter[str], name: str, outcome: Outcome) -> None:
        if outcome.outcome in GRANTED:
            money[f"{name}_refund_minor"] += outcome.refund_minor
            money[f"{name}_fee_minor"] += outcome.fee_minor

    def to_json(self) -> dict[str, Any]:
        """Return the sums."""
        names = [
            f"{policy}_{what}_minor" for policy in ("now", "then") for what in ("refund", "fee")
        ]
        return {
            "decisions": self.decisions,
            "flips": self.flips,
            "orders": len(self._orders),
            "customers": len(self._customers),
            "turns": [
                {"now": now, "then": then, "decisions": count}
                for (now, then), count in self._turns.most_common()
            ],
            "rules": [
                {"rule": rule, "decisions": count} for rule, count in self._rules.most_common()
            ],
            "money": {
                currency: {name: money[name] for name in names}
                for currency, money in sorted(self._money.items())
            },
        }


def flip_to_json(one: Judged) -> dict[str, Any]:
    """Return a flip as it is kept and shown."""
    return {
        "order_id": one.order_id, "order_version": one.version, "at": one.at, "asker": one.asker,
        "currency": one.currency, "rules": one.rules,
        "now": one.now.outcome, "then": one.then.outcome,
        "now_refund_minor": one.now.refund_minor, "then_refund_minor": one.then.refund_minor,
        "now_fee_minor": one.now.fee_minor, "then_fee_minor": one.then.fee_minor,
    }  # fmt: skip
