"""Rebuilds the read models of a running system; readers keep the old ones until the swap."""

import time
from typing import Any

from kit.postgres import open_pool
from kit.rebuild import rebuild
from services.cancellation.bootstrap import SERVICE
from services.cancellation.projections.orders import OrdersProjection


async def rebuild_orders(postgres_dsn: str) -> dict[str, Any]:
    """Rebuild order state and history; returns how many `facts` in how many `seconds`."""
    started = time.perf_counter()
    async with open_pool(postgres_dsn, name="rebuild") as pool:
        facts = await rebuild(
            schema=SERVICE.name, pool=pool, store=SERVICE.store, projection=OrdersProjection()
        )
    return {"facts": facts, "seconds": round(time.perf_counter() - started, 2)}
