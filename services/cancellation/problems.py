"""Errors over HTTP as problem details (RFC 9457): what is wrong and what would make it right.

No stack trace reaches a caller; what we did not foresee is logged under an id the caller can quote.
"""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException as AnyHTTPException

from contracts.cancellation import Refusal
from kit.logs import get_logger
from kit.postgres import UNAVAILABLE

log = get_logger("http")

CODES = {404: "ROUTE_NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 413: "BODY_TOO_LARGE"}
"""Codes of what the framework refuses."""

PROBLEMS = {
    403: "Whoever asks may not do this.",
    404: "No such order, line or command.",
    409: "Refused as the order stands now, or the key was used for another command.",
    413: "The body is too large.",
    422: "The request is malformed.",
    503: "The store is away, or the read models are behind; the same request may be sent again.",
}
"""Why a request may fail, by HTTP status."""


class Finding(BaseModel):
    """One malformed part of a request."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    field: str
    """Where, for example `lines.0.quantity`."""
    what: str
    """What is wrong there."""


class ProblemDetails(BaseModel):
    """Why a request was not carried out, and what would make it right (RFC 9457)."""

    model_config = ConfigDict(title="Problem", extra="allow", use_attribute_docstrings=True)

    type: str
    """Always `about:blank`; go by `code`."""
    title: str
    """The same as `code`."""
    status: int
    """HTTP status."""
    code: str
    """Stable and machine readable, for example `NOTHING_LEFT`."""
    detail: str
    """In words, with the next step."""
    refusals: tuple[Refusal, ...] = ()
    """Every failed rule; only when a command was refused."""
    findings: tuple[Finding, ...] = ()
    """Every malformed part; only with status 422."""


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


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe the problems a route may answer with, for OpenAPI."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": PROBLEMS[status], "content": content} for status in statuses}


async def _problem(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)  # noqa: S101 - registered for this class only
    return answer(error.status, error.code, error.detail, **error.more)


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    findings = [
        {
            "field": ".".join(str(part) for part in f["loc"][1:]) or str(f["loc"][0]),
            "what": f["msg"],
        }
        for f in error.errors()
    ]
    detail = "; ".join(f"{f['field']}: {f['what']}" for f in findings[:10])
    return answer(422, "REQUEST_INVALID", detail, findings=findings)


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AnyHTTPException)  # noqa: S101
    if error.status_code == 400:  # noqa: PLR2004 - FastAPI: the body could not even be parsed
        finding = {"field": "body", "what": str(error.detail)}
        return answer(422, "REQUEST_INVALID", "body: is not JSON in UTF-8", findings=[finding])
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


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(AnyHTTPException, _http)
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
