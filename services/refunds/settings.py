"""Settings of the refunds service; prefix `REFUNDS_`."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class RefundsSettings(BaseSettings):
    """What only this service needs to know."""

    model_config = SettingsConfigDict(
        env_prefix="REFUNDS_", frozen=True, use_attribute_docstrings=True
    )

    gateway_url: str
    """Base address of the payment provider."""
    gateway_api_key: SecretStr = SecretStr("sk_test_local")
    """The provider's secret key; the simulator takes any."""
    concurrency: int = 48
    """Calls in flight at most."""
    catch_up_every_s: float = Field(default=60.0, gt=0)
    """How often the provider is asked what it said by itself, for what never arrived here."""
    http_host: str = "127.0.0.1"
    """Interface the provider's webhooks come to."""
    http_port: int = 8081
    """Port of the same."""
    http_body_bytes_max: int = 262_144
    """Largest webhook; Stripe's have a few thousand bytes."""
    webhook_secrets: SecretStr = SecretStr("")
    """What signs webhooks, separated by commas; several while one replaces another."""

    @property
    def signing_keys(self) -> list[str]:
        """Return each of the webhook secrets."""
        given = self.webhook_secrets.get_secret_value().split(",")
        return [one.strip() for one in given if one.strip()]
