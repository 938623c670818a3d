"""The pure half of handling a batch: repetitions, decisions, and what they leave to be written."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, Generic, Literal, NamedTuple, TypeVar
from uuid import UUID

from kit.cloudevents import Incoming, Undecodable
from kit.decider import Context, Decider, Unacceptable
from kit.event_store import Pending, Stream
from kit.facts import Cause, Fact, FactMapper, RecordedFact

State = TypeVar("State")


class Answer(NamedTuple):
    """What became of one message."""

    status: Literal["handled", "duplicate", "id_reused", "unacceptable"]
    facts: tuple[Fact, ...] = ()
    """New facts; empty when nothing changed."""
    position: int = 0
    """Log position of the last of them; a read can wait for it."""
    code: str = ""
    detail: str = ""


RowsOf = Callable[[RecordedFact], Iterable[Mapping[str, Any]]]
"""Names the rows of the service's own that belong to a new fact; pure. They are written by its
database function `write_along`, in the fact's transaction."""


class EffectRow(NamedTuple):
    """A call to the outside world that a new fact wants; see `kit.effects`."""

    effect_id: UUID
    kind: str
    stream: UUID
    request: bytes
    cause: bytes


EffectsOf = Callable[[RecordedFact], Iterable[EffectRow]]
"""Names the calls a new fact wants; pure."""


class Batch(Generic[State]):
    """Messages decided upon in order, each seeing the facts of those before it."""

    def __init__(
        self, decider: Decider[State], mapper: FactMapper, streams: dict[UUID, Stream[State]], *,
        now: datetime, reference: Any = None, unread: AbstractSet[UUID] = frozenset(),
    ) -> None:  # fmt: skip
        """Start from states.

        Args:
            decider: decides and folds.
            mapper: writes the rows.
            streams: states before the batch; kept up to date with every decision.
            now: the moment of every decision.
            reference: the reference data in force.
            unread: streams whose state was not looked up for this batch.
        """
        self.streams, self._decider, self._mapper = streams, decider, mapper
        self._now, self._reference, self._unread = now, reference, unread
        self._nothing = Stream(decider.initial, 0)
        self.answers: list[Answer] = []
        """One per message; positions are known once it is recorded."""
        self.fresh: list[Incoming] = []
        """The messages decided upon."""
        self._counts: list[int] = []
        self.pending: list[Pending] = []
        """The new facts as rows."""
        self.recorded: list[RecordedFact] = []
        """The new facts themselves."""
        self.is_certain = True
        """False once a message changed nothing and its stream was not looked up."""

    def decide(self, messages: Iterable[Incoming], seen: Iterable[Answer | None]) -> None:
        """Decide on the messages that have no answer yet."""
        streams, decide = self.streams, self._decider.decide
        for message, known in zip(messages, seen, strict=True):
            before, answer = len(self.pending), known
            if answer is None:
                self.fresh.append(message)
                state, version = streams.get(message.stream, self._nothing)
                context = Context(self._now, message.id, message.stream, version, self._reference)
                try:
                    facts = decide(state, message.data, context)
                except Unacceptable as no:
                    facts = ()
                    answer = Answer("unacceptable", code=no.code, detail=no.detail)
                else:
                    answer = Answer("handled", tuple(facts))
                if facts:
                    streams[message.stream] = self._note(message, state, version, facts)
                elif message.stream in self._unread:
                    self.is_certain = False
            self.answers.append(answer)
            self._counts.append(len(self.pending) - before)

    def _note(
        self, message: Incoming, state: State, version: int, facts: Sequence[Fact]
    ) -> Stream[State]:
        mapper, evolve, stream = self._mapper, self._decider.evolve, message.stream
        cause = Cause(
            message_id=message.id, correlation_id=message.correlation_id,
            traceparent=message.traceparent, recorded_at=self._now,
        )  # fmt: skip
        cause_json = mapper.transcoder.encode(cause)
        for fact in facts:
            version += 1
            state = evolve(state, fact)
            body = mapper.write_body(fact, cause_json)
            self.pending.append(Pending(stream, version, fact.NAME, body))
            self.recorded.append(RecordedFact(stream, version, fact, cause))
        return Stream(state, version)

    def placed(self, positions: Sequence[int]) -> list[Answer]:
        """Return the answers with the log position of each one's last fact."""
        end, placed = 0, []
        for answer, count in zip(self.answers, self._counts, strict=True):
            end += count
            placed.append(answer._replace(position=positions[end - 1]) if count else answer)
        return placed


def answer_repeats(
    messages: Sequence[Incoming], known: Mapping[str, bytes], renewed: AbstractSet[str]
) -> list[Answer | None]:
    """Answer messages handled before, in an earlier batch or earlier in this one.

    Args:
        messages: the batch.
        known: ids and fingerprints of those handled in earlier batches.
        renewed: redrives whose message is decided anew.
    """
    first, anew = dict(known), set(renewed)
    answers: list[Answer | None] = []
    for message in messages:
        earlier = first.get(message.id)
        if earlier is None or message.redrive_id in anew:
            anew.discard(message.redrive_id or "")
            first[message.id] = message.fingerprint
            answers.append(None)
        elif earlier == message.fingerprint:
            answers.append(Answer("duplicate"))
        else:
            detail = f"message id {message.id!r} was used before with another body"
            answers.append(Answer("id_reused", code="MESSAGE_ID_REUSED", detail=detail))
    return answers


def letters_of(
    messages: Sequence[Incoming],
    answers: Sequence[Answer],
    aside: Callable[[Incoming, str, str], Undecodable],
) -> list[Undecodable]:
    """Return the dead letters of messages that cannot be accepted."""
    return [
        aside(message, answer.code, answer.detail)
        for message, answer in zip(messages, answers, strict=True)
        if answer.code
    ]
