"""Our signatures are those of Standard Webhooks: its vector, and its own library."""

from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from services.notifier.webhooks.signing import KEY_BYTES, sign, write_key

KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = write_key(bytes(range(KEY_BYTES)))


def test_the_published_vector_comes_out() -> None:
    """Source: the reference implementations of Standard Webhooks, `test_sign_function`."""
    made = sign([KEY], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("key", [KEY, OTHER])
def test_the_official_library_accepts_what_we_sign_with_either_of_two_keys(key: str) -> None:
    now = int(datetime.now(UTC).timestamp())
    body = '{"type":"a","data":{"é":1}}'
    headers = {
        "webhook-id": "m", "webhook-timestamp": str(now),
        "webhook-signature": sign([OTHER, KEY], "m", now, body.encode()),
    }  # fmt: skip
    assert Webhook(key).verify(body, headers) == {"type": "a", "data": {"é": 1}}
    for changed in (
        {**headers, "webhook-id": "n"},
        {**headers, "webhook-timestamp": str(now - 1)},
        {**headers, "webhook-signature": sign([OTHER, KEY], "m", now, body.encode() + b" ")},
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(key).verify(body, changed)


def test_a_key_is_as_long_as_the_standard_asks() -> None:
    assert 24 <= KEY_BYTES <= 64
    assert OTHER.startswith("whsec_")
