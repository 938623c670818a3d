"""The rows of an Online Retail II file, typed, one at a time.

A bad row is a value and never an exception: only a file that cannot be read as a whole raises.
Times in the file are the shop's wall clock, Europe/London; rows carry them in UTC.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from contracts.values import AMOUNT_MINOR_MAX, LINES_MAX, QUANTITY_MAX
from countermand.retail.articles import Article, article
from countermand.retail.files import RetailFileError, opened
from countermand.retail.treatments import Malformed

COLUMNS: Final = (
    "invoice",
    "stock_code",
    "description",
    "quantity",
    "invoice_date",
    "price",
    "customer_id",
    "country",
)
"""What the first line must name; the order is free and further columns are ignored."""

LINE_AMOUNT_MINOR_MAX: Final = AMOUNT_MINOR_MAX // LINES_MAX
"""The most one row may be worth, so that the sum of an order always fits."""

TEXT_LENGTH_MAX: Final = 500
"""As `contracts.values.Text` has it."""

_INVOICE = re.compile(r"[CA]?[0-9]{1,20}")
_QUANTITY = re.compile(r"-?[0-9]{1,9}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?")
_PRICE = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,9})?")
_CUSTOMER = re.compile(r"[0-9]{1,20}")
_NOT_TEXT = re.compile("[\x00-\x1f\x7f\ufffd]")
_PENNY = Decimal("0.01")


class _MalformedError(ValueError):
    """One value cannot be read; turned into a `BadRow` before anyone sees it."""

    def __init__(self, reason: Malformed) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Price:
    """The price of one unit."""

    pounds: Decimal
    """As the file has it; negative on bookings."""
    minor: int
    """The same in whole pence, rounded half to even."""

    @property
    def is_rounded(self) -> bool:
        """Whether the file has a fraction of a penny."""
        return self.pounds.scaleb(2) != self.minor


@dataclass(frozen=True, slots=True)
class Row:
    """One well-formed row."""

    line_number: int
    """Where the row ends in the file; the first line, with the column names, is 1."""
    invoice: str
    """Digits, or `C` or `A` and digits."""
    article: Article
    title: str
    quantity: int
    """Never 0; negative on cancellations and stock corrections."""
    at: datetime
    """UTC; to the minute in the public file."""
    price: Price
    customer_id: str | None
    country: str | None


@dataclass(frozen=True, slots=True)
class BadRow:
    """One row that cannot be read."""

    line_number: int
    reason: Malformed
    raw: str
    """The row's values joined by commas, at most 200 characters."""


def read_rows(path: Path) -> Iterator[Row | BadRow]:
    """Read `path`, a CSV file or the same compressed with gzip, row by row.

    Empty lines are no rows. Memory does not grow with the file.

    Raises:
        RetailFileError: The file cannot be opened, is empty, is no CSV file, or lacks a column.
    """
    with opened(path) as lines:
        reader = csv.reader(lines)
        header = [name.strip() for name in next(reader, [])]
        pick = itemgetter(*_positions(path, header))
        for values in reader:
            if not values:
                continue
            if len(values) != len(header):
                yield BadRow(reader.line_num, "BAD_COLUMN_COUNT", _raw(values))
                continue
            try:
                yield _row(reader.line_num, pick(values))
            except _MalformedError as malformed:
                yield BadRow(reader.line_num, malformed.reason, _raw(values))


def _row(line_number: int, values: tuple[str, ...]) -> Row:
    invoice, stock_code, description, quantity, date, price, customer_id, country = values
    if not _INVOICE.fullmatch(invoice):
        raise _MalformedError("BAD_INVOICE")
    known = article(stock_code)
    if known is None:
        raise _MalformedError("BAD_STOCK_CODE")
    if customer_id and not _CUSTOMER.fullmatch(customer_id):
        raise _MalformedError("BAD_CUSTOMER")
    row = Row(
        line_number=line_number,
        invoice=invoice,
        article=known,
        title=_text(description, "BAD_DESCRIPTION"),
        quantity=_quantity(quantity),
        at=_at(date),
        price=_price(price),
        customer_id=customer_id or None,
        country=_text(country, "BAD_COUNTRY") or None,
    )
    if abs(row.quantity * row.price.minor) > LINE_AMOUNT_MINOR_MAX:
        raise _MalformedError("AMOUNT_TOO_GREAT")
    return row


# The caches below hold the few thousand different values that half a million rows repeat.
@lru_cache(maxsize=65_536)
def _text(value: str, reason: Malformed) -> str:
    text = value.strip()
    if len(text) > TEXT_LENGTH_MAX or _NOT_TEXT.search(text):
        raise _MalformedError(reason)
    return text


@lru_cache(maxsize=65_536)
def _quantity(value: str) -> int:
    if not _QUANTITY.fullmatch(value) or not 1 <= abs(int(value)) <= QUANTITY_MAX:
        raise _MalformedError("BAD_QUANTITY")
    return int(value)


@lru_cache(maxsize=65_536)
def _price(value: str) -> Price:
    if not _PRICE.fullmatch(value):
        raise _MalformedError("BAD_PRICE")
    pounds = Decimal(value)
    rounded = pounds.quantize(_PENNY, rounding=ROUND_HALF_EVEN)
    return Price(pounds=pounds, minor=int(rounded.scaleb(2)))


@lru_cache(maxsize=65_536)
def _at(value: str) -> datetime:
    if not _DATE.fullmatch(value):
        raise _MalformedError("BAD_DATE")
    try:
        return datetime.fromisoformat(value).replace(tzinfo=_london()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _MalformedError("BAD_DATE") from error


@lru_cache(maxsize=1)
def _london() -> ZoneInfo:
    try:
        return ZoneInfo("Europe/London")
    except ZoneInfoNotFoundError as error:
        raise RetailFileError(
            "This computer has no time zone data, so the shop's local times cannot be read.",
            "Install the package tzdata and try again.",
        ) from error


def _raw(values: list[str]) -> str:
    return ",".join(values)[:200]


def _positions(path: Path, header: list[str]) -> list[int]:
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise RetailFileError(
            f"{path} is not an Online Retail II file: its first line lacks {', '.join(missing)}.",
            f"The first line must name the columns {','.join(COLUMNS)}.",
        )
    return [header.index(column) for column in COLUMNS]
