"""The policy as decisions use it: looked up once per version, not once per command."""

from functools import lru_cache
from typing import NamedTuple

from contracts.cancellation import (
    Action,
    Actor,
    ActorType,
    ApprovalTerms,
    Basis,
    CancelReason,
    FeeTerms,
    Policy,
    ReasonTerms,
    Role,
)
from contracts.orders import OrderLine
from kit.decider import Context
from services.cancellation.domain.default_policy import DEFAULT_POLICY


class Asker(NamedTuple):
    """Who asks, whichever way the command says it."""

    type: ActorType
    id: str
    role: Role | None = None

    @classmethod
    def of(cls, actor: Actor) -> "Asker":
        """Take it from a command that names its actor."""
        return cls(actor.type, actor.id, actor.role)


class Rulebook:
    """One version of the policy, prepared."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.version = policy.version
        self._granted = frozenset(
            (grant.actor, grant.role, action) for grant in policy.rights for action in grant.actions
        )
        self._reasons = {terms.code: terms for terms in policy.reasons}
        self._never_back = frozenset(policy.restock.never_tags)

    def allows(self, asker: Asker, action: Action) -> bool:
        """Tell whether somebody may do something."""
        return (asker.type, asker.role, action) in self._granted

    def find_reason(self, code: str) -> ReasonTerms | None:
        """Return one of the merchant's own reasons."""
        return self._reasons.get(code)

    def wants_restock(self, reason: CancelReason, sub_reason: str | None) -> bool:
        """Tell whether units go back when nobody says."""
        for terms in self.policy.restock.by_reason:
            if terms.reason == reason and terms.sub_reason in (None, sub_reason):
                return terms.restock
        return self.policy.restock.is_automatic

    def may_go_back(self, line: OrderLine) -> bool:
        """Tell whether units of a line may ever go back on a shelf."""
        return not line.tags or self._never_back.isdisjoint(line.tags)

    def find_fee(
        self, asker: Asker, reason: CancelReason, sub_reason: str | None, currency: str
    ) -> FeeTerms | None:
        """Return what the shop keeps, None when it keeps nothing."""
        for terms in self.policy.fees:
            if terms.currency in (None, currency) and _fits(terms, asker, reason, sub_reason):
                return terms
        return None

    def find_approval(
        self, asker: Asker, reason: CancelReason, sub_reason: str | None,
        currency: str, amount_minor: int,
    ) -> ApprovalTerms | None:  # fmt: skip
        """Return the rule by which a cancellation needs a second person."""
        for terms in self.policy.approvals:
            least = terms.amount_from_minor
            if (
                terms.currency in (None, currency)
                and (least is None or amount_minor >= least)
                and _fits(terms, asker, reason, sub_reason)
            ):
                return terms
        return None


def _fits(
    terms: ApprovalTerms | FeeTerms, asker: Asker, reason: CancelReason, sub_reason: str | None
) -> bool:
    """Tell whether terms are meant: all that they say holds, and what they leave empty fits."""
    return (
        (not terms.actors or asker.type in terms.actors)
        and (not terms.reasons or reason in terms.reasons)
        and (not terms.sub_reasons or (sub_reason or "") in terms.sub_reasons)
    )


BUILT_IN = Rulebook(DEFAULT_POLICY)
"""In force until a policy is published."""


def rulebook_of(context: Context) -> Rulebook:
    """Return the policy in force at a decision."""
    return context.reference or BUILT_IN


@lru_cache(maxsize=10_000)
def basis(policy_version: int, order_version: int, rule_set: str) -> Basis:
    """Return what a decision rests on; most share theirs."""
    return Basis(policy_version=policy_version, order_version=order_version, rule_set=rule_set)
