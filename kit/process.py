"""Runs the loops of one process until it is told to stop or one of them fails.

Built to crash: SIGTERM is only a courtesy, `kill -9` at any instruction is the tested path.
"""

import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import Awaitable, Callable

from pydantic import ValidationError

from kit.health import Health
from kit.logs import configure_logs, get_logger
from kit.settings import KitSettings, SettingsError

log = get_logger("process")

Main = Callable[[KitSettings, Health], Awaitable[None]]
"""One role of a service: runs until cancelled."""


def run(
    service: str, roles: dict[str, Main], arguments: list[str], *,
    package: str = "services.", read: type[KitSettings] = KitSettings,
) -> int:  # fmt: skip
    """Run the role named on the command line, by these settings; return the exit status."""
    if len(arguments) != 1 or arguments[0] not in roles:
        print(f"usage: python -m {package}{service} {{{'|'.join(roles)}}}", file=sys.stderr)  # noqa: T201
        return 2
    role = arguments[0]
    try:
        settings = read()
    except ValidationError as missing:
        return refuse(missing, "COUNTERMAND_")
    configure_logs(settings, service=service, role=role)
    # Start-up objects are not worth scanning again, and messages make no cycles: collecting at the
    # default pace took a tenth of a batch's time and freed nothing.
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)
    try:
        import uvloop  # noqa: PLC0415 - not on Windows
    except ImportError:
        return asyncio.run(_supervise(service, roles[role], settings))
    return uvloop.run(_supervise(service, roles[role], settings))


def refuse(wrong: ValidationError, prefix: str) -> int:
    """Say which settings are missing or malformed, by the names of the environment."""
    for finding in wrong.errors(include_url=False, include_input=False):
        name = prefix + "_".join(str(part) for part in finding["loc"]).upper()
        print(f"{name}: {finding['msg']}. Set it in the environment.", file=sys.stderr)  # noqa: T201
    return 2


async def _supervise(service: str, main: Main, settings: KitSettings) -> int:
    health = Health(service, settings.stuck_after_s)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_ in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(signal_, stop.set)
    async with health.serve(settings.health_host, settings.health_port):
        tasks = {
            "main": asyncio.ensure_future(main(settings, health)),
            "watch": asyncio.ensure_future(health.watch()),
            "stop": asyncio.ensure_future(stop.wait()),
        }
        done, _ = await asyncio.wait(tasks.values(), return_when=asyncio.FIRST_COMPLETED)
        failure = next((t.exception() for t in done if t.exception()), None)
        for task in tasks.values():
            task.cancel()
        await asyncio.wait(tasks.values(), timeout=5)
    if isinstance(failure, ValidationError):
        return refuse(failure, f"{health.service.upper()}_")
    if isinstance(failure, SettingsError):
        print(failure, file=sys.stderr)  # noqa: T201
        return 2
    if failure:
        log.error("process.failed", exc_info=failure)
        return 1
    log.info("process.stopped")
    return 0 if stop.is_set() else 1
