"""Writes the mail: plain text and HTML, in the customer's language.

Says what is true now: a refund is *started*, never *done*, until the provider has said so. The
words of a message are written once, as paragraphs, shipped or the merchant's own; `layout.html`
shows them, made from `layout.mjml` by `countermand.generate`. No staff note ever reaches this
service.
"""

import re
from collections.abc import Iterator
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from contracts.links import PATH, OrderLink, write_link
from contracts.values import Locale, format_money
from kit.facts import Cause
from services.notifier.domain.events import NotificationRequested
from services.notifier.domain.stationery import BUILT_IN, Stationery
from services.notifier.mime import assemble, encode_header, encode_sender, printable
from services.notifier.sealing import feedback_token
from services.notifier.wording import TextError, write
from services.notifier.words import CAUSES, LABELS, day, span

FEEDBACK_PATH = "/v1/feedback"
"""Where the question below a mail is answered."""

TEXTS = Path(__file__).parent / "templates"

_LAYOUT = Environment(
    loader=FileSystemLoader(TEXTS),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    auto_reload=False,
).get_template("layout.html")


class Block(NamedTuple):
    """One paragraph, and how it is shown."""

    kind: str
    """`text`, `said` for the staff's own words, `panel` for the money, `items` for the table,
    `link` for a button, `offer` for a link among others, `question` for a link below all."""
    text: str
    url: str = ""
    """Where a button leads."""


class Written(NamedTuple):
    """A mail ready to be sent."""

    content: bytes
    """The whole of it with CRLF line ends."""
    problem: str | None = None
    """Why it has the shipped words and not the merchant's, if so."""


@lru_cache
def shipped_text(name: str) -> str:
    """Return the words of a message as they are shipped."""
    return (TEXTS / f"{name}.txt").read_text("utf-8")


def write_mail(
    request: NotificationRequested,
    cause: Cause,
    *,
    sender: str,
    stationery: Stationery,
    secret: bytes = b"",
    link_key: str = "",
) -> Written:
    """Write a mail; with the shipped words where the merchant's cannot be written."""
    more: dict[str, Any] = {"sender": sender, "secret": secret, "link_key": link_key}
    try:
        content = render(request, cause, stationery=stationery, **more)
    except TextError as problem:
        content = render(request, cause, stationery=stationery.without_texts(), **more)
        return Written(content, str(problem)[:500])
    return Written(content)


def render(
    request: NotificationRequested,
    cause: Cause,
    *,
    sender: str,
    stationery: Stationery = BUILT_IN,
    secret: bytes = b"",
    link_key: str = "",
) -> bytes:
    """Return the whole mail with CRLF line ends.

    `Message-ID` is derived from our message id, so the same message always has the same one.
    Without `secret` it asks no question, without `link_key` it leads to no page.

    Raises:
        TextError: the merchant's words cannot be written.
    """
    locale = request.recipient.locale
    lines = [
        {
            "title": _one_line(line.title) or line.sku,
            "quantity": line.quantity,
            "amount": format_money(line.amount_minor, request.currency, locale),
        }
        for line in request.lines
    ]
    name = f"{request.template}.{locale}"
    text = stationery.texts.get(name) or shipped_text(name)
    subject, body = write(text, _values(request, stationery))
    blocks = [*_blocks_of(body), *_extras(request, stationery, secret, link_key)]
    html = _LAYOUT.render(
        subject=subject,
        preview=next((block.text for block in blocks if block.kind == "panel"), subject),
        blocks=blocks,
        lines=lines,
        shop_name=stationery.shop_name,
        support=stationery.support,
        order_id=request.order_id,
        locale=locale,
        words=LABELS[locale],
    )
    headers = _headers(request, cause, sender=sender, subject=subject)
    plain = _plain(blocks, lines, stationery, locale)
    return assemble(
        {name: value for name, value in headers.items() if value},
        boundary=f"={request.message_id.hex}=",
        parts={"plain": _UNSEEN.sub("", plain), "html": _UNSEEN.sub("", html)},
    )


def _headers(
    request: NotificationRequested, cause: Cause, *, sender: str, subject: str
) -> dict[str, str]:
    return {
        "From": encode_sender(sender),
        "To": request.recipient.email,
        "Subject": encode_header(subject),
        "Date": format_datetime(cause.recorded_at),
        "Message-ID": f"<{request.message_id}@countermand>",
        "Content-Language": request.recipient.locale,
        "Auto-Submitted": "auto-generated",
        "X-Order-ID": request.order_id,
        "X-Correlation-ID": printable(cause.correlation_id),
        "X-Traceparent": printable(cause.traceparent or ""),
    }


def _values(request: NotificationRequested, stationery: Stationery) -> dict[str, Any]:
    """Return all that the words of a message may speak of; see `wording.VALUES`."""
    locale = request.recipient.locale
    causes = CAUSES[locale]
    cause = causes.get(request.sub_reason or "")
    if cause is None and request.reason_label is None:
        cause = causes.get(request.reason or "")
    values = {
        "order_id": request.order_id,
        "nothing_left": request.nothing_left,
        "refund": _money(request, request.refund_minor),
        "balance": _money(request, request.balance_minor),
        "credit": _money(request, request.credit_minor),
        "credit_until": day(request.credit_expires_at, locale),
        "fee": _money(request, request.fee_minor),
        "amount": _money(request, request.amount_minor),
        "is_released": request.is_released,
        "needs_customer": request.needs_customer,
        "has_come_back": request.has_come_back,
        "is_by_hand": request.is_by_hand,
        "is_gift_card": request.tender == "GIFT_CARD",
        "is_store_credit": request.tender == "STORE_CREDIT",
        "arrival": span(request.arrival_from, request.arrival_until, locale),
        "bank_reference": request.acquirer_reference,
        "credit_note": request.credit_note_number,
        "cause": cause,
        "reason": None if cause else request.reason_label,
        "message": request.customer_message,
        "expires_on": day(request.expires_at, locale),
        "shop_name": stationery.shop_name,
        "support": stationery.support,
    }
    return {
        name: _one_paragraph(value) if isinstance(value, str) else value
        for name, value in values.items()
    }


def _extras(
    request: NotificationRequested, stationery: Stationery, secret: bytes, link_key: str
) -> Iterator[Block]:
    """Return what comes below the words: a voucher, buttons, what to buy instead, a question."""
    locale = request.recipient.locale
    if request.voucher_code is not None:
        yield Block(
            "panel",
            LABELS[locale]["voucher"].format(
                code=request.voucher_code,
                amount=format_money(request.voucher_minor, request.currency, locale),
                day=day(request.voucher_until, locale),
            ),
        )
    if link_key and (url := _page_of(request, stationery, link_key)):
        yield Block("link", LABELS[locale]["page"], url)
    if request.template == "order_cancelled":
        yield from _instead(request, stationery, locale)
        if stationery.feedback_url is not None and secret:
            token = feedback_token(secret, request.message_id)
            url = f"{stationery.feedback_url.rstrip('/')}{FEEDBACK_PATH}/{token}"
            yield Block("question", LABELS[locale]["question"], url)


def _page_of(request: NotificationRequested, stationery: Stationery, link_key: str) -> str | None:
    """Return the customer's page; its end goes by when it was decided to tell, as proofs need."""
    if stationery.page_url is None or request.told_at is None:
        return None
    ends_at = int(request.told_at.timestamp()) + stationery.page_days * 86_400
    token = write_link(link_key, OrderLink(request.order_id, ends_at))
    return f"{stationery.page_url.rstrip('/')}{PATH}/{token}"


def _instead(
    request: NotificationRequested, stationery: Stationery, locale: Locale
) -> Iterator[Block]:
    """Return what a customer may buy instead: other things, or the same again."""
    skus = {line.sku for line in request.lines}
    if offers := stationery.alternatives_for(skus, request.reason):
        yield Block("text", LABELS[locale]["offer"])
        for offer in offers:
            yield Block("offer", getattr(offer.label, locale), offer.url)
    if stationery.reorder_url is not None:
        url = stationery.reorder_url.replace("{order_id}", request.order_id)
        yield Block("link", LABELS[locale]["reorder"], url)


def _blocks_of(body: str) -> list[Block]:
    """Take paragraphs apart; a mark at the beginning says how one is shown."""
    blocks = []
    for paragraph in _PARAGRAPHS.split(body.strip()):
        if paragraph:
            mark, kind = _MARK.match(paragraph), "text"
            if mark:
                kind, paragraph = mark[1], paragraph[mark.end() :]  # noqa: PLW2901 - without its mark
            blocks.append(Block(kind, paragraph))
    return blocks


def _plain(
    blocks: list[Block], lines: list[dict[str, Any]], stationery: Stationery, locale: str
) -> str:
    rows = "\n".join(f"  {line['quantity']} x {line['title']}   {line['amount']}" for line in lines)
    texts = [rows if block.kind == "items" else block.text for block in blocks]
    texts = [f"{text}\n{block.url}" if block.url else text
             for text, block in zip(texts, blocks, strict=True)]  # fmt: skip
    signed = [stationery.shop_name] if stationery.shop_name else []
    if stationery.support:
        signed.append(f"{LABELS[locale]['support']} {stationery.support}")
    return "\n\n".join([*texts, *(["-- \n" + "\n".join(signed)] if signed else [])]) + "\n"


_PARAGRAPHS = re.compile(r"\n\s*\n")
_MARK = re.compile(r"\[(said|panel|items)\]\s*")

_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What is no text, and what turns the sense of writing around it."""


def _one_paragraph(value: str) -> str:
    """Keep a value inside the paragraph it stands in: it adds none, and marks none."""
    text = _PARAGRAPHS.sub("\n", _UNSEEN.sub("", value)).strip()
    while mark := _MARK.match(text):
        text = text[mark.end() :]
    return text


def _one_line(value: str) -> str:
    return " ".join(value.split())


def _money(request: NotificationRequested, amount_minor: int) -> str | None:
    """Write an amount, nothing when there is none."""
    if not amount_minor:
        return None
    return format_money(amount_minor, request.currency, request.recipient.locale)
