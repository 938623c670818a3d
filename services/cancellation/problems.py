"""The problems of this API beside those of every door: refusals and malformed requests."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from contracts.cancellation import Refusal
from web import problems
from web.problems import BodyLimit, Problem, answer, refused

__all__ = ["BodyLimit", "Problem", "answer"]

PROBLEMS = {
    401: "Nobody said who asks, or with a key or session that opens nothing.",
    403: "Whoever asks may not do this.",
    404: "No such order, line or command.",
    409: "Refused as the order stands now, or the key was used for another command.",
    413: "The body is too large.",
    422: "The request is malformed.",
    429: "Too many attempts; wait as long as it says.",
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


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe the problems a route may answer with, for OpenAPI."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": PROBLEMS[status], "content": content} for status in statuses}


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
    assert isinstance(error, HTTPException)  # noqa: S101
    if error.status_code == 400:  # noqa: PLR2004 - FastAPI: the body could not even be parsed
        finding = {"field": "body", "what": str(error.detail)}
        return answer(422, "REQUEST_INVALID", "body: is not JSON in UTF-8", findings=[finding])
    return refused(error)


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem."""
    problems.install(app)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
