"""Idempotency keys as Stripe keeps them: the first answer, for 24 hours.

Only requests that began to execute leave an answer. One that failed validation leaves nothing, so
its key may be used again with corrected parameters.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from deploy.simulators.payments.errors import key_in_use, key_reused
from deploy.simulators.serving import Answer

KEY_LIFE_S = 86_400
"""Stripe prunes keys once they are at least 24 hours old; a strict stand-in does so at once."""


@dataclass(slots=True)
class _Key:
    fingerprint: str
    begun_at: datetime
    answer: Answer | None = None
    """None while the first request is being worked on."""


class IdempotencyKeys:
    """Every key younger than `life_s`, with the answer it stands for."""

    def __init__(self, life_s: float = KEY_LIFE_S) -> None:
        self._life = timedelta(seconds=life_s)
        self._keys: dict[str, _Key] = {}

    def begin(self, key: str, fingerprint: str, now: datetime) -> Answer | None:
        """Return the answer stored for `key`, or None after claiming the key for this request.

        Raises:
            ApiError: 400 for other parameters, 409 while the first request is in flight.
        """
        self._prune(now)
        known = self._keys.get(key)
        if known is not None and self._is_expired(known, now):
            del self._keys[key]
            known = None
        if known is None:
            self._keys[key] = _Key(fingerprint, now)
            return None
        if known.fingerprint != fingerprint:
            raise key_reused(key)
        if known.answer is None:
            raise key_in_use(key)
        return known.answer

    def finish(self, key: str, answer: Answer) -> None:
        """Store the answer of the request that claimed `key`."""
        self._keys[key].answer = answer

    def abandon(self, key: str) -> None:
        """Forget a claim whose request did not execute."""
        self._keys.pop(key, None)

    def restore(self, key: str, fingerprint: str, begun_at: datetime, answer: Answer) -> None:
        """Put back what the ledger knows, in the ledger's order."""
        self._keys.pop(key, None)
        self._keys[key] = _Key(fingerprint, begun_at, answer)

    def _is_expired(self, key: _Key, now: datetime) -> bool:
        return key.answer is not None and now - key.begun_at >= self._life

    def _prune(self, now: datetime) -> None:
        """Free the memory of expired keys; they stand in the order they were claimed."""
        while self._keys:
            key = next(iter(self._keys))
            if not self._is_expired(self._keys[key], now):
                return
            del self._keys[key]
