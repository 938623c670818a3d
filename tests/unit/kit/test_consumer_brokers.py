"""Whom a consumer asks first: each of the brokers that the setting names."""

from kit.health import Health
from kit.settings import KitSettings
from tests.support.consuming import build


async def nothing(*_: object) -> list[object]:
    return []


def test_a_consumer_knows_every_broker_it_is_told() -> None:
    settings = KitSettings(postgres_dsn="", kafka_bootstrap="one:9092,two:9092")
    consumer = build(settings, Health("a", 60), group="a", topics=["t"], process=nothing)  # type: ignore[arg-type]
    assert consumer._broker.specification.url == ["one:9092", "two:9092"]
