"""Only what Stripe has signed with one of our secrets, just now, is taken."""

import hmac
import random
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from deploy.simulators.payments.webhooks import sign
from services.refunds.adapters.stripe_webhooks import (
    TOLERANCE_S,
    SignatureError,
    check_signature,
)

BODY = b'{"id":"evt_1","type":"refund.updated","data":{"object":{"id":"re_1","note":"\xc3\xa9"}}}'
SECRET, OTHER = "whsec_one", "whsec_two"
NOW = datetime.now(UTC)
AT = int(NOW.timestamp())
MUTATIONS = 100_000


def is_taken(
    body: bytes, header: str, *secrets: str, now: datetime = NOW
) -> bool:  # fmt: skip
    try:
        check_signature(body, header, secrets or (SECRET,), now)
    except SignatureError:
        return False
    return True


def test_what_was_signed_with_our_secret_is_taken() -> None:
    assert is_taken(BODY, sign(BODY, [SECRET], AT))


def test_either_secret_is_taken_while_one_replaces_the_other() -> None:
    assert is_taken(BODY, sign(BODY, [SECRET], AT), OTHER, SECRET)
    assert is_taken(BODY, sign(BODY, [OTHER, SECRET], AT), SECRET)
    assert not is_taken(BODY, sign(BODY, [SECRET], AT), OTHER)


@pytest.mark.parametrize(
    ("off_s", "expected"),
    [(0, True), (TOLERANCE_S - 1, True), (TOLERANCE_S + 1, False), (1 - TOLERANCE_S, True),
     (-TOLERANCE_S - 1, False), (86_400, False)],
)  # fmt: skip
def test_only_a_signature_of_this_moment_counts(off_s: int, *, expected: bool) -> None:
    assert is_taken(BODY, sign(BODY, [SECRET], AT + off_s)) is expected


@pytest.mark.parametrize(
    "header",
    ["", "t=", "v1=ab", f"t={AT}", f"t={AT},v1=", f"t={AT},v1={'0' * 64}", f"t=-5,v1={'0' * 64}",
     f"t={'9' * 13},v1={'0' * 64}", "x" * 100_000],
)  # fmt: skip
def test_a_header_that_is_none_is_refused(header: str) -> None:
    assert not is_taken(BODY, header)


def test_another_scheme_does_not_count() -> None:
    assert not is_taken(BODY, sign(BODY, [SECRET], AT).replace("v1=", "v0="))


def test_an_empty_secret_opens_nothing() -> None:
    assert not is_taken(BODY, sign(BODY, [""], AT), "")


def test_the_bytes_count_and_not_what_they_mean() -> None:
    header = sign(BODY, [SECRET], AT)
    assert not is_taken(BODY.replace(b":", b": "), header)
    assert not is_taken(BODY.replace("é".encode(), b"\\u00e9"), header)
    assert not is_taken(b"\xff" + BODY, sign(b"\xff" + BODY, [SECRET], AT)), "UTF-8 or nothing"


def test_of_100_000_mutated_webhooks_none_is_taken() -> None:
    """Each is the genuine one but for one byte of body, moment or signature."""
    rng = random.Random(5)
    header = sign(BODY, [SECRET], AT)
    taken = 0
    for _ in range(MUTATIONS):
        body, line = bytearray(BODY), bytearray(header.encode())
        part = rng.choice((body, line))
        place, byte = rng.randrange(len(part)), rng.randrange(1, 256)
        part[place] ^= byte
        taken += is_taken(bytes(body), line.decode("latin-1"))
    assert taken == 0
    assert is_taken(BODY, header), "control: the genuine one"


def test_the_simulator_signs_as_stripe_describes() -> None:
    expected = hmac.new(SECRET.encode(), f"{AT}.".encode() + BODY, sha256).hexdigest()
    assert sign(BODY, [SECRET], AT) == f"t={AT},v1={expected}"
