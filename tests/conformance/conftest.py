"""What a port's implementations have in common: two recorders on one table, refund gateways."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore

from tests.support.gateways import CAPTURED_MINOR, GATEWAYS, WITH_PROVIDER, Strict, Subject
from tests.support.recorder import StoreRecorder

SCHEMA = "cancellation"
TABLE = "cancellation_events"


@pytest.fixture
def recorder(database: str) -> Iterator[StoreRecorder]:
    """Our store behind the library's interface."""
    recorder = StoreRecorder(database, SCHEMA)
    yield recorder
    recorder.close()


@pytest.fixture
def library_recorder(database: str) -> Iterator[PostgresApplicationRecorder]:
    """The library's own recorder, on the table our migrations made."""
    parts = urlsplit(database)
    datastore = PostgresDatastore(
        parts.path.strip("/"), str(parts.hostname), str(parts.port), str(parts.username), "",
        schema=SCHEMA, pool_size=2, max_overflow=8,
    )  # fmt: skip
    yield PostgresApplicationRecorder(datastore, events_table_name=TABLE)
    datastore.close()


@pytest.fixture(params=GATEWAYS, ids=lambda gateway: gateway.__name__)
async def subject(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Subject]:
    """Every gateway in turn."""
    async with request.param(tmp_path) as subject:
        yield subject


@pytest.fixture(params=WITH_PROVIDER, ids=lambda gateway: gateway.__name__)
async def strict(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Strict]:
    """Every gateway with a provider behind it, which knows the payment of order 1."""
    async with request.param(tmp_path) as subject:
        await subject.provider.capture(["1"], CAPTURED_MINOR)
        yield subject.gateway, subject.provider
