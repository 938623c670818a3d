"""The verb `status`."""

import asyncio
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from countermand import screen
from countermand.endpoints import DEFAULT_DATA_DIR, Endpoints
from countermand.verb import DataDir, Json, run
from deploy.local.state import load_state

if TYPE_CHECKING:  # at run time only when asked for: other verbs stay quick
    from countermand.status.report import Observer

LIVE_EVERY_S = 2.0


def status(
    *,
    live: Annotated[bool, Parameter(negative=(), help="Look again until Ctrl-C.")] = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Tell what waits and since when, who is behind, and what runs."""
    from countermand.status.report import Observer  # noqa: PLC0415

    state = load_state(data_dir)
    endpoints = Endpoints.look(data_dir)
    if endpoints is None:
        if json:
            screen.print_json({"running": False})
        screen.fail(f"Nothing runs on {data_dir}. Start it with `countermand up`.")
        sys.exit(1)
    is_ours = state is not None and state["endpoints"]["postgres_dsn"] == endpoints.postgres_dsn
    observer = Observer(endpoints, state if is_ours else None)
    shown = {**state, "running": True} if state and is_ours else {"running": True}
    if live:
        with suppress(KeyboardInterrupt):
            run(_watch(observer, shown, json=json))
    else:
        sys.exit(run(_show(observer, shown, json=json)))


async def _show(observer: "Observer", shown: dict[str, Any], *, json: bool) -> int:
    """Show one report; 1 when a server did not answer."""
    from countermand.status.drawing import draw  # noqa: PLC0415

    report = await observer.read()
    if json:
        screen.print_json({**shown, **report.to_json()})
    else:
        screen.console.print(draw(report))
    return int(bool(report.away))


async def _watch(observer: "Observer", shown: dict[str, Any], *, json: bool) -> None:
    from countermand.status.drawing import draw  # noqa: PLC0415

    if json:
        while True:
            screen.print_json({**shown, **(await observer.read()).to_json()})
            await asyncio.sleep(LIVE_EVERY_S)
    with screen.live(draw(await observer.read())) as show:
        while True:
            await asyncio.sleep(LIVE_EVERY_S)
            show(draw(await observer.read()))
