"""Rebuild: the read models from nothing, beside reading the same log without looking at it."""

import gc
import time

import asyncpg

from countermand.bench.world import World
from kit.projector import PAGE_MAX
from rebuild.rebuilding import Terms, Told, rebuild
from services.cancellation.bootstrap import SERVICE
from services.cancellation.projections.orders import OrdersProjection


async def measure_ours(world: World) -> float:
    """Return facts per second of a rebuild of both read models."""
    gc.collect()
    gc.freeze()
    started = time.perf_counter()
    done = await rebuild(
        dsn=world.endpoints.postgres_dsn, schema=SERVICE.name, store=SERVICE.store,
        projection=OrdersProjection(), terms=Terms(), told=Told(),
    )  # fmt: skip
    return done.facts / (time.perf_counter() - started)


async def measure_raw(world: World) -> float:
    """Return rows per second of reading the whole log in pages, bytes unread."""
    connection = await asyncpg.connect(world.endpoints.postgres_dsn)
    try:
        started, count, position = time.perf_counter(), 0, 0
        while page := await SERVICE.store.read_log(connection, after=position, limit=PAGE_MAX):
            count += len(page)
            position = page[-1].position
        return count / (time.perf_counter() - started)
    finally:
        await connection.close()
