"""Settings of the cancellation service; prefix `CANCELLATION_`."""

from pathlib import Path
from typing import Literal

from pydantic import Field
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
    http_bulk_body_bytes_max: int = 6_291_456
    """Largest body of a request about bulk plans: 50,000 of the longest order numbers."""
    payment_grace_s: float = Field(default=300.0, ge=0)
    """No order is cancelled as unpaid before it has been known for so long: what else is said about
    it at the same time must have time to arrive."""
    access: Literal["required", "open"] = "required"
    """`open` lets everybody in who brings no session and no key, and believes whoever they say they
    are: for a machine of one's own."""
    session_max_s: int = Field(default=12 * 3600, gt=0)
    """Whoever has signed in so long ago signs in again."""
    sign_ins_per_account_max: int = Field(default=10, ge=1)
    """Attempts to sign in with one account, within the window …"""
    sign_ins_per_address_max: int = Field(default=50, ge=1)
    """… and from one address."""
    sign_in_window_s: int = Field(default=900, ge=1)
    """After so long attempts are counted anew."""
    read_wait_max_s: float = 5.0
    """How long a read waits at most for the position it was asked for."""
    audit_key_file: Path | None = None
    """Private key that signs the audit history; the role `audit` does not start without."""
    audit_period_s: float = Field(default=60.0, gt=0)
    """A period of the audit history is closed when it is so old …"""
    audit_entries_max: int = Field(default=4096, ge=1)
    """… or holds so many facts."""
