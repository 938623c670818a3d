"""What a stock code stands for: goods, a charge, a booking or a test.

The same article is spelt `85123A` by the shop and `85123a` by its second web site; upper-casing
makes them one SKU, so that both are one pile on the shelf.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

SKU_LENGTH_MAX: Final = 100
"""As `contracts.values.Identifier` has it."""

ArticleKind = Literal["GOODS", "CHARGE", "BOOKKEEPING", "TEST"]
"""Goods and charges are order lines; bookings and tests are not."""

CHARGES: Final = frozenset({"POST", "DOT", "C2", "C3", "M"})
"""Postage, its other site's postage, carriage (twice) and manual charges: paid by the customer."""

BOOKINGS: Final = frozenset(
    {"D", "S", "B", "ADJUST", "ADJUST2", "AMAZONFEE", "BANK CHARGES", "CRUK"}
)
"""Discount, samples, bad debt, adjustments, marketplace and bank fees, charity commission."""

_TEST = re.compile(r"TEST\d+")
_FORBIDDEN = re.compile(r"[^A-Z0-9._:/-]+")


@dataclass(frozen=True, slots=True)
class Article:
    """One stock code, cleaned."""

    sku: str
    """Fits `contracts.values.Identifier`."""
    kind: ArticleKind
    cleaned: bool
    """Whether `sku` differs from the code in the file."""


@lru_cache(maxsize=65_536)
def article(stock_code: str) -> Article | None:
    """Return what `stock_code` stands for, or None when no SKU can be made of it."""
    code = stock_code.strip().upper()
    sku = _FORBIDDEN.sub("-", code).lstrip("._:/-")
    if not sku or len(sku) > SKU_LENGTH_MAX:
        return None
    return Article(sku=sku, kind=_kind(code), cleaned=sku != stock_code)


def _kind(code: str) -> ArticleKind:
    if code in CHARGES:
        return "CHARGE"
    if code in BOOKINGS:
        return "BOOKKEEPING"
    return "TEST" if _TEST.fullmatch(code) else "GOODS"
