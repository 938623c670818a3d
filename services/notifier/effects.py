"""From facts to mails, and from the server's words to commands; pure but for the mailer."""

from collections.abc import Awaitable, Callable, Iterator
from hashlib import sha256

from kit.effects import Effect, Execute, Finished, Intent, RetryLater
from kit.facts import RecordedFact
from kit.logs import get_logger
from kit.postgres import UNAVAILABLE
from services.notifier.domain import commands
from services.notifier.domain.events import NotificationRequested
from services.notifier.domain.stationery import BUILT_IN, Stationery
from services.notifier.ports import Accepted, Mail, Mailer, NotReached, Refused
from services.notifier.rendering import write_mail


def intents_of(recorded: RecordedFact) -> Iterator[Intent]:
    """Want one mail per message asked for."""
    if isinstance(recorded.fact, NotificationRequested):
        yield Intent(recorded.fact.message_id, "mail", recorded.fact)


log = get_logger("mails")

StationeryOf = Callable[[int], Awaitable[Stationery]]
"""Finds a version of the stationery."""


async def only_built_in(_: int) -> Stationery:
    """Find the stationery where nothing can have been published."""
    return BUILT_IN


def execute_with(
    mailer: Mailer, *, sender: str, stationery_of: StationeryOf = only_built_in
) -> Execute:
    """Return the call. An abandoned attempt is never repeated: it may have been accepted."""

    async def execute(effect: Effect) -> Finished | RetryLater:
        if effect.is_abandoned:
            detail = "a worker died while it had this message; it may have been accepted"
            return Finished(commands.RecordUncertainty(message_id=effect.effect_id, detail=detail))
        request = NotificationRequested.model_validate_json(effect.request)
        try:
            stationery = await stationery_of(request.stationery)
        except UNAVAILABLE as away:
            return RetryLater(f"the stationery could not be read: {away}"[:300])
        written = write_mail(request, effect.cause, sender=sender, stationery=stationery)
        if written.problem:
            log.error("mail.text_failed", message_id=str(effect.effect_id), why=written.problem)
        mail = Mail(request.recipient.email, written.content)
        match await mailer.send(mail):
            case Accepted(answer=answer):
                return Finished(
                    commands.RecordAcceptance(
                        message_id=effect.effect_id,
                        sha256=sha256(mail.content).hexdigest(),
                        answer=answer or None,
                        text_problem=written.problem,
                    )
                )
            case Refused(code=code, detail=detail):
                return Finished(
                    commands.RecordRejection(message_id=effect.effect_id, code=code, detail=detail)
                )
            case NotReached(detail=detail):
                return RetryLater(detail)
            case unknown:
                return Finished(
                    commands.RecordUncertainty(message_id=effect.effect_id, detail=unknown.detail)
                )

    return execute


def give_up(effect: Effect, reason: str) -> commands.RecordRejection:
    """Stop offering: every attempt failed before the server had the message."""
    return commands.RecordRejection(
        message_id=effect.effect_id, code="SERVER_NOT_REACHED", detail=reason[:500]
    )
