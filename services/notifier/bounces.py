"""Reads a delivery status notification (RFC 3464): which of our mails came back, and why."""

import email
import email.policy
import re
from email.message import EmailMessage, Message
from typing import NamedTuple
from uuid import UUID


class Bounce(NamedTuple):
    """A mail that came back."""

    message_id: UUID
    """Ours."""
    code: str
    """Status of RFC 3463, `5.1.1`."""
    detail: str
    """What the other server said."""


class NotABounceError(ValueError):
    """This mail does not say that one of ours was not delivered."""


def read_bounce(content: bytes) -> Bounce:
    """Read a notice.

    Raises:
        NotABounceError: it is no notice, not final, or about no mail of ours.
    """
    notice = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(notice, EmailMessage)  # noqa: S101 - what this policy makes
    if notice.get_content_type() != "multipart/report":
        raise NotABounceError("it is no delivery report (RFC 3464)")
    return Bounce(_original_of(notice), *_status_of(notice))


def _status_of(notice: EmailMessage) -> tuple[str, str]:
    """Return status and words of the first recipient for whom delivery failed for good."""
    for part in notice.walk():
        if part.get_content_type() == "message/delivery-status":
            for fields in part.get_payload():
                if isinstance(fields, Message) and _field(fields, "Action").lower() == "failed":
                    status = _STATUS.search(_field(fields, "Status"))
                    code = status[0] if status else "5.0.0"
                    words = _field(fields, "Diagnostic-Code").partition(";")[2]
                    return code, " ".join(words.split())[:500]
    raise NotABounceError("it does not say that delivery has failed for good")


def _original_of(notice: EmailMessage) -> UUID:
    """Return the id of the mail that came back, from its own headers."""
    for part in notice.walk():
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers"):
            found = _OURS.search(part.as_string())
            if found:
                return UUID(found[1])
    raise NotABounceError("it names no mail of ours")


def _field(fields: Message, name: str) -> str:
    return str(fields.get(name, "")).strip()


_STATUS = re.compile(r"\b[45]\.\d{1,3}\.\d{1,3}\b")
_OURS = re.compile(r"^Message-ID:\s*<([0-9a-f-]{36})@countermand>", re.IGNORECASE | re.MULTILINE)
