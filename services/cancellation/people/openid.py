"""The shop's identity provider: where a browser is sent, and whom it then vouches for.

Authorization code with PKCE. What the browser must bring back unchanged is drawn here and kept by
whoever sent it; nothing of a sign-in that has not ended is kept by us. The identity token comes
straight from the provider and is checked all the same: whoever can put one in our way must not be
believed. In this module *provider* is short for identity provider.
"""

import asyncio
import secrets
from base64 import b64encode, urlsafe_b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest
from time import monotonic
from typing import Any, Literal, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import httpx2
import jwt

from contracts.cancellation import Role
from kit.logs import get_logger
from services.cancellation.people.settings import OpenIdSettings, is_safe_address

log = get_logger("cancellation")

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
"""Signatures by a key that only the provider has; never `none`, and never a secret we share."""

LEEWAY_S = 30
"""So far apart two clocks may be."""

KNOWN_FOR_S = 3600.0
"""So long what the identity provider says of itself, and its keys, are not asked for again …"""

ASKED_AGAIN_AFTER_S = 10.0
"""… but for a key nobody knows, which may be new; so often at most."""

Why = Literal[
    "CODE", "ALGORITHM", "SIGNATURE", "ISSUER", "AUDIENCE", "NONCE", "EXPIRED", "MALFORMED"
]
"""What is wrong with what somebody brings back, or with what the identity provider says of them."""

WORDS: Mapping[Why, str] = {
    "CODE": "The identity provider does not take this code: it is used, too old, or another's",
    "ALGORITHM": "The identity token is not signed in a way that proves where it is from",
    "SIGNATURE": "The identity token is not signed by a key of the identity provider",
    "ISSUER": "The identity token is from somebody else than the identity provider",
    "AUDIENCE": "The identity token is for another system",
    "NONCE": "The identity token belongs to another sign-in",
    "EXPIRED": "The identity token is not valid at this time",
    "MALFORMED": "What the identity provider answered cannot be understood",
}


class NotVouchedError(Exception):
    """The identity provider vouches for nobody."""

    def __init__(self, why: Why) -> None:
        super().__init__(WORDS[why])
        self.why: Why = why


class IdentityProviderAwayError(Exception):
    """The identity provider did not answer, or with nothing that can be used."""


class Beginning(NamedTuple):
    """A sign-in that has begun."""

    url: str
    """Where the browser goes."""
    state: str
    """Comes back with it; a browser that brings another was sent by somebody else."""
    nonce: str
    """Comes back in the identity token."""
    code_verifier: str
    """Shows that whoever brings the code is who began."""


class Identity(NamedTuple):
    """Whom the identity provider vouches for."""

    issuer: str
    subject: str
    name: str
    """As the identity provider has it; nobody has looked yet whether it can be a name here."""
    role: Role | None
    """None where nothing they are there means anything here."""


@dataclass
class _Kept:
    """What the identity provider said of itself, and when."""

    said: Any = None
    at: float = -KNOWN_FOR_S

    def is_older(self, than_s: float) -> bool:
        return self.said is None or monotonic() - self.at > than_s


@dataclass
class IdentityProvider:
    """One provider, over HTTP."""

    own: OpenIdSettings
    client: httpx2.AsyncClient
    _described: _Kept = field(default_factory=_Kept)
    _keys: _Kept = field(default_factory=_Kept)
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def label(self) -> str:
        """Return what people call it."""
        return self.own.label or urlsplit(self.own.issuer).hostname or ""

    async def begin(self) -> Beginning:
        """Begin a sign-in.

        Raises:
            IdentityProviderAwayError: nobody can be sent there now.
        """
        described = await self._describe()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code", "client_id": self.own.client_id,
            "redirect_uri": self.own.redirect_url, "scope": self.own.scopes,
            "state": state, "nonce": nonce, "code_challenge": challenge,
            "code_challenge_method": "S256",
        }  # fmt: skip
        where = described["authorization_endpoint"]
        url = f"{where}{'&' if urlsplit(where).query else '?'}{urlencode(asked)}"
        return Beginning(url, state, nonce, verifier)

    async def identify(self, code: str, nonce: str, code_verifier: str) -> Identity:
        """Return whom the identity provider vouches for.

        Raises:
            NotVouchedError: for nobody.
            IdentityProviderAwayError: it could not be asked.
        """
        token = await self._redeem(code, code_verifier)
        claims = await self._check(token)
        given = claims.get("nonce")
        if not isinstance(given, str) or not compare_digest(given.encode(), nonce.encode()):
            raise NotVouchedError("NONCE")
        name = claims.get(self.own.name_claim)
        return Identity(
            claims["iss"], claims["sub"], str(name or "").partition("@")[0], self._role_of(claims)
        )

    def _role_of(self, claims: Mapping[str, Any]) -> Role | None:
        said = claims.get(self.own.roles_claim)
        has = (
            {said} if isinstance(said, str) else {one for one in said or () if isinstance(one, str)}
        )
        return next((role for value, role in self.own.roles.items() if value in has), None)

    async def _redeem(self, code: str, code_verifier: str) -> str:
        """Exchange a code for the identity token."""
        described, own = await self._describe(), self.own
        form = {
            "grant_type": "authorization_code", "code": code, "code_verifier": code_verifier,
            "redirect_uri": own.redirect_url,
        }  # fmt: skip
        headers, secret = {"Accept": "application/json"}, own.client_secret.get_secret_value()
        ways = described.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if secret and "client_secret_basic" in ways:
            pair = f"{quote(own.client_id, safe='')}:{quote(secret, safe='')}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            form |= {
                "client_id": own.client_id,
                **({"client_secret": secret} if secret else {}),
            }
        status, said = await self._ask(
            "POST", described["token_endpoint"], data=form, headers=headers
        )
        if status in (400, 401, 403):
            log.warning("sign_in.refused", status=status, error=str(said.get("error"))[:100])
            raise NotVouchedError("CODE")
        token = said.get("id_token")
        if status != 200 or not isinstance(token, str):  # noqa: PLR2004 - HTTP's own
            raise NotVouchedError("MALFORMED")
        return token

    async def _check(self, token: str) -> dict[str, Any]:
        """Return what an identity token says, if it is the provider's, for us and for now."""
        try:
            key = await self._key(jwt.get_unverified_header(token).get("kid"))
            claims = jwt.decode(
                token, key, algorithms=ALGORITHMS, audience=self.own.client_id,
                issuer=self.own.issuer, leeway=LEEWAY_S,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )  # fmt: skip
        except jwt.PyJWTError as wrong:
            log.warning("sign_in.not_believed", reason=type(wrong).__name__)
            raise NotVouchedError(_why(wrong)) from None
        # Source: OpenID Connect Core 1.0, 3.1.3.7, 4 and 5.
        parties, azp = claims["aud"], claims.get("azp")
        is_shared = isinstance(parties, list) and len(parties) > 1
        if (is_shared or azp is not None) and azp != self.own.client_id:
            raise NotVouchedError("AUDIENCE")
        return claims

    async def _key(self, kid: str | None) -> jwt.PyJWK:
        """Return the identity provider's key of this name; without one, its only key."""
        for is_again in (False, True):
            keys = [one for one in await self._keys_now(again=is_again) if _signs(one)]
            found = [one for one in keys if one.key_id == kid] if kid else keys
            if len(found) == 1:
                return found[0]
        raise NotVouchedError("SIGNATURE")

    async def _keys_now(self, *, again: bool) -> list[jwt.PyJWK]:
        where = (await self._describe())["jwks_uri"]
        async with self._asking:
            if self._keys.is_older(ASKED_AGAIN_AFTER_S if again else KNOWN_FOR_S):
                status, said = await self._ask("GET", where)
                if status != 200:  # noqa: PLR2004 - HTTP's own
                    raise IdentityProviderAwayError(f"its keys: {status}")
                try:
                    self._keys = _Kept(jwt.PyJWKSet.from_dict(said).keys, monotonic())
                except jwt.PyJWTError as none:
                    raise IdentityProviderAwayError(str(none)) from none
            found: list[jwt.PyJWK] = self._keys.said
            return found

    async def _describe(self) -> dict[str, Any]:
        """Return what the identity provider says of itself."""
        async with self._asking:
            if self._described.is_older(KNOWN_FOR_S):
                issuer = self.own.issuer
                where = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
                status, said = await self._ask("GET", where)
                ends = [said.get(name) for name in
                        ("authorization_endpoint", "token_endpoint", "jwks_uri")]  # fmt: skip
                if status != 200 or said.get("issuer") != issuer:  # noqa: PLR2004 - HTTP's own
                    raise IdentityProviderAwayError(f"what it says of itself: {status}")
                if not all(isinstance(end, str) and is_safe_address(end) for end in ends):
                    raise IdentityProviderAwayError("what it says of itself: its addresses")
                self._described = _Kept(said, monotonic())
            described: dict[str, Any] = self._described.said
            return described

    async def _ask(self, method: str, where: str, **more: Any) -> tuple[int, dict[str, Any]]:
        try:
            response = await self.client.request(method, where, **more)
            said = response.json()
        except (httpx2.TransportError, ValueError) as lost:
            log.warning("sign_in.away", reason=str(lost) or type(lost).__name__)
            raise IdentityProviderAwayError(type(lost).__name__) from lost
        if not isinstance(said, dict) or response.status_code >= 500:  # noqa: PLR2004 - likewise
            raise IdentityProviderAwayError(str(response.status_code))
        return response.status_code, said


@asynccontextmanager
async def open_identity_provider(
    own: OpenIdSettings,
) -> AsyncIterator[IdentityProvider | None]:
    """Open the identity provider there is; None where none is set up."""
    if not own.issuer:
        yield None
        return
    async with httpx2.AsyncClient(timeout=own.timeout_s, trust_env=False) as client:
        yield IdentityProvider(own, client)


def _signs(key: jwt.PyJWK) -> bool:
    return key.public_key_use in (None, "sig")


def _why(wrong: jwt.PyJWTError) -> Why:
    match wrong:
        case jwt.ExpiredSignatureError() | jwt.ImmatureSignatureError():
            return "EXPIRED"
        case jwt.InvalidAudienceError():
            return "AUDIENCE"
        case jwt.InvalidIssuerError():
            return "ISSUER"
        case jwt.InvalidAlgorithmError():
            return "ALGORITHM"
        case jwt.InvalidSignatureError() | jwt.InvalidKeyError():
            return "SIGNATURE"
        case _:
            return "MALFORMED"
