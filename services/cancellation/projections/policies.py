"""Reads of the policy's own stream: every version there was, the built-in one first."""

from datetime import datetime
from typing import NamedTuple

from contracts.cancellation import Actor, Policy
from kit.event_store import EventStore
from kit.ids import stream_id
from kit.postgres import AnyConnection
from services.cancellation.domain import events
from services.cancellation.domain.default_policy import DEFAULT_POLICY
from services.cancellation.domain.publishing import POLICY_KEY

_STREAM = stream_id(POLICY_KEY)


class PolicyVersion(NamedTuple):
    """One version, and how it came about."""

    policy: Policy
    published_at: datetime | None = None
    """None for the one that is built in."""
    command_id: str | None = None
    published_by: Actor | None = None
    staff_note: str | None = None


async def find_policies(connection: AnyConnection, store: EventStore) -> list[PolicyVersion]:
    """Return every version, oldest first; the last one is in force."""
    found = [PolicyVersion(DEFAULT_POLICY)]
    for recorded in await store.load(connection, _STREAM):
        fact = recorded.fact
        if isinstance(fact, events.PolicyPublished):
            moment = recorded.cause.recorded_at
            found.append(
                PolicyVersion(fact.policy, moment, fact.command_id, fact.actor, fact.staff_note)
            )
    return found
