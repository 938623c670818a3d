"""What tests of the console look at pages with, and the story most of them are about."""

import re
from html.parser import HTMLParser
from typing import Any

import httpx2

from console.desk import ASSETS
from tests.support.mothers import FIRST, ORDER_ID, a_capture, a_line, an_order
from tests.support.telling import Told

ORDER = f"/orders/{ORDER_ID}"
REINSTATE = f"{ORDER}/cancellations/{FIRST}/reinstate"
NUMBERS = "/numbers?first=2026-02-01&last=2026-03-01&visits=5000"
PAGES = ("/orders", ORDER, f"{ORDER}?at=2", f"{ORDER}/cancel", f"{ORDER}/settle",
         f"{ORDER}/restock", f"{ORDER}/messages", REINSTATE, "/cases", "/you", "/you/password",
         NUMBERS,
         f"{NUMBERS}&by=COUNTRY", "/numbers/entries?of=CANCELLED",
         "/help")  # fmt: skip
WISH = {"command_id": "console-1", "units:1": "2", "units:2": "2", "reason": "CUSTOMER/CUSTOMER",
        "refund": "NOW", "restock": "ALL", "notify": "yes"}  # fmt: skip
HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"


class Markup(HTMLParser):
    """Every element of a page, with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


def a_story(*more: Any, title: str = "Mug") -> Told:
    line = a_line("1").model_copy(update={"title": title})
    return Told().say(an_order(line, a_line("2")), a_capture(), *more)


def field(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found
    return found[1]


def check_sound(answer: httpx2.Response, locale: str) -> None:
    """Expect a page in a language, whose markup is in order and which is not heavy."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-language"] == locale
    elements = Markup(answer.text).elements
    assert ("html", {"lang": locale}) in elements
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(ids) == len(set(ids)), "an id stands twice"
    for tag, attributes in elements:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert tag != "style"
        for name in ("src", "href", "action"):
            assert (attributes.get(name) or "/").startswith(("/", "#")), attributes
    labelled = {attributes.get("for") for tag, attributes in elements if tag == "label"}
    for tag, attributes in elements:
        if tag in ("input", "select", "textarea") and attributes.get("id"):
            assert attributes["id"] in labelled or attributes.get("aria-label"), attributes
    assert [tag for tag, _ in elements].count("h1") == 1
    files = sum(len(asset.content) for asset in ASSETS.values())
    assert len(answer.content) + files < 150_000, "with all it loads"
