"""One service described as a value: what differs between services; how a role runs is the same."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from kit.clock import utc_now
from kit.cloudevents import MESSAGE_BYTES_MAX
from kit.decider import Decider, no_reference
from kit.deciding import EffectsOf, RowsOf
from kit.event_store import EventStore
from kit.facts import Fact, FactMapper
from kit.postgres import Pool, open_pool
from kit.processor import Processor
from kit.relay import RecordWriter, SayStored, Translate
from kit.settings import KitSettings
from telemetry import tracing


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSpec:
    """All that distinguishes one service from another."""

    name: str
    """Schema, consumer group and metrics label; never changed."""
    facts: Sequence[type[Fact]]
    decider: Decider[Any]
    listens_to: Sequence[str]
    """Topics."""
    hears: Sequence[type[BaseModel]]
    """Message models it acts on; other types are skipped and counted."""
    stream_of: Callable[[Any], tuple[str, UUID]]
    publishes: Collection[str]
    """Stored names that become messages."""
    translate: Translate
    positions_topic: str
    says: Mapping[str, SayStored] = field(default_factory=dict)
    """By stored name, what need not be read to be published; the bytes that `translate` gives."""
    effects_of: EffectsOf | None = None
    rows_of: RowsOf | None = None
    opens_streams: bool = False
    """See `kit.processor.Processor`."""
    reference: Callable[[], Any] = no_reference
    """Returns reference data in force, for decisions that need more than their stream."""
    message_bytes_max: int = MESSAGE_BYTES_MAX
    """Larger records are put aside. What we publish ourselves must be readable to the last byte."""
    store: EventStore = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "store", EventStore(self.name, FactMapper(self.facts)))

    def processor(self, settings: KitSettings, pool: Pool) -> Processor[Any]:
        """Return the processor over `pool`."""
        return Processor(
            service=self.name, pool=pool, store=self.store, decider=self.decider, clock=utc_now,
            effects_of=self.effects_of, rows_of=self.rows_of, opens_streams=self.opens_streams,
            has_inbox=settings.has_guard("inbox"), reference=self.reference,
        )  # fmt: skip

    def writer(self) -> RecordWriter:
        """Return what writes this service's facts as records."""
        translate = tracing.translate(self.translate, self.name)
        # A trace tells of facts, so each of them has to be read.
        says = self.says if translate is self.translate else {}
        return RecordWriter(self.name, self.store.mapper, translate, says)

    @asynccontextmanager
    async def pool(
        self, settings: KitSettings, role: str, *, size_max: int = 4
    ) -> AsyncIterator[Pool]:
        """Open this service's pool, named after its role for `pg_stat_activity`."""
        async with open_pool(
            settings.postgres_dsn, size_max=size_max, name=f"{self.name}-{role}"
        ) as pool:
            yield pool
