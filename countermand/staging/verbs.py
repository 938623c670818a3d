"""The verbs `staging export` and `staging run`."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from countermand import screen
from countermand.endpoints import DEFAULT_DATA_DIR, Endpoints
from countermand.verb import DataDir, Json, run

staging = App(name="staging", help="Take masked orders to another system and live them there.")


@staging.command
def export(
    *orders: Annotated[str, Parameter(help="Order numbers.")],
    out: Annotated[Path, Parameter(help="Write the copy here.")],
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Write what upstream said about orders, without persons; reads only."""
    from countermand.staging.copying import Copied  # noqa: PLC0415
    from countermand.staging.copying import export as copy  # noqa: PLC0415
    from kit.postgres import open_pool  # noqa: PLC0415

    async def work() -> Copied:
        dsn = Endpoints.find(data_dir).postgres_dsn
        async with open_pool(dsn, size_max=1, name="staging") as pool:
            return await copy(pool, orders, out)

    done = run(work())
    screen.say(f"[green]✓[/] {done.messages:,} messages about {done.orders:,} orders: {out}")
    if json:
        screen.print_json(done._asdict())


@staging.command(name="run")
def live(
    file: Annotated[Path, Parameter(help="What `staging export` wrote.")],
    /, *, data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False,
) -> None:  # fmt: skip
    """Send a copy to the system that is running here; it decides and acts by itself."""
    from countermand.staging import copying  # noqa: PLC0415

    async def work(on_step: Any) -> int:
        return await copying.live_again(Endpoints.find(data_dir), copying.read_copy(file), on_step)

    with screen.steps() as on_step:
        count = run(work(on_step))
    screen.say(f"[green]✓[/] {count:,} orders have been lived again.")
    if json:
        screen.print_json({"orders": count})
