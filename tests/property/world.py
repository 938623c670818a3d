"""All four services in one process: real deciders, mappers, readers and translations, no server.

A `Node` keeps the processor's and the relay's rules in memory: one inbox row per message id, facts
and effects together, the log published in its own sequence. Kafka may repeat any tail of a topic,
and a worker may repeat any report; nothing else is simulated.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from kit.cloudevents import Headers, Incoming, MessageReader, Skipped, fingerprint, write_headers
from kit.decider import Context, Unacceptable
from kit.effects import Effect, Intent
from kit.event_store import LogEntry
from kit.facts import Cause, Fact, RecordedFact
from kit.ids import event_id
from kit.roles import ServiceSpec
from services.cancellation.bootstrap import SERVICE as CANCELLATION
from services.inventory.bootstrap import SERVICE as INVENTORY
from services.notifier import effects as mails
from services.notifier.bootstrap import SERVICE as NOTIFIER
from services.refunds import effects as refunds
from services.refunds.bootstrap import SERVICE as REFUNDS
from tests.support.spec import NOW

Intents = Callable[[RecordedFact], Iterable[Intent]]


class Record(NamedTuple):
    """A Kafka record, as far as a reader looks."""

    key: bytes
    value: bytes
    headers: Headers
    topic: str
    offset: int
    partition: int = 0


class IdReusedError(AssertionError):
    """Two messages met under one id: one of them would be lost."""


def no_intents(_: RecordedFact) -> Iterable[Intent]:
    """Return the calls of a service that makes none."""
    return ()


@dataclass
class Node:
    """One service: its log, its inbox, its open calls."""

    spec: ServiceSpec
    intents_of: Intents = no_intents
    inbox: dict[str, bytes] = field(default_factory=dict)
    log: list[LogEntry] = field(default_factory=list)
    states: dict[UUID, tuple[Any, int]] = field(default_factory=dict)
    effects: dict[UUID, Effect] = field(default_factory=dict)
    set_aside: list[str] = field(default_factory=list)
    relayed: int = 0
    cursors: dict[str, int] = field(default_factory=dict)
    reference: Any = None
    """Reference data in force."""

    def __post_init__(self) -> None:
        self.reader = MessageReader(self.spec.hears, self.spec.stream_of)
        self.cursors = dict.fromkeys(self.spec.listens_to, 0)

    def handle(self, message: Incoming) -> None:
        """Decide once per message id and keep what was decided."""
        if message.id in self.inbox:
            if self.inbox[message.id] != message.fingerprint:
                raise IdReusedError(f"{self.spec.name}: {message.id} of {message.type}")
            return
        self.inbox[message.id] = message.fingerprint
        decider, mapper = self.spec.decider, self.spec.store.mapper
        state, version = self.states.get(message.stream, (decider.initial, 0))
        try:
            context = Context(NOW, message.id, message.stream, version, self.reference)
            facts = decider.decide(state, message.data, context)
        except Unacceptable as no:
            self.set_aside.append(no.code)
            return
        cause = Cause(message_id=message.id, correlation_id=message.correlation_id, recorded_at=NOW)
        for fact in facts:
            version += 1
            body = mapper.write_body(fact, mapper.transcoder.encode(cause))
            entry = LogEntry(len(self.log) + 1, message.stream, version, fact.NAME, body)
            self.log.append(entry)
            stored, _ = mapper.read_body(fact.NAME, body)
            assert stored == fact, "what is stored is what was decided"
            state = decider.evolve(state, stored)
            for intent in self.intents_of(RecordedFact(message.stream, version, stored, cause)):
                assert intent.effect_id not in self.effects, "no call is wanted twice"
                body = intent.request.model_dump_json().encode()
                self.effects[intent.effect_id] = Effect(
                    intent.effect_id, intent.kind, message.stream, body, cause,
                    attempts=1, is_abandoned=False,
                )  # fmt: skip
        self.states[message.stream] = (state, version)

    def record(self, effect: Effect, report: Any) -> None:
        """Record a call's outcome as the effect worker does."""
        type_ = type(report).__name__
        self.handle(
            Incoming(
                f"effect:{effect.effect_id}", type_, report, effect.stream,
                fingerprint(type_, report), effect.cause.correlation_id,
            )
        )  # fmt: skip

    def facts(self) -> list[Fact]:
        """Return every fact, in log order, as today's code reads it."""
        read = self.spec.store.mapper.read_body
        return [read(entry.name, entry.body)[0] for entry in self.log]


class World:
    """Four nodes and the topics between them."""

    def __init__(self) -> None:
        self.cancellation = Node(CANCELLATION)
        self.inventory = Node(INVENTORY)
        self.refunds = Node(REFUNDS, refunds.intents_of)
        self.notifier = Node(NOTIFIER, mails.intents_of)
        self.nodes = (self.cancellation, self.inventory, self.refunds, self.notifier)
        self.topics: dict[str, list[Record]] = defaultdict(list)
        self.tellers: dict[tuple[str, str], UUID] = {}
        """By topic and key: the stream whose facts are said there."""

    def say(self, topic: str, message: Any, message_id: str) -> None:
        """Publish a message of upstream's."""
        self._publish(topic, message.order_id, message, message_id, cause=None)

    def _publish(
        self, topic: str, key: str, message: Any, message_id: str, *, cause: Cause | None
    ) -> None:
        headers = write_headers(
            id_=message_id, source="/test", type_=message.TYPE, subject=key, time=NOW.isoformat(),
            correlation_id=cause.correlation_id if cause else message_id,
        )  # fmt: skip
        records = self.topics[topic]
        value = message.model_dump_json().encode()
        records.append(Record(key.encode(), value, headers, topic, len(records)))

    def relay(self, node: Node) -> None:
        """Publish what a node has not published yet."""
        for entry in node.log[node.relayed :]:
            if entry.name in node.spec.publishes:
                fact, cause = node.spec.store.mapper.read_body(entry.name, entry.body)
                topic, key, message = node.spec.translate(fact, cause)
                teller = self.tellers.setdefault((topic, key), entry.stream)
                assert teller == entry.stream, "a key is told by one stream, and so by one log"
                message_id = str(event_id(entry.stream, entry.version))
                self._publish(topic, key, message, message_id, cause=cause)
        node.relayed = len(node.log)

    def deliver(self, node: Node, topic: str, count: int) -> None:
        """Let a node read on."""
        start = node.cursors[topic]
        for record in self.topics[topic][start : start + count]:
            read: Any = node.reader.read(record)
            if isinstance(read, Incoming):
                node.handle(read)
            else:
                assert isinstance(read, Skipped), f"{node.spec.name} cannot read {read}"
            node.cursors[topic] += 1

    def repeat(self, node: Node, topic: str, count: int) -> None:
        """Forget the last offsets, as a crash does."""
        node.cursors[topic] = max(0, node.cursors[topic] - count)

    def settle(self, choose: Callable[[Node, Effect], Any]) -> None:
        """Let everything arrive and every call end, until nothing moves."""
        before = -1
        while before != (before := self._progress()):
            for node in self.nodes:
                for topic in node.cursors:
                    self.deliver(node, topic, len(self.topics[topic]))
                for effect in list(node.effects.values()):
                    node.record(effect, choose(node, effect))
                self.relay(node)

    def _progress(self) -> int:
        return sum(len(node.log) + sum(node.cursors.values()) for node in self.nodes)
