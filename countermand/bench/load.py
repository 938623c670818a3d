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

        async def at_the_rate(count: int, *, is_measured: bool) -> None:
            start = time.perf_counter() + 0.1
            async with asyncio.TaskGroup() as group:
                for n in range(count):
                    due = start + n / rate
                    if (wait := due - time.perf_counter()) > 0:
                        await asyncio.sleep(wait)
                    group.create_task(one(paths[n % len(paths)], due, is_measured=is_measured))

        # Everything is asked once before it counts, for half a second at least: connections are
        # open then, and the servers have at hand what a system at work has.
        await at_the_rate(max(len(paths), rate // 2), is_measured=False)
        await at_the_rate(rate * seconds, is_measured=True)
    return {
        "ms": sorted(times),
        "late_ms": sorted(late),
        "refused": refused[:5],
        "bytes": max(sizes, default=0),
    }


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(uvloop.run(ask(orjson.loads(sys.stdin.buffer.read())))))
