"""Routes: sign in at the shop's identity provider.

Whoever shows pages sends the browser there and keeps what it must bring back; here the code is
redeemed and the token checked, so that nobody who shows pages has a power of their own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import FastAPI, Request
from pydantic import BaseModel, ConfigDict, StringConstraints

from services.cancellation.access import ANYBODY, needs
from services.cancellation.api_people import SessionRead, too_many
from services.cancellation.domain.people import NotDoneError
from services.cancellation.people import arrivals
from services.cancellation.people.book import Book, TooManyError
from services.cancellation.people.openid import (
    IdentityProvider,
    IdentityProviderAwayError,
    NotVouchedError,
)
from services.cancellation.problems import Problem, described

Kept = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]


class WaysRead(BaseModel):
    """How people may sign in."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    provider: str | None
    """What the identity provider is called; empty where there is none."""


class BeginningRead(BaseModel):
    """A sign-in that has begun. Keep all but `url` for the browser that is sent there."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    url: str
    """Where the browser goes."""
    state: str
    """Must come back as it is; otherwise somebody else began."""
    nonce: str
    """Is sent with the code."""
    code_verifier: str
    """Is sent with the code."""


class Return(BaseModel):
    """What a browser brought back, and what was kept for it."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    code: Kept
    """As the identity provider gave it; it counts once."""
    nonce: Kept
    """As the beginning named it."""
    code_verifier: Kept
    """As the beginning named it."""


def add_openid(app: FastAPI, book: Book, provider: IdentityProvider | None) -> None:
    """Add the routes; without an identity provider they say that there is none."""

    @app.get("/v1/sign-in-ways", tags=["people"], **needs(ANYBODY), responses=described(422, 503))
    async def list_sign_in_ways() -> WaysRead:
        """Say how people may sign in; with a name and a password they always may."""
        return WaysRead(provider=provider.label if provider else None)

    @app.post(
        "/v1/openid-connect/sign-ins", status_code=201, tags=["people"], **needs(ANYBODY),
        responses=described(404, 413, 422, 503),
    )  # fmt: skip
    async def begin_sign_in() -> BeginningRead:
        """Begin a sign-in at the identity provider."""
        with _told():
            begun = await _known(provider).begin()
        return BeginningRead(**begun._asdict())

    @app.post(
        "/v1/openid-connect/sessions", status_code=201, tags=["people"], **needs(ANYBODY),
        responses=described(401, 403, 404, 413, 422, 429, 503),
    )  # fmt: skip
    async def end_sign_in(request: Request, body: Return) -> SessionRead:
        """Sign in with the code a browser brought back from the identity provider."""
        asked = _known(provider)
        address = request.client.host if request.client else "unknown"
        with _told():
            await arrivals.count_attempt(book, address)
            try:
                who = await asked.identify(body.code, body.nonce, body.code_verifier)
            except NotVouchedError:
                await book.refuse(None, "IDENTITY_PROVIDER", address, arrivals.WAY)
                raise
            return SessionRead.of(await arrivals.sign_in(book, who, address))


def _known(provider: IdentityProvider | None) -> IdentityProvider:
    if provider is None:
        detail = "No identity provider is set up. Sign in with a name and a password."
        raise Problem(404, "IDENTITY_PROVIDER_NOT_FOUND", detail)
    return provider


@contextmanager
def _told() -> Iterator[None]:
    """Turn whatever is in the way into a problem."""
    try:
        yield
    except TooManyError as many:
        raise too_many(many) from None
    except IdentityProviderAwayError:
        detail = "The identity provider does not answer. Try again, or sign in with a password."
        raise Problem(503, "IDENTITY_PROVIDER_UNAVAILABLE", detail) from None
    except NotVouchedError as no:
        detail = f"{no}. Nobody was signed in; begin again."
        raise Problem(401, "NOT_VOUCHED_FOR", detail, why=no.why) from None
    except NotDoneError as no:
        raise Problem(403, no.code, no.detail) from None
