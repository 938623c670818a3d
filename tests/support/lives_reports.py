"""What the legs may report about an order in its life; see `lives`."""

from collections.abc import Callable
from random import Random
from typing import Any
from uuid import UUID

from contracts import cancellation, inventory, notifier, refunds
from kit.ids import child_id
from services.cancellation.domain.legs import Legs
from services.cancellation.domain.order import Order
from tests.support.money_mothers import a_void_outcome
from tests.support.mothers import ORDER_ID, PLACED_AT
from tests.support.spec import NOW

Report = Callable[[Random], Any]


def reports(order: Order) -> list[Report]:
    """Return a way to report on each leg that is open."""
    found: list[Report] = []
    for id_, legs in order.cancellations.items():
        if legs.status not in ("HELD", "UNDONE"):
            found += _reports_on(id_, legs)
    for request_id, request in order.seldom.restocks.items():
        if request.outcome is None:
            found.append(_restock_report(request.asked.cancellation_id, request_id))
    return found


def _reports_on(id_: UUID, legs: Legs) -> list[Report]:
    found = [
        _refund_report(id_, child_id(id_, due.payment_id), due)
        for due in legs.cancelled.refunds
        if legs.refunds[due.payment_id] is None
    ]
    found += [
        _refund_report(id_, refund_id, due)
        for refund_id, due in legs.later_due.items()
        if legs.later[refund_id] is None
    ]
    found += [_credit_report(id_, legs, credit) for credit, x in legs.credits.items() if x is None]
    found += [_void_report(id_, payment) for payment, x in legs.voids.items() if x is None]
    if legs.restock is None:
        found.append(_restock_report(id_, None))
    if legs.notification is None:
        found.append(_mail_report(id_))
    return found


def _refund_report(id_: UUID, refund_id: UUID, due: cancellation.RefundDue) -> Report:
    about: Any = {
        "order_id": ORDER_ID, "cancellation_id": id_, "refund_id": refund_id,
        "payment_id": due.payment_id, "amount_minor": due.amount_minor, "currency": "EUR",
    }  # fmt: skip
    if due.method is not None and due.method.is_offline:
        owed = refunds.ManualRefundOwed(**about, tender=due.tender, remind_at=NOW, owed_at=NOW)
        paid = refunds.ManualRefundPaid(**about, proof="", paid_at=NOW, recorded_at=NOW)
        return lambda chance: chance.choice((owed, owed, paid))
    words: tuple[Any, ...] = (
        refunds.RefundSucceeded(**about, provider_reference="re_1", succeeded_at=NOW),
        refunds.RefundFailed(**about, code="no", detail="no", failed_at=NOW),
        refunds.RefundUncertain(**about, detail="?", noticed_at=NOW),
    )
    return lambda chance: chance.choice(words)


def _credit_report(id_: UUID, legs: Legs, credit_id: UUID) -> Report:
    due = legs.credit_due(credit_id)
    assert due is not None
    about: Any = {
        "order_id": ORDER_ID, "cancellation_id": id_, "credit_id": credit_id,
        "customer_id": due.customer_id, "amount_minor": due.amount_minor, "currency": "EUR",
    }  # fmt: skip
    good = refunds.StoreCreditIssued(**about, issued_at=NOW)
    bad = refunds.StoreCreditFailed(**about, code="EXPIRED", detail="no", failed_at=NOW)
    return lambda chance: chance.choice((good, bad))


def _void_report(id_: UUID, payment_id: str) -> Report:
    words = [a_void_outcome(x, id_, payment_id) for x in ("SUCCEEDED", "FAILED", "UNCERTAIN")]
    return lambda chance: chance.choice(words)


def _restock_report(id_: UUID, request_id: UUID | None) -> Report:
    about: Any = {"order_id": ORDER_ID, "cancellation_id": id_, "request_id": request_id}
    good = inventory.StockRestocked(**about, lines=(), restocked_at=PLACED_AT)
    bad = inventory.RestockFailed(
        **about, code="MORE_THAN_ORDERED", detail="no", failed_at=PLACED_AT
    )
    return lambda chance: chance.choice((good, good, bad))


def _mail_report(id_: UUID) -> Report:
    about: Any = {"order_id": ORDER_ID, "cancellation_id": id_, "message_id": child_id(id_, "m")}
    words: tuple[Any, ...] = (
        notifier.CustomerNotified(**about, accepted_at=NOW),
        notifier.CustomerNotificationFailed(**about, code="no", detail="no", failed_at=NOW),
        notifier.CustomerNotificationUncertain(**about, detail="?", noticed_at=NOW),
    )
    return lambda chance: chance.choice(words)
