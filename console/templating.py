"""What pages are made of: templates, and files a browser loads once and keeps."""

import hashlib
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

YEAR_S = 31_536_000


class Asset(NamedTuple):
    """One file a page needs; its address changes with its content."""

    address: str
    content: bytes
    media_type: str


Assets = Mapping[str, Asset]
"""By the name of the file."""


def read_assets(folder: Path) -> Assets:
    """Read every file of a folder."""
    found = {}
    for file in sorted(folder.iterdir()):
        content = file.read_bytes()
        digest = hashlib.sha256(content).hexdigest()[:12]
        media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        found[file.name] = Asset(f"/static/{digest}/{file.name}", content, media_type)
    return found


def open_templates(folder: Path, assets: Assets) -> Environment:
    """Open the templates of a folder; `asset(name)` in them is the address of a file."""
    pages = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.globals["asset"] = lambda name: assets[name].address
    return pages


def route_of(assets: Assets) -> Route:
    """Return the route to the files, which may be kept for ever."""

    async def answer(request: Request) -> Response:
        asset = assets.get(request.path_params["name"])
        if asset is None or asset.address != request.url.path:
            return Response("no such file", 404, media_type="text/plain")
        headers = {"Cache-Control": f"public, max-age={YEAR_S}, immutable"}
        return Response(asset.content, media_type=asset.media_type, headers=headers)

    return Route("/static/{digest}/{name}", answer, methods=["GET"])


def go(where: str) -> Response:
    """Send the browser elsewhere after something was done."""
    return RedirectResponse(where, 303)
