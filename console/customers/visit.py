"""One visit to the customer's page: which order, in which language, and how a page is made."""

from datetime import date
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from console.api import Api
from console.customers.shop import Notifier, Shop
from console.customers.story import Story
from console.customers.words import WORDS
from console.forms import COMMAND_ID, Form
from console.language import LOCALES, NAMES, Words, choose
from console.templating import open_templates, read_assets
from contracts.links import PATH, OrderLink

HERE = Path(__file__).parent

ASSETS = read_assets(HERE / "static")

PAGES = open_templates(HERE / "templates", ASSETS)
PAGES.globals |= {
    "COMMAND_ID": COMMAND_ID,
    "language_names": NAMES,
}


class Visit:
    """One request with a link that is ours."""

    def __init__(
        self, request: Request, *, api: Api, notifier: Notifier, token: str, link: OrderLink
    ) -> None:
        self.request, self.api, self.notifier = request, api, notifier
        self.token, self.link = token, link
        self.form = Form()
        self.say = speaker(request, None)
        self.shop = Shop()
        self.story: Story

    def within(self, name: str) -> str:
        """Return a part of the path."""
        return str(self.request.path_params[name])

    def at(self, *parts: str, **query: str) -> str:
        """Return an address of this order's page, in the language that was chosen."""
        return address(self.token, *parts, **{**chosen(self.request), **query})

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """Show a page."""
        return show(
            template, status, say=self.say, shop=self.shop, request=self.request,
            story=self.story, at=self.at, **values,
        )  # fmt: skip


def address(token: str, *parts: str, **query: str) -> str:
    """Return an address below a link."""
    # Every part is one of ours and safe in a path; queries hold one of two languages.
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return "/".join((PATH, token, *parts)) + (f"?{asked}" if asked else "")


def chosen(request: Request) -> dict[str, str]:
    """Return the language that was chosen by hand; no cookie keeps it, the addresses do."""
    found = request.query_params.get("language")
    return {"language": found} if found in LOCALES else {}


def speaker(request: Request, locale: str | None) -> Words:
    """Speak as was chosen, else as the customer is written to, else as the browser asks.

    Args:
        request: which may have either.
        locale: how the order's customer is written to.
    """
    return Words(
        choose(
            chosen(request).get("language") or locale,
            request.headers.get("accept-language", ""),
        ),
        WORDS,
    )


def span(say: Words, first: date, last: date) -> str:
    """Write from which day to which something is to be expected."""
    if first == last:
        return say("span.day", day=say.day(last.isoformat()))
    return say("span.days", first=say.day(first.isoformat()), last=say.day(last.isoformat()))


def show(template: str, status: int, *, say: Words, request: Request, **values: Any) -> Response:
    """Make a page."""
    in_other = {
        locale: f"{request.url.path}?language={locale}"
        for locale in LOCALES
        if locale != say.locale
    }
    html = PAGES.get_template(template).render(
        say=say, in_other=in_other, span=lambda first, last: span(say, first, last), **values
    )
    return HTMLResponse(html, status, headers={"Content-Language": say.locale})
