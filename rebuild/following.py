"""Follows a log with code of any age: tables of an older version are rebuilt first."""

import asyncio

from kit.event_store import EventStore
from kit.health import Health
from kit.logs import get_logger
from kit.postgres import UNAVAILABLE, Pool
from kit.projector import Projector
from rebuild.rebuilding import BusyError, DifferencesError, Terms, Told, rebuild
from rebuild.summing import Summing

log = get_logger("rebuild")

AGAIN_S = 2.0


async def follow(
    *, health: Health, dsn: str, pool: Pool, schema: str, store: EventStore, projection: Summing
) -> None:
    """Keep a projection up to date until cancelled.

    Where a rebuild by today's code differs in more than its version says, the old tables serve on,
    kept up to date by whoever still runs the older code.
    """
    await _renew(
        health=health, dsn=dsn, pool=pool, schema=schema, store=store, projection=projection
    )
    projector = Projector(schema=schema, pool=pool, store=store, projection=projection)
    await projector.run(dsn, health)


async def _renew(
    *, health: Health, dsn: str, pool: Pool, schema: str, store: EventStore, projection: Summing
) -> None:
    loop, version = health.loop("rebuild"), max(projection.versions)
    terms = Terms(who=f"{store.service} projector", why=f"version {version}")
    while True:
        # Ready meanwhile: the old tables serve.
        loop.progressed()
        try:
            stored = await pool.fetchval(
                f"SELECT version FROM {schema}.projection_cursors WHERE projection = $1",
                projection.name,
            )
            if stored is None or stored >= version:
                return
            log.info("projection.renewing", projection=projection.name, version=version)
            done = await rebuild(
                dsn=dsn, schema=schema, store=store, projection=projection, terms=terms, told=Told()
            )
            log.info(
                "projection.renewed", projection=projection.name, version=version,
                facts=done.facts, differences=dict(done.differences),
            )  # fmt: skip
        except DifferencesError as refused:
            log.error(  # noqa: TRY400 - its words say it all
                "projection.refused", projection=projection.name, version=version,
                reason=str(refused),
            )  # fmt: skip
            return
        except (BusyError, *UNAVAILABLE) as away:
            log.warning("projection.waits", reason=str(away) or type(away).__name__)
            await asyncio.sleep(AGAIN_S)
