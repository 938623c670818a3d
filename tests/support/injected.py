"""Pages and mails with a text of one's choice in every field that anybody can fill in.

What the API and the notifier answer is changed on its way to the page, so no check on what is sent
to them stands in between: a page has to be safe by itself.
"""

from collections.abc import Callable, Collection, Iterator
from html.parser import HTMLParser
from typing import Any, get_args
from urllib.parse import urlsplit

import httpx2
import orjson

from contracts.cancellation import CancelledLine
from contracts.values import Locale
from services.notifier.domain.choices import Template
from services.notifier.domain.events import NotificationRequested
from services.notifier.domain.stationery import Alternative, Naming, Stationery
from services.notifier.samples import a_request
from tests.support.console import visit
from tests.support.console_browser import Browser
from tests.support.console_pages import ORDER, PAGES, a_story
from tests.support.customers import SHOP, Customer, open_link
from tests.support.injections import NEUTRAL
from tests.support.mothers import FIRST, a_cancel_command, a_restock_failure
from tests.support.telling import Told

FREE = frozenset(
    {
        "title", "sku", "customer_id", "email", "country", "channel", "payment_id", "detail",
        "label", "reason_label", "sub_reason", "staff_note", "customer_message", "note", "owner",
        "meaning", "remedy", "message_id", "shop_name", "support", "code", "what", "text",
        "resent_by", "resent_why",
    }
)  # fmt: skip
"""Fields that hold what somebody wrote; others are numbers, moments, ids or words of a list."""

CUSTOMERS_PAGES = ("", "/cancel")
OWN = ("http://console", "http://page", "https://shop.example")
"""Where links of a page may lead."""

Structure = list[tuple[str, tuple[str, ...]]]


def the_story() -> Told:
    """Return a story with something to see on every page."""
    return a_story(
        a_cancel_command(lines=[("1", 1)], staff_note=NEUTRAL, customer_message=NEUTRAL),
        a_restock_failure(FIRST).model_copy(update={"detail": NEUTRAL}),
        title=NEUTRAL,
    )


def filled(value: Any, text: str, free: Collection[str] = FREE, name: str = "") -> Any:
    """Return an answer with a text wherever somebody wrote something."""
    match value:
        case dict():
            return {key: filled(inner, text, free, key) for key, inner in value.items()}
        case list():
            return [filled(inner, text, free, name) for inner in value]
        case str() if name in free and value:
            return text
        case str():
            return value.replace(NEUTRAL, text)
    return value


def through(
    answer: Callable[[httpx2.Request], httpx2.Response], text: str, free: Collection[str] = FREE
) -> Callable[[httpx2.Request], httpx2.Response]:
    """Return an API whose answers hold a text wherever somebody wrote something."""

    def changed(request: httpx2.Request) -> httpx2.Response:
        found = answer(request)
        if "json" not in found.headers.get("content-type", ""):
            return found
        return httpx2.Response(
            found.status_code, json=filled(orjson.loads(found.content), text, free)
        )

    return changed


def console_with(text: str, locale: str = "en") -> Browser:
    """Open the console."""
    browser = visit(the_story(), locale)
    browser.reach(through(browser.api.answer, text))
    return browser


def page_with(text: str, locale: str = "en") -> Customer:
    """Open the customer's page."""
    customer = open_link(the_story(), locale)
    # It asks in the customer's name, and for what is offered in place of an article.
    customer.reach(through(customer.api.answer, text, FREE - {"sku", "customer_id"}))
    customer.notifier.stationery = stationery_with(text, SHOP)
    return customer


def console_paths() -> list[str]:
    """Return every page there is something of somebody's on."""
    browser = visit(the_story())
    cases = [f"/cases/{case['case_id']}" for case in browser.api.cases()]
    return [*PAGES, *cases, f"{ORDER}?done=console-1", "/requests"]


def stationery_with(text: str, stationery: Stationery) -> Stationery:
    """Return stationery with a text in all its lines; its addresses are checked elsewhere."""
    text = " ".join(text.split())
    label = Naming.model_construct(en=text, fr=text)
    url = "https://shop.example/cups"
    other = Alternative.model_construct(label=label, url=url, skus=(), reasons=("INVENTORY",))
    change = {"shop_name": text, "support": text, "alternatives": (other,)}
    return stationery.model_copy(update=change)


def mails_with(text: str) -> Iterator[tuple[str, NotificationRequested, Stationery]]:
    """Return every message in both languages."""
    for template in get_args(Template):
        for locale in get_args(Locale):
            plain = a_request(template, locale)
            lines: tuple[CancelledLine, ...] = tuple(
                line.model_copy(update={"title": text, "sku": text}) for line in plain.lines
            )
            change = {
                "lines": lines, "sub_reason": None, "reason_label": text,
                "voucher_code": " ".join(text.split()),
                "customer_message": text, "acquirer_reference": text, "credit_note_number": text,
                "resent_by": text, "resent_why": text, "voucher_until": plain.expires_at,
            }  # fmt: skip
            name = f"{template}.{locale}"
            yield name, plain.model_copy(update=change), stationery_with(text, SHOP)


class _Reader(HTMLParser):
    """Reads what a page is made of, and where it leads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.structure: Structure = []
        self.addresses: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.structure.append((tag, tuple(name for name, _ in attrs)))
        named = ("href", "src", "action", "formaction", "content")
        self.addresses += [value for name, value in attrs if name in named and value]

    def handle_endtag(self, tag: str) -> None:
        self.structure.append((f"/{tag}", ()))

    def handle_comment(self, data: str) -> None:
        self.structure.append(("comment", (data,)))

    def handle_decl(self, decl: str) -> None:
        self.structure.append(("declaration", (decl,)))

    def handle_pi(self, data: str) -> None:
        self.structure.append(("instruction", (data,)))


def structure_of(html: str) -> Structure:
    """Return elements with the names of their attributes, in their sequence."""
    return _Reader(html).structure


def foreign_addresses(html: str) -> list[str]:
    """Return where a page leads that is not ours."""
    found = _Reader(html).addresses
    return [
        one
        for one in found
        if urlsplit(one).scheme not in ("", "https") or one.startswith(("//", "\\"))
        or (urlsplit(one).netloc and not one.startswith(OWN))
    ]  # fmt: skip
