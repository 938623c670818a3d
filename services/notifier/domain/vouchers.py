"""A voucher with the mail about a cancellation: one per cancellation, while the budget lasts.

The budget is shared by all orders, so no order's stream can decide about it. The decision says that
a voucher is wanted, the worker draws it from the purse, and the mail goes out with what was drawn.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from kit.decider import Context, Unacceptable
from kit.facts import Fact
from kit.ids import child_id
from services.notifier.domain import commands, events, voucher_events
from services.notifier.domain.state import Messages
from services.notifier.domain.stationery import in_force


def want_voucher(
    mail: events.NotificationRequested, context: Context
) -> voucher_events.VoucherWanted | None:
    """Return the wish for a voucher to go with a mail; None when the merchant gives none."""
    terms = in_force(context).voucher
    if (
        terms is None
        or mail.cancellation_id is None
        or mail.currency != terms.currency
        or mail.reason not in terms.reasons
    ):
        return None
    return voucher_events.VoucherWanted(
        order_id=mail.order_id,
        cancellation_id=mail.cancellation_id,
        voucher_id=child_id(mail.cancellation_id, "voucher"),
        budget=terms.budget,
        budget_minor=terms.budget_minor,
        amount_minor=terms.amount_minor,
        currency=terms.currency,
        expires_at=context.now + timedelta(days=terms.valid_days),
        mail=mail,
    )


def record_voucher(
    messages: Messages, command: commands.RecordVoucher, _: Context
) -> Sequence[Fact]:
    """Record what was drawn and let the mail go; a second word changes nothing."""
    if command.voucher_id in messages.settled:
        return []
    wanted = messages.waiting.get(command.voucher_id)
    if wanted is None:
        raise Unacceptable("VOUCHER_NOT_FOUND", f"voucher {command.voucher_id} was never wanted")
    about: dict[str, Any] = {
        name: getattr(wanted, name) for name in voucher_events.VoucherFact.model_fields
    }
    if command.code is None:
        why = command.why_not or "the budget is used up"
        return [voucher_events.VoucherRefused(**about, budget=wanted.budget, why=why), wanted.mail]
    issued = voucher_events.VoucherIssued(
        **about,
        code=command.code,
        budget=wanted.budget,
        amount_minor=wanted.amount_minor,
        currency=wanted.currency,
        expires_at=wanted.expires_at,
    )
    given = {
        "voucher_code": command.code,
        "voucher_minor": wanted.amount_minor,
        "voucher_until": wanted.expires_at,
    }
    return [issued, wanted.mail.model_copy(update=given)]
