"""What the verbs do, on a running system: from names and files to plans, and back."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from aiokafka import AIOKafkaProducer

from countermand.dead_letters.actions import By
from countermand.dead_letters.redrive import open_producer
from countermand.endpoints import Endpoints
from countermand.errors import KnownError
from countermand.history.selection import QuestionError, read_time
from countermand.replay import decisions
from countermand.replay.journal import Journal, Progress
from countermand.replay.legs import GRACE_S, Leg
from countermand.replay.letters import LetterLeg
from countermand.replay.plan import Plan, make_plan, read_plan
from countermand.replay.projections import ProjectionAgain
from countermand.replay.running import Ended, OnStep, Run
from countermand.replay.selection import Selection
from countermand.replay.targets import BadTargetError, Target
from countermand.replay.topics import TopicAgain
from countermand.replay.webhooks import WebhookAgain
from countermand.specs import SPECS
from countermand.to_kafka import to_kafka
from kit.clock import utc_now
from kit.facts import RecordedFact
from kit.postgres import Pool, open_pool
from kit.settings import KitSettings

if TYPE_CHECKING:
    from countermand.replay.verbs import Wanted

BATCH_BYTES_MAX = 2_000_000
"""Just under the broker's limit for our own topics."""


class System(NamedTuple):
    """The running system, as far as a replay needs it."""

    pool: Pool
    settings: KitSettings
    journal: Journal


@asynccontextmanager
async def opened(data_dir: Path) -> AsyncIterator[System]:
    """Open the running system."""
    endpoints = Endpoints.find(data_dir)
    settings = endpoints.settings()
    async with open_pool(settings.postgres_dsn, size_max=8, name="replay") as pool:
        yield System(pool, settings, Journal(pool))


def selection_of(wanted: "Wanted") -> Selection:
    """Return what a person asked for."""
    return Selection(
        orders=tuple(sorted(set(wanted.order))),
        types=tuple(sorted(set(wanted.type))),
        since=_time(wanted.since),
        until=_time(wanted.until),
        from_position=wanted.from_position,
        to_position=wanted.to_position,
        reason=wanted.reason,
        correlation=wanted.correlation,
        cause=wanted.cause,
    )


def _time(text: str | None) -> datetime | None:
    try:
        return None if text is None else read_time(text, utc_now())
    except QuestionError as unclear:
        raise KnownError(str(unclear)) from None


def target_of(
    system: System, name: str, selection: Selection, *, grace_s: float = GRACE_S
) -> Target:
    """Return what a name stands for.

    Raises:
        BadTargetError: nothing, or what is asked for does not go with it.
    """
    pool, settings = system.pool, system.settings
    kind, _, what = name.partition(":")
    if kind == "leg" and what in SPECS:
        if selection.cause is None:
            return Leg(pool, settings, SPECS[what], selection, grace_s=grace_s)
        if selection.from_position is not selection.to_position:
            raise BadTargetError("Dead letters have no position; select them by time.")
        return LetterLeg(pool, settings, SPECS[what], selection)
    if selection.cause is not None:
        raise BadTargetError("A cause selects dead letters; they go to a leg: leg:SERVICE.")
    if kind == "topic":
        return TopicAgain(pool, settings, what, selection)
    if kind == "projection":
        return ProjectionAgain(pool, what, selection)
    if kind == "webhook":
        return WebhookAgain(pool, settings, what, selection, grace_s=grace_s)
    raise BadTargetError(
        f"{name!r} is no target. Write leg:SERVICE ({', '.join(SPECS)}), topic:NAME,"
        " projection:NAME or webhook:ENDPOINT."
    )


async def plan(
    data_dir: Path, target: str, wanted: "Wanted", *, who: str, why: str, out: Path | None,
    on_step: OnStep,
) -> tuple[Plan, bool]:  # fmt: skip
    """Make a plan, keep it, and return it and whether it needs a second person."""
    selection = selection_of(wanted)
    part = (out or Path("replay")).with_suffix(".part")
    async with opened(data_dir) as system:
        aim = target_of(system, target, selection, grace_s=wanted.older_than_s)
        made = await make_plan(
            aim, selection, part, lambda rows: on_step("Rows looked at", rows, -1)
        )
        path = out or Path(f"replay-{made.hash[:12]}.jsonl")
        part.rename(path)
        made = made._replace(path=path)
        await system.journal.record(
            made.hash,
            decisions.Plan(
                who=who, why=why, plan_hash=made.hash, target=made.target,
                selection=made.selection, totals=made.totals, estimate_s=made.estimate_s,
            ),
        )  # fmt: skip
        return made, (await system.journal.state(made.hash)).needs_approval


async def decide(data_dir: Path, name: str, command: decisions.Command) -> str:
    """Record what a person wants of a plan, by its file or the beginning of its hash."""
    async with opened(data_dir) as system:
        hash_ = await hash_of(system, name)
        await system.journal.record(hash_, command)
    return hash_


async def hash_of(system: System, name: str) -> str:
    """Return the hash of a plan, by its file or the beginning of the hash."""
    path = Path(name)
    return read_plan(path).hash if path.is_file() else await system.journal.find(name)


async def run(
    data_dir: Path, file: Path, *, who: str, why: str, rate: float | None, on_step: OnStep
) -> tuple[Plan, Ended]:
    """Carry a plan out, or go on with it."""
    known = read_plan(file)
    selection = Selection.model_validate(known.selection)
    async with opened(data_dir) as system, AsyncExitStack() as stack:
        target = target_of(system, known.target, selection)
        if isinstance(target, TopicAgain):
            producer = AIOKafkaProducer(
                **to_kafka(system.settings.kafka_bootstrap), client_id="replay",
                enable_idempotence=True, acks="all", linger_ms=0,
                max_batch_size=BATCH_BYTES_MAX, max_request_size=BATCH_BYTES_MAX + 100_000,
            )  # fmt: skip
            await producer.start()
            stack.push_async_callback(producer.stop)
            target.publish_with(producer, known.hash)
        elif isinstance(target, LetterLeg):
            own = await stack.enter_async_context(open_producer(system.settings.kafka_bootstrap))
            target.send_with(own, By(who, f"replay {known.hash[:12]}: {why}"))
        elif isinstance(target, WebhookAgain):
            target.send_for(By(who, f"replay {known.hash[:12]}: {why}"))
        ended = await Run(
            system.pool, system.journal, known, target, who=who, why=why, rate=rate,
            on_step=on_step,
        ).run()  # fmt: skip
    return known, ended


class Seen(NamedTuple):
    """What is known of one replay."""

    plan_hash: str
    state: decisions.Replay
    history: list[RecordedFact]
    progress: Progress


async def status(data_dir: Path, name: str | None) -> list[Seen]:
    """Return what is known of one replay, or of all, newest first."""
    async with opened(data_dir) as system:
        journal = system.journal
        hashes = [await hash_of(system, name)] if name else await journal.hashes()
        return [
            Seen(h, await journal.state(h), await journal.history(h), await journal.progress(h))
            for h in hashes
        ]
