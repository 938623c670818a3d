"""Who may come in: every route of the API names the right it needs, and one that does not is a bug.

`needs` is spread into a route's decorator, so that the rule stands where the route does. It is
looked at before anything of the request is read but its address and its headers.
"""

from collections.abc import Callable, Coroutine
from typing import Any, Final, Literal

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute

from contracts.cancellation import Actor, Right
from services.cancellation.people.book import Book
from services.cancellation.people.callers import Caller
from services.cancellation.problems import Problem
from web.docs import UNGUARDED as DESCRIBED

X_RIGHT = "x-right"
"""Under this name the description of the API says which right an operation needs."""

ANYBODY: Final = "ANYBODY"
SIGNED_IN: Final = "SIGNED_IN"
"""Rules of the few routes that need no right: the entrance, and what everybody may know of
themselves."""

UNGUARDED = frozenset({*DESCRIBED, "/contracts"})
"""What describes the API; it says nothing about anybody."""

Mode = Literal["required", "open"]


def needs(rule: Right | Literal["ANYBODY", "SIGNED_IN"]) -> dict[str, Any]:
    """Return what a route says of itself: only who has this right comes in."""
    return {"openapi_extra": {X_RIGHT: rule}}


def rule_of(route: APIRoute) -> str | None:
    """Return which right a route needs; None when it does not say."""
    return (route.openapi_extra or {}).get(X_RIGHT)


def check_rules(app: FastAPI) -> None:
    """Let no application be built that has a door without a rule.

    Raises:
        TypeError: a route names no right, or nobody would look at it.
    """
    for route in app.routes:
        path = getattr(route, "path", str(route))
        if isinstance(route, GuardedRoute):
            if rule_of(route) is None:
                raise TypeError(f"{path} names no right; say `**needs(Right.…)` in its decorator")
        elif path not in UNGUARDED:
            raise TypeError(f"{path} has no guard; add it to the application like all others")


class Access:
    """Lets in whoever may come in, and knows who it was."""

    def __init__(self, book: Book, mode: Mode) -> None:
        self._book, self._mode = book, mode

    async def admit(self, authorization: str | None, rule: str) -> Caller | None:
        """Let somebody in; None for somebody nobody knows, where that is enough.

        Raises:
            Problem: they may not come in.
        """
        if rule == ANYBODY:
            return None
        if authorization is None:
            if self._mode == "open" and rule != SIGNED_IN:
                return None
            detail = (
                "Say who you are: `Authorization: Bearer …`, with a key or with the token of a"
                " session. `POST /v1/sessions` signs people in; `countermand keys issue` makes keys"
                " for services."
            )
            raise Problem(401, "SIGN_IN_REQUIRED", detail)
        kind, _, token = authorization.partition(" ")
        caller = await self._book.find_caller(token.strip()) if kind.lower() == "bearer" else None
        if caller is None:
            detail = (
                "This key or session opens nothing, or nothing any more. Sign in again; whoever"
                " manages people can issue another key."
            )
            raise Problem(401, "CREDENTIAL_INVALID", detail)
        if rule != SIGNED_IN:
            check_right(caller, Right(rule))
        return caller


def check_right(caller: Caller | None, right: Right) -> None:
    """Refuse whoever has not this right, too; nobody known is nobody to be refused.

    Raises:
        Problem: they have it not.
    """
    if caller is not None and right not in caller.rights:
        detail = (
            f"{caller.actor.id} has not the right {right}. Whoever manages people can give it:"
            " `countermand people change` for a person; a service needs another key."
        )
        raise Problem(403, "MISSING_RIGHT", detail, right=right)


def check_actor(caller: Caller | None, actor: Actor) -> None:
    """Refuse a command that names somebody else than whoever sends it.

    Raises:
        Problem: it does.
    """
    if caller is not None and not caller.may_ask_as(actor):
        own = caller.actor
        detail = (
            f"The command says that {actor.type} {actor.id} asks, and it comes from"
            f" {own.type} {own.id}. Leave nobody else's name in `actor`."
        )
        raise Problem(403, "ACTOR_IS_ANOTHER", detail, you=own.model_dump())


class GuardedRoute(APIRoute):
    """A route that lets nobody in before its rule was looked at."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what handles a request."""
        handle, rule = super().get_route_handler(), rule_of(self)

        async def guarded(request: Request) -> Response:
            access: Access = request.app.state.access
            assert rule is not None  # noqa: S101 - `check_rules` has seen all of them
            admitted = await access.admit(request.headers.get("authorization"), rule)
            request.state.caller = admitted
            return await handle(request)

        return guarded


def caller_of(request: Request) -> Caller | None:
    """Return who was let in; None for somebody nobody knows."""
    found: Caller | None = request.state.caller
    return found
