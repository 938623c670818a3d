"""The mailbox as pages: rendered here, without a script and without anything from elsewhere.

A mail's own HTML is hostile by definition: it is served alone under a policy that allows neither
scripts nor requests, and shown in a frame without rights.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response

_HERE = Path(__file__).parent / "templates"
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'; sandbox"
)
_SAFETY = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
KIB = 1024


def _moment(text: str) -> str:
    """Write a moment for people: `23 Nov 2026, 03:41:07 UTC`."""
    return f"{datetime.fromisoformat(text):%d %b %Y, %H:%M:%S} UTC"


def _size(size: int) -> str:
    """Write a size for people: `812 B`, `4.2 KiB`, `1.3 MiB`."""
    if size < KIB:
        return f"{size} B"
    if size < KIB * KIB:
        return f"{size / KIB:.1f} KiB"
    return f"{size / KIB / KIB:.1f} MiB"


_templates = Environment(
    loader=FileSystemLoader(_HERE),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters |= {"moment": _moment, "size": _size}
_stylesheet = (_HERE / "mailbox.css").read_bytes()


def page(name: str, status: int = 200, **values: Any) -> Response:
    """Render a template as a page nobody may frame."""
    body = _templates.get_template(name).render(values)
    headers = {"content-security-policy": _POLICY} | _SAFETY
    return Response(body, status, headers, media_type="text/html")


def error_page(status: int, title: str, advice: str) -> Response:
    """Render what went wrong and what to do next."""
    return page("error.html", status, title=title, advice=advice)


def stylesheet() -> Response:
    """Serve the one style sheet."""
    return Response(_stylesheet, headers=_SAFETY, media_type="text/css")


def mail_html(html: str) -> Response:
    """Serve a mail's own HTML, disarmed."""
    headers = {"content-security-policy": _MAIL_POLICY} | _SAFETY
    return Response(html, headers=headers, media_type="text/html")


def raw_mail(number: int, raw: bytes) -> Response:
    """Serve a mail byte for byte, as text."""
    headers = {"content-disposition": f'inline; filename="mail-{number}.eml"'} | _SAFETY
    headers["content-security-policy"] = _MAIL_POLICY
    return Response(raw, headers=headers, media_type="text/plain")


def fault_notes(faults: Sequence[dict[str, Any]]) -> list[str]:
    """Describe the armed faults for the page's banner."""
    return [
        f"{fault['mode']} "
        + (
            f"for the next {fault['left_count']} mails"
            if fault["left_count"] is not None
            else f"for {fault['probability']:.0%} of mails"
        )
        + f", {fault['fired_count']} struck so far"
        for fault in faults
    ]
