"""Passwords, secrets and what is kept of them."""

import asyncio
import secrets
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

SESSION, KEY = "cms_", "cmk_"
"""How tokens begin, so that people and scanners of source code know what they have found."""

PREFIX_LENGTH = 12
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Those nobody takes for others."""

_HASHER = PasswordHasher()
"""argon2id as RFC 9106 advises where memory is dear: 64 MiB, three passes."""

_NOBODYS = _HASHER.hash(secrets.token_urlsafe())
"""What is compared with where there is no account, so that both take the same time."""

_AT_ONCE = asyncio.Semaphore(2)
"""Each takes 64 MiB and a tenth of a second of a core; a crowd at the door waits in line."""


async def hash_password(password: str) -> str:
    """Return what is kept of a password."""
    async with _AT_ONCE:
        return await asyncio.to_thread(_HASHER.hash, password)


async def is_right(kept: str | None, password: str) -> bool:
    """Tell whether a password is the one something was kept of; takes as long where nothing was."""
    async with _AT_ONCE:
        return await asyncio.to_thread(_verify, kept or _NOBODYS, password) and kept is not None


def _verify(kept: str, password: str) -> bool:
    try:
        return _HASHER.verify(kept, password)
    except (Argon2Error, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """Tell whether what is kept was made the way it no longer is."""
    return _HASHER.check_needs_rehash(kept)


def draw_password() -> str:
    """Draw a password that people can read out: 99 bits."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(20))
    return "-".join(letters[start : start + 5] for start in range(0, 20, 5))


def draw_token(kind: str) -> str:
    """Draw the token of a session or a key: 256 bits."""
    return kind + secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """Return what is kept of a token; nobody guesses 256 bits, so no slow hash is needed."""
    return sha256(token.encode()).digest()
