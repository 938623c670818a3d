"""The messages of one order, and the decisions about them: one message per fact and recipient."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from contracts.cancellation import (
    MoneyTerms,
    OrderCancellationApproved,
    OrderCancellationConfirmed,
    OrderCancellationDenied,
    OrderCancellationRequested,
    OrderCancelled,
    OrderReinstated,
)
from kit.decider import Context, Decider, Unacceptable
from kit.facts import Fact
from kit.ids import child_id
from services.notifier.domain import commands, events
from services.notifier.domain.choices import Template
from services.notifier.domain.money import MONEY, hear_of_money, tell_of_early
from services.notifier.domain.state import Messages, Told, evolve
from services.notifier.domain.stationery import in_force
from services.notifier.domain.vouchers import record_voucher, want_voucher

_NO_TERMS = MoneyTerms()


def tell_of_cancellation(messages: Messages, cancelled: Any, context: Context) -> Sequence[Fact]:
    """Tell the customer of a cancellation, unless nobody may be told or it was told before.

    While it is held the customer hears nothing: it may be undone.
    """
    message_id = child_id(cancelled.cancellation_id, "order_cancelled")
    if messages.is_known(message_id):
        return []
    if isinstance(cancelled, OrderCancelled) and cancelled.held_until is not None:
        return []
    about: dict[str, Any] = {
        "order_id": cancelled.order_id,
        "cancellation_id": cancelled.cancellation_id,
        "message_id": message_id,
        "template": "order_cancelled",
    }
    if cancelled.recipient is None:
        return [events.NotificationSuppressed(**about, why="NOBODY_TO_TELL")]
    terms, details = cancelled.money or _NO_TERMS, cancelled.details
    fact = events.NotificationRequested(
        **about,
        recipient=cancelled.recipient,
        currency=cancelled.currency,
        refund_minor=cancelled.refund_minor,
        lines=cancelled.lines,
        nothing_left=cancelled.nothing_left,
        balance_minor=terms.balance_minor,
        credit_minor=terms.store_credit.amount_minor if terms.store_credit else 0,
        credit_expires_at=terms.store_credit.expires_at if terms.store_credit else None,
        fee_minor=terms.fee.percent_minor + terms.fee.flat_minor if terms.fee else 0,
        is_released=bool(terms.voids),
        reason_label=details.reason_label if details else None,
        customer_message=details.customer_message if details else None,
        reason=cancelled.reason,
        sub_reason=details.sub_reason if details else None,
        told_at=context.now,
        stationery=in_force(context).version,
    )
    wanted = want_voucher(fact, context)
    return [wanted or fact, *tell_of_early(messages, fact, context)]


def tell_of_reinstatement(
    messages: Messages, reinstated: OrderReinstated, context: Context
) -> Sequence[Fact]:
    """Tell who was told of the cancellation that it is taken back."""
    told = messages.told.get(reinstated.cancellation_id)
    message_id = child_id(reinstated.cancellation_id, "order_reinstated")
    if told is None or told.recipient is None or messages.is_known(message_id):
        return []
    return [
        events.NotificationRequested(
            order_id=reinstated.order_id,
            cancellation_id=reinstated.cancellation_id,
            message_id=message_id,
            template="order_reinstated",
            recipient=told.recipient,
            currency=reinstated.currency,
            refund_minor=0,
            lines=(),
            nothing_left=False,
            amount_minor=reinstated.charge_minor,
            told_at=context.now,
            stationery=in_force(context).version,
        )
    ]


def tell_of_request(
    messages: Messages, asked: OrderCancellationRequested, context: Context
) -> Sequence[Fact]:
    """Tell a customer that their request has arrived; what the staff asks itself stays here."""
    message_id = child_id(asked.request_id, "request_received")
    if asked.kind != "CUSTOMER_REQUEST" or messages.is_known(message_id):
        return []
    if asked.recipient is None:
        return [
            events.NotificationSuppressed(
                order_id=asked.order_id,
                cancellation_id=None,
                request_id=asked.request_id,
                message_id=message_id,
                template="request_received",
                why="NOBODY_TO_TELL",
            )
        ]
    return [
        _about_request(
            asked,
            context,
            "request_received",
            Told(asked.recipient, asked.currency),
            amount_minor=asked.refund_minor,
            expires_at=asked.expires_at,
        )
    ]


def tell_of_answer(messages: Messages, answer: Any, context: Context) -> Sequence[Fact]:
    """Tell who was told that their request arrived how it was answered."""
    template: Template = (
        "request_denied" if isinstance(answer, OrderCancellationDenied) else "request_granted"
    )
    told = messages.told.get(answer.request_id)
    if isinstance(answer, OrderCancellationDenied) and answer.is_taken_back:
        return []  # no news to whoever did it
    if told is None or told.recipient is None or in_force(context).choice_of(template) == "NEVER":
        return []
    if messages.is_known(child_id(answer.request_id, template)):
        return []
    message = answer.customer_message if isinstance(answer, OrderCancellationDenied) else None
    return [_about_request(answer, context, template, told, customer_message=message)]


def _about_request(
    heard: Any, context: Context, template: Template, told: Told, **more: Any
) -> events.NotificationRequested:
    assert told.recipient is not None  # noqa: S101 - whoever calls has looked
    assert told.currency is not None  # noqa: S101 - known with the recipient
    return events.NotificationRequested(
        order_id=heard.order_id,
        cancellation_id=None,
        request_id=heard.request_id,
        message_id=child_id(heard.request_id, template),
        template=template,
        recipient=told.recipient,
        currency=told.currency,
        refund_minor=0,
        lines=(),
        nothing_left=False,
        told_at=context.now,
        stationery=in_force(context).version,
        **more,
    )


def record_outcome(messages: Messages, command: Any, _: Context) -> Sequence[Fact]:
    """Record the server's word; a second word on a settled message changes nothing."""
    requested = _find(messages, command.message_id)
    if command.message_id in messages.settled:
        return []
    about: dict[str, Any] = {
        "order_id": requested.order_id,
        "cancellation_id": requested.cancellation_id,
        **command.model_dump(),
    }
    if requested.template != "order_cancelled" or requested.resend_of is not None:
        return [
            events.MessageReported(
                **about,
                template=requested.template,
                outcome=_OUTCOMES[type(command)][0],
                request_id=requested.request_id,
                resent_by=requested.resent_by,
            )
        ]
    return [_OUTCOMES[type(command)][1](**about)]


_OUTCOMES: Mapping[type, tuple[Any, type[events.NotificationFact]]] = {
    commands.RecordAcceptance: ("SUCCEEDED", events.CustomerNotified),
    commands.RecordRejection: ("FAILED", events.CustomerNotificationFailed),
    commands.RecordUncertainty: ("UNCERTAIN", events.CustomerNotificationUncertain),
}


def record_bounce(messages: Messages, bounce: commands.RecordBounce, _: Context) -> Sequence[Fact]:
    """Record that a mail came back; a second notice of the same mail changes nothing."""
    requested = _find(messages, bounce.message_id)
    if bounce.message_id in messages.bounced:
        return []
    return [
        events.MailBounced(
            **bounce.model_dump(),
            cancellation_id=requested.cancellation_id,
            template=requested.template,
        )
    ]


def give_feedback(messages: Messages, said: commands.GiveFeedback, _: Context) -> Sequence[Fact]:
    """Record what a customer answers; the first answer about a cancellation counts."""
    requested = _find(messages, said.message_id)
    of = requested.cancellation_id
    if of is None or of in messages.rated:
        return []
    return [events.FeedbackGiven(**said.model_dump(), cancellation_id=of)]


def resend(messages: Messages, wish: commands.ResendMessage, context: Context) -> Sequence[Fact]:
    """Send a message again as a message of its own; the same wish again is the same message."""
    requested = _find(messages, wish.message_id)
    if wish.message_id not in messages.settled:
        raise Unacceptable("MESSAGE_NOT_SETTLED", "it is still on its way")
    first = requested.resend_of or requested.message_id
    message_id = resent_id_of(requested, context.message_id)
    if message_id in messages.requested:
        return []
    again = {
        "message_id": message_id, "resend_of": first, "told_at": context.now,
        "resent_by": wish.who, "resent_why": wish.why,
    }  # fmt: skip
    return [requested.model_copy(update=again)]


def resent_id_of(requested: events.NotificationRequested, wish_id: str) -> UUID:
    """Return the id a message has when it is sent again for a wish."""
    return child_id(requested.resend_of or requested.message_id, f"resend:{wish_id}")


def _find(messages: Messages, message_id: UUID) -> events.NotificationRequested:
    requested = messages.requested.get(message_id)
    if requested is None:
        raise Unacceptable("MESSAGE_NOT_FOUND", f"message {message_id} was never asked for")
    return requested


_DECISIONS: dict[type, Callable[[Messages, Any, Context], Sequence[Fact]]] = {
    OrderCancelled: tell_of_cancellation,
    OrderCancellationConfirmed: tell_of_cancellation,
    OrderReinstated: tell_of_reinstatement,
    OrderCancellationRequested: tell_of_request,
    OrderCancellationApproved: tell_of_answer,
    OrderCancellationDenied: tell_of_answer,
    **dict.fromkeys(MONEY, hear_of_money),
}
HEARD: tuple[type[Any], ...] = tuple(_DECISIONS)
"""Messages that may bring mails."""

_DECISIONS |= {
    **dict.fromkeys(_OUTCOMES, record_outcome),
    commands.RecordVoucher: record_voucher,
    commands.RecordBounce: record_bounce,
    commands.ResendMessage: resend,
    commands.GiveFeedback: give_feedback,
}


def decide(messages: Messages, message: Any, context: Context) -> Sequence[Fact]:
    """Decide on what was heard, a word of the mail server or a wish of the staff."""
    return _DECISIONS[type(message)](messages, message, context)


MESSAGES = Decider(initial=Messages(), evolve=evolve, decide=decide)
