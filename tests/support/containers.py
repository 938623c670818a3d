"""The servers in containers, by testcontainers: the same tests on the same servers elsewhere.

`COUNTERMAND_TEST_SERVERS` says which: `containers` insists on them and may pull, `packages` never
asks for an engine, and `auto` takes containers when an engine answers that has both images already.
So no run waits for a registry unasked, and every run says which it took and why.
"""

import gc
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from typing import Literal, NamedTuple, get_args

from deploy.local import kafka, postgres
from deploy.local.ports import LOOPBACK, free_ports

Wish = Literal["auto", "containers", "packages"]
SETTING = "COUNTERMAND_TEST_SERVERS"
POSTGRES_DEFAULT, KAFKA_DEFAULT = "postgres:18", "apache/kafka:4.4.0"
POSTGRES_IMAGE = os.environ.get("COUNTERMAND_TEST_POSTGRES_IMAGE", POSTGRES_DEFAULT)
KAFKA_IMAGE = os.environ.get("COUNTERMAND_TEST_KAFKA_IMAGE", KAFKA_DEFAULT)
ENGINE_TIMEOUT_S = 2
KAFKA_PORT = 9092
READY_MAX_S = 60
OF_THIS_MACHINE = ("listeners", "advertised", "controller.quorum", "log.dirs")
"""Settings of Kafka that say where it is; a container is told its own."""


class Choice(NamedTuple):
    """Which servers a run takes."""

    containers: bool
    why: str

    def __str__(self) -> str:
        kind = "containers" if self.containers else "packages on this machine"
        return f"servers: {kind} ({self.why})"


def choose(wish: str, ask_engine: Callable[[], str | None]) -> Choice:
    """Decide; `ask_engine` returns what keeps an engine from running both servers at once, or None.

    Raises:
        ValueError: there is no such wish.
    """
    if wish not in get_args(Wish):
        raise ValueError(f"{SETTING} is {wish}; it may be {', '.join(get_args(Wish))}")
    if wish != "auto":
        return Choice(wish == "containers", f"{SETTING}={wish}")
    obstacle = ask_engine()
    if obstacle is None:
        return Choice(containers=True, why=f"an engine has {POSTGRES_IMAGE} and {KAFKA_IMAGE}")
    return Choice(containers=False, why=obstacle)


def find_obstacle() -> str | None:
    """Ask the Docker engine whether it could start both servers now."""
    from docker.errors import DockerException  # noqa: PLC0415 - half a second few runs must spend

    with warnings.catch_warnings():
        # A client that reaches no engine leaves its socket open until it is collected.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            for image in (POSTGRES_IMAGE, KAFKA_IMAGE):
                if not has_image(image):
                    return f"the Docker engine has no {image}, and nothing is pulled unasked"
        except (DockerException, OSError):
            return "no Docker engine answers"
        finally:
            gc.collect()
    return None


def has_image(image: str) -> bool:
    """Tell whether the Docker engine has an image."""
    import docker  # noqa: PLC0415
    from docker.errors import ImageNotFound  # noqa: PLC0415

    with closing(docker.from_env(timeout=ENGINE_TIMEOUT_S)) as engine:
        try:
            engine.images.get(image)
        except ImageNotFound:
            return False
    return True


@cache
def chosen() -> Choice:
    """Return what this run takes; decided once."""
    return choose(os.environ.get(SETTING) or "auto", find_obstacle)


@contextmanager
def running_containers() -> Iterator[tuple[str, str]]:
    """Run both servers; yields the PostgreSQL address and Kafka's `host:port`."""
    from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415
    from testcontainers.core.config import testcontainers_config  # noqa: PLC0415
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415
    from testcontainers.core.wait_strategies import ExecWaitStrategy  # noqa: PLC0415

    # Its reaper is an image of its own; a run that is not killed removes its containers itself.
    testcontainers_config.ryuk_disabled = not has_image(testcontainers_config.ryuk_image)

    [port] = free_ports(1)
    database = PostgresContainer(POSTGRES_IMAGE, driver=None, dbname="countermand")
    database.with_command(["postgres", *postgres_options()])
    broker = DockerContainer(KAFKA_IMAGE, env=kafka_environment(port))
    broker.with_bind_ports(KAFKA_PORT, port)
    # From inside: the engine takes connections to a published port before anybody listens.
    listens = ExecWaitStrategy(["bash", "-c", f"</dev/tcp/127.0.0.1/{KAFKA_PORT}"])
    broker.waiting_for(listens.with_startup_timeout(READY_MAX_S))
    with database, broker:
        yield database.get_connection_url(), f"{LOOPBACK}:{port}"


def postgres_options() -> list[str]:
    """Return what the local runtime tells PostgreSQL, but for where it listens."""
    told = {
        k: v
        for k, v in postgres.SETTINGS.items()
        if k not in ("listen_addresses", "unix_socket_directories")
    }
    return [word for name, value in told.items() for word in ("-c", f"{name}={value}")]


def kafka_environment(port: int) -> dict[str, str]:
    """Return what the local runtime tells Kafka, but for where it is, as an image wants it."""
    lines = kafka.SETTINGS.format(
        port=0, controller_port=0, log_dir="", message_bytes_max=kafka.MESSAGE_BYTES_MAX
    ).splitlines()
    told = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    told = {k: v for k, v in told.items() if not k.startswith(OF_THIS_MACHINE)}
    protocols = told["listener.security.protocol.map"]
    told |= {
        "controller.quorum.voters": "1@localhost:9093",
        "listeners": f"PLAINTEXT://:{KAFKA_PORT},ITSELF://:9094,CONTROLLER://:9093",
        # The broker calls itself, too, and our port is not open inside.
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port},ITSELF://localhost:9094",
        "inter.broker.listener.name": "ITSELF",
        "listener.security.protocol.map": f"{protocols},ITSELF:PLAINTEXT",
        "log.dirs": "/var/lib/kafka/data",
    }
    return {f"KAFKA_{name.upper().replace('.', '_')}": value for name, value in told.items()}
