"""Refunds over Stripe's HTTP shape, as our payment simulator speaks it.

Idempotency: header `Idempotency-Key`, kept at least 24 h, parameters compared, stored answers are
replayed. Source: docs.stripe.com/api/idempotent_requests, docs.stripe.com/api/refunds/create.
"""

import re
from typing import Any

import httpx2

from services.refunds.ports import Declined, NoAnswer, Refunded, RefundRequest

TIMEOUT_S = 10.0
"""Stripe answers refunds within seconds; what takes longer is treated as a lost answer."""

TRANSIENT = frozenset({401, 403, 408, 409, 429})
"""Nothing was decided: our key is not let in, or a time-out, or in flight, or too many requests."""

CONNECTIONS_MAX = 64
"""At least the worker's concurrency, or calls queue inside the client."""


class StripeHttpRefunds:
    """Refund gateway over HTTP with kept-alive connections."""

    def __init__(self, url: str, api_key: str) -> None:
        self._client = httpx2.AsyncClient(
            base_url=url,
            timeout=TIMEOUT_S,
            headers={"Authorization": f"Bearer {api_key}"},
            limits=httpx2.Limits(
                max_connections=CONNECTIONS_MAX, max_keepalive_connections=CONNECTIONS_MAX
            ),
            trust_env=False,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def refund(self, request: RefundRequest) -> Refunded | Declined | NoAnswer:
        """Refund once; see the port."""
        try:
            response = await self._client.post(
                "/v1/refunds",
                data={
                    "payment_intent": request.payment_id,
                    "amount": str(request.amount_minor),
                    "metadata[refund_id]": str(request.refund_id),
                    "metadata[order_id]": request.order_id,
                },
                headers={"Idempotency-Key": f"refund-{request.refund_id}"},
            )
        except httpx2.TransportError as lost:
            return NoAnswer(f"{type(lost).__name__}: {lost}"[:300])
        return _read(response)


def _read(response: httpx2.Response) -> Refunded | Declined | NoAnswer:
    status = response.status_code
    if status >= 500 or status in TRANSIENT:  # noqa: PLR2004 - HTTP's own border
        return NoAnswer(f"HTTP {status}")
    try:
        body = response.json()
        if status >= 400:  # noqa: PLR2004
            error = body["error"]
            return Declined(_code(error.get("code") or error["type"]), str(error["message"])[:500])
        if body["status"] == "succeeded":
            return Refunded(_code(body["id"]))
        if body["status"] in ("failed", "canceled"):
            code = _code(body.get("failure_reason") or body["status"])
            return Declined(code, f"the provider calls the refund {body['status']}")
    except (ValueError, LookupError, TypeError, AttributeError):
        return NoAnswer(f"HTTP {status} with an answer we cannot read")
    # pending or requires_action: not final, so ask again; the same key finds the same refund.
    return NoAnswer(f"the provider calls the refund {body['status']}")


def _code(text: Any) -> str:
    """Return the provider's word as an `Identifier`, so that it can always be recorded."""
    if not isinstance(text, str):
        raise TypeError(text)
    ascii_ = re.sub(r"[^A-Za-z0-9._-]", "_", text)[:100].lstrip("._-")
    return ascii_ or "unknown"
