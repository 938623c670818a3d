"""Writes the mail: plain text and HTML from templates, in the customer's language.

Says what is true now: a refund is *started*, never *done*. The templates get no staff note because
none ever reaches this service.
"""

from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from contracts.values import format_money
from kit.facts import Cause
from services.notifier.domain.events import NotificationRequested

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


def render(request: NotificationRequested, cause: Cause, *, sender: str) -> bytes:
    """Return the whole mail with CRLF line ends.

    `Message-ID` is derived from our message id, so the same message always has the same one.
    """
    values: dict[str, Any] = {
        "order_id": request.order_id,
        "nothing_left": request.nothing_left,
        "refund": format_money(request.refund_minor, request.currency)
        if request.refund_minor
        else None,
        "lines": [
            {
                "title": line.title.strip() or line.sku,
                "quantity": line.quantity,
                "amount": format_money(line.amount_minor, request.currency),
            }
            for line in request.lines
        ],
        "locale": request.recipient.locale,
    }
    text = _render(request, "txt", values)
    subject, _, body = text.partition("\n")
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = request.recipient.email
    mail["Subject"] = subject.strip()
    mail["Date"] = cause.recorded_at
    mail["Message-ID"] = f"<{request.message_id}@countermand>"
    mail["Content-Language"] = request.recipient.locale
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Order-ID"] = request.order_id
    mail["X-Correlation-ID"] = _one_line(cause.correlation_id)
    if cause.traceparent:
        mail["X-Traceparent"] = _one_line(cause.traceparent)
    mail.set_content(body.lstrip("\n"))
    mail.add_alternative(_render(request, "html", values), subtype="html")
    return mail.as_bytes()


def _one_line(text: str) -> str:
    """Return `text` fit for a header; Unicode knows more line ends than CR and LF."""
    return " ".join(text.split())


def _render(request: NotificationRequested, kind: str, values: dict[str, Any]) -> str:
    name = f"{request.template}.{request.recipient.locale}.{kind}"
    return _TEMPLATES.get_template(name).render(values)
