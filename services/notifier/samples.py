"""A message of every kind as customers get it: what a draft of the stationery is looked at with."""

from datetime import UTC, date, datetime
from uuid import UUID

from contracts.cancellation import CancelledLine, Recipient
from contracts.values import Locale
from kit.facts import Cause
from services.notifier.domain.choices import Template
from services.notifier.domain.events import NotificationRequested
from services.notifier.domain.stationery import BUILT_IN, Stationery
from services.notifier.foreseen import read, text_of
from services.notifier.rendering import render

NOW = datetime(2026, 12, 2, 9, 30, tzinfo=UTC)
CAUSE = Cause(message_id="picture", correlation_id="picture", recorded_at=NOW)

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
    return text_of(read(content), kind)
