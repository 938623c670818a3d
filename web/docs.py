"""The page that describes an application; it loads nothing from anywhere else."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

PAGE, OPENAPI = "/docs", "/openapi.json"
_SCRIPT, _STYLE, _ICON = (
    f"{PAGE}/{name}" for name in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png")
)
UNGUARDED = frozenset({OPENAPI, PAGE, _SCRIPT, _STYLE, _ICON})
"""What describes an application; it says nothing about anybody."""

OWN_PAGE: dict[str, Any] = {"openapi_url": OPENAPI, "docs_url": None, "redoc_url": None}
"""What `FastAPI` is told, whose own page loads its script from a stranger."""


def describe(app: FastAPI) -> None:
    """Add the page."""

    async def show(_: Request) -> Response:
        return get_swagger_ui_html(
            openapi_url=OPENAPI, title=app.title, swagger_js_url=_SCRIPT, swagger_css_url=_STYLE,
            swagger_favicon_url=_ICON,
        )  # fmt: skip

    app.routes.append(Route(PAGE, show))
    app.routes.append(Mount(PAGE, StaticFiles(packages=[("fastapi_offline", "static")])))
