"""The books of the second channel: what was to be told, the calls that do it, and their ends."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

from countermand.verify.decided import read_log
from countermand.verify.mismatch import Mismatch
from kit.facts import Fact
from kit.postgres import OwnConnection
from services.notifier.webhooks.domain.events import DeliveryEnded, DeliveryRequested
from services.notifier.webhooks.domain.lane import effect_id_of
from services.notifier.webhooks.registered import SCHEMA
from services.notifier.webhooks.service import SERVICE


class Delivered(NamedTuple):
    """One delivery, as the table of deliveries has it."""

    round: int
    outcome: str


def compare(
    facts: Iterable[Fact], rows: Mapping[UUID, Delivered], calls: Mapping[UUID, bool]
) -> list[Mismatch]:
    """Name every delivery that is lost, doubled, or not as its facts say.

    Args:
        facts: of the lane's log, in its sequence.
        rows: the table of deliveries.
        calls: every effect row by id, and whether it is done.
    """
    found: list[Mismatch] = []
    told: dict[UUID, Delivered] = {}
    for fact in facts:
        if isinstance(fact, DeliveryRequested):
            about = f"delivery {fact.delivery_id} of {fact.type} to endpoint {fact.endpoint_id}"
            known = told.get(fact.delivery_id)
            if known and fact.round <= known.round:
                found.append(Mismatch("doubled", f"{about} was asked for again as the same"))
            if effect_id_of(fact.delivery_id, fact.round) not in calls:
                found.append(Mismatch("lost", f"{about} was asked for and has no call"))
            told[fact.delivery_id] = Delivered(fact.round, "PENDING")
        elif isinstance(fact, DeliveryEnded):
            told[fact.delivery_id] = Delivered(fact.round, fact.outcome)
    for id_, is_ in told.items():
        if rows.get(id_) != is_:
            found.append(
                Mismatch("wrong", f"delivery {id_} is {is_}, and shown as {rows.get(id_)}")
            )
        if is_.outcome == "PENDING" and calls.get(effect_id_of(id_, is_.round)):
            found.append(Mismatch("lost", f"delivery {id_} was called and has no outcome"))
    found += [
        Mismatch("foreign", f"delivery {id_} is shown and was never asked for")
        for id_ in rows.keys() - told.keys()
    ]
    return found


async def check_webhooks(connection: OwnConnection) -> tuple[dict[str, int], list[Mismatch]]:
    """Return how many deliveries ended how, and every mismatch."""
    read, facts = SERVICE.store.mapper.read_fact, []
    async for page in read_log(connection, SCHEMA):
        facts += [read(entry.name, entry.body) for entry in page]
    rows = {
        row[0]: Delivered(row[1], row[2])
        for row in await connection.fetch(
            "SELECT delivery_id, round, outcome FROM webhooks.deliveries"
        )
    }
    calls = {
        row[0]: row[1]
        for row in await connection.fetch("SELECT effect_id, status = 'done' FROM webhooks.effects")
    }
    counts = Counter(row.outcome for row in rows.values())
    return dict(sorted(counts.items())), compare(facts, rows, calls)
