"""Settings of the door of operations; prefix `OPERATIONS_`."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class OperationsSettings(BaseSettings):
    """What only this door needs to know; who may come in, it reads where the service does."""

    model_config = SettingsConfigDict(
        env_prefix="OPERATIONS_", frozen=True, use_attribute_docstrings=True
    )

    http_host: str = "127.0.0.1"
    """Interface of the API."""
    http_port: int = 8084
    """Port of the API."""
    answer_within_s: float = Field(default=5.0, ge=0)
    """Whatever takes longer goes on by itself, and the answer says so."""
    redrive_wait_s: float = Field(default=30.0, ge=0)
    """So long a redrive waits for what becomes of the letters it has sent."""
