"""Who is there: a signed cookie, and a token of its own in every form.

The API signed them in and looks at the session's token with every request; what the cookie says
of their rights only decides what is shown.
"""

import secrets
from collections.abc import Sequence
from hmac import compare_digest
from typing import NamedTuple, Self

from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer
from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import URL

from contracts.cancellation import Right, Role

COOKIE = "console_session"
LANGUAGE_COOKIE = "console_language"
SIGN_IN_COOKIE = "console_sign_in"

SIGN_IN_MAX_S = 600
"""So long somebody may take at the provider."""


def cookie_at(url: URL, name: str) -> str:
    """Return what one of our cookies is called by the browser that is at this address.

    Browsers keep those of all ports of a host together, and a sandbox beside the shop's console has
    sessions of its own.
    """
    return f"{name}_{url.port}" if url.port else name


class Session(NamedTuple):
    """One browser's visit."""

    key: str
    """Drawn anew whenever somebody comes or goes; forms are bound to it."""
    name: str | None = None
    role: Role | None = None
    rights: tuple[Right, ...] = ()
    token: str | None = None
    """What the API knows the session by."""
    has_password: bool = True
    """False for whoever signed in at the provider."""

    @classmethod
    def begin(
        cls, name: str | None = None, role: Role | None = None, rights: Sequence[Right] = (),
        token: str | None = None, *, has_password: bool = True,
    ) -> Self:  # fmt: skip
        """Begin a visit."""
        return cls(secrets.token_urlsafe(18), name, role, tuple(rights), token, has_password)

    def may(self, right: Right) -> bool:
        """Tell whether somebody has a right."""
        return right in self.rights

    @property
    def actor(self) -> dict[str, object]:
        """Return who asks, as a command says it."""
        return {"type": "STAFF", "id": self.name, "role": self.role}


class SignIn(NamedTuple):
    """A sign-in at the identity provider that this browser has begun."""

    state: str
    """Must come back as it is."""
    nonce: str
    code_verifier: str
    next: str
    """Where to go on to."""


_SESSION: TypeAdapter[Session] = TypeAdapter(Session)
_SIGN_IN: TypeAdapter[SignIn] = TypeAdapter(SignIn)


class Sessions:
    """Signs sessions and forms, and knows its own again."""

    def __init__(self, key: str, max_age_s: int) -> None:
        self._cookies = URLSafeTimedSerializer(key, salt="session")
        self._forms = URLSafeSerializer(key, salt="form")
        self._sign_ins = URLSafeTimedSerializer(key, salt="sign-in")
        self._max_age_s = max_age_s

    def read(self, cookie: str | None) -> Session | None:
        """Return the session a cookie stands for; None when we did not sign it, or long ago."""
        if not cookie:
            return None
        try:
            return _SESSION.validate_python(
                tuple(self._cookies.loads(cookie, max_age=self._max_age_s))
            )
        except (BadSignature, ValidationError, TypeError):
            return None

    def write(self, session: Session) -> str:
        """Return the cookie of a session."""
        return str(self._cookies.dumps(list(session)))

    def read_sign_in(self, cookie: str | None) -> SignIn | None:
        """Return the sign-in a browser has begun; None when it did not, or long ago."""
        try:
            return _SIGN_IN.validate_python(
                tuple(self._sign_ins.loads(cookie or "", max_age=SIGN_IN_MAX_S))
            )
        except (BadSignature, ValidationError, TypeError):
            return None

    def write_sign_in(self, sign_in: SignIn) -> str:
        """Return the cookie of a sign-in."""
        return str(self._sign_ins.dumps(list(sign_in)))

    def token(self, session: Session) -> str:
        """Return what a form of this session carries."""
        return str(self._forms.dumps(session.key))

    def is_own_form(self, session: Session, token: str) -> bool:
        """Tell whether a form was made for this session."""
        try:
            return compare_digest(str(self._forms.loads(token)), session.key)
        except BadSignature:
            return False
