"""One decision with its grounds: who asked for what, what was known, rules, money."""

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from contracts.cancellation import Actor, Basis
from contracts.message import Command, Message
from kit.facts import Fact
from services.cancellation.domain import events
from services.cancellation.explaining import deciding, refusing, telling
from services.cancellation.explaining.refusing import CheckedRule, ToldRefusal
from services.cancellation.explaining.steps import Step
from services.cancellation.explaining.sums import Row, sum_of, ways_of
from services.cancellation.explaining.words import Speaker

ABOUT_MONEY = (events.Cancellation, events.RefundRequested)


class Grounds(BaseModel):
    """What stands behind a decision."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    asked_by: Actor | None
    """Who asked; empty when it follows from a fact."""
    asked: tuple[str, ...]
    """Every choice that was made, in words."""
    basis: Basis | None
    """Facts and policy known at the decision; empty before that was recorded."""
    rules: tuple[CheckedRule, ...]
    """Every rule that was looked at."""
    refusals: tuple[ToldRefusal, ...]
    """Those not held."""
    sums: tuple[Row, ...]
    """The money, as a sum."""
    ways: tuple[str, ...]
    """Where the money goes, in words."""


def grounds_of(step: Step, message: Message | None, currency: str, say: Speaker) -> dict[str, Any]:
    """Return the fields of `Grounds`."""
    refusals = [refusal for fact in step.facts for refusal in getattr(fact, "refusals", ())]
    basis = step.basis
    asked = telling.wishes(message, currency, say) if isinstance(message, Command) else ()
    return {
        "asked_by": step.actor,
        "asked": tuple(asked),
        "basis": basis,
        "rules": tuple(refusing.checked(basis.rule_set, refusals, say)) if basis else (),
        "refusals": tuple(refusing.told(refusal, say) for refusal in refusals),
        "sums": tuple(row for fact in _about_money(step) for row in sum_of(fact, say)),
        "ways": tuple(way for fact in _about_money(step) for way in ways_of(fact, say)),
    }


def gist(fact: Fact, currency: str, say: Speaker) -> list[str]:
    """Say what a fact is, whether heard or decided."""
    tell = telling.FACTS.get(type(fact))
    if tell:
        return [tell(fact, currency, say)]
    return deciding.decided(fact, currency, say) or [say("other_fact", name=fact.NAME)]


def grounds_told(grounds: Grounds, step: Step, currency: str, say: Speaker) -> Iterator[str]:
    """Say what stands behind a decision, in sentences."""
    yield say(
        "asked_by",
        who=telling.who(grounds.asked_by, say) if grounds.asked_by else say("who.nobody"),
    )
    if grounds.asked:
        yield say("asked", what=say("joint").join(grounds.asked))
    for fact in step.facts:
        if note := getattr(fact, "staff_note", None):
            yield say("note", text=note)
    if basis := grounds.basis:
        yield say("known", order=basis.order_version, policy=basis.policy_version)
        yield from _rules_told(grounds.rules, basis.rule_set, say)
    yield from _refusals_told(grounds.refusals, currency, say)
    if grounds.sums:
        yield say("money")
        for row in grounds.sums:
            yield say("money.row", words=row.words, amount=say.money(row.amount_minor, currency))
        for way in grounds.ways:
            yield f"  {way}"
    for fact in step.facts:
        if isinstance(fact, events.Cancellation):
            yield from _besides_money(fact, say)


def _about_money(step: Step) -> list[Any]:
    return [fact for fact in step.facts if isinstance(fact, ABOUT_MONEY)]


def _rules_told(rules: Sequence[CheckedRule], rule_set: str, say: Speaker) -> Iterator[str]:
    failed = [rule.code for rule in rules if not rule.is_held]
    if failed:
        yield say("rules.failed", set=rule_set, count=len(rules), failed=", ".join(failed))
    elif rules:
        yield say("rules.held", set=rule_set, count=len(rules))


def _refusals_told(refusals: Sequence[ToldRefusal], currency: str, say: Speaker) -> Iterator[str]:
    for refusal in refusals:
        yield say("refusal", **refusal.model_dump(include={"code", "meaning", "detail", "remedy"}))
        if refusal.return_proposal:
            yield telling.proposal(refusal.return_proposal, currency, say)


def _besides_money(fact: events.Cancellation, say: Speaker) -> Iterator[str]:
    yield from deciding.stock(fact, say)
    yield from deciding.message(fact, say)
    if fact.details and fact.details.return_proposal:
        yield telling.proposal(fact.details.return_proposal, fact.currency, say)
