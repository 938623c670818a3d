"""One mail taken apart for a person to read: headers, text, HTML, what is attached.

Uses the old parser policy on purpose: it takes any bytes without raising, and this is where a
mail that our own notifier broke has to be looked at.
"""

from email import message_from_bytes
from email.message import Message
from typing import NamedTuple

from deploy.simulators.mailbox.headers import decode_value, unfold


class Attachment(NamedTuple):
    """A part that is neither the text nor the HTML of the mail."""

    name: str
    content_type: str
    size: int
    """Bytes, decoded."""


class ReadMail(NamedTuple):
    """A mail as shown; None where it has no such part."""

    headers: list[tuple[str, str]]
    text: str | None
    html: str | None
    attachments: list[Attachment]


def read_mail(raw: bytes) -> ReadMail:
    """Take a raw mail apart; one nested beyond reason is only pointed to."""
    try:
        return _read(message_from_bytes(raw))
    except RecursionError:
        return ReadMail([], "This mail is nested too deeply to be shown. Look at it raw.", None, [])


def _read(message: Message) -> ReadMail:
    texts: dict[str, str] = {}
    attachments = []
    for part in message.walk():
        if part.is_multipart():
            continue
        kind = part.get_content_type()
        is_attached = part.get_content_disposition() == "attachment"
        if kind in {"text/plain", "text/html"} and kind not in texts and not is_attached:
            texts[kind] = _text(part)
        else:
            name = part.get_filename() or "(no name)"
            attachments.append(Attachment(decode_value(name), kind, len(_content(part))))
    headers = [(name, _shown(value)) for name, value in message.items()]
    return ReadMail(headers, texts.get("text/plain"), texts.get("text/html"), attachments)


def _content(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _text(part: Message) -> str:
    """Decode a text part; a character set nobody knows is read as UTF-8."""
    charset = part.get_content_charset("utf-8")
    try:
        return _content(part).decode(charset, "replace")
    except LookupError:
        return _content(part).decode("utf-8", "replace")


def _shown(value: object) -> str:
    """Unfold and decode a header; bytes beyond ASCII were sent as UTF-8 (SMTPUTF8)."""
    text = str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return decode_value(unfold(text))
