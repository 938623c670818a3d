"""Calls that a restored log is about to make: some were made in the time it has forgotten.

A ledger of the other party settles them. Where there is none, a call counts as begun by somebody
who died, which is the truth: its worker then looks it up, repeats it if that is harmless, or calls
it uncertain. No call is made here.
"""

from collections.abc import Collection
from typing import Any, NamedTuple
from uuid import UUID

from countermand.errors import KnownError
from countermand.specs import LOGS
from kit.cloudevents import Incoming, fingerprint
from kit.facts import Cause
from kit.postgres import Pool
from kit.settings import KitSettings
from services.notifier.domain.commands import RecordAcceptance

MAILS_OF = "notifier"
"""The service whose calls the ledger of mails speaks about."""


class WorkerRunsError(KnownError):
    """A worker makes calls right now."""


class Reconciled(NamedTuple):
    """What became of the calls of one service."""

    service: str
    settled: int
    """The ledger says they were made."""
    due: int
    """The ledger says they were not."""
    looked_up: int
    """Nobody has asked the ledger; the worker finds out, or says that nobody knows."""


async def reconcile(
    pool: Pool, settings: KitSettings, mails: Collection[str] | None
) -> list[Reconciled]:
    """Settle or mark every call that is not done.

    Args:
        pool: of the restored database.
        settings: of a service process.
        mails: ids of the mails the mail server has taken; None when nobody can tell.

    Raises:
        WorkerRunsError: nothing was changed.
    """
    services = [name for name, spec in LOGS.items() if spec.effects_of is not None]
    for service in services:
        if await pool.fetchval(
            f"SELECT EXISTS (SELECT FROM {service}.effects"
            " WHERE status = 'running' AND lease_until > now() AND lease_token IS NOT NULL)"
        ):
            raise WorkerRunsError(f"The worker of {service} makes calls. Stop all workers first.")
    found = []
    for service in services:
        told = mails if service == MAILS_OF else None
        found.append(await _reconcile(pool, settings, service, told))
    return found


async def _reconcile(
    pool: Pool, settings: KitSettings, service: str, told: Collection[str] | None
) -> Reconciled:
    rows = await pool.fetch(
        f"SELECT effect_id, stream_id, cause FROM {service}.effects WHERE status <> 'done'"
    )
    if told is None:
        await pool.execute(
            f"UPDATE {service}.effects SET status = 'running', lease_until = now(),"
            " attempts = greatest(attempts, 1) WHERE status = 'due'"
        )
        return Reconciled(service, 0, 0, len(rows))
    made = [row for row in rows if str(row[0]) in told]
    async with LOGS[service].pool(settings, "recover") as own:
        processor = LOGS[service].processor(settings, own)
        for effect_id, stream, cause in made:
            await processor.process([_accepted(effect_id, stream, cause)], finished=[effect_id])
    return Reconciled(service, len(made), len(rows) - len(made), 0)


def _accepted(effect_id: UUID, stream: UUID, cause_json: bytes) -> Incoming:
    """Return what the worker would have reported."""
    report: Any = RecordAcceptance(message_id=effect_id)
    type_, cause = type(report).__name__, Cause.model_validate_json(cause_json)
    return Incoming(
        f"effect:{effect_id}", type_, report, stream, fingerprint(type_, report),
        cause.correlation_id, cause.traceparent,
    )  # fmt: skip
