"""What the pages for operations have in common: an act, its answer, and why it was refused.

Nothing here needs a command's id: whatever is sent twice finds that it was done.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from starlette.responses import Response

from console.api import Api, AwayError, Json, ProblemError
from console.desk import Visit
from console.templating import go


class Trouble(NamedTuple):
    """Why something was not done."""

    words: str
    status: int
    code: str = ""
    is_english: bool = False
    """True for what was only told in English, to any reader."""


async def act(visit: Visit, where: str, body: Mapping[str, Any]) -> Json | Trouble:
    """Do something as whoever is signed in; the reason they wrote goes with it."""
    why = visit.form.sentence("why") or ""
    return await ask(visit, where, {**body, "actor": visit.session.actor, "why": why})


async def ask(visit: Visit, where: str, body: Mapping[str, Any]) -> Json | Trouble:
    """Send something to the door of operations."""
    return await send(visit, visit.operations, where, body, about="operations")


async def send(
    visit: Visit, api: Api, where: str, body: Mapping[str, Any], *, about: str
) -> Json | Trouble:
    """Send something; what is refused is told in the reader's language, where it has words.

    `about` names the words: `trouble.<about>_away`, and `<about>_refused` by code.
    """
    try:
        return await api.do(where, body)
    except AwayError:
        return Trouble(visit.say(f"trouble.{about}_away"), 503)
    except ProblemError as refused:
        told = visit.say.word(f"{about}_refused", refused.code)
        detail = str(refused.body.get("detail", refused.code))
        if told == refused.code:
            return Trouble(detail, refused.status, refused.code, is_english=True)
        return Trouble(told, refused.status, refused.code)


def check_why(visit: Visit) -> None:
    """Note in the form that a reason is missing."""
    if visit.form.sentence("why") is None:
        visit.form.errors.setdefault("why", "error.no_why")


def go_on(where: str, **said: object) -> Response:
    """Go where something was done, and say what."""
    return go(f"{where}?{urlencode({k: v for k, v in said.items() if v not in (None, '')})}")


def count_of(visit: Visit, name: str) -> int:
    """Return a number that stands in the address."""
    text = visit.query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0  # noqa: PLR2004
