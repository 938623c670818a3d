"""How often somebody may try to sign in: per account and per address, within a window of time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from kit.postgres import AnyConnection

_COUNT = (
    "INSERT INTO cancellation.sign_in_attempts AS a (subject, began_at, attempts)"
    " VALUES ($1, $2, 1) ON CONFLICT (subject) DO UPDATE SET"
    " began_at = CASE WHEN a.began_at <= $3 THEN $2 ELSE a.began_at END,"
    " attempts = CASE WHEN a.began_at <= $3 THEN 1 ELSE a.attempts + 1 END"
    " RETURNING attempts, began_at"
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What is enough."""

    per_account: int
    per_address: int
    window_s: int

    async def count(
        self, connection: AnyConnection, name: str | None, address: str, now: datetime
    ) -> tuple[int, bool]:
        """Count an attempt before it is made, so that many at once are as many.

        Args:
            connection: the database.
            name: of the account; None while nobody knows whose it is.
            address: from where.
            now: the moment.

        Returns:
            seconds to wait, 0 when it may be made; and whether it is the first that may not.
        """
        wait_s, is_first = 0, False
        before = now - timedelta(seconds=self.window_s)
        subjects = [(f"address:{address}", self.per_address)]
        if name is not None:
            subjects.insert(0, (f"account:{name}", self.per_account))
        for subject, most in subjects:
            counted = await connection.fetchrow(_COUNT, _key(subject), now, before)
            assert counted is not None  # noqa: S101 - it returns what it wrote
            attempts, began_at = counted
            if attempts > most:
                left_s = int((began_at - before).total_seconds()) + 1
                wait_s, is_first = max(wait_s, left_s), is_first or attempts == most + 1
        return wait_s, is_first

    async def forget(self, connection: AnyConnection, name: str, now: datetime) -> None:
        """Begin anew for an account whose password was right, and drop what is over."""
        await connection.execute(
            "DELETE FROM cancellation.sign_in_attempts WHERE subject = $1 OR began_at <= $2",
            _key(f"account:{name}"), now - timedelta(seconds=self.window_s),
        )  # fmt: skip


def _key(subject: str) -> bytes:
    return sha256(subject.encode()).digest()
