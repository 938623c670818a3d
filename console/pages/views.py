"""Views of the list that somebody keeps under a name of their own, in their own browser."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from urllib.parse import parse_qsl, urlencode

import orjson
from starlette.responses import Response

from console.desk import Visit
from console.templating import YEAR_S, go

COOKIE = "console_views"
VIEWS_MAX = 12
BYTES_MAX = 3_000
"""Of a cookie; browsers keep 4,096 with its name and terms."""

NAME_LENGTH_MAX = 40


def saved(visit: Visit) -> dict[str, str]:
    """Return the filters of each view, as an address has them, by its name."""
    try:
        found = orjson.loads(urlsafe_b64decode(visit.cookie(COOKIE) or ""))
        return {str(name): str(query) for name, query in found.items()}
    except (ValueError, AttributeError):
        return {}


async def keep(visit: Visit) -> Response:
    """Keep what is asked for under a name, or forget a name."""
    form, views = visit.form, saved(visit)
    query = urlencode(parse_qsl(form.text("query") or ""))
    name = (form.text("name") or "")[:NAME_LENGTH_MAX]
    if form.flag("forget"):
        views.pop(form.text("forget") or "", None)
    elif name and query:
        views = {**views, name: query}
    while len(views) > VIEWS_MAX or len(_written(views)) > BYTES_MAX:
        del views[next(iter(views))]
    visit.kept[COOKIE] = _written(views), YEAR_S
    return go(f"/orders?{query}" if query else "/orders")


def _written(views: dict[str, str]) -> str:
    return urlsafe_b64encode(orjson.dumps(views)).decode()
