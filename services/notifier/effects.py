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
from services.notifier.domain.voucher_events import VoucherWanted
from services.notifier.ports import Accepted, Mail, Mailer, NotReached, Purse, Refused, Unknown
from services.notifier.rendering import Written, write_mail
from services.notifier.sealing import voucher_code

MAIL, VOUCHER = "mail", "voucher"
"""Kinds of calls; stored, so never changed."""

log = get_logger("mails")

StationeryOf = Callable[[int], Awaitable[Stationery]]
"""Finds a version of the stationery."""


def intents_of(recorded: RecordedFact) -> Iterator[Intent]:
    """Want one mail per message asked for, and a voucher before the mail that waits for one."""
    match recorded.fact:
        case NotificationRequested() as mail:
            yield Intent(mail.message_id, MAIL, mail)
        case VoucherWanted() as wanted:
            yield Intent(wanted.voucher_id, VOUCHER, wanted)


async def only_built_in(_: int) -> Stationery:
    """Find the stationery where nothing can have been published."""
    return BUILT_IN


def execute_with(
    mailer: Mailer,
    *,
    sender: str,
    stationery_of: StationeryOf = only_built_in,
    purse: Purse | None = None,
    secret: bytes = b"",
    link_key: str = "",
) -> Execute:
    """Return the call. An abandoned mail is never offered again: it may have been accepted.

    Args:
        mailer: who takes mail.
        sender: the `From` of every mail.
        stationery_of: finds what a mail is written on.
        purse: where vouchers are drawn from.
        secret: what their codes and feedback links are made with; without it there are none.
        link_key: what links to the customer's page are made with; likewise.
    """

    async def execute(effect: Effect) -> Finished | RetryLater:
        if effect.kind == VOUCHER:
            return await _draw(purse, secret, VoucherWanted.model_validate_json(effect.request))
        if effect.is_abandoned:
            detail = "a worker died while it had this message; it may have been accepted"
            return Finished(commands.RecordUncertainty(message_id=effect.effect_id, detail=detail))
        request = NotificationRequested.model_validate_json(effect.request)
        try:
            stationery = await stationery_of(request.stationery)
        except UNAVAILABLE as away:
            return RetryLater(f"the stationery could not be read: {away}"[:300])
        written = write_mail(
            request, effect.cause,
            sender=sender, stationery=stationery, secret=secret, link_key=link_key,
        )  # fmt: skip
        if written.problem:
            log.error("mail.text_failed", message_id=str(effect.effect_id), why=written.problem)
        answer = await mailer.send(Mail(request.recipient.email, written.content))
        return _outcome(effect, written, answer)

    return execute


def _outcome(
    effect: Effect, written: Written, answer: Accepted | Refused | NotReached | Unknown
) -> Finished | RetryLater:
    about = {"message_id": effect.effect_id}
    match answer:
        case Accepted(answer=words):
            return Finished(
                commands.RecordAcceptance(
                    **about,
                    sha256=sha256(written.content).hexdigest(),
                    answer=words or None,
                    text_problem=written.problem,
                )
            )
        case Refused(code=code, detail=detail):
            return Finished(commands.RecordRejection(**about, code=code, detail=detail))
        case NotReached(detail=detail):
            return RetryLater(detail)
        case Unknown(detail=detail):
            return Finished(commands.RecordUncertainty(**about, detail=detail))


async def _draw(purse: Purse | None, secret: bytes, wanted: VoucherWanted) -> Finished | RetryLater:
    """Draw a voucher; may be repeated, the same is drawn once."""
    about = {"voucher_id": wanted.voucher_id}
    if purse is None or not secret:
        log.error("voucher.no_secret", voucher_id=str(wanted.voucher_id))
        why = "no secret is set to make codes with"
        return Finished(commands.RecordVoucher(**about, why_not=why))
    try:
        is_drawn = await purse.draw(wanted)
    except UNAVAILABLE as away:
        return RetryLater(f"the purse is away: {away}"[:300])
    code = voucher_code(secret, wanted.voucher_id) if is_drawn else None
    return Finished(commands.RecordVoucher(**about, code=code))


def give_up(effect: Effect, reason: str) -> commands.RecordRejection | commands.RecordVoucher:
    """Stop offering: every attempt failed before the server had the message."""
    if effect.kind == VOUCHER:
        return commands.RecordVoucher(voucher_id=effect.effect_id, why_not=reason[:500])
    return commands.RecordRejection(
        message_id=effect.effect_id, code="SERVER_NOT_REACHED", detail=reason[:500]
    )
