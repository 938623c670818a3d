"""What several of these tests need beside the servers."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from kit.postgres import Pool, open_pool
from kit.settings import KitSettings
from tests.support.stack import Servers


@pytest.fixture
async def producer(servers: Servers) -> AsyncIterator[Any]:
    """An idempotent producer of anything up to 16 MB."""
    producer = AIOKafkaProducer(
        bootstrap_servers=servers.kafka_bootstrap, enable_idempotence=True,
        max_request_size=16_000_000,
    )  # fmt: skip
    await producer.start()
    yield producer
    await producer.stop()


@pytest.fixture
async def pool(settings: KitSettings) -> AsyncIterator[Pool]:
    """A pool for eight."""
    async with open_pool(settings.postgres_dsn, size_max=8, name="test") as pool:
        yield pool
