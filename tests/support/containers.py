"""The servers in containers, for machines with a Docker engine: `make test-containers`.

The same tests run on them as on the packaged servers; only the two addresses differ.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from testcontainers.community.kafka import KafkaContainer
from testcontainers.community.postgres import PostgresContainer

POSTGRES_IMAGE = os.environ.get("COUNTERMAND_TEST_POSTGRES_IMAGE", "postgres:18")
KAFKA_IMAGE = os.environ.get("COUNTERMAND_TEST_KAFKA_IMAGE", "confluentinc/cp-kafka:8.0.0")


def are_wanted() -> bool:
    """Tell whether this run was asked to use containers."""
    return os.environ.get("COUNTERMAND_TEST_SERVERS") == "containers"


@contextmanager
def running_containers() -> Iterator[tuple[str, str]]:
    """Run both servers; yields the PostgreSQL address and Kafka's `host:port`."""
    postgres = PostgresContainer(POSTGRES_IMAGE, driver=None, dbname="countermand")
    kafka = KafkaContainer(KAFKA_IMAGE).with_kraft()
    kafka.with_env("KAFKA_MESSAGE_MAX_BYTES", "16777216")
    with postgres, kafka:
        yield postgres.get_connection_url(), kafka.get_bootstrap_server()
