"""Signatures as Standard Webhooks 1.0.0 has them: HMAC-SHA256 over `id.timestamp.body`."""

import base64
import hashlib
import hmac
from collections.abc import Iterable

PREFIX = "whsec_"
KEY_BYTES = 32
"""The standard asks for 24 to 64."""


def write_key(raw: bytes) -> str:
    """Write a key as receivers are given it."""
    return PREFIX + base64.b64encode(raw).decode()


def sign(keys: Iterable[str], message_id: str, timestamp_s: int, body: bytes) -> str:
    """Return the value of `webhook-signature`: one per key, so a key can be replaced in peace."""
    content = f"{message_id}.{timestamp_s}.".encode() + body
    signatures = []
    for key in keys:
        raw = base64.b64decode(key.removeprefix(PREFIX))
        digest = hmac.new(raw, content, hashlib.sha256).digest()
        signatures.append(f"v1,{base64.b64encode(digest).decode()}")
    return " ".join(signatures)
