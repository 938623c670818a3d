"""Structured logs: one event per thing that happened, with bound ids and without persons.

Logs go to standard error; standard output belongs to a command's result.
"""

import logging
import sys
from typing import Any

import structlog

from kit.settings import KitSettings
from telemetry.redaction import RedactingFormatter, redact, redact_line

_console = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
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
        [redact, _console, redact_line]
        if pretty
        else [_exceptions, redact, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(**bound)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    # Both retry by themselves and report each try as an error; our own loops log the outcome.
    logging.getLogger("aiokafka").setLevel(logging.ERROR)


def get_logger(name: str) -> Any:
    """Return a logger; `name` becomes the field `module`."""
    return structlog.get_logger(module=name)
