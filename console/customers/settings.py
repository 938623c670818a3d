"""Settings of the customer's page; prefix `CUSTOMERS_`."""

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.links import link_keys


class CustomersSettings(BaseSettings):
    """Where the page is, whom it asks, and which links it takes."""

    model_config = SettingsConfigDict(
        env_prefix="CUSTOMERS_", frozen=True, use_attribute_docstrings=True
    )

    http_host: str = "127.0.0.1"
    """Interface of the page."""
    http_port: int = 8091
    """Port of the page."""
    api_url: str = "http://127.0.0.1:8080"
    """Address of the cancellation service's API."""
    api_key: SecretStr | None = None
    """What the page shows at the API: a key with the rights READ and REQUEST."""
    notifier_url: str = "http://127.0.0.1:8083"
    """Address of the notifier's API; while it is away the page says less."""
    api_timeout_s: float = Field(default=10.0, gt=0)
    """After so long an answer is not waited for."""
    link_keys: SecretStr
    """What links are made with, separated by commas; several while one replaces another."""
    is_https: bool = False
    """True where browsers come by HTTPS."""
    visits_per_minute: int = Field(default=120, gt=0)
    """Pages one address may open."""
    wrong_links_per_minute: int = Field(default=20, gt=0)
    """Links that are none of ours one address may try."""
    forms_per_minute: int = Field(default=10, gt=0)
    """Forms that may be sent about one order."""

    @field_validator("link_keys")
    @classmethod
    def _enough(cls, given: SecretStr) -> SecretStr:
        if not link_keys(given.get_secret_value()):
            raise ValueError("the page needs a key to know its links by")
        return given

    @property
    def linking(self) -> tuple[str, ...]:
        """Return each of the keys."""
        return link_keys(self.link_keys.get_secret_value())
