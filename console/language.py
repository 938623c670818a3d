"""Says things in English or in French: sentences, money, moments, numbers."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from console.words import WORDS
from contracts.values import MONTHS, Locale, format_day, format_money, minor_digits

LOCALES: tuple[Locale, ...] = ("en", "fr")

NAMES: dict[Locale, str] = {"en": "English", "fr": "Français"}
"""Each language as its readers call it."""

_FRENCH_NUMBERS = str.maketrans({",": "\u202f", ".": ","})
_BEFORE_SIGN = re.compile(" (?=[:;!?])")
"""In French a sign stands apart from its word, and never at the beginning of a line."""

_SPANS = (("days", 86_400), ("hours", 3_600), ("minutes", 60))


def choose(chosen: str | None, accepted: str) -> Locale:
    """Return the language of a page: the one chosen by hand, else the browser's best.

    Args:
        chosen: what the switch was set to.
        accepted: the header `Accept-Language`.
    """
    for locale in LOCALES:
        if chosen == locale:
            return locale
    weighed: list[tuple[float, Locale]] = []
    for part in accepted.lower().split(","):
        tag, _, weight = part.partition(";q=")
        language = tag.strip().partition("-")[0]
        weighed += ((_weight(weight), locale) for locale in LOCALES if locale == language)
    best = max(weighed, key=lambda one: one[0], default=(0.0, LOCALES[0]))
    return best[1] if best[0] > 0 else LOCALES[0]


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0


class Words:
    """Speaks one language, out of a table of sentences."""

    def __init__(self, locale: Locale, table: Mapping[str, tuple[str, str]] = WORDS) -> None:
        self.locale: Locale = locale
        self._table = table
        self._index = LOCALES.index(locale)

    def __call__(self, key: str, **values: object) -> str:
        """Say a sentence; its places are filled as given."""
        return self._written(self._table[key]).format(**values)

    def _written(self, pair: tuple[str, str]) -> str:
        text = pair[self._index]
        return _BEFORE_SIGN.sub("\u00a0", text) if self.locale == "fr" else text

    def word(self, kind: str, value: object) -> str:
        """Say one of an open list; a word that was added since is shown as it is."""
        found = self._table.get(f"{kind}.{value}")
        return self._written(found) if found else str(value)

    def money(self, amount_minor: int, currency: str) -> str:
        """Write an amount with its currency."""
        return format_money(amount_minor, currency, self.locale)

    def decimal(self, amount_minor: int, currency: str) -> str:
        """Write an amount as it stands in a field."""
        digits = minor_digits(currency)
        text = f"{amount_minor / 10**digits:.{digits}f}"
        return text.replace(".", ",") if self.locale == "fr" else text

    def number(self, count: int) -> str:
        """Write a number."""
        text = f"{count:,}"
        return text.translate(_FRENCH_NUMBERS) if self.locale == "fr" else text

    def percent(self, value: float) -> str:
        """Write a number of percent, as short as it is exact."""
        text = f"{value:.1f}".removesuffix(".0") if value < 10 else f"{value:.0f}"  # noqa: PLR2004
        return f"{text.replace('.', ',')}\u202f%" if self.locale == "fr" else f"{text}%"

    def share(self, share: float | None, digits: int = 1) -> str:
        """Write a share in percent, to a tenth of one; of nothing there is none."""
        if share is None:
            return "\u2013"
        text = f"{share * 100:.{digits}f}"
        return f"{text.replace('.', ',')}\u202f%" if self.locale == "fr" else f"{text}%"

    def amount_on_axis(self, value: float) -> str:
        """Write an amount of whole money; below 10 with what follows the point."""
        text = f"{value:,.2f}".rstrip("0").rstrip(".") if value < 10 else f"{value:,.0f}"  # noqa: PLR2004
        return text.translate(_FRENCH_NUMBERS) if self.locale == "fr" else text

    def rate_of(self, row: dict[str, Any]) -> str:
        """Write the share of value a row of figures says was cancelled."""
        return self.share(row["rate"]["value"])

    def cancelled_of(self, row: dict[str, Any]) -> str:
        """Write the amount a row of figures says was cancelled."""
        return self.money(row["cancelled"]["cancelled_minor"], row["currency"])

    def time_taken(self, seconds: int | None) -> str:
        """Write how long something took; None for what never ended."""
        if seconds is None:
            return "\u2013"
        return self.span(seconds) if seconds >= 60 else f"{seconds} s"  # noqa: PLR2004 - a minute

    def short_day(self, text: str, span: str) -> str:
        """Write a day below an axis, or its month."""
        day = date.fromisoformat(text)
        month = MONTHS[self.locale][day.month - 1]
        return f"{month} {day.year}" if span == "MONTH" else f"{day.day} {month}"

    def units(self, count: int) -> str:
        """Write a number of units."""
        return self.counted("units", count)

    def counted(self, what: str, count: int) -> str:
        """Write a number of something; there is one word for one of it, and one for many."""
        is_one = count == 1 if self.locale == "en" else count < 2  # noqa: PLR2004 - French grammar
        return self(f"{what}.one" if is_one else f"{what}.many", count=self.number(count))

    def moment(self, text: str) -> str:
        """Write a moment to the minute, in UTC."""
        when = datetime.fromisoformat(text).astimezone(UTC)
        return self("moment", day=self.day(text), time=f"{when:%H:%M}")

    def exactly(self, text: str) -> str:
        """Write a moment to the second, in UTC."""
        when = datetime.fromisoformat(text).astimezone(UTC)
        return self("moment", day=self.day(text), time=f"{when:%H:%M:%S}")

    def day(self, text: str) -> str:
        """Write a day."""
        return format_day(datetime.fromisoformat(text).astimezone(UTC), self.locale)

    def span(self, seconds: int) -> str:
        """Write a span of time in its largest unit."""
        for name, size in _SPANS:
            if seconds >= size:
                return self(f"span.{name}", count=self.number(seconds // size))
        return self("span.now")
