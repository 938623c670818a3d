"""Takes a picture of every mail in both languages: `make pictures`, into `docs/pictures/mails`.

Needs Chromium, which is no part of the project; without it nothing is done and status 3 says so.
"""

import email
import email.policy
import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import get_args
from uuid import UUID

from contracts.cancellation import CancelledLine, Recipient
from contracts.values import Locale
from countermand.browser import find_browser
from kit.facts import Cause
from services.notifier.domain.choices import Template
from services.notifier.domain.events import NotificationRequested
from services.notifier.domain.stationery import BUILT_IN, Stationery
from services.notifier.rendering import render

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures" / "mails"
NOW = datetime(2026, 12, 2, 9, 30, tzinfo=UTC)
CAUSE = Cause(message_id="picture", correlation_id="picture", recorded_at=NOW)
WIDTHS = {"wide": 760, "narrow": 500}
"""Headless Chromium has no window narrower than 500 pixels."""

_TITLES: dict[Locale, tuple[str, str]] = {
    "en": ("White hanging heart candle holder", "Red woolly hottie, white heart"),
    "fr": ("Photophore cœur blanc à suspendre", "Bouillotte en laine rouge, cœur blanc"),
}


def a_request(template: Template, locale: Locale) -> NotificationRequested:
    """Return a message as customers get it."""
    is_cancelled = template == "order_cancelled"
    lines = tuple(
        CancelledLine(
            line_id=str(number), sku=f"8512{number}A", title=title, quantity=6,
            ordered_quantity=6, amount_minor=1530 + 504 * number,
        )
        for number, title in enumerate(_TITLES[locale], 1)
    )  # fmt: skip
    denial = {
        "en": "The parcel was handed to the carrier this morning.",
        "fr": "Le colis a été remis au transporteur ce matin.",
    }
    return NotificationRequested(
        order_id="489434",
        cancellation_id=UUID(int=1),
        message_id=UUID(int=2),
        template=template,
        recipient=Recipient(email="ada@example.com", locale=locale),
        currency="GBP",
        refund_minor=4572 if is_cancelled else 0,
        lines=lines if is_cancelled else (),
        nothing_left=True,
        reason="INVENTORY",
        sub_reason="OUT_OF_STOCK",
        customer_message=denial[locale] if template == "request_denied" else None,
        amount_minor=4572,
        expires_at=datetime(2026, 12, 5, 9, 30, tzinfo=UTC),
        credit_expires_at=datetime(2027, 12, 2, 9, 30, tzinfo=UTC),
        arrival_from=date(2026, 12, 7),
        arrival_until=date(2026, 12, 12),
        acquirer_reference="74537606282331900168823",
        credit_note_number="489434/CN1",
    )


def html_of(
    template: Template, locale: Locale, stationery: Stationery = BUILT_IN, kind: str = "html"
) -> str:
    """Return the HTML part of a mail, or the plain one.

    Raises:
        TextError: the stationery's words cannot be written.
    """
    request, sender = a_request(template, locale), "Shop <orders@shop.example>"
    content = render(request, CAUSE, sender=sender, stationery=stationery)
    mail = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)  # noqa: S101 - what this policy makes
    part = mail.get_body(preferencelist=(kind,))
    assert part is not None  # noqa: S101 - every mail has one
    return str(part.get_content())


def take(browser: str, page: Path, picture: Path, width: int, height: int) -> None:
    """Have a browser of its own show a page."""
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--hide-scrollbars", f"--user-data-dir={profile}",
                f"--window-size={width},{height}", f"--screenshot={picture}", page.as_uri(),
            ],
            check=True, timeout=60, capture_output=True,
        )  # fmt: skip


def main() -> int:
    """Take all pictures; returns the exit status."""
    browser = find_browser()
    if browser is None:
        print("NO PICTURES TAKEN: Chromium is not on this machine.", file=sys.stderr)
        return 3
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        for template in get_args(Template):
            for locale in get_args(Locale):
                page = Path(directory, "mail.html")
                page.write_text(html_of(template, locale), encoding="utf-8")
                height = 600 if template == "order_cancelled" else 420
                for name, width in WIDTHS.items():
                    if name == "wide" or template == "order_cancelled":
                        picture = PICTURES / f"{template}.{locale}.{name}.png"
                        take(browser, page, picture, width, height)
    return 0


if __name__ == "__main__":
    sys.exit(main())
