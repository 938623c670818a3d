"""The open-loop driver: every command goes out at its moment, however slow the answers are."""

import asyncio
import time
from typing import Any

import httpx2

from countermand.chaos.doors import HTTP_TIMEOUT_S, HttpDoor, KafkaDoor
from countermand.chaos.journal import Journal
from countermand.chaos.workload import Workload
from countermand.endpoints import Endpoints

ACKNOWLEDGED_WITHIN_S = 60.0
"""After the last moment of the load; far above the restart of any one part."""


async def drive(endpoints: Endpoints, workload: Workload, journal: Journal) -> None:
    """Send everything and return when all of it is acknowledged, or after a minute of waiting."""
    start, start_unix = time.monotonic(), time.time()
    async with (
        httpx2.AsyncClient(
            base_url=endpoints.api_url, timeout=HTTP_TIMEOUT_S, trust_env=False
        ) as client,
        asyncio.TaskGroup() as group,
    ):
        kafka, http = KafkaDoor(endpoints.kafka_bootstrap, journal), HttpDoor(client, journal)
        pump = group.create_task(kafka.run())
        calls: set[asyncio.Task[Any]] = set()
        for sending in workload.sendings:
            await asyncio.sleep(max(0.0, start + sending.at_s - time.monotonic()))
            journal.sent.setdefault(sending.command_id, start_unix + sending.at_s)
            journal.sendings_count += 1
            journal.repeats_count += sending.is_repeat
            if sending.door == "kafka":
                kafka.send(sending)
            else:
                call = group.create_task(http.send(sending))
                calls.add(call)
                call.add_done_callback(calls.discard)
        idle = group.create_task(kafka.is_idle.wait())
        await asyncio.wait([idle, *calls], timeout=ACKNOWLEDGED_WITHIN_S)
        for task in (pump, idle, *calls):
            task.cancel()
