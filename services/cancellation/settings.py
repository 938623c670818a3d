"""Settings of the cancellation service; prefix `CANCELLATION_`."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class CancellationSettings(BaseSettings):
    """What only this service needs to know."""

    model_config = SettingsConfigDict(
        env_prefix="CANCELLATION_", frozen=True, use_attribute_docstrings=True
    )

    http_host: str = "127.0.0.1"
    """Interface of the API."""
    http_port: int = 8080
    """Port of the API."""
    http_body_bytes_max: int = 1_048_576
    """Largest request body; same as the largest Kafka message we read."""
    read_wait_max_s: float = 5.0
    """How long a read waits at most for the position it was asked for."""
