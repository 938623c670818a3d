"""Rules and refusals as people read them."""

from collections.abc import Iterator, Sequence

from pydantic import BaseModel, ConfigDict

from contracts.cancellation import Refusal, ReturnProposal
from services.cancellation.domain.refusals import RULES
from services.cancellation.domain.rule_sets import RULE_SETS
from services.cancellation.explaining.rules_fr import CONTRADICTIONS_FR, RULES_FR, SEEN_FR
from services.cancellation.explaining.words import Speaker


class CheckedRule(BaseModel):
    """A rule that was looked at."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    code: str
    """Its name."""
    meaning: str
    """When it is not held, in words."""
    is_held: bool
    """False when it stands in the way."""


class ToldRule(BaseModel):
    """A rule as people read it."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    code: str
    """Its name."""
    meaning: str
    """When it is not held, in words."""
    remedy: str
    """What would make it pass."""


class ToldRefusal(BaseModel):
    """A rule that was not held, what it saw, and the way out, in one language."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    code: str
    """Its name."""
    meaning: str
    """When it is not held, in words."""
    detail: str
    """What it saw, in words."""
    remedy: str
    """What would make it pass."""
    line_id: str | None
    """The line it is about, if one."""
    data: dict[str, int | str]
    """What it saw."""
    return_proposal: ReturnProposal | None
    """What can be done instead, for units that have left the shop."""


def checked(rule_set: str, refusals: Sequence[Refusal], say: Speaker) -> list[CheckedRule]:
    """Return every rule of a set, and whether it was held."""
    failed = {refusal.code for refusal in refusals}
    known = RULE_SETS.get(rule_set, ())
    codes = [
        *known,
        *(code for code in dict.fromkeys(r.code for r in refusals) if code not in known),
    ]
    return [
        CheckedRule(code=code, meaning=_rule(code, say)[0], is_held=code not in failed)
        for code in codes
    ]


def every_rule(say: Speaker) -> Iterator[ToldRule]:
    """Return every rule there is."""
    for code in RULES:
        meaning, remedy = _rule(code, say)
        yield ToldRule(code=code, meaning=meaning, remedy=remedy)


def told(refusal: Refusal, say: Speaker) -> ToldRefusal:
    """Put a refusal into the speaker's language."""
    meaning, remedy = _rule(refusal.code, say)
    return ToldRefusal(
        code=refusal.code,
        meaning=meaning,
        detail=refusal.detail if say.locale == "en" else _detail_fr(refusal),
        remedy=refusal.remedy if say.locale == "en" else remedy,
        line_id=refusal.line_id,
        data=refusal.data,
        return_proposal=refusal.return_proposal,
    )


def _rule(code: str, say: Speaker) -> tuple[str, str]:
    """Return meaning and remedy of a rule; one that later versions dropped has its name alone."""
    rules = RULES if say.locale == "en" else RULES_FR
    found = rules.get(code)
    return (found.meaning, found.remedy) if found else (code, "")


def _detail_fr(refusal: Refusal) -> str:
    line = [f"ligne {refusal.line_id}"] if refusal.line_id else []
    seen = [f"{SEEN_FR.get(key, key)} : {value}" for key, value in refusal.data.items()]
    return ", ".join(line + seen) or CONTRADICTIONS_FR.get(refusal.detail, refusal.detail)
