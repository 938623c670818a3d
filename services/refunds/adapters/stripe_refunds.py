"""Refunds through Stripe's own library.

What is asked for, under which key, and what an answer means is decided here; the wire is its own.
Source: docs.stripe.com/api/refunds, /api/idempotent_requests, /api/payment_intents/cancel.
"""

import re
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, get_args
from urllib.parse import quote
from uuid import UUID

import aiohttp
import orjson
import stripe

from services.refunds.domain.commands import ProviderStatus
from services.refunds.ports import (
    AwayError,
    Declined,
    NoAnswer,
    NotMade,
    ProviderRefund,
    RefundRequest,
    Voided,
    VoidRequest,
)

TIMEOUT_S = 10.0
"""Stripe answers refunds within seconds; what takes longer is treated as a lost answer."""

TRANSIENT = frozenset({401, 403, 408, 409, 429})
"""Nothing was decided: our key is not let in, or a time-out, or in flight, or too many requests."""

PAGE_SIZE = 100
"""Refunds listed at a time; Stripe's largest."""

EVENT_TYPES = ["refund.updated", "refund.failed"]
"""Events that say what no answer said before."""

STATUSES = frozenset(get_args(ProviderStatus))

LOST = (stripe.APIConnectionError, aiohttp.ClientError, TimeoutError)
"""The line broke; nobody knows on which side of it."""

UNREADABLE = (ValueError, LookupError, TypeError, AttributeError)
"""How reading ends when something is not what it should be."""

FAILURES = (stripe.StripeError, *LOST, *UNREADABLE)
"""How a call ends without what was asked for."""

NOT_REFUSED = (stripe.APIError, stripe.IdempotencyError)
"""Errors of a status that refuses, and yet nothing was decided about this request."""


class StripeRefunds:
    """Refund gateway to Stripe, or to whoever speaks its HTTP at `url`."""

    def __init__(self, url: str, api_key: str, wire: stripe.HTTPClient | None = None) -> None:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        self._wire = wire or stripe.AIOHTTPClient(timeout=timeout)
        self._stripe = stripe.StripeClient(
            api_key,
            base_addresses={"api": url},
            http_client=self._wire,
            max_network_retries=0,  # the worker's business, which looks before it asks again
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close_async()  # type: ignore[no-untyped-call]

    async def _ask(self, method: str, what: str, parameters: Any, **options: str) -> Any:
        """Return the answer as plain JSON: the library's objects cost as much as all the rest."""
        path = f"/v1/{what}"
        answer = await self._stripe.raw_request_async(method, path, **parameters, **options)
        return answer.data

    async def refund(self, request: RefundRequest) -> ProviderRefund | Declined | NoAnswer:
        """Refund once; see the port."""
        form: Any = {
            "payment_intent": request.payment_id,
            "amount": request.amount_minor,
            "metadata": {"refund_id": str(request.refund_id), "order_id": request.order_id},
        }
        key = f"refund-{request.refund_id}"
        try:
            return read_refund(await self._ask("post", "refunds", form, idempotency_key=key))
        except FAILURES as failure:
            return _failed(failure)

    async def find(self, request: RefundRequest) -> ProviderRefund | NotMade | NoAnswer:
        """Look the refund up among those of its payment; see the port."""
        query: Any = {"payment_intent": request.payment_id, "limit": PAGE_SIZE}
        try:
            while True:
                page = await self._ask("get", "refunds", query)
                for refund in page["data"]:
                    if refund["metadata"].get("refund_id") == str(request.refund_id):
                        return read_refund(refund)
                if not page["has_more"]:
                    return NotMade()
                query["starting_after"] = page["data"][-1]["id"]
        except FAILURES as failure:
            answer = _failed(failure)
        if isinstance(answer, NoAnswer):
            return answer
        # A payment nobody knows has no refunds; anything else refused tells nothing.
        is_unknown = answer.code == "resource_missing" and "starting_after" not in query
        return NotMade() if is_unknown else NoAnswer(f"{answer.code}: {answer.detail}"[:300])

    async def look(self, provider_reference: str) -> ProviderRefund | NoAnswer:
        """Retrieve the refund; see the port."""
        try:
            return read_refund(await self._ask("get", f"refunds/{quote(provider_reference)}", {}))
        except FAILURES as failure:
            answer = _failed(failure)
        # It is known to be there: whoever says otherwise is not to be believed yet.
        return answer if isinstance(answer, NoAnswer) else NoAnswer(f"{answer.code}"[:300])

    async def told_since(self, moment: datetime) -> AsyncIterator[bytes]:
        """List the events about refunds; see the port."""
        query: Any = {
            "types": EVENT_TYPES, "limit": PAGE_SIZE, "created": {"gte": int(moment.timestamp())},
        }  # fmt: skip
        try:
            while True:
                page = await self._ask("get", "events", query)
                for event in page["data"]:
                    yield orjson.dumps(event)
                if not page["has_more"]:
                    return
                query["starting_after"] = page["data"][-1]["id"]
        except FAILURES as failure:
            raise AwayError(str(_failed(failure))) from failure

    async def void(self, request: VoidRequest) -> Voided | Declined | NoAnswer:
        """Cancel the payment intent; see the port."""
        key, payment = f"void-{request.void_id}", f"payment_intents/{quote(request.payment_id)}"
        try:
            return _read_void(await self._ask("post", f"{payment}/cancel", {}, idempotency_key=key))
        except FAILURES as failure:
            answer = _failed(failure)
        if isinstance(answer, NoAnswer) or answer.code != "payment_intent_unexpected_state":
            return answer
        try:
            is_voided = _read_void(await self._ask("get", payment, {})) == Voided()
            return Voided() if is_voided else answer
        except FAILURES as failure:
            return _failed(failure)


def read_refund(refund: Mapping[str, Any]) -> ProviderRefund | NoAnswer:
    """Read the provider's refund object, from an answer or a webhook.

    Raises:
        LookupError, TypeError, AttributeError: it is none.
    """
    status = refund["status"]
    if status not in STATUSES:
        return NoAnswer(f"the provider calls the refund {status}"[:300])
    destination = refund.get("destination_details") or {}
    arrived = destination.get(destination.get("type")) or {}
    return ProviderRefund(
        _code(refund["id"]),
        status,
        refund_id=_our_id(refund),
        pending_reason=_word(refund.get("pending_reason")),
        failure_reason=_word(refund.get("failure_reason")),
        acquirer_reference=_word(arrived.get("reference")),
    )


def _read_void(payment: Mapping[str, Any]) -> Voided | NoAnswer:
    status = payment["status"]
    if status == "canceled":
        return Voided()
    return NoAnswer(f"the provider calls the payment {status}"[:300])


def _our_id(refund: Mapping[str, Any]) -> UUID | None:
    try:
        return UUID(refund["metadata"]["refund_id"])
    except UNREADABLE:
        return None


def _failed(failure: Exception) -> Declined | NoAnswer:
    """Return what is known when a call did not come back with what was asked for."""
    if isinstance(failure, LOST):
        cause = failure.__cause__ or failure
        return NoAnswer(f"{type(cause).__name__}: {cause}"[:300])
    if not isinstance(failure, stripe.StripeError):
        return NoAnswer("an answer we cannot read")
    status = failure.http_status or 0
    is_refusal = 400 <= status < 500 and status not in TRANSIENT  # noqa: PLR2004 - HTTP's own
    if not is_refusal or failure.error is None or isinstance(failure, NOT_REFUSED):
        return NoAnswer(f"HTTP {status}")
    said = failure.error.to_dict()
    word = said.get("code") or said.get("type")
    if not isinstance(word, str):
        return NoAnswer(f"HTTP {status} with a refusal we cannot read")
    return Declined(_code(word), str(said.get("message"))[:500])


def _word(text: Any) -> str | None:
    return None if text is None else _code(text)


def _code(text: Any) -> str:
    """Return the provider's word as an `Identifier`, so that it can always be recorded."""
    if not isinstance(text, str):
        raise TypeError(text)
    ascii_ = re.sub(r"[^A-Za-z0-9._-]", "_", text)[:100].lstrip("._-")
    return ascii_ or "unknown"
