"""What a policy says as text of a field, and back: lists, spans of time, amounts, shares."""

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from console.forms import Form, read_amount
from console.language import Words

CURRENCY = "EUR"
"""Amounts without a currency have two digits."""

HUNDRED_PERCENT_BPS = 10_000
_SPAN = re.compile(r"(\d{1,9})\s*(d|j|h|min|s)")
_SPANS_S = {"d": 86_400, "j": 86_400, "h": 3_600, "min": 60, "s": 1}


class Field(NamedTuple):
    """One field that was filled in."""

    form: Form
    name: str
    text: str | None
    currency: str | None
    """Of the row it stands in."""

    def wrong(self, key: str) -> None:
        """Note what is wrong with it."""
        self.form.errors[self.name] = key


class Kind(NamedTuple):
    """How one kind of value is written and read."""

    write: Callable[[Any, str | None, Words], str]
    """From the value and the currency of its row."""
    read: Callable[[Field], Any]


def _write_text(value: Any, _: str | None, __: Words) -> str:
    return "" if value is None else str(value)


def _read_text(field: Field) -> str | None:
    return field.text


def _write_list(value: Any, _: str | None, __: Words) -> str:
    return ", ".join(value)


def _read_list(field: Field) -> list[str]:
    return [part.strip() for part in (field.text or "").split(",") if part.strip()]


def _write_flag(value: Any, _: str | None, __: Words) -> str:
    return "yes" if value else ""


def _read_flag(field: Field) -> bool:
    return field.text is not None


def _write_either(value: Any, _: str | None, __: Words) -> str:
    return "YES" if value else "NO"


def _read_either(field: Field) -> bool:
    return field.text == "YES"


def _write_span(value: Any, _: str | None, say: Words) -> str:
    if value is None:
        return ""
    day = "j" if say.locale == "fr" else "d"
    unit = next((unit for unit in (day, "h", "min") if value and value % _SPANS_S[unit] == 0), "s")
    return f"{value // _SPANS_S[unit]} {unit}"


def _read_span(field: Field) -> int | None:
    if field.text is None:
        return None
    found = _SPAN.fullmatch(field.text)
    if found is None:
        field.wrong("error.span")
        return None
    return int(found[1]) * _SPANS_S[found[2]]


def _write_amount(value: Any, currency: str | None, say: Words) -> str:
    return say.decimal(value, currency or CURRENCY) if value else ""


def _read_amount(field: Field) -> int | None:
    if field.text is None:
        return None
    found = read_amount(field.text, field.currency or CURRENCY)
    if found is None:
        field.wrong("error.amount")
    return found


def _read_sum(field: Field) -> int | None:
    return 0 if field.text is None else _read_amount(field)


def _write_percent(value: Any, _: str | None, say: Words) -> str:
    return say.decimal(value, CURRENCY) if value else ""


def _read_percent(field: Field) -> int | None:
    try:
        bps = Decimal((field.text or "0").replace(",", ".")) * 100
    except InvalidOperation:
        bps = Decimal("nan")
    if not bps.is_finite() or bps != int(bps) or not 0 <= bps <= HUNDRED_PERCENT_BPS:
        field.wrong("error.percent")
        return None
    return int(bps)


KINDS: dict[str, Kind] = {
    "text": Kind(_write_text, _read_text),
    "choice": Kind(_write_text, _read_text),
    "either": Kind(_write_either, _read_either),
    "list": Kind(_write_list, _read_list),
    "flag": Kind(_write_flag, _read_flag),
    "span": Kind(_write_span, _read_span),
    "amount": Kind(_write_amount, _read_amount),
    "sum": Kind(_write_amount, _read_sum),
    "percent": Kind(_write_percent, _read_percent),
}
"""By name; a `sum` is an amount whose absence is nothing."""
