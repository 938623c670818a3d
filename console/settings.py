"""Settings of the console; prefix `CONSOLE_`."""

from secrets import token_hex

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ConsoleSettings(BaseSettings):
    """Where the console is, whom it asks, and what it signs with."""

    model_config = SettingsConfigDict(
        env_prefix="CONSOLE_", frozen=True, use_attribute_docstrings=True
    )

    http_host: str = "127.0.0.1"
    """Interface of the console."""
    http_port: int = 8090
    """Port of the console."""
    api_url: str = "http://127.0.0.1:8080"
    """Address of the cancellation service's API."""
    operations_url: str = "http://127.0.0.1:8084"
    """Address of the API about dead letters and replays."""
    notifier_url: str = "http://127.0.0.1:8082"
    """Address of the notifier's API for the staff, about mails."""
    api_timeout_s: float = Field(default=10.0, gt=0)
    """After so long an answer is not waited for; what became of a command is then looked up."""
    secret_key: SecretStr = SecretStr("")
    """What signs sessions, 32 characters or more; several consoles share it. Left out, each start
    makes one, and everybody says again who they are."""
    session_max_s: int = Field(default=12 * 3600, gt=0)
    """A session ends when it is so old."""
    is_https: bool = False
    """True where browsers come by HTTPS; cookies then go no other way."""

    is_training: bool = False
    """True before a sandbox shop: every page says so, and there are exercises."""

    @property
    def signing_key(self) -> str:
        """Return the key to sign with."""
        return self.secret_key.get_secret_value() or token_hex(32)
