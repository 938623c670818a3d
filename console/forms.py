"""Reads what a person filled in: text, amounts, units; and says which field is not right."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

from contracts.values import AMOUNT_MINOR_MAX, QUANTITY_MAX, minor_digits

FORM = "application/x-www-form-urlencoded"
BYTES_MAX = 524_288
"""A thousand lines with three fields each."""

FIELDS_MAX = 5_000
COMMAND_ID = "command_id"
TOKEN = "form_token"  # noqa: S105 - the name of a field

INVALID = 422
"""Status of a page whose form is not filled in as it must be."""


class Form:
    """The fields of a form, and what is wrong with them."""

    def __init__(self, fields: Sequence[tuple[str, str]] = ()) -> None:
        self.fields: dict[str, str] = dict(fields)
        self.errors: dict[str, str] = {}
        """By field: the key of the sentence that says what is wrong."""

    def text(self, name: str) -> str | None:
        """Return what was written; None for nothing."""
        return self.fields.get(name, "").strip().replace("\r\n", "\n") or None

    def sentence(self, name: str, length_max: int = 500) -> str | None:
        """Return what was written, if it is short enough."""
        found = self.text(name)
        if found and len(found) > length_max:
            self.errors[name] = "error.too_long"
            return None
        return found

    def flag(self, name: str) -> bool:
        """Tell whether a box is ticked."""
        return name in self.fields

    def choice(self, name: str, among: Sequence[str], default: str) -> str:
        """Return which of some was chosen."""
        found = self.fields.get(name, default)
        return found if found in among else default

    def amount(self, name: str, currency: str) -> int | None:
        """Return an amount in minor units; it may be written with a comma or a point."""
        text = self.text(name)
        if text is None:
            return None
        found = read_amount(text, currency)
        if found is None:
            self.errors[name] = "error.amount"
        return found

    def units(self, prefix: str, names: Sequence[str]) -> dict[str, int]:
        """Return units by name, without those that have none.

        Args:
            prefix: how the fields begin.
            names: what they go on with; others are no fields of ours.
        """
        found: dict[str, int] = {}
        for name in names:
            text = self.text(f"{prefix}:{name}") or "0"
            if not (text.isascii() and text.isdigit() and int(text[:8]) <= QUANTITY_MAX):
                self.errors[f"{prefix}:{name}"] = "error.units"
            elif int(text):
                found[name] = int(text)
        return found


def read_amount(text: str, currency: str) -> int | None:
    """Return an amount in minor units; None when it is none, or finer than the currency."""
    spaces = dict.fromkeys(map(ord, " \u00a0\u202f'"))
    try:
        amount = Decimal(text.translate(spaces).replace(",", "."))
        minor = amount.scaleb(minor_digits(currency))
    except InvalidOperation:
        return None
    if not minor.is_finite() or minor != int(minor) or not 0 <= minor <= AMOUNT_MINOR_MAX:
        return None
    return int(minor)


async def read_form(request: Request, bytes_max: int = BYTES_MAX) -> Form:
    """Read a form.

    Raises:
        HTTPException: it is none, or too large.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() != FORM:
        raise HTTPException(415)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > bytes_max:
            raise HTTPException(413)
    try:
        text = body.decode()
        return Form(parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MAX))
    except ValueError:
        raise HTTPException(400) from None


def lines_of(units: Mapping[str, int]) -> list[dict[str, object]]:
    """Write units per line as a command has them."""
    return [{"line_id": line_id, "quantity": count} for line_id, count in units.items()]
