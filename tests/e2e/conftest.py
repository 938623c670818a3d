"""The running cancellation service and the console, shared by all tests of their doors."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from countermand.upstream import open_upstream
from deploy.local.stack import Stack, StackSettings
from tests.support.api_door import Door, Running
from tests.support.browsing import open_chromium
from tests.support.shop import Shop, open_shop
from tests.support.stack import Servers

ROLES = {"cancellation.api", "cancellation.consumer", "cancellation.projector"}
SHOP = {
    "cancellation.api", "cancellation.projector", "cancellation.bulk", "operations.api",
    "console.web", "customers.web", "notifier.api",
}  # fmt: skip


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


@pytest.fixture(scope="session")
async def shop(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """The doors people come by and the console before them; started with the first browser."""
    async with open_shop(servers, tmp_path_factory.mktemp("console"), SHOP) as opened:
        yield opened


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One browser for all."""
    async with open_chromium() as browser:
        yield browser
