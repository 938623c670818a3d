"""Judges a race by its log: it must be what somebody working all alone would have written.

Two ways, neither knows the other: every decision is made again on the facts before it, and a model
that counts units and money follows the facts (`tests.property.model`).
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from kit.decider import Context, Unacceptable
from kit.facts import RecordedFact
from services.cancellation.domain import events
from services.cancellation.domain.decisions import ORDER
from tests.property.model import Model


class Sent(NamedTuple):
    """One message as it was sent."""

    id: str
    data: Any


class Verdict(NamedTuple):
    """What was found."""

    wrong: Sequence[str]
    """Every rule broken, and where."""
    counts: Counter[str]
    """What happened, by name."""


def judge(streams: Mapping[UUID, Sequence[RecordedFact]], sent: Mapping[str, Sent]) -> Verdict:
    """Judge every order of a race.

    Args:
        streams: facts per order in the sequence of the log.
        sent: every message by its id.
    """
    wrong: list[str] = []
    counts: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    for facts in streams.values():
        counts.update(recorded.fact.NAME for recorded in facts)
        answered.update(
            id_ for recorded in facts if (id_ := getattr(recorded.fact, "command_id", None))
        )
        wrong += _numbers(facts)
        wrong += _alone(facts, sent)
        wrong += _counted(facts)
    wrong += [f"command {id_} was answered {n} times" for id_, n in answered.items() if n > 1]
    wrong += [
        f"command {id_} was never answered"
        for id_, message in sent.items()
        if "actor" in type(message.data).model_fields and id_ not in answered
    ]
    return Verdict(wrong, counts)


def _numbers(facts: Sequence[RecordedFact]) -> Iterator[str]:
    """Facts of an order are numbered without a gap, and no number is given twice."""
    numbers = [recorded.originator_version for recorded in facts]
    if numbers != list(range(1, len(facts) + 1)):
        doubled = [number for number, times in Counter(numbers).items() if times > 1]
        yield f"stream {facts[0].originator_id}: numbers given twice or never: {doubled[:5]}"


def _alone(facts: Sequence[RecordedFact], sent: Mapping[str, Sent]) -> Iterator[str]:
    """Every decision is the one somebody would make who knows all facts before it."""
    state: Any = ORDER.initial
    version = 0
    for message_id, group in groupby(facts, key=lambda recorded: recorded.cause.message_id):
        written = list(group)
        context = Context(
            written[0].cause.recorded_at, message_id, written[0].originator_id, version
        )
        try:
            decided = ORDER.decide(state, sent[message_id].data, context)
            for recorded in written:
                state = ORDER.evolve(state, recorded.fact)
        except (Unacceptable, LookupError) as impossible:
            yield f"{message_id} could not have been decided alone: {impossible}"
            return
        if list(decided) != [recorded.fact for recorded in written]:
            names = [fact.NAME for fact in decided]
            there = [recorded.fact.NAME for recorded in written]
            yield f"{message_id} wrote {there}, alone it would have written {names}"
        version += len(written)


def _counted(facts: Sequence[RecordedFact]) -> Iterator[str]:
    """Units and money add up after every message."""
    placed = facts[0].fact
    assert isinstance(placed, events.OrderPlaced)
    tally = Tally(placed)
    for message_id, group in groupby(facts, key=lambda recorded: recorded.cause.message_id):
        for broken in tally.take([recorded.fact for recorded in group]):
            yield f"order {placed.message.order_id}, {message_id}: {broken}"


class Tally:
    """One order followed by the model, with what a race may never bring about."""

    def __init__(self, placed: events.OrderPlaced) -> None:
        self.model = Model(placed.message)
        self.in_flight: Counter[str] = Counter()
        self.in_cases: Counter[str] = Counter()

    def take(self, facts: Sequence[Any]) -> Iterator[str]:
        """Follow the facts of one message and tell every rule they break."""
        for fact in facts:
            match fact:
                case events.OrderCancelled():
                    yield from _told(self._check_cancelled, fact)
                case events.LinesFulfilled():
                    yield from _told(self._check_shipped, fact, facts)
                case events.PaymentCaptureStarted():
                    self.in_flight[fact.message.payment_id] += fact.message.amount_minor
                case events.PaymentCaptureFailed():
                    self._end_capture(fact)
                case events.PaymentCaptured():
                    yield from _told(self._check_captured, fact, facts)
                    self._end_capture(fact)
            yield from _told(self.model.take, fact)
        yield from _told(self.model.check)
        yield from _told(self._check_shelves)

    def _check_cancelled(self, fact: events.OrderCancelled) -> None:
        for line in fact.lines:
            free = self.model.free(line.line_id)
            assert line.quantity <= free, "cancelled although claimed, shipped or cancelled before"

    def _check_shipped(self, fact: events.LinesFulfilled, facts: Sequence[Any]) -> None:
        """Units shipped although cancelled open one case, which names them."""
        over = Counter[str]()
        for line in fact.message.lines:
            line_id, model = line.line_id, self.model
            gone = model.shipped[line_id] + model.cancelled(line_id) - model.ordered[line_id]
            more = max(0, gone + line.quantity) - max(0, gone)
            over[line_id] = min(more, model.cancelled(line_id))
        cases = [case for case in facts if isinstance(case, events.CaseOpened)]
        named = Counter({line.line_id: line.quantity for case in cases for line in case.lines})
        assert named == +over, "shipped after its cancellation, and no case says so"
        assert len(cases) <= 1, "one contradiction, one case"
        self.in_cases += named

    def _check_captured(self, fact: events.PaymentCaptured, facts: Sequence[Any]) -> None:
        """Money that comes when all is cancelled goes back once, and unless expected has a case."""
        model = self.model
        if not all(model.cancelled(id_) == n for id_, n in model.ordered.items()):
            return
        late = [x for x in facts if isinstance(x, events.RefundRequested)]
        assert len(late) <= 1, "late money goes back once"
        due = [refund for x in late for refund in x.refunds]
        assert {refund.payment_id for refund in due} <= {fact.message.payment_id}
        promised_minor = sum(made.balance_minor for made in model.standing())
        kept_minor = fact.message.amount_minor - sum(refund.amount_minor for refund in due)
        assert 0 <= kept_minor <= promised_minor, "cancelled, later captured, and not given back"
        cases = [case for case in facts if isinstance(case, events.CaseOpened)]
        was_expected = self.in_flight[fact.message.payment_id] > 0
        assert len(cases) == (0 if was_expected else 1), "cancelled, later captured, and no case"

    def _end_capture(self, fact: Any) -> None:
        payment_id = fact.message.payment_id
        left = self.in_flight[payment_id] - fact.message.amount_minor
        self.in_flight[payment_id] = max(0, left)

    def _check_shelves(self) -> None:
        """No unit is both shipped and back on a shelf, but where a case says that it was."""
        model = self.model
        for line_id, ordered in model.ordered.items():
            too_many = model.on_shelf[line_id] + model.shipped[line_id] - ordered
            both = min(too_many, model.on_shelf[line_id])
            assert both <= self.in_cases[line_id], "both shipped and restocked"
            assert model.on_shelf[line_id] <= model.cancelled(line_id), "restocked, not cancelled"


def _told(check: Callable[..., None], *about: Any) -> Iterator[str]:
    """Run a check and return what it says when it fails."""
    try:
        check(*about)
    except AssertionError as broken:
        yield str(broken).partition("\n")[0] or "a rule of the model is broken"
    except LookupError as missing:
        yield f"of nothing known: {missing}"
