"""Ed25519 without a library, and keys in files."""

import stat
from collections.abc import Callable
from hashlib import sha512
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.signing import create_key, is_signed, public_key, read_key
from countermand.audit import verify_export
from kit.settings import SettingsError

VECTORS = {
    "TEST 1": (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        b"",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701c"
            "f9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    "TEST 2": (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        b"r",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0"
            "f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    "TEST 3": (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        b"\xaf\x82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f76098"
            "4dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
    "TEST SHA(abc)": (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        sha512(b"abc").digest(),
        (
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c664"
            "31e0303dca179c138ac17ad9bef1177331a704"
        ),
    ),
}
"""Public key, message, signature of RFC 8032, section 7.1."""

Check = Callable[[bytes, bytes, bytes], bool]
CHECKS = pytest.mark.parametrize("check", [is_signed, verify_export.is_signed])
laws = settings(max_examples=40, deadline=None, database=None)
seeds = st.binary(min_size=32, max_size=32)


@CHECKS
@pytest.mark.parametrize("vector", VECTORS)
def test_the_examples_of_rfc_8032_hold(check: Check, vector: str) -> None:
    key, message, signature = VECTORS[vector]
    parts = bytes.fromhex(key), message, bytes.fromhex(signature)
    assert check(*parts)
    assert not check(parts[0], message + b"!", parts[2])


@laws
@given(seed=seeds, message=st.binary(max_size=200), bit=st.integers(0, 511))
def test_a_signature_holds_until_one_bit_is_turned(seed: bytes, message: bytes, bit: int) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = public_key(key), key.sign(message)
    assert verify_export.is_signed(public, message, signature)
    turned = (int.from_bytes(signature, "big") ^ 1 << bit).to_bytes(64, "big")
    assert not verify_export.is_signed(public, message, turned)
    other = (int.from_bytes(public, "big") ^ 1 << bit // 2).to_bytes(32, "big")
    assert not verify_export.is_signed(other, message, signature)


@CHECKS
def test_a_second_signature_cannot_be_made_of_the_first(check: Check) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    signature = key.sign(b"m")
    scalar = int.from_bytes(signature[32:], "little") + verify_export.L
    assert not check(public_key(key), b"m", signature[:32] + scalar.to_bytes(32, "little"))


@CHECKS
@pytest.mark.parametrize("length", [0, 31, 33, 63, 65])
def test_what_is_too_short_or_too_long_is_no_signature(check: Check, length: int) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    signature = (key.sign(b"m") + bytes(9))[:length]
    assert not check(public_key(key), b"m", signature)
    assert not check((public_key(key) + bytes(9))[: length % 40], b"m", key.sign(b"m"))


def test_a_new_key_is_for_its_owner_alone_and_its_public_half_lies_beside(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "audit.pem"
    create_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    key = read_key(path)
    assert path.with_suffix(".pub").read_text() == f"{public_key(key).hex()}\n"
    assert is_signed(public_key(key), b"m", key.sign(b"m"))


def test_a_key_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "audit.pem"
    create_key(path)
    before = path.read_bytes()
    create_key(path)
    assert path.read_bytes() == before


def test_what_a_killed_start_left_is_not_taken_for_a_key(tmp_path: Path) -> None:
    (tmp_path / "audit.part").write_bytes(b"-----BEGIN")
    path = tmp_path / "audit.pem"
    create_key(path)
    assert path.with_suffix(".pub").read_text() == f"{public_key(read_key(path)).hex()}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def pem_of_another_kind() -> bytes:
    key = generate_private_key(SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(
    ("mode", "content", "words"),
    [
        (0o644, None, "open to others"),
        (0o620, None, "open to others"),
        (0o600, b"nonsense", "no readable key"),
        (0o600, b"", "no readable key"),
        (0o600, pem_of_another_kind(), "Ed25519 is needed"),
    ],
)
def test_a_key_that_cannot_be_trusted_is_refused_in_words(
    tmp_path: Path, mode: int, content: bytes | None, words: str
) -> None:
    path = tmp_path / "audit.pem"
    create_key(path)
    if content is not None:
        path.write_bytes(content)
    path.chmod(mode)
    with pytest.raises(SettingsError, match=words):
        read_key(path)


def test_a_key_that_is_not_there_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        read_key(tmp_path / "audit.pem")
