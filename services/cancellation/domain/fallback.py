"""What is done when a refund failed for good: the chain, as a table.

The refunds service has tried again before, where that might help (`retried_after` there). What is
left are other ways, from the one that gives the customer money to the one that takes a person.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

from contracts.cancellation import RefundDue
from services.cancellation.domain.allocation import allocate
from services.cancellation.domain.legs import Legs
from services.cancellation.domain.order import Order
from services.cancellation.domain.policy import Rulebook

Step = Literal["OTHER_TENDER", "STORE_CREDIT_OFFER", "CASE"]
"""`OTHER_TENDER`: another payment of the order gives it back. `STORE_CREDIT_OFFER`: the amount is
owed, and credit may be offered. `CASE`: the amount is owed, and a person has to find a way."""


class Seen(NamedTuple):
    """What the table looks at."""

    stands: bool
    """False when the cancellation was taken back meanwhile: then nothing is owed."""
    is_forbidden: bool
    """True when our own ledger forbade the refund: no other way is less wrong."""
    has_room: bool
    """True when payments that did not fail yet can give back the whole amount."""
    has_customer: bool
    """False for a guest: credit needs an account."""


CHAIN: tuple[tuple[Step, Callable[[Seen], bool]], ...] = (
    ("CASE", lambda seen: seen.is_forbidden or not seen.stands),
    ("OTHER_TENDER", lambda seen: seen.has_room),
    ("STORE_CREDIT_OFFER", lambda seen: seen.has_customer),
    ("CASE", lambda _: True),
)
"""Steps and when each is taken: the first that fits."""


def choose_step(seen: Seen) -> Step:
    """Return what is done."""
    return next(step for step, fits in CHAIN if fits(seen))


def other_tenders(
    order: Order, legs: Legs, book: Rulebook, payment_id: str, amount_minor: int
) -> tuple[RefundDue, ...]:
    """Spread an amount over payments that have not failed; nothing unless all of it fits."""
    broken = legs.broken | {payment_id}
    captured = {id_: minor for id_, minor in order.captured.items() if id_ not in broken}
    due = allocate(order._replace(captured=captured), book, amount_minor)
    return due if sum(refund.amount_minor for refund in due) == amount_minor else ()
