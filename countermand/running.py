"""Starts the whole system, runs something against it, and stops it again."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from contracts.topics import COMMANDS
from countermand.endpoints import DEFAULT_DATA_DIR, Endpoints
from countermand.errors import KnownError
from countermand.people.local import SignIn, closed, let_in
from countermand.screen import panel, say
from countermand.training import sandbox
from countermand.training.filling import fill
from deploy.local.processes import SIMULATORS, service_names
from deploy.local.stack import Stack, StackSettings
from sharding.homes import SHARDS_MAX

ALL = "all"
"""Stands for every role: the servers and the simulators run alone."""

CONSUMERS_MAX = COMMANDS.partitions
"""More would have nothing to read."""

AOT_AFTER_S = 20.0
"""So long after readiness Kafka's start-up cache is made in the background; later starts use it."""


@asynccontextmanager
async def running(
    data_dir: Path, *, http_port: int, fresh: bool, env: dict[str, str] | None = None,
    without: Collection[str] = (), consumers: int = 1, shards: int | None = None,
) -> AsyncIterator[Stack]:  # fmt: skip
    """Run the system while the body runs, some roles left out; shows what it waits for."""
    if not 1 <= consumers <= CONSUMERS_MAX:
        raise KnownError(
            f"{consumers} consumers of a service cannot share {CONSUMERS_MAX} partitions; choose 1"
            f" to {CONSUMERS_MAX}."
        )
    role_of = {
        name: name.partition(".")[2].partition("@")[0]
        for name in service_names(consumers, shards or 1)
    }
    roles = set(role_of.values())
    if shards is not None and not 1 <= shards <= SHARDS_MAX:
        raise KnownError(f"An event store has 1 to {SHARDS_MAX} logs, not {shards}.")
    if unknown := set(without) - roles - {ALL}:
        raise KnownError(f"There is no role {', '.join(unknown)}; try {', '.join(sorted(roles))}.")
    left = [n for n, role in role_of.items() if ALL not in without and role not in without]
    settings = StackSettings(
        data_dir=data_dir,
        http_port=http_port,
        fresh=fresh,
        external_postgres_dsn=os.environ.get("COUNTERMAND_POSTGRES_DSN"),
        external_kafka=os.environ.get("COUNTERMAND_KAFKA_BOOTSTRAP"),
        env=env or {},
        consumers=consumers,
        shards=shards,
        record_aot_after_s=AOT_AFTER_S,
    )
    only = {*SIMULATORS, *left}
    async with Stack(
        settings, only=only, on_progress=lambda text: say(f"[dim]  {text}[/]")
    ) as stack:
        yield stack


def endpoints_of(stack: Stack) -> Endpoints:
    """Return the addresses of a stack we run."""
    return Endpoints.model_validate(stack.endpoints())


async def up(
    data_dir: Path, *, http_port: int, fresh: bool, command: Sequence[str],
    without: Collection[str] = (), consumers: int = 1, shards: int | None = None,
    training: bool = False,
) -> int:  # fmt: skip
    """Run the system until Ctrl-C, or around one command whose exit status is returned."""
    data_dir = sandbox.directory(data_dir) if training else data_dir
    sandbox.check(data_dir, os.environ, is_training=training)
    began_at = sandbox.begin(data_dir, fresh=fresh) if training else None
    env = {**closed(data_dir), **(sandbox.ENVIRONMENT if training else {})}
    async with running(
        data_dir,
        http_port=http_port,
        fresh=fresh,
        env=env,
        without=without,
        consumers=consumers,
        shards=shards,
    ) as stack:
        endpoints = endpoints_of(stack)
        sign_in = await let_in(endpoints.postgres_dsn, data_dir, env)
        if began_at:
            say("[dim]  Filling the sandbox[/]")
            await fill(endpoints.model_copy(update={"api_key": sign_in.api_key}), began_at)
        if command:
            environment = {
                **os.environ,
                "COUNTERMAND_POSTGRES_DSN": endpoints.postgres_dsn,
                "COUNTERMAND_KAFKA_BOOTSTRAP": endpoints.kafka_bootstrap,
                "COUNTERMAND_API_URL": endpoints.api_url,
                "COUNTERMAND_API_KEY": sign_in.api_key,
                "COUNTERMAND_NOTIFIER_URL": endpoints.notifier_url,
                "COUNTERMAND_CONSOLE_URL": endpoints.console_url or "",
                "COUNTERMAND_CUSTOMERS_URL": endpoints.customers_url or "",
                "COUNTERMAND_PAYMENTS_URL": endpoints.payments_url or "",
                "COUNTERMAND_MAILBOX_URL": endpoints.mailbox_url or "",
            }
            process = await asyncio.create_subprocess_exec(*command, env=environment)
            return await process.wait()
        print_where(endpoints, data_dir, sign_in)
        if training:
            say(f"Exercises: {endpoints.console_url}/training")
        await until_interrupted()
    return 0


async def until_interrupted() -> None:
    """Wait for Ctrl-C or SIGTERM; the stack turns both into a cancellation of this task."""
    task = asyncio.current_task()
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        if task:
            task.uncancel()
    sys.stderr.write("\n")
    say("Stopping …")


def print_where(
    endpoints: Endpoints, data_dir: Path, sign_in: SignIn, order_id: str | None = None
) -> None:
    """Say where to look."""
    lines = [
        f"Console             {endpoints.console_url}",
        *_how_to_sign_in(sign_in),
        f"API                 {endpoints.api_url}/v1/orders, with a key of yours: countermand keys",
        f"API documentation   {endpoints.api_url}/docs",
        f"Contracts           {endpoints.api_url}/contracts/",
        f"Webhook endpoints   {endpoints.notifier_url}/docs",
        f"Mailbox             {endpoints.mailbox_url}",
    ]
    if order_id:
        where = "" if data_dir == DEFAULT_DATA_DIR else f" --data-dir {data_dir}"
        lines.append(f"One order's story   .venv/bin/countermand orders show {order_id}{where}")
        lines.append(f"Its customer's page .venv/bin/countermand links make {order_id}{where}")
    lines.append("Stop                Ctrl-C")
    panel("Running", lines)


def print_entrance(endpoints: Endpoints, sign_in: SignIn, order_id: str) -> None:
    """Say where people get into a system that others have started."""
    lines = [
        f"Console             {endpoints.console_url}",
        *_how_to_sign_in(sign_in),
        f"One order's story   countermand orders show {order_id}",
        f"Its customer's page countermand links make {order_id}",
    ]
    panel("Running", lines)


def _how_to_sign_in(sign_in: SignIn) -> list[str]:
    if sign_in.password is None:
        return ["  sign in           with your accounts: countermand people list"]
    return [
        f"  sign in as        {', '.join(sign_in.names)}",
        f"  password of each  {sign_in.password}",
    ]
