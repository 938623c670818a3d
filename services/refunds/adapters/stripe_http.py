"""Refunds over Stripe's HTTP shape, as our payment simulator speaks it.

Idempotency: header `Idempotency-Key`, kept at least 24 h, parameters compared, stored answers are
replayed. Source: docs.stripe.com/api/idempotent_requests, docs.stripe.com/api/refunds/create.
"""

import re
from typing import Any

import httpx2

from services.refunds.ports import Declined, NoAnswer, NotMade, Refunded, RefundRequest

TIMEOUT_S = 10.0
"""Stripe answers refunds within seconds; what takes longer is treated as a lost answer."""

TRANSIENT = frozenset({401, 403, 408, 409, 429})
"""Nothing was decided: our key is not let in, or a time-out, or in flight, or too many requests."""

PAGE_SIZE = 100
"""Refunds listed at a time; Stripe's largest."""

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

    async def find(self, request: RefundRequest) -> Refunded | Declined | NotMade | NoAnswer:
        """Look the refund up among those of its payment; see the port."""
        parameters = {"payment_intent": request.payment_id, "limit": str(PAGE_SIZE)}
        try:
            while True:
                response = await self._client.get("/v1/refunds", params=parameters)
                if response.status_code == 404:  # noqa: PLR2004 - an unknown payment
                    return NotMade()
                if not response.is_success:
                    return NoAnswer(f"HTTP {response.status_code}")
                page = response.json()
                for refund in page["data"]:
                    if refund["metadata"].get("refund_id") == str(request.refund_id):
                        return _read_refund(refund)
                if not page["has_more"]:
                    return NotMade()
                parameters["starting_after"] = page["data"][-1]["id"]
        except httpx2.TransportError as lost:
            return NoAnswer(f"{type(lost).__name__}: {lost}"[:300])
        except (ValueError, LookupError, TypeError, AttributeError):
            return NoAnswer("a list of refunds we cannot read")


def _read(response: httpx2.Response) -> Refunded | Declined | NoAnswer:
    status = response.status_code
    if status >= 500 or status in TRANSIENT:  # noqa: PLR2004 - HTTP's own border
        return NoAnswer(f"HTTP {status}")
    try:
        body = response.json()
        if status >= 400:  # noqa: PLR2004
            error = body["error"]
            return Declined(_code(error.get("code") or error["type"]), str(error["message"])[:500])
        return _read_refund(body)
    except (ValueError, LookupError, TypeError, AttributeError):
        return NoAnswer(f"HTTP {status} with an answer we cannot read")


def _read_refund(refund: dict[str, Any]) -> Refunded | Declined | NoAnswer:
    match refund["status"]:
        case "succeeded":
            return Refunded(_code(refund["id"]))
        case "failed" | "canceled" as status:
            code = _code(refund.get("failure_reason") or status)
            return Declined(code, f"the provider calls the refund {status}")
        case status:
            # pending or requires_action: not final, so ask again; the same key finds the same.
            return NoAnswer(f"the provider calls the refund {status}")


def _code(text: Any) -> str:
    """Return the provider's word as an `Identifier`, so that it can always be recorded."""
    if not isinstance(text, str):
        raise TypeError(text)
    ascii_ = re.sub(r"[^A-Za-z0-9._-]", "_", text)[:100].lstrip("._-")
    return ascii_ or "unknown"
