"""Takes persons and secrets out of every line that is logged, whoever wrote it.

A field is emptied by its name; what stands in other words is found by its shape. What has no shape,
like a person's name, must not be logged at all: messages are named by their ids.
"""

import logging
import re
from collections.abc import MutableMapping
from typing import Any

REDACTED = "[redacted]"

NAMES = (
    "address", "authorization", "body", "card", "city", "cookie", "customer", "customer_id",
    "data", "dsn", "email", "headers", "iban", "message", "name", "note", "password", "phone",
    "postcode", "recipient", "secret", "sender", "street", "subject", "token", "value",
)  # fmt: skip
"""Fields that are emptied, also as the last part of a longer name: `customer_email`."""

_NAMED = re.compile(rf"(?:.*_)?(?:{'|'.join(NAMES)})s?", re.IGNORECASE)

_NOTHING = re.compile(r"(?!)")
"""In a traceback `name` is that of a function, and its values are no variables."""

_FORMS = (
    r"[\w.+%'-]{1,64}@[\w.-]{0,99}[A-Za-z][\w.-]*\b",  # an e-mail address
    r"(?<=://)[^/\s@]+:[^/\s@]*(?=@)",  # who connects, and by what password
    r"(?i:\bbearer\s+)\S+",
    r"\b(?:cm[ks]|[sr]k_(?:live|test)|whsec)_\w+",  # keys, sessions, a provider's secrets
    r"(?<=/o/)[\w.~-]+",  # what opens a customer's page
    r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b",  # IBAN
    r"(?s:input_value=.*?)(?=, input_type)",  # what pydantic could not read
    r"(?<=contains )\(.*\)|(?<=Key )\(.*?\)=\(.*\)",  # the row PostgreSQL refused
)
_SHAPES = re.compile("|".join(_FORMS))
_DIGITS = re.compile(r"(?<![\w-])(?<!\d\.)[3-6]\d(?:[ -]?\d){11,17}(?![\w-]|\.\d)")
"""As long as the number of a card, and beginning like one."""


_TYPE = re.compile(r"[a-z][a-z0-9.-]{1,90}\.v\d{1,4}")


def type_label(type_: str) -> str:
    """Return the type of a message of others as a label: its name, if it is a name at all."""
    return type_ if _TYPE.fullmatch(type_) else "malformed"


def redact_text(text: str) -> str:
    """Return a text without what is known by its shape."""
    return _DIGITS.sub(_redact_card, _SHAPES.sub(REDACTED, text))


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Empty what an event holds about persons; a processor for structlog."""
    return {name: _redact_field(name, value) for name, value in event.items()}


def redact_line(_: Any, __: str, line: Any) -> str:
    """Empty what a finished line holds, a traceback in it too; comes after the renderer."""
    return redact_text(str(line))


class RedactingFormatter(logging.Formatter):
    """Writes the lines of libraries, which know nothing of structlog."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one."""
        return redact_text(super().format(record))


def _redact_field(name: str, value: Any, named: re.Pattern[str] = _NAMED) -> Any:
    if value is not None and named.fullmatch(name):
        return REDACTED
    if name == "exception":
        named = _NOTHING
    match value:
        case str():
            return redact_text(value)
        case dict():
            return {key: _redact_field(str(key), inner, named) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_redact_field("", inner, named) for inner in value]
    return value


def _redact_card(found: "re.Match[str]") -> str:
    digits = [int(digit) for digit in found[0] if digit.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    is_card = (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
    return REDACTED if is_card else found[0]
