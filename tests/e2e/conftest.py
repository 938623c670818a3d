"""The running cancellation service, shared by all tests of its door."""

from collections.abc import AsyncIterator

import pytest

from countermand.upstream import open_upstream
from deploy.local.stack import Stack, StackSettings
from tests.support.api_door import Door, Running
from tests.support.stack import Servers

ROLES = {"cancellation.api", "cancellation.consumer", "cancellation.projector"}


@pytest.fixture(scope="module")
async def running(
    servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Running]:
    """API, consumer and projector as processes, on the shared servers and the real topics."""
    with servers.database() as dsn:
        settings = StackSettings(
            data_dir=tmp_path_factory.mktemp("api"), external_postgres_dsn=dsn,
            external_kafka=servers.kafka_bootstrap, env={"CANCELLATION_READ_WAIT_MAX_S": "2"},
        )  # fmt: skip
        async with (
            Stack(settings, only=ROLES) as stack,
            open_upstream(servers.kafka_bootstrap) as upstream,
        ):
            door = Door(stack.api_url)
            yield Running(dsn, door, upstream)
            await door.client.aclose()
