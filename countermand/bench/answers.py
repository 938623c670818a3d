"""What the three services say once something is cancelled, most of it good."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from contracts import inventory, notifier, refunds
from kit.cloudevents import Incoming, fingerprint
from kit.facts import Fact
from kit.ids import child_id
from services.cancellation.domain.events import OrderCancelled
from services.cancellation.translation import stream_of

ANSWERS = ("GOOD", "GOOD", "GOOD", "FAIR", "POOR")
FAILED_EVERY, UNCERTAIN_EVERY, OPEN_EVERY, ANSWERED_EVERY = 20, 33, 15, 3
"""Of cancellations: how many refunds fail, restocks and mails end badly, legs are still on their
way, customers answer."""

FACTS_MIN = 3
"""What a command to cancel brings about besides, on average and at least."""


def as_incoming(id_: str, message: Any) -> Incoming:
    """Return a message as it comes from Kafka."""
    return Incoming(
        id_, message.TYPE, message, stream_of(message)[1], fingerprint(message.TYPE, message), id_
    )


class _Legs(NamedTuple):
    """What the three services say about one cancellation."""

    about: dict[str, Any]
    fact: OrderCancelled
    number: int

    def messages(self, now: datetime) -> Iterator[Any]:
        for due in self.fact.refunds:
            refund: Any = {
                **self.about, "refund_id": child_id(self.fact.cancellation_id, due.payment_id),
                "payment_id": due.payment_id, "amount_minor": due.amount_minor,
                "currency": self.fact.currency,
            }  # fmt: skip
            if self.number % FAILED_EVERY:
                yield refunds.RefundSucceeded(
                    **refund, provider_reference=f"re_{self.number}", succeeded_at=now
                )
            else:
                yield refunds.RefundFailed(
                    **refund, code="expired_or_canceled_card", detail="bench", failed_at=now
                )
        if self.fact.restock and (self.number + 1) % FAILED_EVERY:
            lines = [
                inventory.RestockedLine(line_id=line.line_id, sku=line.sku, quantity=line.quantity)
                for line in self.fact.lines
            ]
            yield inventory.StockRestocked(**self.about, lines=tuple(lines), restocked_at=now)
        elif self.fact.restock:
            yield inventory.RestockFailed(
                **self.about, code="MORE_THAN_ORDERED", detail="bench", failed_at=now
            )
        if self.fact.recipient is not None:
            yield from self._mail(now)

    def _mail(self, now: datetime) -> Iterator[Any]:
        about: Any = {
            **self.about, "message_id": child_id(self.fact.cancellation_id, "order_cancelled")
        }  # fmt: skip
        if self.number % UNCERTAIN_EVERY == 0:
            yield notifier.CustomerNotificationUncertain(**about, detail="bench", noticed_at=now)
            return
        yield notifier.CustomerNotified(**about, accepted_at=now)
        if self.number % ANSWERED_EVERY == 0:
            answer: Any = ANSWERS[self.number // ANSWERED_EVERY % len(ANSWERS)]
            yield notifier.FeedbackGiven(**about, answer=answer, given_at=now)


def replies(fact: Fact, now: datetime) -> Iterator[Incoming]:
    """Say what the legs would, once something is cancelled; some have not yet."""
    if not isinstance(fact, OrderCancelled):
        return
    number = fact.cancellation_id.int % 1_000_000
    if number % OPEN_EVERY == 0:
        return
    about = {"order_id": fact.order_id, "cancellation_id": fact.cancellation_id}
    for n, message in enumerate(_Legs(about, fact, number).messages(now)):
        yield as_incoming(f"{fact.cancellation_id}-{n}", message)
