"""Settings of the webhooks; prefix `NOTIFIER_WEBHOOK_`."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.notifier.webhooks.guard import Guard

HTTPS = 443


class WebhookSettings(BaseSettings):
    """What only this lane needs to know."""

    model_config = SettingsConfigDict(
        env_prefix="NOTIFIER_WEBHOOK_", frozen=True, use_attribute_docstrings=True
    )

    http_host: str = "127.0.0.1"
    """Interface of the API about endpoints and deliveries."""
    http_port: int = 8082
    """Port of the same."""
    http_body_bytes_max: int = 65_536
    """Largest request body."""
    access: Literal["required", "open"] = "required"
    """`open` lets in whoever does not say who they are: only where nobody else can reach it."""
    api_url: str = "http://127.0.0.1:8080"
    """Address of the cancellation service's API, which knows people, keys and rights."""
    api_timeout_s: float = Field(default=10.0, gt=0)
    """After so long its answer is not waited for."""
    ports: str = Field(default="443", pattern=r"^\d{1,5}(,\d{1,5})*$")
    """Ports that may be called, separated by commas."""
    allow_local: bool = False
    """For development only: http, any port, and this machine itself."""
    concurrency: int = Field(default=64, ge=1)
    """Calls in flight at most."""
    per_receiver: int = Field(default=8, ge=1)
    """Calls in flight to one receiver; one at a time while it fails."""
    give_up_after_s: float = Field(default=259_200.0, gt=0)
    """A delivery is tried for so long, three days."""
    disable_after_s: float = Field(default=432_000.0, gt=0)
    """An endpoint that has failed for so long, five days, is disabled."""

    @property
    def guard(self) -> Guard:
        """Return where webhooks may go."""
        ports = frozenset(int(port) for port in self.ports.split(","))
        return Guard(ports, allows_local=self.allow_local)
