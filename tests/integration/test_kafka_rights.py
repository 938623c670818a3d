"""The rights of `deploy/kubernetes` on a real broker: enough for what we do, and no more."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import pytest
import trustme
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)

from contracts.topics import RELAY_POSITIONS, TOPICS
from countermand.verify.topics import read_topic
from kit.cloudevents import Incoming
from kit.consumer import BatchConsumer
from kit.health import Health
from kit.postgres import open_pool
from kit.settings import KitSettings
from services.cancellation.bootstrap import SERVICE
from sharding.homes import logs_of
from sharding.roles import relaying
from tests.support.guarded_kafka import GuardedKafka, guarded_kafka
from tests.support.manifests import written
from tests.support.messages import cancel, captured, incoming, placed
from tests.support.rights import ALL_SPECS
from tests.support.stack import until

pytestmark = pytest.mark.integration
USERS = [one for one in written() if one["kind"] == "KafkaUser"]


@pytest.fixture(scope="module")
async def kafka(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[GuardedKafka]:
    async with guarded_kafka(tmp_path_factory.mktemp("guarded"), USERS) as running:
        yield running


@asynccontextmanager
async def producing(settings: KitSettings, **more: Any) -> AsyncIterator[Any]:
    producer = AIOKafkaProducer(**settings.kafka, acks="all", **more)
    try:
        await producer.start()
        yield producer
    finally:
        with suppress(KafkaError):
            await producer.stop()


async def publish(settings: KitSettings, log: str, topic: str) -> None:
    """Do what a log's relay does in one transaction."""
    name = f"relay-{log}"
    async with producing(settings, transactional_id=name) as producer, producer.transaction():
        await producer.send(topic, b"{}", key=b"1", partition=0)
        await producer.send(RELAY_POSITIONS.name, b"1", key=log.encode(), partition=0)


@asynccontextmanager
async def hearing(
    settings: KitSettings, service: str, topics: Sequence[str]
) -> AsyncIterator[set[str]]:
    """Run a real consumer; yields the topics it has put something aside from."""
    heard: set[str] = set()

    async def process(
        messages: Sequence[Incoming], *, dead_letters: Sequence[Any], aside: object
    ) -> list[Any]:
        heard.update(letter.topic for letter in dead_letters)
        return []

    async def read_ahead(_: Sequence[Incoming]) -> None: ...

    spec = ALL_SPECS[service]
    consumer = BatchConsumer(
        settings, Health(service, 120), group=service, topics=topics, models=spec.hears,
        stream_of=spec.stream_of, process=process, read_ahead=read_ahead,
        message_bytes_max=spec.message_bytes_max,
    )  # fmt: skip
    task = asyncio.create_task(consumer.run())
    try:
        yield heard
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_every_service_may_do_what_it_does(kafka: GuardedKafka) -> None:
    async with producing(kafka.settings("upstream-kafka")) as upstream:
        for topic in (one for one in TOPICS if one.owner == "upstream"):
            await upstream.send_and_wait(topic.name, b"nothing we can read")
    for service, spec in ALL_SPECS.items():
        for topic in (one for one in TOPICS if one.owner == service):
            assert spec.publishes
            for log in (*logs_of(service, 1), *logs_of(service, 2)):
                await publish(kafka.settings(f"{service}-kafka"), log, topic.name)
    async with AsyncExitStack() as running:
        heard = {
            service: await running.enter_async_context(
                hearing(kafka.settings(f"{service}-kafka"), service, spec.listens_to)
            )
            for service, spec in ALL_SPECS.items()
        }
        wanted = {service: set(spec.listens_to) for service, spec in ALL_SPECS.items()}
        await until(lambda: heard == wanted, what="every service hears all of its topics")


async def test_a_relay_of_ours_publishes_by_its_certificate(
    kafka: GuardedKafka, database: str
) -> None:
    settings = kafka.settings("cancellation-kafka").model_copy(update={"postgres_dsn": database})
    async with open_pool(database, name="test") as pool:
        story = (placed("1"), captured("1"), cancel("1"))
        await SERVICE.processor(settings, pool).process(
            [incoming(message, f"m{number}") for number, message in enumerate(story)],
            dead_letters=(),
        )
    health = Health(SERVICE.name, 120)
    task = asyncio.ensure_future(relaying(SERVICE)(settings, health))
    try:
        await until(health.is_ready, what="the relay leads and has published")
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    verify = kafka.settings("verify-kafka")
    consumer = AIOKafkaConsumer(
        "cancellation.events", **verify.kafka, auto_offset_reset="earliest",
        isolation_level="read_committed",
    )  # fmt: skip
    async with consumer:
        records = await consumer.getmany(timeout_ms=5000)
    types = {
        dict(record.headers)["ce_type"] for batch in records.values() for record in batch
        if record.headers
    }  # fmt: skip
    assert b"cancellation.order-cancelled.v1" in types


async def test_no_service_reads_what_it_does_not_listen_to(kafka: GuardedKafka) -> None:
    consumer = AIOKafkaConsumer("orders.events", **kafka.settings("refunds-kafka").kafka)
    try:
        with pytest.raises(TopicAuthorizationFailedError):
            await consumer.start()
    finally:
        await consumer.stop()


async def test_no_service_speaks_for_another(kafka: GuardedKafka) -> None:
    refunds = kafka.settings("refunds-kafka")
    async with producing(refunds) as producer:
        with pytest.raises(TopicAuthorizationFailedError):
            await producer.send_and_wait("cancellation.events", b"{}")
    with pytest.raises(TransactionalIdAuthorizationFailed):
        await publish(refunds, "cancellation_0_of_2", "refunds.events")


async def test_whoever_compares_the_books_writes_nothing(kafka: GuardedKafka) -> None:
    async with producing(kafka.settings("verify-kafka")) as producer:
        with pytest.raises(TopicAuthorizationFailedError):
            await producer.send_and_wait("orders.events", b"{}")


async def test_the_command_line_comes_in_by_the_same_door(
    kafka: GuardedKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify = kafka.settings("verify-kafka")
    monkeypatch.setenv("COUNTERMAND_KAFKA_TLS_DIR", str(verify.kafka_tls_dir))
    for topic in TOPICS:
        assert len(await read_topic(verify.kafka_bootstrap, topic.name)) == topic.partitions


@pytest.mark.parametrize("stranger", ["unknown to us", "in the clear"])
async def test_a_stranger_does_not_come_in(kafka: GuardedKafka, stranger: str) -> None:
    settings = kafka.settings("cancellation-kafka", ca=trustme.CA())
    if stranger == "in the clear":
        settings = settings.model_copy(update={"kafka_tls_dir": None})
    with pytest.raises(KafkaConnectionError):
        async with producing(settings, request_timeout_ms=3000):
            pass
