"""Facts, decisions and wishes as sentences."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from contracts.cancellation import (
    Actor,
    CancelOrder,
    RecordManualRefund,
    RequestCancellation,
    RestockCancelledItems,
    ReturnProposal,
    SettleRefund,
)
from contracts.message import Message
from kit.facts import Fact
from services.cancellation.domain import events
from services.cancellation.domain.money import order_total
from services.cancellation.domain.units import Units
from services.cancellation.explaining.words import Speaker


def units(lines: Iterable[Units], say: Speaker) -> str:
    """Say so many units of so many lines."""
    return ", ".join(
        say("line_units", count=say.units(line.quantity), line=line.line_id) for line in lines
    )


def who(actor: Actor, say: Speaker) -> str:
    """Say who asks."""
    type_ = say.word("type", actor.type)
    if actor.role is None:
        return say("who", id=actor.id, type=type_)
    return say("who.role", id=actor.id, type=type_, role=say.word("role", actor.role))


def proposal(found: ReturnProposal, currency: str, say: Speaker) -> str:
    """Say which return can be offered."""
    return say(
        "proposal", units=units(found.lines, say), amount=say.money(found.amount_minor, currency)
    )


def command(type_: str, said: Any, say: Speaker) -> str:
    """Say what a command asks for, by its type."""
    key = f"command.{type_.split('.')[1]}"
    names = ("request_id", "cancellation_id", "claim_id", "case_id")
    return say(key, **{name: getattr(said, name, "") for name in names})


def wishes(message: Message, currency: str, say: Speaker) -> Iterator[str]:
    """Say every choice a command makes."""
    match message:
        case CancelOrder():
            yield from _cancel_wishes(message, currency, say)
        case RequestCancellation():
            yield from _what_and_why(message, say)
            if message.refund_to == "STORE_CREDIT":
                yield say("refund_to.STORE_CREDIT")
        case SettleRefund():
            yield from _settle_wishes(message, currency, say)
        case RecordManualRefund():
            amount = say.money(message.amount_minor, message.currency)
            yield say("manual_refund.asked", amount=amount, proof=message.proof)
        case RestockCancelledItems():
            yield say("restock.lines", units=units(message.lines, say))
        case _:
            yield command(message.TYPE, message, say)


def _what_and_why(wish: CancelOrder | RequestCancellation, say: Speaker) -> Iterator[str]:
    yield units(wish.lines, say) if wish.lines else say("all_left")
    reason = say.word("reason", wish.reason)
    if wish.sub_reason:
        yield say("because.own", reason=reason, own=wish.sub_reason)
    else:
        yield say("because", reason=reason)
    if wish.is_statutory_withdrawal:
        yield say("statutory")
    if wish.expected_version is not None:
        yield say("expected", version=wish.expected_version)


def _cancel_wishes(wish: CancelOrder, currency: str, say: Speaker) -> Iterator[str]:
    yield from _what_and_why(wish, say)
    yield say(f"refund.{wish.refund}")
    if wish.refund_lines:
        yield say("refund.lines", units=units(wish.refund_lines, say))
    yield from _measure(wish.refund_amount_minor, wish, currency, say)
    if wish.shipping != "WITH_LAST":
        yield say(f"shipping.{wish.shipping}")
    if wish.restock_lines:
        yield say("restock.lines", units=units(wish.restock_lines, say))
    else:
        yield say(f"restock.{wish.restock}")
    yield say(f"notify.{wish.notify}")


def _settle_wishes(wish: SettleRefund, currency: str, say: Speaker) -> Iterator[str]:
    if wish.amount_minor is None and wish.tenders is None:
        yield say("all_owed")
    yield from _measure(wish.amount_minor, wish, currency, say)
    if wish.is_final:
        yield say("final")


def _measure(amount_minor: int | None, wish: Any, currency: str, say: Speaker) -> Iterator[str]:
    """Say how much is to go back, and where it goes."""
    tenders = wish.tenders if isinstance(wish, SettleRefund) else wish.refund_tenders
    if tenders:
        parts = ", ".join(
            say("refund.on", amount=say.money(part.amount_minor, currency), payment=part.payment_id)
            for part in tenders
        )
        yield say("refund.tenders", parts=parts)
    elif amount_minor is not None:
        yield say("refund.amount", amount=say.money(amount_minor, currency))
    if wish.refund_to != "ORIGINAL":
        yield say(f"refund_to.{wish.refund_to}")
    if wish.store_credit_expires_at:
        yield say("expires", moment=say.moment(wish.store_credit_expires_at))


Tell = Callable[[Any, str, Speaker], str]


def _money_of(key: str) -> Tell:
    """Return a sentence about the amount and the payment of a message."""
    return lambda fact, currency, say: say(
        key,
        amount=say.money(fact.message.amount_minor, currency),
        payment=fact.message.payment_id,
    )


def _lines_of(key: str) -> Tell:
    return lambda fact, _, say: say(key, units=units(fact.message.lines, say))


def _outcome_of(key: str) -> Tell:
    return lambda fact, _, say: say(key, outcome=say.word("outcome", fact.outcome))


def _placed(fact: events.OrderPlaced, _: str, say: Speaker) -> str:
    placed = fact.message
    amount = say.money(order_total(placed), placed.currency)
    lines = say.counted("lines", len(placed.lines))
    return say("placed", moment=say.moment(placed.placed_at), lines=lines, amount=amount)


def _ended(key: str) -> Tell:
    """Return a sentence about the amount and the payment of a message, and how that ended."""
    return lambda fact, currency, say: say(
        key,
        amount=say.money(fact.message.amount_minor, currency),
        payment=getattr(fact.message, "payment_id", ""),
        outcome=say.word("outcome", fact.outcome),
    )


def _refund_reported(fact: events.RefundReported, currency: str, say: Speaker) -> str:
    told = _ended("refund_reported")(fact, currency, say)
    is_taken_back = getattr(fact.message, "after_success", False)
    return f"{told} {say('refund_taken_back')}" if is_taken_back else told


def _progressed(fact: events.RefundProgressed, currency: str, say: Speaker) -> str:
    return _money_of(f"refund_progressed.{fact.state}")(fact, currency, say)


def _fallback(fact: events.RefundFallbackChosen, currency: str, say: Speaker) -> str:
    amount = say.money(fact.amount_minor, currency)
    return say(f"fallback.{fact.step}", amount=amount, payment=fact.payment_id, code=fact.code)


def _completed(fact: events.CancellationCompleted, _: str, say: Speaker) -> str:
    return say(
        "completed",
        refund=say.word("outcome", fact.refund),
        void=say.word("outcome", fact.void),
        credit=say.word("outcome", fact.store_credit),
        restock=say.word("outcome", fact.restock),
        notification=say.word("outcome", fact.notification),
    )


def _message_reported(fact: events.MessageReported, _: str, say: Speaker) -> str:
    what, outcome = say(f"mail.{fact.message.kind}"), say.word("outcome", fact.message.outcome)
    return say("message_reported", what=what, outcome=outcome)


def _mail_bounced(fact: events.MailBounced, _: str, say: Speaker) -> str:
    return say("mail_bounced", what=say(f"mail.{fact.message.kind}"), detail=fact.message.detail)


def _feedback(fact: events.FeedbackGiven, _: str, say: Speaker) -> str:
    return say("feedback_given", answer=say(f"feedback.{fact.message.answer}"))


def _case(fact: events.CaseOpened, currency: str, say: Speaker) -> str:
    about = {
        "units": units(fact.lines, say),
        "payment": fact.payment_id,
        "amount": say.money(fact.amount_minor or 0, currency),
    }
    what = say.find(f"case.{fact.kind}", **about) or fact.detail
    if fact.role is None or fact.due_at is None:
        return say("case", what=what)
    role, moment = say.word("role", fact.role), say.moment(fact.due_at)
    return say("case.due", what=what, role=role, moment=moment)


FACTS: dict[type[Fact], Tell] = {
    events.OrderPlaced: _placed,
    events.PaymentAuthorized: _money_of("authorized"),
    events.PaymentCaptureStarted: _money_of("capture_started"),
    events.PaymentCaptured: _money_of("captured"),
    events.PaymentCaptureFailed: _money_of("capture_failed"),
    events.PaymentVoided: lambda fact, _, say: say("voided", payment=fact.message.payment_id),
    events.LinesFulfilled: _lines_of("fulfilled"),
    events.ItemsReturned: _lines_of("returned"),
    events.RefundProgressed: _progressed,
    events.RefundReported: _refund_reported,
    events.RefundFallbackChosen: _fallback,
    events.VoidReported: _ended("void_reported"),
    events.StoreCreditReported: _ended("store_credit_reported"),
    events.GiftCardReported: lambda fact, _, say: say(
        "gift_card_reported", card=fact.message.gift_card_id
    ),
    events.RestockReported: _outcome_of("restock_reported"),
    events.NotificationReported: _outcome_of("notification_reported"),
    events.MessageReported: _message_reported,
    events.MailBounced: _mail_bounced,
    events.FeedbackGiven: _feedback,
    events.CancellationCompleted: _completed,
    events.CaseOpened: _case,
}
"""What was heard and reported, as a sentence; what was decided stands in `deciding`."""
