"""Settings every process reads from its environment; prefix `COUNTERMAND_`.

Services add their own with their own prefix. A missing or malformed one stops the process at start.
"""

import ssl
from pathlib import Path
from typing import Any, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsError(ValueError):
    """A setting is well formed and names something that cannot be used."""


class KitSettings(BaseSettings):
    """Where the shared parts are and how this process behaves."""

    model_config = SettingsConfigDict(
        env_prefix="COUNTERMAND_", frozen=True, use_attribute_docstrings=True
    )

    postgres_dsn: str
    """`postgresql://user@host:port/database`."""
    kafka_bootstrap: str
    """`host:port[,host:port]`."""
    kafka_tls_dir: Path | None = None
    """Holds `ca.crt`, `user.crt` and `user.key`; without it Kafka is spoken to in the clear."""
    health_host: str = "127.0.0.1"
    """Interface of `/livez`, `/readyz` and `/metrics`."""
    health_port: int = 0
    """Port of the same; 0 picks one and logs it."""
    instance: str = "0"
    """Distinguishes copies of one process; part of the static Kafka membership."""
    shard: int | None = Field(default=None, ge=0)
    """Of several logs, the one this process relays; without it, all."""
    log_format: Literal["auto", "json", "pretty"] = "auto"
    """`auto` is pretty on a terminal."""
    log_level: str = "INFO"
    """Least level written."""
    batch_max: int = Field(default=500, ge=1, le=5000)
    """Messages per transaction at most. 500 reached 15,000 commands/s, 50 reached 6,800."""
    stuck_after_s: float = 120.0
    """A loop with work and no progress for this long ends its process."""
    test_without_guard: str = ""
    """Control runs only: names a guard to switch off (`inbox`, `lookup`)."""

    @property
    def kafka_tls(self) -> ssl.SSLContext | None:
        """Return by what we know Kafka and it knows us; None in the clear."""
        if self.kafka_tls_dir is None:
            return None
        context = ssl.create_default_context(cafile=self.kafka_tls_dir / "ca.crt")
        context.load_cert_chain(self.kafka_tls_dir / "user.crt", self.kafka_tls_dir / "user.key")
        return context

    @property
    def kafka(self) -> dict[str, Any]:
        """Return what each of aiokafka's clients is told first."""
        tls = self.kafka_tls
        return {"bootstrap_servers": self.kafka_bootstrap, "ssl_context": tls,
                "security_protocol": "SSL" if tls else "PLAINTEXT"}  # fmt: skip

    def has_guard(self, name: str) -> bool:
        """False only in the control run that shows what the guard is for."""
        return self.test_without_guard != name
