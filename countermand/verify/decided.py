"""What was decided, as the cancellation log has it: the book all others must match."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from countermand.verify.mismatch import Mismatch
from kit.event_store import LogEntry
from kit.postgres import OwnConnection

Json = dict[str, Any]

PAGE_SIZE = 5_000


class Refund(NamedTuple):
    """One refund decided."""

    order_id: str
    payment_id: str
    amount_minor: int
    currency: str
    is_at_provider: bool = True
    """False for what a gift card or a person gives back."""
    tender: str | None = None
    """What it goes to, where that is neither at the provider nor a person's business."""


@dataclass(slots=True)
class ByHand:
    """A refund that a person has to give back."""

    order_id: str
    left_minor: int
    """What is still owed, by what was recorded."""


class Movement(NamedTuple):
    """One stock movement decided."""

    order_id: str
    line_id: str
    sku: str
    quantity: int


@dataclass(slots=True)
class Cancelled:
    """One cancellation, as far as it stands now."""

    order_id: str
    owed_minor: int
    """What the customer is to have back of it, now or later."""
    balance_minor: int = 0
    """Of that, what is to be settled later."""
    status: str = "STANDING"
    """`HELD`, `UNDONE` and `REINSTATED` are the others."""
    credit_minor: int = 0
    """Store credit due for it."""
    voids: set[str] = field(default_factory=set)
    """Payments to release that nobody has released yet."""
    awaited: set[str] = field(default_factory=set)
    """Payments whose capture is on its way."""
    is_old: bool = False
    """Decided before money that comes late was given back."""
    underway: set[UUID] = field(default_factory=set)
    """Refunds somebody has taken up and not finished."""

    @property
    def may_wait(self) -> bool:
        """True when something other than its three legs is open, so it need not be complete."""
        return bool(
            self.status in ("HELD", "UNDONE")
            or self.balance_minor or self.credit_minor or self.voids or self.awaited
            or self.underway
        )  # fmt: skip


@dataclass(slots=True)
class Order:
    """One order."""

    currency: str
    total_minor: int
    captured: Counter[str] = field(default_factory=Counter)
    """Minor units captured, per payment."""
    in_flight: Counter[str] = field(default_factory=Counter)
    """Minor units asked for and neither captured nor failed, per payment."""
    due: Counter[str] = field(default_factory=Counter)
    """Minor units decided to be refunded or credited, per payment."""
    cancelled: Counter[str] = field(default_factory=Counter)
    """Units cancelled and not undone, per line."""
    back: Counter[str] = field(default_factory=Counter)
    """Units decided to go back on a shelf, per line."""
    lines: dict[str, tuple[int, dict[str, int]]] = field(default_factory=dict)
    """Units ordered per line, and the articles one of them is made of."""
    let_go: Counter[str] = field(default_factory=Counter)
    """Units cancelled, their hold over, and not needed again, per line."""
    fulfilled: Counter[str] = field(default_factory=Counter)
    """Units shipped, per line."""
    overdrawn: set[str] = field(default_factory=set)
    """Lines of which more was shipped or cancelled than ordered, at one time or another."""
    moved_count: int = 0
    """Parcels that left or came back."""


@dataclass(slots=True)
class CaseBook:
    """What the log says about cases, by what each is about: a refund, or a leg."""

    opened: dict[str, Json] = field(default_factory=dict)
    """By case id."""
    closed: dict[str, str] = field(default_factory=dict)
    """How each ended."""
    trouble: dict[UUID, tuple[str, str, int]] = field(default_factory=dict)
    """What did not succeed last: which kind, of which order, and how many cases say so."""
    wrong: list[Mismatch] = field(default_factory=list)

    def open_about(self, cause_id: UUID) -> list[Json]:
        """Return the open cases about something."""
        return [
            case
            for id_, case in self.opened.items()
            if case.get("cause_id") == str(cause_id) and id_ not in self.closed
        ]


@dataclass(slots=True)
class WithUs:
    """What can be spent with the shop only, as the refunds service has it in its log."""

    entered: dict[UUID, list[tuple[Any, ...]]] = field(default_factory=dict)
    """By refund: each time something was put on a gift card or into an account again."""
    cards: dict[str, str] = field(default_factory=dict)
    """Order per gift card that was bought with units now cancelled."""
    disabled: Counter[str] = field(default_factory=Counter)
    """How often each gift card was disabled."""
    reported: set[str] = field(default_factory=set)
    """Gift cards whose order knows."""


@dataclass(slots=True)
class Decided:
    """Everything the cancellation log says."""

    orders: dict[str, Order] = field(default_factory=dict)
    cancellations: dict[UUID, Cancelled] = field(default_factory=dict)
    of_order: dict[str, list[Cancelled]] = field(default_factory=dict)
    """The same cancellations by order, oldest first."""
    answers: Counter[str] = field(default_factory=Counter)
    """How often each command id was answered; more than once is a double."""
    answered_by: Counter[str] = field(default_factory=Counter)
    """Answers per stored name."""
    refused_by_code: Counter[str] = field(default_factory=Counter)
    refunds: dict[UUID, Refund] = field(default_factory=dict)
    refund_outcomes: dict[UUID, str] = field(default_factory=dict)
    underway: dict[UUID, str] = field(default_factory=dict)
    """Refunds somebody has taken up and not finished: at the provider, or owed by a person."""
    by_hand: dict[UUID, ByHand] = field(default_factory=dict)
    """Refunds a person has to give back, or has."""
    in_books: dict[UUID, int] = field(default_factory=dict)
    """What the refunds service has as left of each of them."""
    credits: dict[UUID, list[tuple[str, int]]] = field(default_factory=dict)
    """Store credit due: what it stands for, per payment."""
    movements: dict[UUID, Movement] = field(default_factory=dict)
    restocking: dict[UUID, dict[UUID, Movement]] = field(default_factory=dict)
    """The same movements by the cancellation or request that puts units back."""
    restocked: dict[UUID, str] = field(default_factory=dict)
    """Outcome per cancellation or request that puts units back."""
    messages: dict[UUID, str] = field(default_factory=dict)
    """Order per message to send."""
    message_outcomes: dict[UUID, str] = field(default_factory=dict)
    held: dict[UUID, Json] = field(default_factory=dict)
    """What was decided and is held, or was undone: nothing of it may be found anywhere."""
    silent: dict[UUID, str] = field(default_factory=dict)
    """Order per message that must not be sent, because nobody was to be told."""
    completed: Counter[UUID] = field(default_factory=Counter)
    with_us: WithUs = field(default_factory=WithUs)
    cases: CaseBook = field(default_factory=CaseBook)
    wrong: list[Mismatch] = field(default_factory=list)
    """Decisions that contradict themselves or what came before."""


async def read_log(connection: OwnConnection, service: str) -> AsyncIterator[list[LogEntry]]:
    """Read one service's whole log in pages, in log order."""
    position = 0
    while True:
        rows = await connection.fetch(
            "SELECT notification_id, originator_id, originator_version, topic, state"
            f" FROM {service}.{service}_events WHERE notification_id > $1"
            " ORDER BY notification_id LIMIT $2",
            position, PAGE_SIZE,
        )  # fmt: skip
        if not rows:
            return
        yield [LogEntry(*row) for row in rows]
        position = rows[-1][0]
