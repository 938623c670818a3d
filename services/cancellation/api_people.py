"""Routes: sign in and out, who one is, one's own password; accounts, keys, what happened."""

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import Depends, FastAPI, Query, Request
from pydantic import BaseModel, ConfigDict, SecretStr, StringConstraints

from contracts.cancellation import Actor, Right
from services.cancellation.access import ANYBODY, SIGNED_IN, caller_of, needs
from services.cancellation.domain.people import PASSWORD_LENGTH_MAX, NotDoneError
from services.cancellation.people import reading
from services.cancellation.people.book import Book, Session, SignInRefusedError, TooManyError
from services.cancellation.people.callers import Caller
from services.cancellation.problems import Problem, described

Written = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class SignIn(_Body):
    """A name and a password."""

    name: Written
    """The account."""
    password: Annotated[SecretStr, StringConstraints(max_length=PASSWORD_LENGTH_MAX)]
    """Its password."""


class NewPassword(_Body):
    """A password in place of another."""

    password: Annotated[SecretStr, StringConstraints(max_length=PASSWORD_LENGTH_MAX)]
    """The one until now."""
    new_password: Annotated[SecretStr, StringConstraints(max_length=PASSWORD_LENGTH_MAX)]
    """The one from now on: 12 characters or more. It ends every session."""


class CallerRead(BaseModel):
    """Who somebody is, and what opens to them."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    actor: Actor
    """What their commands say in `actor`."""
    rights: tuple[Right, ...]
    """Which doors open to them."""
    names_others: bool = False
    """True for a back office that says who asks."""


def _told(caller: Caller) -> dict[str, Any]:
    rights = tuple(right for right in Right if right in caller.rights)
    return {"actor": caller.actor, "rights": rights, "names_others": caller.names_others}


class SessionRead(CallerRead):
    """A session that has begun."""

    token: str
    """Send it as `Authorization: Bearer …`. It is in this answer and in no other."""
    expires_at: datetime
    """When it ends by itself."""

    @classmethod
    def of(cls, session: Session) -> Self:
        """Tell of a session."""
        return cls(token=session.token, expires_at=session.expires_at, **_told(session.caller))


def _somebody(request: Request) -> Caller:
    caller = caller_of(request)
    assert caller is not None  # noqa: S101 - the rule of these routes
    return caller


Somebody = Annotated[Caller, Depends(_somebody)]


def add_people(app: FastAPI, book: Book) -> None:
    """Add the routes."""
    _add_sessions(app, book)
    _add_oneself(app, book)
    _add_reads(app, book)


async def _signed_in(book: Book, name: str, password: str, request: Request) -> Session:
    address = request.client.host if request.client else "unknown"
    try:
        return await book.sign_in(name, password, address)
    except SignInRefusedError:
        detail = "Name or password is wrong. Whoever manages people can set a new password."
        raise Problem(401, "SIGN_IN_REFUSED", detail) from None
    except TooManyError as many:
        raise too_many(many) from None


def too_many(many: TooManyError) -> Problem:
    """Tell how long nothing is looked at."""
    minutes = -(-many.wait_s // 60)
    detail = f"Too many attempts. Nothing is looked at for {minutes} min; then try again."
    return Problem(429, "TOO_MANY_SIGN_INS", detail, wait_s=many.wait_s)


def _add_sessions(app: FastAPI, book: Book) -> None:
    @app.post(
        "/v1/sessions",
        status_code=201,
        tags=["people"],
        **needs(ANYBODY),
        responses=described(401, 413, 422, 429, 503),
    )
    async def sign_in(request: Request, body: SignIn) -> SessionRead:
        """Sign in; whatever is wrong, the answer is the same and takes the same time."""
        session = await _signed_in(book, body.name, body.password.get_secret_value(), request)
        return SessionRead.of(session)

    @app.delete(
        "/v1/sessions/current",
        status_code=204,
        tags=["people"],
        **needs(SIGNED_IN),
        responses=described(422, 503),
    )
    async def sign_out(caller: Somebody) -> None:
        """End the session this request came with."""
        await book.sign_out(caller)


def _add_oneself(app: FastAPI, book: Book) -> None:
    @app.get("/v1/me", tags=["people"], **needs(SIGNED_IN), responses=described(422, 503))
    async def find_me(caller: Somebody) -> CallerRead:
        """Return who came with this session or this key."""
        return CallerRead(**_told(caller))

    @app.post(
        "/v1/me/password",
        status_code=204,
        tags=["people"],
        **needs(SIGNED_IN),
        responses=described(413, 422, 429, 503),
    )
    async def change_password(request: Request, caller: Somebody, body: NewPassword) -> None:
        """Change one's own password; ends every session with the old one."""
        await _signed_in(book, caller.actor.id, body.password.get_secret_value(), request)
        try:
            await book.set_password(
                caller.actor.id, caller.actor, body.new_password.get_secret_value()
            )
        except NotDoneError as no:
            raise Problem(422, no.code, no.detail) from None


def _add_reads(app: FastAPI, book: Book) -> None:
    @app.get("/v1/people", tags=["people"], **needs(Right.PEOPLE), responses=described(422, 503))
    async def list_people() -> dict[str, Any]:
        """List accounts, with their rights."""
        return {"people": await reading.list_people(book.pool)}

    @app.get("/v1/keys", tags=["people"], **needs(Right.PEOPLE), responses=described(422, 503))
    async def list_keys() -> dict[str, Any]:
        """List the keys of services; of a secret only how it begins."""
        return {"keys": await reading.list_keys(book.pool)}

    @app.get(
        "/v1/people-log", tags=["people"], **needs(Right.PEOPLE), responses=described(422, 503)
    )
    async def list_people_log(
        limit: Annotated[int, Query(ge=1, le=500, description="Entries at most.")] = 50,
        before: Annotated[
            int | None, Query(ge=1, le=2**63 - 1, description="`next_before`: what is older.")
        ] = None,
    ) -> dict[str, Any]:
        """List what happened to accounts and keys and who came in, newest first."""
        found = await reading.list_log(book.pool, book.store, limit=limit, before=before)
        next_before = found[-1]["position"] if len(found) == limit else None
        return {"log": found, "next_before": next_before}
