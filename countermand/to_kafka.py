"""How this tool reaches Kafka: as services do, by what is set in the environment."""

from typing import Any

from kit.settings import KitSettings


def to_kafka(bootstrap: str) -> dict[str, Any]:
    """Return what each client is told first: where Kafka is, and who we are."""
    return KitSettings(postgres_dsn="", kafka_bootstrap=bootstrap).kafka
