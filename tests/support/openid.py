"""An OpenID Connect provider of our own, over HTTP, that takes nothing on trust.

It checks what a careful one checks: who asks, where the browser goes back to, that a code counts
once, and that whoever redeems it is who began. What it says of somebody a test may twist.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2
import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from deploy.local.ports import free_ports
from services.cancellation.people.settings import OpenIdSettings

CLIENT_ID, CLIENT_SECRET = "countermand", "a secret, with: signs & spaces"
BACK = "https://console.example/you/openid/back"
SHARED_SECRET = "known to everybody who reads the list of keys"
SHARED = {
    "kty": "oct", "kid": "shared", "use": "sig",
    "k": base64.urlsafe_b64encode(SHARED_SECRET.encode()).rstrip(b"=").decode(),
}  # fmt: skip
"""A key that does not belong into such a list; identity providers have put some there."""

KIM = {"sub": "u-1", "preferred_username": "kim", "groups": ["staff", "desk-agents"]}
ROLES = {"desk-managers": "MANAGER", "desk-agents": "AGENT"}

Claims = dict[str, Any]


def _no_twist(token: str) -> str:
    return token


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


@dataclass
class OpenIdProvider:
    """What it knows, and what a test has it say."""

    url: str
    redirect_url: str = BACK
    people: dict[str, Claims] = field(default_factory=lambda: {"kim": dict(KIM)})
    """What it says of whom, by the name they sign in with."""
    twist: Callable[[Claims], None] = lambda _: None
    """Changes the claims of the next tokens."""
    write: Callable[[str], str] = _no_twist
    """Changes the tokens themselves."""
    key: rsa.RSAPrivateKey = field(default_factory=_new_key)
    kid: str = "k-1"
    codes: dict[str, Claims] = field(default_factory=dict)
    is_away: bool = False
    asked: list[str] = field(default_factory=list)

    def settings(self, **changes: Any) -> OpenIdSettings:
        """Return the settings of an API that knows this identity provider."""
        whole = {
            "issuer": self.url, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
            "redirect_url": self.redirect_url, "label": "Shop ID", "roles": ROLES,
        }  # fmt: skip
        return OpenIdSettings.model_validate({**whole, **changes})

    def environment(self, redirect_url: str) -> dict[str, str]:
        """Return the same as the environment of a process."""
        self.redirect_url = redirect_url
        return {
            "CANCELLATION_OIDC_ISSUER": self.url, "CANCELLATION_OIDC_CLIENT_ID": CLIENT_ID,
            "CANCELLATION_OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "CANCELLATION_OIDC_REDIRECT_URL": redirect_url,
            "CANCELLATION_OIDC_LABEL": "Shop ID", "CANCELLATION_OIDC_ROLES": json.dumps(ROLES),
        }  # fmt: skip

    def turn_keys(self) -> None:
        """Sign with a new key from now on; the one until now is gone."""
        self.key, self.kid = _new_key(), f"{self.kid}+"

    async def approve(self, url: str, name: str = "kim") -> dict[str, str]:
        """Do as a browser does whose owner signs in; returns what it brings back."""
        async with httpx2.AsyncClient(trust_env=False) as client:
            page = await client.get(url)
            assert page.status_code == 200, page.text
            answer = await client.post(url, data={"name": name})
        where = answer.headers["location"]
        assert where.startswith(self.redirect_url), where
        return dict(parse_qsl(urlsplit(where).query))

    def app(self) -> Starlette:
        """Return its pages."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._describe),
                Route("/keys", self._show_keys),
                Route("/authorize", self._authorize, methods=["GET", "POST"]),
                Route("/token", self._redeem, methods=["POST"]),
                Route("/favicon.ico", lambda _: Response(status_code=204)),
            ]
        )

    async def _describe(self, _: Request) -> Response:
        self.asked.append("describe")
        if self.is_away:
            return Response("not now", 503)
        return JSONResponse(
            {
                "issuer": self.url, "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token", "jwks_uri": f"{self.url}/keys",
                "response_types_supported": ["code"], "code_challenge_methods_supported": ["S256"],
            }
        )  # fmt: skip

    async def _show_keys(self, _: Request) -> Response:
        self.asked.append("keys")
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        own = {**public, "kid": self.kid, "use": "sig", "alg": "RS256"}
        return JSONResponse({"keys": [own, SHARED]})

    async def _authorize(self, request: Request) -> Response:
        """Show who may sign in, or send the browser back as one of them."""
        asked = dict(request.query_params)
        wanted = {
            "response_type": "code", "client_id": CLIENT_ID, "redirect_uri": self.redirect_url,
            "code_challenge_method": "S256",
        }  # fmt: skip
        wrong = [name for name, value in wanted.items() if asked.get(name) != value]
        wrong += [name for name in ("state", "nonce", "code_challenge") if not asked.get(name)]
        if wrong or "openid" not in asked.get("scope", "").split():
            return HTMLResponse(f"refused: {wrong}", 400)
        if request.method == "GET":
            buttons = "".join(f'<button name="name" value="{one}">{one}</button>'
                              for one in [*self.people, "nobody"])  # fmt: skip
            return HTMLResponse(f'<h1>Shop ID</h1><form method="post">{buttons}</form>')
        name = (await _form_of(request))["name"]
        if name not in self.people:
            return self._back({"error": "access_denied", "state": asked["state"]})
        code = secrets.token_urlsafe(16)
        self.codes[code] = {**asked, "name": name}
        return self._back({"code": code, "state": asked["state"]})

    def _back(self, query: dict[str, str]) -> Response:
        return RedirectResponse(f"{self.redirect_url}?{urlencode(query)}", 302)

    async def _redeem(self, request: Request) -> Response:
        form = await _form_of(request)
        if not self._is_client(request.headers.get("authorization", "")):
            return JSONResponse({"error": "invalid_client"}, 401)
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or form.get("grant_type") != "authorization_code"
            or form.get("redirect_uri") != asked["redirect_uri"]
            or challenge != asked["code_challenge"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 300,
            "nonce": asked["nonce"], **self.people[asked["name"]],
        }  # fmt: skip
        self.twist(claims)
        token = jwt.encode(claims, self.key, "RS256", {"kid": self.kid})
        return JSONResponse({"id_token": self.write(token), "access_token": "x",
                             "token_type": "Bearer"})  # fmt: skip

    @staticmethod
    def _is_client(authorization: str) -> bool:
        pair = urlencode({CLIENT_ID: CLIENT_SECRET}).replace("+", "%20").replace("=", ":", 1)
        return authorization == f"Basic {base64.b64encode(pair.encode()).decode()}"


async def _form_of(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode()))


@contextmanager
def open_id_provider() -> Iterator[OpenIdProvider]:
    """Serve one on a port of its own while the body runs."""
    (port,) = free_ports(1)
    provider = OpenIdProvider(f"http://localhost:{port}")
    server = uvicorn.Server(
        uvicorn.Config(provider.app(), host="127.0.0.1", port=port, log_config=None, lifespan="off")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield provider
    finally:
        server.should_exit = True
        thread.join(timeout=5)
