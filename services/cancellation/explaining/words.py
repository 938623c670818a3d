"""Says things in English or in French; every sentence stands in a table with both, side by side."""

from datetime import UTC, datetime

from contracts.values import Locale, format_day, format_money
from services.cancellation.explaining.words_cases import CASES
from services.cancellation.explaining.words_choices import CHOICES
from services.cancellation.explaining.words_money import MONEY
from services.cancellation.explaining.words_story import STORY

LOCALES: tuple[Locale, ...] = ("en", "fr")

WORDS = {**STORY, **CASES, **MONEY, **CHOICES}
"""Sentence by key; both languages have the same places."""


class Speaker:
    """Says things in one language."""

    def __init__(self, locale: Locale) -> None:
        self.locale: Locale = locale
        self._index = LOCALES.index(locale)

    def __call__(self, key: str, **values: object) -> str:
        """Say a sentence; its places are filled as given."""
        return WORDS[key][self._index].format(**values)

    def find(self, key: str, **values: object) -> str | None:
        """Say a sentence if there is one."""
        return self(key, **values) if key in WORDS else None

    def word(self, kind: str, value: str) -> str:
        """Say one of a closed list, for example a reason; what is not listed stays as it is."""
        found = WORDS.get(f"{kind}.{value}")
        return found[self._index] if found else value

    def money(self, amount_minor: int, currency: str) -> str:
        """Write an amount."""
        return format_money(amount_minor, currency, self.locale)

    def moment(self, moment: datetime) -> str:
        """Write a moment to the second, in UTC."""
        when = moment.astimezone(UTC)
        return self("moment", day=format_day(when, self.locale), time=f"{when:%H:%M:%S}")

    def units(self, count: int) -> str:
        """Write a number of units."""
        return self.counted("units", count)

    def counted(self, what: str, count: int) -> str:
        """Write a number of something; there is one word for one of it, and one for many."""
        is_one = count == 1 if self.locale == "en" else count < 2  # noqa: PLR2004 - French grammar
        return self(f"{what}.one" if is_one else f"{what}.many", count=count)

    def span(self, seconds: int) -> str:
        """Write a span of time in its largest whole unit."""
        for name, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
            if seconds and seconds % size == 0:
                return self(f"span.{name}", count=seconds // size)
        return self("span.seconds", count=seconds)
