"""Errors over HTTP as problem details (RFC 9457): what is wrong and what would make it right.

No stack trace reaches a caller; what we did not foresee is logged under an id the caller can quote.
"""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from kit.logs import get_logger
from kit.postgres import UNAVAILABLE

log = get_logger("http")

CODES = {404: "ROUTE_NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 413: "BODY_TOO_LARGE"}
"""Codes of what the framework refuses."""


class Problem(Exception):  # noqa: N818 - it is the answer itself
    """Raised by a route; becomes an `application/problem+json` answer."""

    def __init__(self, status: int, code: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.more = status, code, detail, more


def answer(status: int, code: str, detail: str, **more: Any) -> JSONResponse:
    """Write a problem; `code` is stable and machine readable."""
    body = {"type": "about:blank", "title": code, "status": status, "code": code, "detail": detail}
    headers = {"Retry-After": "1"} if status == 503 else None  # noqa: PLR2004
    return JSONResponse(
        {**body, **more}, status, media_type="application/problem+json", headers=headers
    )


def described(meanings: Mapping[int, str]) -> dict[int | str, dict[str, Any]]:
    """Describe the problems every route of a door may answer with, for OpenAPI.

    Args:
        meanings: why, by HTTP status.
    """
    texts = {name: {"type": "string"} for name in ("type", "title", "code", "detail")}
    schema = {
        "type": "object", "required": [*texts, "status"],
        "properties": {**texts, "status": {"type": "integer"}},
    }  # fmt: skip
    content = {"application/problem+json": {"schema": schema}}
    return {status: {"description": why, "content": content} for status, why in meanings.items()}


async def _problem(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)  # noqa: S101 - registered for this class only
    return answer(error.status, error.code, error.detail, **error.more)


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    return refused(error)


def refused(error: HTTPException) -> JSONResponse:
    """Write the problem of what the framework refuses."""
    return answer(error.status_code, CODES.get(error.status_code, "HTTP_ERROR"), str(error.detail))


async def _unavailable(_: Request, error: Exception) -> JSONResponse:
    log.warning("postgres.unavailable", reason=str(error) or type(error).__name__)
    detail = (
        "The store is away. Send the same request again, with the same key: nothing is done twice."
    )
    return answer(503, "STORE_UNAVAILABLE", detail)


async def _unforeseen(request: Request, error: Exception) -> JSONResponse:
    incident = str(uuid4())
    log.error("http.failed", path=request.url.path, incident=incident, exc_info=error)
    return answer(500, "INTERNAL_ERROR", f"Our mistake. Quote incident {incident}.")


def install(app: Starlette) -> None:
    """Make every error of `app` a problem."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http)
    for away in UNAVAILABLE:
        app.add_exception_handler(away, _unavailable)
    app.add_exception_handler(Exception, _unforeseen)


class BodyLimit:
    """Refuses request bodies above a limit before they are read into memory."""

    def __init__(self, app: Any, bytes_max: int, larger: Mapping[str, int]) -> None:
        """Set the limits.

        Args:
            app: what is protected.
            bytes_max: the limit.
            larger: other limits, by the beginning of the path.
        """
        self._app, self._bytes_max, self._larger = app, bytes_max, larger

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass on what is small enough."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        others = (most for start, most in self._larger.items() if path.startswith(start))
        bytes_max = next(others, self._bytes_max)
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > bytes_max:
            response = answer(413, "BODY_TOO_LARGE", f"at most {bytes_max} bytes")
            await response(scope, receive, send)
            return
        seen = 0

        async def limited() -> Any:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > bytes_max:
                # Whatever else is raised while it reads, FastAPI turns into its own 400.
                raise HTTPException(413, f"at most {bytes_max} bytes")
            return message

        await self._app(scope, limited, send)
