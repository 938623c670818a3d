"""An order's whole story: what was heard, every decision with its grounds, and what followed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.values import Locale, OrderId
from kit.facts import Fact, RecordedFact
from services.cancellation.domain import events
from services.cancellation.domain.policy import Rulebook
from services.cancellation.explaining import deciding
from services.cancellation.explaining.entries import Grounds, gist, grounds_of, grounds_told
from services.cancellation.explaining.repeating import message_of, repeat
from services.cancellation.explaining.steps import Step, take_apart
from services.cancellation.explaining.words import Speaker

Follower = tuple[int, Fact]
"""A later fact and its version."""


class ChangedPlace(BaseModel):
    """A place where deciding again brings something else."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    place: str
    """Stored name and field."""
    recorded: Any
    """What was recorded."""
    repeated: Any
    """What it would be now."""


class Entry(Grounds):
    """One message and what came of it."""

    version: int
    """Of its first fact, in the order's stream."""
    recorded_at: datetime
    """When it was handled."""
    message_id: str
    """The command or the event that brought it."""
    kind: Literal["DECISION", "FACT"]
    """`FACT` was only heard."""
    what: str
    """The gist."""
    followed: tuple[int, ...]
    """Versions of later facts about it."""
    is_repeatable: bool
    """False when too little was recorded to decide it again."""
    differences: tuple[ChangedPlace, ...]
    """Where deciding again brings something else; empty when it is the same."""
    text: tuple[str, ...]
    """All of it in sentences; the first has the gist."""


class Explanation(BaseModel):
    """What became of an order and why."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    order_id: OrderId
    """The order."""
    locale: Locale
    """Language of the sentences."""
    version: int
    """Facts of the order that are told."""
    is_same: bool
    """True when everything that can be decided again comes out as it was recorded."""
    entries: tuple[Entry, ...]
    """Oldest first."""


def explain(
    order_id: str, recorded: Sequence[RecordedFact], books: Mapping[int, Rulebook], locale: Locale
) -> Explanation:
    """Explain an order.

    Args:
        order_id: its number.
        recorded: its facts, oldest first; at least one.
        books: every policy there was, by version.
        locale: language of the sentences.
    """
    say = Speaker(locale)
    steps = list(take_apart(recorded))
    placed = [one.fact for one in recorded if isinstance(one.fact, events.OrderPlaced)]
    currency = placed[0].message.currency if placed else ""
    followers = _followers(steps)
    entries = tuple(
        _entry(step, currency, followers.get(step.version, ()), books, say) for step in steps
    )
    return Explanation(
        order_id=order_id,
        locale=locale,
        version=recorded[-1].originator_version,
        is_same=not any(entry.differences for entry in entries),
        entries=entries,
    )


def _entry(
    step: Step, currency: str, followed: Sequence[Follower],
    books: Mapping[int, Rulebook], say: Speaker,
) -> Entry:  # fmt: skip
    is_decision = any(deciding.decided(fact, currency, say) for fact in step.facts)
    what = [line for fact in step.facts for line in gist(fact, currency, say)]
    found = repeat(step, books)
    entry = Entry(
        **grounds_of(step, message_of(step), currency, say),
        version=step.version,
        recorded_at=step.cause.recorded_at,
        message_id=step.cause.message_id,
        kind="DECISION" if is_decision else "FACT",
        what=what[0],
        followed=tuple(version for version, _ in followed),
        is_repeatable=found is not None,
        differences=tuple(ChangedPlace.model_validate(one._asdict()) for one in found or ()),
        text=(),
    )
    moment = say.moment(step.cause.recorded_at)
    lines = [say("title", version=step.version, moment=moment, what=what[0]), *what[1:]]
    if is_decision:
        lines += grounds_told(entry, step, currency, say)
        for version, fact in followed:
            lines.append(say("followed", version=version, what=gist(fact, currency, say)[0]))
    return entry.model_copy(update={"text": (*lines, *_repeated(entry, say))})


def _repeated(entry: Entry, say: Speaker) -> Iterator[str]:
    for one in entry.differences:
        yield say("different", place=one.place, recorded=one.recorded, repeated=one.repeated)
    if entry.kind == "DECISION" and not entry.differences:
        yield say("same" if entry.is_repeatable else "not_repeated")


def _followers(steps: Sequence[Step]) -> dict[int, list[Follower]]:
    """Return, by the version of the step a cancellation or request began with, what came later."""
    began: dict[UUID, int] = {}
    found: dict[int, list[Follower]] = {}
    for step in steps:
        for number, fact in enumerate(step.facts):
            for about in _about(fact):
                first = began.setdefault(about, step.version)
                later = found.setdefault(first, [])
                follower = step.version + number, fact
                if first != step.version and follower not in later:
                    later.append(follower)
    return found


def _about(fact: Fact) -> Iterator[UUID]:
    """Return the cancellation and the request a fact is about."""
    for said in (fact, getattr(fact, "message", None)):
        for name in ("cancellation_id", "request_id"):
            found = getattr(said, name, None)
            if isinstance(found, UUID):
                yield found
