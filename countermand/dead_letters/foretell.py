"""What would come of a dead letter if it were sent again now; writes nothing."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from countermand.dead_letters.letters import Letter, Raw, as_record
from countermand.specs import take_up_reference
from kit.cloudevents import Incoming, MessageReader, Skipped, Undecodable
from kit.event_store import Stream
from kit.facts import RecordedFact
from kit.postgres import Pool
from kit.processor import Processor
from kit.roles import ServiceSpec

REUSED = "MESSAGE_ID_REUSED"


class Outcome(NamedTuple):
    """What would come of a message."""

    answer: str
    """`handled`, `duplicate`, `skipped`, or the code it would be set aside with."""
    detail: str = ""
    facts: tuple[str, ...] = ()
    """Stored names of the facts it would bring."""
    message: Incoming | None = None
    """As it would be understood."""
    recorded: tuple[RecordedFact, ...] = ()
    """The same facts, of a service whose facts want calls."""

    @property
    def is_good(self) -> bool:
        """True when it would be decided on and not set aside."""
        return self.answer == "handled"

    @property
    def words(self) -> str:
        """What to tell a person."""
        if self.is_good:
            return f"would be handled: {', '.join(self.facts) or 'nothing changes'}"
        return f"{self.answer}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Oracle:
    """Foretells for one service; what is foretold of one letter holds for the next."""

    spec: ServiceSpec
    pool: Pool
    processor: Processor[Any]
    reader: MessageReader
    known: dict[UUID, Stream[Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, spec: ServiceSpec, pool: Pool, processor: Processor[Any]) -> "Oracle":
        """Return the oracle of a service."""
        reader = MessageReader(spec.hears, spec.stream_of, spec.message_bytes_max)
        return cls(spec, pool, processor, reader)

    def read(self, letter: Letter, raw: Raw) -> Incoming | Undecodable | Skipped:
        """Read a letter's bytes, or what they were mended to, with today's code."""
        return self.reader.read(as_record(letter, raw))

    async def foretell(self, letter: Letter, raw: Raw) -> Outcome:
        """Return what would come of a letter whose bytes are `raw`."""
        match self.read(letter, raw):
            case Undecodable(code=code, detail=detail):
                return Outcome(code, detail)
            case Skipped(type=type_):
                return Outcome("skipped", f"{self.spec.name} does not listen to {type_}")
            case message:
                return await self._decide(letter, message)

    async def _decide(self, letter: Letter, message: Incoming) -> Outcome:
        known = await self.pool.fetchval(
            f"SELECT fingerprint FROM {self.spec.name}.inbox WHERE message_id = $1", message.id
        )
        is_own = (
            letter.message_id == message.id
            and known == letter.fingerprint
            and letter.code != REUSED
        )
        if known is not None and not is_own:
            if known == message.fingerprint:
                return Outcome("duplicate", "this message was handled", message=message)
            return Outcome(REUSED, f"{message.id!r} belongs to another message", message=message)
        await take_up_reference(self.spec, self.pool)
        [answer], recorded = await self.processor.foresee([message], self.known)
        facts = tuple(fact.NAME for fact in answer.facts)
        answered = answer.code or answer.status
        return Outcome(answered, answer.detail, facts, message, tuple(recorded))
