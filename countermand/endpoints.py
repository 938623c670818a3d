"""Where a running system is: from the environment, or from the state a local stack wrote."""

import json
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.local.state import load_state
from kit.settings import KitSettings

DEFAULT_DATA_DIR = Path(".countermand")

SIGN_IN_FILE = Path("keys", "sign-in.json")
"""In the data directory: how to get into the system that runs on it, for its owner alone."""


class NothingRunsError(RuntimeError):
    """No running system was found."""


class _External(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="COUNTERMAND_")

    postgres_dsn: str | None = None
    kafka_bootstrap: str | None = None
    api_url: str = "http://127.0.0.1:8080"
    notifier_url: str = "http://127.0.0.1:8082"
    console_url: str | None = None
    customers_url: str | None = None
    payments_url: str | None = None
    mailbox_url: str | None = None
    api_key: str | None = None
    sign_in_file: Path | None = None

    def key(self) -> str | None:
        return self.api_key or (_key_in(self.sign_in_file) if self.sign_in_file else None)


class Endpoints(BaseModel):
    """Addresses of one running system."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    postgres_dsn: str
    kafka_bootstrap: str
    api_url: str
    notifier_url: str = "http://127.0.0.1:8082"
    """The API about endpoints and deliveries."""
    console_url: str | None = None
    """The staff's console; None when it was not named."""
    customers_url: str | None = None
    """The customer's page; None when it was not named."""
    payments_url: str | None
    """The payment simulator; None when the provider is a real one."""
    mailbox_url: str | None
    """The local mailbox; None when mail goes to a real server."""
    api_key: str | None = Field(default=None, repr=False)
    """What this tool shows at the API: a key, or the token of a session."""

    def settings(self) -> KitSettings:
        """Return the settings of a service process on this system."""
        return KitSettings(postgres_dsn=self.postgres_dsn, kafka_bootstrap=self.kafka_bootstrap)

    @classmethod
    def find(cls, data_dir: Path) -> Self:
        """Find the running system.

        Raises:
            NothingRunsError: neither the environment nor `data_dir` names one.
        """
        found = cls.look(data_dir)
        if found is None:
            raise NothingRunsError(
                f"Nothing runs on {data_dir}. Start it with `countermand up`, or name an external "
                "system in COUNTERMAND_POSTGRES_DSN and COUNTERMAND_KAFKA_BOOTSTRAP."
            )
        return found

    @classmethod
    def look(cls, data_dir: Path) -> Self | None:
        """Look for a running system; None when neither the environment nor `data_dir` names one."""
        external = _External()
        if external.postgres_dsn and external.kafka_bootstrap:
            return cls.model_validate({**external.model_dump(), "api_key": external.key()})
        state: dict[str, Any] | None = load_state(data_dir)
        if state is None:
            return None
        key = external.api_key or _key_in(data_dir / SIGN_IN_FILE)
        return cls.model_validate({**state["endpoints"], "api_key": key})


def _key_in(file: Path) -> str | None:
    try:
        found: str = json.loads(file.read_text("utf-8"))["api_key"]
    except (OSError, ValueError):
        return None
    return found
