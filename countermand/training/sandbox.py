"""What keeps a sandbox a sandbox: a directory of its own, and no real party in the environment."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from countermand.endpoints import DEFAULT_DATA_DIR
from countermand.errors import KnownError

DATA_DIR = Path(".countermand-training")
"""Where a sandbox keeps its data unless told otherwise."""

MARK = "training"
"""A file in its data directory: when it was begun."""

REAL = (
    "COUNTERMAND_POSTGRES_DSN", "COUNTERMAND_KAFKA_BOOTSTRAP", "REFUNDS_GATEWAY_URL",
    "REFUNDS_GATEWAY_API_KEY", "NOTIFIER_SMTP_HOST",
)  # fmt: skip
"""Settings that name a real database, broker, payment provider or mail server."""

ENVIRONMENT = {"CONSOLE_IS_TRAINING": "true"}
"""What every process of a sandbox is told."""


def directory(data_dir: Path) -> Path:
    """Return where a sandbox keeps its data."""
    return DATA_DIR if data_dir == DEFAULT_DATA_DIR else data_dir


def is_sandbox(data_dir: Path) -> bool:
    """Tell whether a directory holds a sandbox's data."""
    return (data_dir / MARK).exists()


def check(data_dir: Path, environment: Mapping[str, str], *, is_training: bool) -> None:
    """Let neither a sandbox meet anything real, nor its orders be taken for real ones.

    Raises:
        KnownError: it would.
    """
    if not is_training:
        if is_sandbox(data_dir):
            raise KnownError(
                f"{data_dir} holds the made-up orders of a sandbox. Start it with `--training`, or"
                " choose another data directory."
            )
        return
    if found := [name for name in REAL if environment.get(name)]:
        raise KnownError(
            f"A sandbox meets no real database, payment provider or mail server, and"
            f" {', '.join(found)} is set. Unset it, or start without `--training`."
        )
    if (data_dir / "pg").exists() and not is_sandbox(data_dir):
        raise KnownError(
            f"{data_dir} holds a shop's data. A sandbox needs a directory of its own; left out, it"
            f" is {DATA_DIR}."
        )


def begin(data_dir: Path, *, fresh: bool) -> datetime:
    """Mark a directory as a sandbox's; returns when it was begun.

    Orders are placed relative to that moment, so filling it again says the same again.
    """
    mark = data_dir / MARK
    if fresh or not mark.exists():
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text(datetime.now(UTC).isoformat(timespec="seconds"), "utf-8")
    return datetime.fromisoformat(mark.read_text("utf-8"))
