"""Feeds orders and cancel commands into a running system and waits until all is settled.

Facts go first and are waited for: facts and commands travel on different topics, and a command that
overtakes its order is refused.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx2

from countermand.endpoints import Endpoints
from countermand.progress import Progress, ProgressReader
from countermand.screen import OnStep
from countermand.upstream import Outgoing, open_upstream
from kit.postgres import OwnConnection

PAYMENTS_PER_CALL = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What to feed."""

    facts: Sequence[Outgoing]
    commands: Sequence[Outgoing]
    payments: Sequence[dict[str, Any]]
    """`payment_id`, `amount_minor`, `currency`: what the provider must know to refund it."""


async def feed(endpoints: Endpoints, what: Feed, on_step: OnStep) -> Progress:
    """Feed everything and return once every leg of every cancellation is settled.

    Raises:
        countermand.progress.StalledError: the system stopped making progress.
    """
    if endpoints.payments_url:
        await register_payments(endpoints.payments_url, what.payments)
    connection = await asyncpg.connect(endpoints.postgres_dsn)
    try:
        async with open_upstream(endpoints.kafka_bootstrap) as upstream:
            facts, commands = len(what.facts), len(what.commands)
            reader = await ProgressReader.open(connection)
            new_facts = await _count_new(connection, what.facts)
            await upstream.publish(what.facts)
            await reader.wait_until(
                lambda p: p.heard >= new_facts,
                lambda p: on_step("Order facts recorded", p.heard + facts - new_facts, facts),
            )
            new_commands = await _count_new(connection, what.commands)
            known = commands - new_commands
            await upstream.publish(what.commands)

            def show(progress: Progress) -> None:
                on_step("Cancellations decided", progress.answered + known, commands)
                on_step("Refunds settled", progress.refunds, -1)
                on_step("Restocks settled", progress.restocks, -1)
                on_step("Messages settled", progress.messages, -1)
                on_step("Cancellations completed", progress.completed, progress.cancelled)

            return await reader.wait_until(
                lambda p: p.answered >= new_commands and p.completed >= p.cancelled, show
            )
    finally:
        await connection.close()


async def register_payments(payments_url: str, payments: Iterable[dict[str, Any]]) -> None:
    """Tell the payment simulator what was captured, as the shop's checkout did."""
    pending = list(payments)
    async with httpx2.AsyncClient(trust_env=False, timeout=60) as client:
        for start in range(0, len(pending), PAYMENTS_PER_CALL):
            response = await client.post(
                f"{payments_url}/_sim/payments", json=pending[start : start + PAYMENTS_PER_CALL]
            )
            response.raise_for_status()


async def _count_new(connection: OwnConnection, messages: Sequence[Outgoing]) -> int:
    """Count what was never fed before: a second import changes nothing, so nothing is awaited."""
    known = await connection.fetchval(
        "SELECT count(*) FROM cancellation.inbox WHERE message_id = ANY($1::text[])",
        [outgoing.message_id for outgoing in messages],
    )
    return len(messages) - int(known)
