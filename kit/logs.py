"""Structured logs: one event per thing that happened, with bound ids.

Logs go to standard error; standard output belongs to a command's result.
"""

import logging
import sys
from typing import Any

import structlog

from kit.settings import KitSettings

_exceptions = structlog.processors.ExceptionRenderer(
    # Without local variables: they hold addresses and customers.
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)


def configure_logs(settings: KitSettings, **bound: str) -> None:
    """Set up structlog for this process and bind what every line should carry."""
    pretty = settings.log_format == "pretty" or (
        settings.log_format == "auto" and sys.stderr.isatty()
    )
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    processors += (
        [structlog.dev.ConsoleRenderer()]
        if pretty
        else [_exceptions, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(**bound)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, force=True,
                        format="%(levelname)s %(name)s %(message)s")  # fmt: skip
    # Both retry by themselves and report each try as an error; our own loops log the outcome.
    logging.getLogger("aiokafka").setLevel(logging.ERROR)


def get_logger(name: str) -> Any:
    """Return a logger; `name` becomes the field `module`."""
    return structlog.get_logger(module=name)
