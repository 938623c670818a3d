"""A door of another service: the cancellation service's API says who comes in and what they may.

People, keys and rights are known in one place; nobody else keeps a secret or a list of names.
"""

from collections.abc import Callable
from typing import Any, Literal

import httpx2
from starlette.datastructures import Headers
from starlette.requests import Request

from contracts.cancellation import Right
from web import problems
from web.docs import UNGUARDED

Mode = Literal["required", "open"]

ME = "/v1/me"
"""Where the API says who came with a session or a key."""

RightOf = Callable[[str, str], Right]
"""Says which right a method and a path need."""


class Door:
    """Lets nobody in before the API was asked; what it is told stands in `state.caller`."""

    def __init__(self, app: Any, api: httpx2.AsyncClient, mode: Mode, right_of: RightOf) -> None:
        self._app, self._api, self._mode, self._right_of = app, api, mode, right_of

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass on what may come in."""
        if scope["type"] == "http":
            scope.setdefault("state", {})["caller"] = None
            refused = None if scope["path"] in UNGUARDED else await self._admit(scope)
            if refused is not None:
                await refused(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _admit(self, scope: Any) -> Any:
        """Return why somebody may not come in; None when they may."""
        authorization = Headers(scope=scope).get("authorization")
        if authorization is None and self._mode == "open":
            return None
        if authorization is None:
            detail = "Say who you are: `Authorization: Bearer …`, with a session or a key."
            return problems.answer(401, "SIGN_IN_REQUIRED", detail)
        status, who = await self._ask(authorization)
        if status in (401, 403):
            return problems.answer(status, who["code"], who["detail"])
        if status != 200:  # noqa: PLR2004 - HTTP's own
            detail = (
                "Who you are could not be asked. Send the same request again, with the same key."
            )
            return problems.answer(503, "ACCESS_UNAVAILABLE", detail)
        right = self._right_of(scope["method"], scope["path"])
        if right not in who["rights"]:
            detail = f"{who['actor']['id']} has not the right {right}."
            return problems.answer(403, "MISSING_RIGHT", detail, right=right)
        scope["state"]["caller"] = who
        return None

    async def _ask(self, authorization: str) -> tuple[int, dict[str, Any]]:
        """Ask who somebody is; status 0 for no answer."""
        try:
            said = await self._api.get(ME, headers={"Authorization": authorization})
            return said.status_code, said.json()
        except (httpx2.TransportError, ValueError):
            return 0, {}


def name_below(request: Request, said: str) -> str:
    """Return whose name stands below a wish: the caller's own, unless they vouch for others."""
    caller = request.state.caller
    if caller is None or caller.get("names_others"):
        return said
    own: str = caller["actor"]["id"]
    return own
