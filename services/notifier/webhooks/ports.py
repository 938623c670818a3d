"""What the lane needs from the world: somebody who posts, and what is known of each receiver."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Answered:
    """The receiver answered; only the status is read."""

    status: int


@dataclass(frozen=True, slots=True)
class NotReached:
    """No answer came; the receiver may have got it."""

    detail: str


@dataclass(frozen=True, slots=True)
class NotAllowed:
    """Nothing was sent: the address must not be called."""

    detail: str


class Sender(Protocol):
    """A way to post; it goes nowhere but where it is allowed to."""

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str]
    ) -> Answered | NotReached | NotAllowed:
        """Post once; never raises for what the other side does."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """An endpoint as it is called."""

    url: str
    is_enabled: bool
    keys: tuple[str, ...]
    """Those that sign now, the newest first."""


class Register(Protocol):
    """What is known of receivers, and how they do."""

    async def find(self, endpoint_id: UUID) -> Receiver | None:
        """Return an endpoint as it is now."""

    async def worked(self, endpoint_id: UUID) -> None:
        """Note that it answered well."""

    async def failed(self, endpoint_id: UUID, detail: str) -> float:
        """Note that it did not; returns for how many seconds it has not."""

    async def disable(self, endpoint_id: UUID, code: str, why: str, effect_id: UUID) -> None:
        """Send it nothing more, because of what this call has shown."""
