"""The body of `POST /v1/refunds`: form fields in, a checked order to refund out.

Strict on purpose: a repeated field, an unknown one or a missing amount is refused, where a lenient
provider would guess and move money.
"""

from hashlib import blake2b
from typing import NamedTuple
from urllib.parse import parse_qsl

from deploy.simulators.payments.errors import (
    ApiError,
    parameter_invalid,
    parameter_missing,
    parameter_unknown,
)

FORM = b"application/x-www-form-urlencoded"
REASONS = frozenset({"duplicate", "fraudulent", "requested_by_customer"})
METADATA_COUNT_MAX = 50
METADATA_KEY_MAX = 40
METADATA_VALUE_MAX = 500
"""Stripe's limits. Source: docs.stripe.com/api/metadata."""

AMOUNT_DIGITS_MAX = 16
"""More digits than any captured amount has; keeps a hostile number cheap to read."""

FINGERPRINT_BYTES = 16


class RefundForm(NamedTuple):
    """A refund somebody wants, syntactically sound."""

    payment_intent: str
    amount: int
    """Minor units, at least 1."""
    reason: str | None
    metadata: dict[str, str]
    fingerprint: str
    """Equal exactly when all parameters are equal, whatever their order."""


def parse_refund(body: bytes) -> RefundForm:
    """Read and check a form.

    Raises:
        ApiError: 400, naming the parameter at fault.
    """
    pairs = parse_pairs(body)
    fields = dict(pairs)
    metadata = _take_metadata(fields)
    payment_intent = fields.pop("payment_intent", "")
    if not payment_intent:
        raise parameter_missing("payment_intent")
    amount = _parse_amount(fields.pop("amount", ""))
    reason = fields.pop("reason", None)
    if reason is not None and reason not in REASONS:
        raise parameter_invalid(
            "reason", f"Invalid reason: must be one of {', '.join(sorted(REASONS))}"
        )
    for unknown in fields:
        raise parameter_unknown(unknown)
    return RefundForm(payment_intent, amount, reason, metadata, fingerprint_of(pairs))


def parse_pairs(body: bytes) -> list[tuple[str, str]]:
    """Read the fields of a form.

    Raises:
        ApiError: 400.
    """
    if not body:
        return []
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict"
        )
    except ValueError:
        raise ApiError(400, "The body is not a URL-encoded form in UTF-8.") from None
    if len(dict(pairs)) < len(pairs):
        raise ApiError(400, "A parameter is given twice.")
    return pairs


def fingerprint_of(pairs: list[tuple[str, str]]) -> str:
    """Return what is equal exactly when all parameters are, whatever their order."""
    return blake2b(repr(sorted(pairs)).encode(), digest_size=FINGERPRINT_BYTES).hexdigest()


def _take_metadata(fields: dict[str, str]) -> dict[str, str]:
    """Move every `metadata[key]` out of `fields`."""
    names = [name for name in fields if name.startswith("metadata[") and name.endswith("]")]
    if len(names) > METADATA_COUNT_MAX:
        raise parameter_invalid("metadata", f"Metadata can have {METADATA_COUNT_MAX} keys at most.")
    metadata = {}
    for name in names:
        key, value = name[9:-1], fields.pop(name)
        if not 0 < len(key) <= METADATA_KEY_MAX or len(value) > METADATA_VALUE_MAX:
            raise parameter_invalid(
                name,
                f"Metadata keys have 1 to {METADATA_KEY_MAX} characters, "
                f"values {METADATA_VALUE_MAX} at most.",
            )
        metadata[key] = value
    return metadata


def _parse_amount(text: str) -> int:
    """Return a positive whole number of minor units; `12.5`, `1_0`, ` 1` and `+1` are none."""
    if not text:
        raise parameter_missing("amount")
    digits = text.removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > AMOUNT_DIGITS_MAX:
        raise parameter_invalid(
            "amount", f"Invalid integer: {text[:40]}", "parameter_invalid_integer"
        )
    amount = int(text)
    if amount < 1:
        raise parameter_invalid(
            "amount", "Invalid positive integer: must be at least 1", "parameter_invalid_integer"
        )
    return amount
