"""Asks an API at a fixed rate, in a process of its own, so that asking costs the asked nothing.

`python -m countermand.bench.load`, started by the benchmark alone: a plan as one JSON object on
standard input, the times as one on standard output. The schedule is fixed in advance and times
count from the moment a request was *due*, so a stall is not hidden by asking less.
"""

import asyncio
import sys
import time
from typing import Any

import aiohttp
import orjson
import uvloop

CONNECTIONS, OK = 64, 200
WARM_UP_S = 0.5
"""The first requests open connections; their times are left out."""


async def ask(plan: dict[str, Any]) -> dict[str, Any]:
    """Ask every path in turn, so many times a second, for so many seconds."""
    paths, rate, seconds = plan["paths"], plan["rate"], plan["seconds"]
    times: list[float] = []
    late: list[float] = []
    refused: list[str] = []
    sizes: list[int] = []
    connector = aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=60)
    async with aiohttp.ClientSession(
        plan["url"], connector=connector, headers=plan["headers"],
        cookie_jar=aiohttp.DummyCookieJar(),
    ) as client:  # fmt: skip

        async def one(path: str, due: float, *, is_measured: bool) -> None:
            sent = time.perf_counter()
            async with client.get(path, allow_redirects=False) as answer:
                body = await answer.read()
            ended = time.perf_counter()
            if answer.status != OK:
                refused.append(f"{answer.status} {path}")
            if is_measured:
                times.append((ended - due) * 1000)
                late.append((sent - due) * 1000)
                sizes.append(len(body))

        start = time.perf_counter() + 0.1
        async with asyncio.TaskGroup() as group:
            for n in range(int(rate * (seconds + WARM_UP_S))):
                due = start + n / rate
                if (wait := due - time.perf_counter()) > 0:
                    await asyncio.sleep(wait)
                is_measured = n >= rate * WARM_UP_S
                group.create_task(one(paths[n % len(paths)], due, is_measured=is_measured))
        took = time.perf_counter() - start
    return {
        "ms": sorted(times), "late_ms": sorted(late), "refused": refused[:5],
        "bytes": max(sizes, default=0), "cpu_share": time.process_time() / took,
    }  # fmt: skip


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(uvloop.run(ask(orjson.loads(sys.stdin.buffer.read())))))
