"""Codes and links nobody can guess: our ids under a secret of the shop's."""

import hmac
from base64 import b32encode, urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from uuid import UUID

SEAL_BYTES = 16
"""Of a link's seal; 2¹²⁸ guesses."""

CODE_BYTES = 10
"""Of a voucher's code: 16 letters and digits, 2⁸⁰ guesses."""


def voucher_code(secret: bytes, voucher_id: UUID) -> str:
    """Return what a customer enters, `ABCD-EFGH-IJKL-MNOP`; always the same for one voucher."""
    letters = b32encode(_seal(secret, b"voucher", voucher_id)[:CODE_BYTES]).decode()
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def feedback_token(secret: bytes, message_id: UUID) -> str:
    """Return what a link to the question below a mail ends with; it names no person or order."""
    sealed = message_id.bytes + _seal(secret, b"feedback", message_id)[:SEAL_BYTES]
    return urlsafe_b64encode(sealed).rstrip(b"=").decode()


def read_feedback_token(secret: bytes, token: str) -> UUID | None:
    """Return the message a link belongs to; None when we have not made it."""
    try:
        sealed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None
    if len(sealed) != 16 + SEAL_BYTES:
        return None
    message_id = UUID(bytes=sealed[:16])
    # Compared as text: base64 has several spellings of the same bytes, and we wrote one of them.
    ours = feedback_token(secret, message_id)
    return message_id if hmac.compare_digest(ours.encode(), token.encode()) else None


def _seal(secret: bytes, purpose: bytes, id_: UUID) -> bytes:
    return hmac.new(secret, purpose + b":" + id_.bytes, sha256).digest()
