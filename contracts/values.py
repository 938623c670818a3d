"""Values that mean the same in every service: identifiers, money, quantities.

Money is an integer of minor units beside a currency. It is never a float and never a string.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

AMOUNT_MINOR_MAX = 10**15
"""Ten trillion in a two-digit currency; far below int64, so sums of a thousand lines still fit."""

QUANTITY_MAX = 1_000_000
"""Units on one line. The largest line in the public retail data is 19,152."""

LINES_MAX = 1_000
"""Lines on one order. The largest invoice in the public retail data has 675."""

Identifier = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]*$"),
]
"""ASCII letters, digits and `._:/-`, at most 100; starts with a letter or a digit."""

PathIdentifier = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$"),
]
"""An `Identifier` that can stand in a URL's path: without a slash."""

OrderId = PathIdentifier
CommandId = PathIdentifier
LineId = Identifier
PaymentId = Identifier

AmountMinor = Annotated[int, Field(strict=True, ge=0, le=AMOUNT_MINOR_MAX)]
"""Minor units of the currency beside it: 1250 with EUR is 12.50."""

Quantity = Annotated[int, Field(strict=True, ge=1, le=QUANTITY_MAX)]
"""Whole units, at least one."""

Timestamp = Annotated[
    AwareDatetime, Field(ge=datetime(1900, 1, 1, tzinfo=UTC), lt=datetime(9000, 1, 1, tzinfo=UTC))
]
"""RFC 3339 with an offset, 1900 to 8999: years 1 and 9999 do not exist in every time zone.

Never used to order anything.
"""

Text = Annotated[str, StringConstraints(max_length=500)]

Code = Annotated[
    str, StringConstraints(min_length=1, max_length=60, pattern=r"^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$")
]
"""A stable word in capitals, `NOTHING_LEFT`. Others may be added."""

Tag = Annotated[
    str, StringConstraints(min_length=1, max_length=50, pattern=r"^[a-z0-9][a-z0-9-]*$")
]
"""What a shop calls a kind of goods or orders, `made-to-order`."""

Seconds = Annotated[int, Field(strict=True, ge=0, le=10 * 366 * 86_400)]
"""A span of time, ten years at most."""

Version = Annotated[int, Field(strict=True, ge=0, le=10**9)]
"""Place in a sequence of facts or policies; 0 before the first."""

Tender = Literal["CARD", "GIFT_CARD", "STORE_CREDIT", "BANK_TRANSFER", "CASH", "OTHER"]
"""What a payment was made with."""

CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1, two letters."""

EmailAddress = Annotated[
    str, StringConstraints(max_length=254, pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+$")
]
"""Checked for shape only: whether a mailbox exists is the mail server's to say."""

Locale = Literal["en", "fr"]
"""Languages a customer can be written to in."""

Currency = Literal[
    "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT",
    "BGN", "BHD", "BIF", "BMD", "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD",
    "CDF", "CHF", "CLP", "CNY", "COP", "CRC", "CUP", "CVE", "CZK", "DJF", "DKK", "DOP", "DZD",
    "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD", "GNF", "GTQ",
    "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IQD", "IRR", "ISK", "JMD", "JOD",
    "JPY", "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD", "KYD", "KZT", "LAK", "LBP", "LKR",
    "LRD", "LSL", "LYD", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR",
    "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN",
    "PGK", "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RSD", "RUB", "RWF", "SAR", "SBD", "SCR",
    "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB",
    "TJS", "TMT", "TND", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "UYU", "UZS",
    "VED", "VES", "VND", "VUV", "WST", "XAF", "XCD", "XOF", "XPF", "YER", "ZAR", "ZMW", "ZWG",
]  # fmt: skip
"""ISO 4217 codes of circulating currencies."""

THREE_DIGITS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
"""Currencies with three minor digits. Source: ISO 4217, column "minor unit"."""

NO_DIGITS = frozenset(
    {
        "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW",
        "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF",
    }
)  # fmt: skip
"""Currencies without minor digits. Source: ISO 4217, column "minor unit"."""


def minor_digits(currency: str) -> int:
    """Return how many decimal digits `currency` has: 0, 2 or 3."""
    return 3 if currency in THREE_DIGITS else 0 if currency in NO_DIGITS else 2


def format_money(amount_minor: int, currency: str, locale: Locale = "en") -> str:
    """Write an amount for people, `1,250.00 EUR`, or with a decimal comma; never parsed back."""
    digits = minor_digits(currency)
    text = f"{amount_minor / 10**digits:,.{digits}f} {currency}"
    return text.translate(_FRENCH_NUMBERS) if locale == "fr" else text


_FRENCH_NUMBERS = str.maketrans({",": "\u202f", ".": ","})


MONTHS: Mapping[Locale, tuple[str, ...]] = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec"),
    "fr": (
        "janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.",
        "déc.",
    ),
}  # fmt: skip
"""How months are called for short, January first."""


def format_day(day: date, locale: Locale = "en") -> str:
    """Write a day for people, `2 Dec 2026`; never parsed back."""
    return f"{day.day} {MONTHS[locale][day.month - 1]} {day.year}"
