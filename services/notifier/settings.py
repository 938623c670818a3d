"""Settings of the notifier; prefix `NOTIFIER_`."""

from pydantic import SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.links import link_keys


class NotifierSettings(BaseSettings):
    """What only this service needs to know."""

    model_config = SettingsConfigDict(
        env_prefix="NOTIFIER_", frozen=True, use_attribute_docstrings=True
    )

    smtp_host: str
    """The mail server."""
    smtp_port: int = 25
    """Its port."""
    sender: str = "Orders <orders@shop.example>"
    """The `From` of every mail; the name may be in any script."""
    envelope_sender: str = "orders@shop.example"
    """Where bounces go."""
    secret: SecretStr = SecretStr("")
    """What voucher codes and feedback links are made with; without it there are none. Never changed
    lightly: links sent before are no longer ours."""
    link_keys: SecretStr = SecretStr("")
    """What links to the customer's page are made with, separated by commas: the first makes new
    ones, the others are known while it replaces them. Without one no mail has a link."""
    http_host: str = "127.0.0.1"
    """Interface the answers of customers come to."""
    http_port: int = 8083
    """Port of the same."""
    concurrency: int = 16
    """Mails in flight at most, which is also the most a crash can leave uncertain."""

    @field_validator("link_keys")
    @classmethod
    def _long_enough(cls, given: SecretStr) -> SecretStr:
        link_keys(given.get_secret_value())
        return given

    @property
    def linking(self) -> tuple[str, ...]:
        """Return each of the link keys, the one in use first."""
        return link_keys(self.link_keys.get_secret_value())
