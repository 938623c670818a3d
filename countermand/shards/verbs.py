"""The verbs `shards list` and `shards move`."""

from collections.abc import Sequence
from typing import Annotated, Any

import asyncpg
from cyclopts import App, Parameter

from countermand import screen
from countermand.endpoints import DEFAULT_DATA_DIR, Endpoints
from countermand.errors import KnownError
from countermand.verb import DataDir, Json, run

shards = App(name="shards", help="The logs of the event stores.")


@shards.command(name="list")
def list_(*, data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False) -> None:
    """Say how facts are shared out over logs."""
    from countermand.shards.moving import read_logs  # noqa: PLC0415 - keeps other verbs quick

    async def work() -> Any:
        connection = await asyncpg.connect(Endpoints.find(data_dir).postgres_dsn)
        try:
            return await read_logs(connection)
        finally:
            await connection.close()

    _tell(run(work()), json=json)


@shards.command
def move(
    count: Annotated[int, Parameter(help="Logs of every event store from now on.")],
    /,
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Share all facts out over so many logs; refused while a service runs."""
    from countermand.shards import moving  # noqa: PLC0415 - keeps other verbs quick
    from sharding.making import ArrangementError  # noqa: PLC0415

    async def work(on_step: Any) -> Any:
        found = Endpoints.find(data_dir)
        try:
            return await moving.move(found.postgres_dsn, found.kafka_bootstrap, count, on_step)
        except ArrangementError as refused:
            raise KnownError(str(refused)) from refused

    with screen.steps() as on_step:
        logs = run(work(on_step))
    _tell(logs, json=json)


def _tell(logs: Sequence[Any], *, json: bool) -> None:
    screen.print_rows(
        "Logs", ("Service", "Log", "Facts", "Newest"),
        [(log.service, log.name, f"{log.facts:,}", f"{log.newest:,}") for log in logs],
    )  # fmt: skip
    if json:
        screen.print_json({"logs": [log._asdict() for log in logs]})
