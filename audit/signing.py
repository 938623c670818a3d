"""Ed25519 keys in files: PKCS#8 PEM, as `openssl genpkey -algorithm ed25519` writes them.

The public key is written as 64 hexadecimal digits, beside the private one, in a file `*.pub`.
"""

import os
import stat
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from kit.settings import SettingsError


def create_key(path: Path) -> None:
    """Make a key for the owner's eyes only; an existing file is left alone."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.unlink(missing_ok=True)  # of a start that was killed
    key = Ed25519PrivateKey.generate()
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.with_suffix(".pub").write_text(f"{public_key(key).hex()}\n")
    unfinished.replace(path)


def read_key(path: Path) -> Ed25519PrivateKey:
    """Read a private key.

    Raises:
        SettingsError: there is no such file, others may read it, or it holds no Ed25519 key.
    """
    try:
        if path.stat().st_mode & (stat.S_IRWXO | stat.S_IWGRP):
            raise SettingsError(f"{path} is open to others. Say: chmod 600 {path}")
        key = load_pem_private_key(path.read_bytes(), None)
    except OSError as absent:
        raise SettingsError(f"The key cannot be read: {absent}.") from None
    except (ValueError, TypeError) as wrong:
        raise SettingsError(f"{path} holds no readable key: {wrong}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(f"{path} holds a key of another kind; Ed25519 is needed.")
    return key


def public_key(key: Ed25519PrivateKey) -> bytes:
    """Return the 32 bytes of the public key."""
    return key.public_key().public_bytes_raw()


def is_signed(public: bytes, statement: bytes, signature: bytes) -> bool:
    """Tell whether a signature fits."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, statement)
    except (InvalidSignature, ValueError):
        return False
    return True
