"""Publishing the policy: versions follow each other, and each is consistent in itself."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from contracts.cancellation import Policy, PublishPolicy
from kit.decider import Context
from kit.facts import Fact
from services.cancellation.domain import events
from services.cancellation.domain.decisions.answering import basis_of, not_permitted
from services.cancellation.domain.policy import Asker
from services.cancellation.domain.publishing import POLICY_KEY, Published
from services.cancellation.domain.refusals import refuse

RULE_SET = "publish-policy.v1"


def publish_policy(state: Any, command: PublishPolicy, context: Context) -> Sequence[Fact]:
    """Put the successor of the policy in force."""
    policy = command.policy
    version = state.policy.version if isinstance(state, Published) else 0
    refusals = not_permitted(context, Asker.of(command.actor), "PUBLISH_POLICY")
    if policy.version != version + 1:
        detail = f"version {policy.version} does not follow version {version}"
        refusals.append(
            refuse("POLICY_VERSION_STALE", detail, version=version, asked=policy.version)
        )
    refusals += [refuse("POLICY_INVALID", detail) for detail in contradictions(policy)]
    if refusals:
        return [
            events.CommandRejected(
                order_id=POLICY_KEY,
                command_id=context.message_id,
                command=command.TYPE,
                refusals=tuple(refusals),
                actor=command.actor,
                basis=basis_of(context, RULE_SET),
            )
        ]
    return [
        events.PolicyPublished(
            policy=policy,
            command_id=context.message_id,
            actor=command.actor,
            staff_note=command.staff_note,
        )
    ]


def contradictions(policy: Policy) -> Iterator[str]:
    """Return what a policy says twice or without what it needs."""
    names: dict[str, list[str]] = {
        "reason": [terms.code for terms in policy.reasons],
        "approval": [terms.name for terms in policy.approvals],
        "exclusion": [terms.name for terms in policy.exclusions],
        "fee": [terms.name for terms in policy.fees],
        "grant": [f"{grant.actor} {grant.role}" for grant in policy.rights],
    }
    for what, found in names.items():
        for name, times in Counter(found).items():
            if times > 1:
                yield f"{what} {name} is listed {times} times"
    yield from _without_currency(policy)
    yield from _unknown_reasons(policy)
    if not any("PUBLISH_POLICY" in grant.actions for grant in policy.rights):
        yield "nobody may publish the next one"


def _without_currency(policy: Policy) -> Iterator[str]:
    for fee in policy.fees:
        if fee.flat_minor and fee.currency is None:
            yield f"fee {fee.name}: a flat amount needs its currency"
    for approval in policy.approvals:
        if approval.amount_from_minor is not None and approval.currency is None:
            yield f"approval {approval.name}: an amount needs its currency"


def _unknown_reasons(policy: Policy) -> Iterator[str]:
    known = {terms.code for terms in policy.reasons}
    named = [(terms.name, code) for terms in policy.approvals for code in terms.sub_reasons]
    named += [(terms.name, code) for terms in policy.fees for code in terms.sub_reasons]
    named += [("restock", x.sub_reason) for x in policy.restock.by_reason if x.sub_reason]
    for what, code in named:
        if code not in known:
            yield f"{what}: no reason {code}"
