"""One visit: who is there, in which language, what was asked, and how a page is made of it."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from console import forms, shown
from console.api import Apis
from console.forms import INVALID, Form
from console.language import LOCALES, NAMES, Words
from console.live import Feed
from console.session import Session, Sessions, cookie_at
from console.templating import open_templates, read_assets

HERE = Path(__file__).parent


ASSETS = read_assets(HERE / "static")

PAGES = open_templates(HERE / "templates", ASSETS)
PAGES.globals |= {
    "locales": LOCALES,
    "language_names": NAMES,
    "TOKEN": forms.TOKEN,
    "COMMAND_ID": forms.COMMAND_ID,
    **shown.HELPERS,
}


class Visit:
    """One request, understood."""

    def __init__(
        self, request: Request, *, apis: Apis, feed: Feed, session: Session, sessions: Sessions,
        say: Words, is_training: bool = False,
    ) -> None:  # fmt: skip
        self.request, self.session, self.say = request, session, say
        self.api, self.operations, self.notifier = apis
        self.feed = feed
        self.is_training = is_training
        """True before a sandbox shop."""
        self.sessions = sessions
        self.form = Form()
        """What was filled in; read before the page's own code runs."""
        self.kept: dict[str, tuple[str, int]] = {}
        """Cookies this browser is to keep, each for so many seconds."""

    @property
    def query(self) -> dict[str, str]:
        """Return what stands after the question mark."""
        return dict(self.request.query_params)

    @property
    def locale(self) -> str:
        """Return the language of the page."""
        return self.say.locale

    @property
    def address(self) -> str:
        """Return where the browser is, as far as whoever stands in front of us says."""
        client = self.request.client
        return client.host if client else "unknown"

    def cookie(self, name: str) -> str | None:
        """Return what this browser keeps for us."""
        return self.request.cookies.get(cookie_at(self.request.url, name))

    def within(self, name: str) -> str:
        """Return a part of the path."""
        return str(self.request.path_params[name])

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """Show a page."""
        url = self.request.url
        html = PAGES.get_template(template).render(
            say=self.say,
            session=self.session,
            form_token=self.sessions.token(self.session),
            here=url.path,
            is_training=self.is_training,
            in_other={
                locale: _with_language(url, locale) for locale in LOCALES if locale != self.locale
            },
            **values,
        )
        if status == INVALID and self.form.flag("typing"):
            status = 200  # whoever is still filling a form in has sent nothing wrong
        return HTMLResponse(html, status, headers={"Content-Language": self.locale})


Page = Callable[[Visit], Awaitable[Response]]


def _with_language(url: URL, locale: str) -> str:
    changed = url.include_query_params(language=locale)
    return f"{changed.path}?{changed.query}"


def new_command_id() -> str:
    """Draw the id of a command for a form; the form keeps it however often it is sent."""
    return f"console-{uuid4()}"
