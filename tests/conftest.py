"""Fixtures every test may use; the servers start with the first test that asks for them."""

import signal
from collections.abc import AsyncIterator, Iterator, Sequence

import pytest
from hypothesis import settings as hypothesis_settings

from kit.settings import KitSettings
from tests.property.effort import IS_RELEASE
from tests.support.containers import chosen
from tests.support.stack import Servers, running_servers

# A shell that starts us in the background has us ignore Ctrl-C, and so would all we start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The suite tries the same examples for everybody, `make laws` looks for new ones.
# How long one takes says how busy the machine is.
hypothesis_settings.register_profile("same", derandomize=not IS_RELEASE, deadline=None)
hypothesis_settings.load_profile("same")


SERVERS_LINE = pytest.StashKey[str]()

NEED_SERVERS = "servers"
"""The fixture behind every other that lends a server."""


def pytest_collection_finish(session: pytest.Session) -> None:
    """Say before the first test which servers this run is on; `-q` shows no header."""
    say_which_servers(session.config, session.items)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it again where the result is read."""
    if line := terminalreporter.config.stash.get(SERVERS_LINE, None):
        terminalreporter.write_line(line)


def say_which_servers(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    """Choose the servers if a test needs some, and say which and why."""
    if any(NEED_SERVERS in getattr(item, "fixturenames", ()) for item in items):
        try:
            config.stash[SERVERS_LINE] = str(chosen())
        except ValueError as wrong:
            raise pytest.UsageError(str(wrong)) from None
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if reporter:
            reporter.write_line(config.stash[SERVERS_LINE])


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
