"""Two recorders on one table: ours and the library's."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore

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
