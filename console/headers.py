"""What every answer tells the browser: nothing from elsewhere, nothing inline, nobody around it."""

from collections.abc import Mapping
from typing import Any

CONTENT_SECURITY_POLICY = "; ".join(
    f"{directive} {sources}"
    for directive, sources in {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }.items()
)

HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
"""On every answer."""

NOT_KEPT = "no-store"
"""Pages hold customers and money; no cache keeps them."""

TRANSPORT = "max-age=31536000"
"""Source: RFC 6797; only where browsers come by HTTPS."""


class SecureHeaders:
    """Adds them, whoever made the answer."""

    def __init__(self, app: Any, *, is_https: bool, headers: Mapping[str, str] = HEADERS) -> None:
        more = {"strict-transport-security": TRANSPORT} if is_https else {}
        self._headers = [
            (name.encode(), value.encode()) for name, value in {**headers, **more}.items()
        ]
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass on, with the headers."""

        async def send_with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = [*message["headers"], *self._headers]
                if not any(name == b"cache-control" for name, _ in headers):
                    headers.append((b"cache-control", NOT_KEPT.encode()))
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, send_with_headers)
