"""Makes a system's servers ready for its processes: `python -m deploy.prepare`.

Schemas, topics, and the key that signs the audit history; what is there already stays as it is, so
it runs before every start and every upgrade, and any number of times.
"""

import asyncio
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from aiokafka.errors import KafkaError
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from audit.signing import create_key
from deploy.local.errors import LocalRuntimeError
from deploy.local.infrastructure import migrate_services
from deploy.local.topics import create_topics
from kit.process import refuse
from services.cancellation.settings import CancellationSettings
from sharding.homes import SHARDS_MAX

PAUSE_S = 1.0

T = TypeVar("T")


class PrepareSettings(BaseSettings):
    """Which servers, and how many copies Kafka keeps; prefix `COUNTERMAND_`."""

    model_config = SettingsConfigDict(
        env_prefix="COUNTERMAND_",
        env_ignore_empty=True,
        frozen=True,
        use_attribute_docstrings=True,
    )

    postgres_dsn: str
    """Of a role that may create schemas."""
    kafka_bootstrap: str
    """`host:port[,host:port]`."""
    event_store_shards: int | None = Field(default=None, ge=1, le=SHARDS_MAX)
    """Logs of each event store; left out, they stay as they are."""
    topic_replicas: int = Field(default=1, ge=1)
    """Copies of every record of a topic that is made now."""
    prepare_wait_s: float = Field(default=60.0, ge=0)
    """How long a server that does not answer yet is waited for."""


async def prepare(
    settings: PrepareSettings, audit_key: Path | None, say: Callable[[str], Any]
) -> None:
    """Make everything that is absent.

    Args:
        settings: which servers.
        audit_key: where the key that signs the audit history belongs; None where others make it.
        say: receives what happens.

    Raises:
        LocalRuntimeError: a server refused, or did not answer in time.
    """
    deadline = time.monotonic() + settings.prepare_wait_s
    count = await _within(
        deadline,
        lambda: asyncio.to_thread(
            migrate_services, settings.postgres_dsn, settings.event_store_shards
        ),
    )
    say(f"The schemas are up to date ({count} migrations applied).")
    await _within(
        deadline,
        lambda: create_topics(settings.kafka_bootstrap, replication_factor=settings.topic_replicas),
    )
    say("The topics are there.")
    if audit_key:
        create_key(audit_key)
        say("The audit history has its key.")


async def _within(deadline: float, attempt: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Try until it succeeds or the deadline is over."""
    while True:
        try:
            return await attempt()
        except (LocalRuntimeError, KafkaError, OSError) as error:
            if time.monotonic() > deadline or not _may_pass(error):
                raise LocalRuntimeError(str(error)) from error
        await asyncio.sleep(PAUSE_S)


def _may_pass(error: Exception) -> bool:
    """Tell whether it may be over soon: a server starts, or brokers are still missing."""
    is_ours = isinstance(error, LocalRuntimeError)
    return not is_ours or isinstance(error.__cause__, psycopg.OperationalError | None)


def main() -> int:
    """Prepare, and return the exit status."""
    try:
        settings, cancellation = PrepareSettings(), CancellationSettings()
    except ValidationError as missing:
        return refuse(missing, "COUNTERMAND_")
    try:
        asyncio.run(prepare(settings, cancellation.audit_key_file, print))
    except LocalRuntimeError as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
