"""Serves an ASGI application as one role of a process."""

import asyncio
from typing import Any

import uvicorn

from kit.health import Health
from telemetry.calls import WatchedApp


async def serve(app: Any, host: str, port: int, health: Health) -> None:
    """Serve until cancelled; ready once it listens."""
    server = uvicorn.Server(
        uvicorn.Config(
            WatchedApp(app, health.service),
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=2,
        )
    )
    # Signals are the process's business (`kit.process`).
    loop = health.loop("api")
    serving = asyncio.create_task(server._serve())  # noqa: SLF001 - `serve` would take the signals
    while not serving.done():
        if server.started:
            loop.progressed()
        await asyncio.sleep(0.1 if not server.started else 1)
    await serving
