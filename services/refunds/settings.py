"""Settings of the refunds service; prefix `REFUNDS_`."""

from pydantic import SecretStr
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
