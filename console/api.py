"""Asks the services over HTTP; every answer is JSON, every refusal a problem."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx2
import orjson

from kit.logs import get_logger

log = get_logger("console")

Json = dict[str, Any]

UNKNOWN = frozenset({500, 502, 503, 504})
"""After these nobody knows whether a command was handled; the same key asks again safely."""

ENDED = frozenset({"SIGN_IN_REQUIRED", "CREDENTIAL_INVALID"})
"""What the API says to whoever brings no session, or one that is over."""

NOTHING_TO_SAY = 204

OPENID = "/v1/openid-connect"
"""Where the API is asked about signing in at the provider."""


class ProblemError(Exception):
    """The API answered, and with a problem."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(f"{status} {body.get('code')}")
        self.status, self.body = status, body

    @property
    def code(self) -> str:
        """Its stable word."""
        return str(self.body.get("code", "HTTP_ERROR"))


class EndedError(Exception):
    """The session is over, or no session was there; nothing was done."""


class AwayError(Exception):
    """No answer came, or one that tells nothing but, in words of its own, who is away."""


def path(*parts: str) -> str:
    """Put a path together; whatever a part holds, it stays one part."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


class Api:
    """The API of one service; signing in, only that of the cancellation service knows."""

    def __init__(self, client: httpx2.AsyncClient, token: str | None = None) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def speaking_for(self, token: str | None) -> "Api":
        """Return the API as whoever has this session's token reaches it."""
        return Api(self._client, token)

    async def sign_in(self, name: str, password: str, address: str) -> Json:
        """Begin a session; returns its token, and who it is.

        Args:
            name: as it was written.
            password: the same.
            address: where the browser is; the API counts attempts by it.

        Raises:
            ProblemError: nobody was let in.
        """
        body = {"name": name, "password": password}
        headers = {"X-Forwarded-For": address}
        return await self._ask("POST", "/v1/sessions", json=body, headers=headers)

    async def arrive(self, brought: Mapping[str, str], address: str) -> Json:
        """Begin a session with what a browser brought back from the provider.

        Raises:
            ProblemError: nobody was let in.
        """
        headers = {"X-Forwarded-For": address}
        return await self._ask("POST", OPENID + "/sessions", json=dict(brought), headers=headers)

    async def sign_out(self) -> None:
        """End the session."""
        await self._ask("DELETE", "/v1/sessions/current")

    async def change_password(self, password: str, new_password: str, address: str) -> None:
        """Change one's own password.

        Raises:
            ProblemError: the one until now was wrong, or the new one is none.
        """
        body = {"password": password, "new_password": new_password}
        headers = {"X-Forwarded-For": address}
        await self._ask("POST", "/v1/me/password", json=body, headers=headers)

    async def get(self, where: str, **query: Any) -> Json:
        """Read.

        Raises:
            ProblemError: it was refused.
            AwayError: nobody answered.
        """
        asked = {name: value for name, value in query.items() if value not in (None, "")}
        return await self._ask("GET", where, params=asked)

    async def exactly(self, where: str, query: Mapping[str, str]) -> Json:
        """Read with a query as it stands; what is empty asks for what is empty."""
        return await self._ask("GET", where, params=dict(query))

    async def table(self, where: str, query: Mapping[str, str]) -> str:
        """Read a table for spreadsheets."""
        try:
            response = await self._client.get(
                where, params={**query, "format": "csv"}, headers=self._headers
            )
        except httpx2.TransportError as lost:
            log.warning("api.away", path=where, reason=str(lost) or type(lost).__name__)
            raise AwayError(type(lost).__name__) from lost
        if response.status_code in UNKNOWN:
            raise AwayError(str(response.status_code))
        if response.status_code >= 400:  # noqa: PLR2004 - HTTP's own border
            raise ProblemError(response.status_code, response.json())
        return response.text

    async def send(self, where: str, body: Mapping[str, Any], key: str) -> Json:
        """Send a command under its id.

        Raises:
            ProblemError: it was refused, for ever.
            AwayError: nobody knows what became of it; the same key asks again safely.
        """
        return await self._ask("POST", where, json=body, headers={"Idempotency-Key": key})

    async def preview(self, where: str, body: Mapping[str, Any], locale: str) -> Json:
        """Ask what a command would do; nothing is written."""
        return await self._ask("POST", where, json=body, params={"locale": locale})

    async def do(self, where: str, body: Mapping[str, Any]) -> Json:
        """Send what needs no id, because it may be sent twice.

        Raises:
            ProblemError: it was refused.
            AwayError: nobody knows what became of it.
        """
        return await self._ask("POST", where, json=body)

    async def look_ahead(self, where: str, body: Mapping[str, Any]) -> Json:
        """Ask what many commands would do.

        That takes long. A line says after every batch how far it is, so no silence is as long as
        our patience; the last one is the answer.
        """
        last = b""
        try:
            headers = {**self._headers, "Accept": "application/x-ndjson"}
            async with self._client.stream("POST", where, json=body, headers=headers) as response:
                async for line in response.aiter_lines():
                    last = line.encode() or last
        except httpx2.TransportError as lost:
            raise _away(where, lost) from lost
        return _understood(where, response.status_code, last)

    async def _ask(self, method: str, where: str, **more: Any) -> Json:
        headers = {**self._headers, **more.pop("headers", {})}
        try:
            response = await self._client.request(method, where, headers=headers, **more)
        except httpx2.TransportError as lost:
            raise _away(where, lost) from lost
        return _understood(where, response.status_code, response.content)


class Apis(NamedTuple):
    """The APIs of the services; one session opens all of them."""

    orders: Api
    operations: Api
    """About dead letters and replays."""
    notifier: Api
    """About mails."""

    def speaking_for(self, token: str | None) -> "Apis":
        """Return them as whoever has this session's token reaches them."""
        return Apis(*(api.speaking_for(token) for api in self))


def _away(where: str, lost: Exception) -> AwayError:
    log.warning("api.away", path=where, reason=str(lost) or type(lost).__name__)
    return lost if isinstance(lost, AwayError) else AwayError(type(lost).__name__)


def _understood(where: str, status: int, content: bytes) -> Json:
    """Return what was answered.

    Raises:
        ProblemError: it is a problem.
        EndedError: it is that the session is over.
        AwayError: it is nothing that can be understood.
    """
    if status == NOTHING_TO_SAY:
        return {}
    try:
        body = orjson.loads(content)
    except ValueError as lost:
        raise _away(where, lost) from lost
    if not isinstance(body, dict) or status in UNKNOWN:
        code = body.get("code") if isinstance(body, dict) else None
        raise _away(where, AwayError(str(code)))
    if body.get("code") in ENDED:
        raise EndedError(str(body["code"]))
    if status >= 400:  # noqa: PLR2004 - HTTP's own border
        raise ProblemError(status, body)
    return body


def open_client(url: str, timeout_s: float) -> httpx2.AsyncClient:
    """Open a client; connections are kept."""
    return httpx2.AsyncClient(base_url=url, timeout=timeout_s, trust_env=False)
