"""What this service needs from the world: somebody who takes mail, and a purse."""

from dataclasses import dataclass
from typing import Protocol

from services.notifier.domain.voucher_events import VoucherWanted


@dataclass(frozen=True, slots=True)
class Mail:
    """One message, ready to hand over."""

    recipient: str
    content: bytes
    """The whole message, headers and all, with CRLF line ends."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server said 250; it is the server's now."""

    answer: str = ""
    """Its words, which often name the message as that server knows it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The server said no, for good."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class NotReached:
    """The message was certainly not taken; it may be offered again."""

    detail: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The line was lost while the server had the message; it must not be offered again."""

    detail: str


class Purse(Protocol):
    """Where vouchers are drawn from: budgets that are never overdrawn."""

    async def draw(self, wanted: VoucherWanted) -> bool:
        """Draw a voucher; the same again is the same voucher. False when the budget is used up.

        Raises:
            OSError, asyncpg.PostgresError: it is away; nothing is known.
        """


class Mailer(Protocol):
    """A way to hand mail over. Every implementation passes one conformance suite."""

    async def send(self, mail: Mail) -> Accepted | Refused | NotReached | Unknown:
        """Offer one message; the answer says what is certain and what is not."""
