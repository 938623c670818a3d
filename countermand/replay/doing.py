"""What is done with replays on an open system: targets by name, plans made, plans carried out."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple

from countermand.dead_letters.actions import By
from countermand.dead_letters.redrive import open_producer
from countermand.replay import decisions
from countermand.replay.journal import Journal
from countermand.replay.kept import keep
from countermand.replay.legs import GRACE_S, Leg
from countermand.replay.letters import LetterLeg
from countermand.replay.plan import Plan, make_plan
from countermand.replay.projections import ProjectionAgain
from countermand.replay.publishing import publishing
from countermand.replay.running import Ended, Run
from countermand.replay.selection import Selection
from countermand.replay.targets import BadTargetError, Target
from countermand.replay.topics import TopicAgain
from countermand.replay.webhooks import WebhookAgain
from countermand.screen import OnStep
from countermand.specs import SPECS
from kit.postgres import Pool
from kit.settings import KitSettings


class System(NamedTuple):
    """The running system, as far as a replay needs it."""

    pool: Pool
    settings: KitSettings
    journal: Journal


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


async def make(
    system: System, target: str, selection: Selection, by: By, *, grace_s: float, part: Path,
    path_of: Callable[[str], Path], on_step: OnStep,
) -> Plan:  # fmt: skip
    """Make a plan, keep it, and record that it was made.

    Args:
        system: where.
        target: as people write it.
        selection: what it is about.
        by: who wants it, and why.
        grace_s: what is younger may still be under way.
        part: where its file is written, until its hash is known.
        path_of: where a plan of this hash is kept then.
        on_step: told how far it is.
    """
    aim = target_of(system, target, selection, grace_s=grace_s)
    made = await make_plan(aim, selection, part, on_step)
    made = made._replace(path=path_of(made.hash))
    part.rename(made.path)
    await keep(system.pool, made)
    await system.journal.record(
        made.hash,
        decisions.Plan(
            who=by.who, why=by.why, plan_hash=made.hash, target=made.target,
            selection=made.selection, totals=made.totals, estimate_s=made.estimate_s,
        ),
    )  # fmt: skip
    return made


async def carry_out(
    system: System, plan: Plan, by: By, *, rate: float | None, on_step: OnStep
) -> Ended:
    """Carry a plan out, or go on with it."""
    target = target_of(system, plan.target, Selection.model_validate(plan.selection))
    note = By(by.who, f"replay {plan.hash[:12]}: {by.why}")
    async with AsyncExitStack() as stack:
        if isinstance(target, TopicAgain):
            opened = publishing(target.job_of(plan.hash), rows=plan.totals["do"])
            target.publish_with(await stack.enter_async_context(opened))
        elif isinstance(target, LetterLeg):
            own = await stack.enter_async_context(open_producer(system.settings.kafka_bootstrap))
            target.send_with(own, note)
        elif isinstance(target, WebhookAgain):
            target.send_for(note)
        return await Run(
            system.pool, system.journal, plan, target, who=by.who, why=by.why, rate=rate,
            on_step=on_step,
        ).run()  # fmt: skip
