"""Who is there: a signed cookie, and a token of its own in every form.

Nobody checks yet who somebody says they are; what they may do, the policy of the service says.
"""

import secrets
from hmac import compare_digest
from typing import NamedTuple, Self

from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer
from pydantic import TypeAdapter, ValidationError

from contracts.cancellation import Actor, Role

COOKIE = "console_session"
LANGUAGE_COOKIE = "console_language"


class Session(NamedTuple):
    """One browser's visit."""

    key: str
    """Drawn anew whenever somebody comes or goes; forms are bound to it."""
    name: str | None = None
    role: Role | None = None

    @classmethod
    def begin(cls, name: str | None = None, role: Role | None = None) -> Self:
        """Begin a visit."""
        return cls(secrets.token_urlsafe(18), name, role)

    @property
    def actor(self) -> dict[str, object]:
        """Return who asks, as a command says it."""
        return {"type": "STAFF", "id": self.name, "role": self.role}


_SESSION: TypeAdapter[Session] = TypeAdapter(Session)


def is_a_person(name: str, role: str | None) -> bool:
    """Tell whether a command may say so."""
    try:
        Actor.model_validate({"type": "STAFF", "id": name, "role": role})
    except ValidationError:
        return False
    return True


class Sessions:
    """Signs sessions and forms, and knows its own again."""

    def __init__(self, key: str, max_age_s: int) -> None:
        self._cookies = URLSafeTimedSerializer(key, salt="session")
        self._forms = URLSafeSerializer(key, salt="form")
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

    def token(self, session: Session) -> str:
        """Return what a form of this session carries."""
        return str(self._forms.dumps(session.key))

    def is_own_form(self, session: Session, token: str) -> bool:
        """Tell whether a form was made for this session."""
        try:
            return compare_digest(str(self._forms.loads(token)), session.key)
        except BadSignature:
            return False
