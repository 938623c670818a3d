"""Prepares the event stores: as many logs each as are asked for, and the routing to them."""

import asyncio
from collections.abc import Sequence

import asyncpg

from deploy.local.errors import LocalRuntimeError
from sharding.making import ArrangementError, prepare_shards


def prepare(dsn: str, services: Sequence[str], count: int | None) -> None:
    """Give empty event stores `count` logs; None leaves them as they are.

    For a thread without an event loop, as migrations are.

    Raises:
        LocalRuntimeError: one holds facts and has another number.
    """
    try:
        asyncio.run(_prepare(dsn, services, count))
    except ArrangementError as refused:
        raise LocalRuntimeError(str(refused)) from refused


async def _prepare(dsn: str, services: Sequence[str], count: int | None) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():  # all or none
            for service in services:
                await prepare_shards(connection, service, count)
    finally:
        await connection.close()
