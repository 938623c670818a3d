"""Fixtures every test may use; the servers start with the first test that asks for them."""

import signal
from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import settings as hypothesis_settings

from kit.settings import KitSettings
from tests.property.effort import IS_RELEASE
from tests.support.stack import Servers, running_servers

# A shell that starts us in the background has us ignore Ctrl-C, and so would all we start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The suite tries the same examples for everybody, `make laws` looks for new ones.
hypothesis_settings.register_profile("same", derandomize=not IS_RELEASE)
hypothesis_settings.load_profile("same")


@pytest.fixture(scope="session")
async def servers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Servers]:
    """Kafka and PostgreSQL, started once."""
    async with running_servers(tmp_path_factory.mktemp("servers")) as running:
        yield running


@pytest.fixture
def database(servers: Servers) -> Iterator[str]:
    """A migrated, empty database for one test; its address."""
    with servers.database() as dsn:
        yield dsn


@pytest.fixture
def settings(servers: Servers, database: str) -> KitSettings:
    """Settings of a service process on this test's database."""
    return servers.settings(database)
