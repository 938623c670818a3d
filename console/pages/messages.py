"""The mails about an order, how each ended, and one of them sent again."""

from starlette.responses import Response

from console.api import AwayError, Json, ProblemError, path
from console.desk import Visit, new_command_id
from console.forms import INVALID
from console.pages import asking, order
from console.pages.asking import Asked
from console.templating import go
from contracts.cancellation import Right

TROUBLES = {
    "MESSAGE_NOT_SETTLED": "trouble.message_on_its_way",
    "MESSAGE_NOT_FOUND": "trouble.no_message",
    "MESSAGE_ID_REUSED": "trouble.message_sent_before",
}
"""What to say of a refusal, by its code."""


async def show(visit: Visit) -> Response:
    """Show every mail about an order."""
    return await _messages(visit, Asked(new_command_id()))


async def resend(visit: Visit) -> Response:
    """Send a mail again, as a message of its own; a form that is sent twice is one message."""
    form, key = visit.form, asking.command_id_of(visit)
    why, message_id = form.sentence("why"), form.text("message")
    if why is None:
        form.errors.setdefault("why", "error.no_why")
    if message_id is None:
        form.errors["message"] = "error.no_message"
    if form.errors:
        return await _messages(visit, Asked(key, status=INVALID))
    wish = {"who": str(visit.session.name), "why": why}
    try:
        await visit.notifier.send(path("v1", "messages", str(message_id), "resend"), wish, key)
    except AwayError:
        return await _messages(visit, Asked(key, trouble="trouble.unknown", status=503))
    except ProblemError as refused:
        trouble = TROUBLES.get(refused.code, "trouble.message")
        asked = Asked(new_command_id(), trouble=trouble, status=refused.status)
        return await _messages(visit, asked)
    return go(f"{path('orders', visit.within('order_id'), 'messages')}?sent=yes")


async def _messages(visit: Visit, asked: Asked) -> Response:
    found = await order.find(visit)
    mails, is_known = await _mails(visit, found["order_id"])
    return visit.page(
        "messages.html",
        asked.status,
        order=found,
        asked=asked,
        form=visit.form,
        errors=visit.form.errors,
        refusals=None,
        mails=mails[::-1],
        is_known=is_known,
        can_send=visit.session.may(Right.CASE) and not all(_is_on_its_way(one) for one in mails),
        is_sent="sent" in visit.query,
    )


def _is_on_its_way(mail: Json) -> bool:
    return bool(mail["outcome"] == "PENDING")


async def _mails(visit: Visit, order_id: str) -> tuple[list[Json], bool]:
    """Return the mails, oldest first, and whether the notifier could be asked."""
    try:
        told: Json = await visit.notifier.get(path("v1", "orders", order_id, "messages"))
    except AwayError:
        return [], False
    return told["messages"], True
