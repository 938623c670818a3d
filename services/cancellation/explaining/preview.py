"""What a command would do, before anything happens: the decision itself, not written down."""

from collections.abc import Sequence
from typing import Any, Literal

from contracts.cancellation import Basis
from contracts.message import Command
from contracts.orders import LineQuantity, OrderPlaced
from contracts.values import Locale, OrderId
from kit.facts import RecordedFact
from services.cancellation.answers import REFUSED, answer_to, describe
from services.cancellation.domain import events
from services.cancellation.explaining.deciding import back_and_off
from services.cancellation.explaining.entries import Grounds, gist, grounds_of, grounds_told
from services.cancellation.explaining.steps import Step
from services.cancellation.explaining.words import Speaker

NotTold = Literal["GUEST", "NO_ADDRESS", "NOT_WANTED"]


class Preview(Grounds):
    """What a command would do if it were sent now."""

    order_id: OrderId
    """The order."""
    locale: Locale
    """Language of the sentences."""
    basis: Basis
    """Facts and policy it was looked at with; send `expected_version` to have it hold."""
    outcome: str
    """What the answer would be: `CANCELLED`, `REQUESTED`, `REJECTED`, …"""
    answer: dict[str, Any] | None
    """That answer, but for the command's id; empty when it would be refused."""
    back: tuple[LineQuantity, ...]
    """Units that would go back on the shelf."""
    off: tuple[LineQuantity, ...]
    """Units that would not."""
    is_told: bool
    """Whether the customer would be told."""
    not_told_because: NotTold | None
    """Why the customer of a cancellation would not be."""
    told_in: Locale | None
    """In which language the customer would be; the notifier can show the mail."""
    text: tuple[str, ...]
    """All of it in sentences."""


def preview(
    command: Command,
    recorded: Sequence[RecordedFact],
    placed: OrderPlaced | None,
    locale: Locale,
) -> Preview:
    """Tell what a command would do.

    Args:
        command: the command.
        recorded: the facts it would bring about.
        placed: the order it is about; None for one nobody announced.
        locale: language of the sentences.
    """
    say = Speaker(locale)
    currency = placed.currency if placed else ""
    first = recorded[0]
    facts = tuple(one.fact for one in recorded)
    step = Step(first.originator_id, None, first.originator_version - 1, facts, first.cause)
    fact = answer_to(first.cause.message_id, facts)
    answer = describe(fact)
    answer.pop("command_id", None)
    outcome = answer["outcome"]
    cancellation = fact if isinstance(fact, events.Cancellation) else None
    back, off = back_and_off(cancellation) if cancellation else ((), ())
    recipient = cancellation.recipient if cancellation else None
    is_told = recipient is not None
    found = Preview(
        **grounds_of(step, command, currency, say),
        order_id=command.order_id,  # type: ignore[attr-defined]
        locale=locale,
        outcome=outcome,
        answer=None if outcome == REFUSED else answer,
        back=tuple(back),
        off=tuple(off),
        is_told=is_told,
        not_told_because=None if is_told or not cancellation else _why_not_told(placed),
        told_in=recipient.locale if recipient else None,
        text=(),
    )
    lines = [line for one in facts for line in gist(one, currency, say)]
    lines += grounds_told(found, step, currency, say)
    return found.model_copy(update={"text": tuple(lines)})


def _why_not_told(placed: OrderPlaced | None) -> NotTold:
    if placed is None or placed.customer is None:
        return "GUEST"
    return "NO_ADDRESS" if placed.customer.email is None else "NOT_WANTED"
