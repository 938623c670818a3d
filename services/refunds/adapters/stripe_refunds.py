"""Refunds through Stripe's own library.

What is asked for, under which key, and what an answer means is decided here; the wire is its own.
Source: docs.stripe.com/api/refunds, /api/idempotent_requests, /api/payment_intents/cancel.
"""

import re
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, get_args

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

FAILURES = (stripe.StripeError, *LOST, ValueError, LookupError, TypeError, AttributeError)
"""How a call ends without what was asked for; the last four when the answer cannot be read."""

NOT_REFUSED = (stripe.APIError, stripe.IdempotencyError)
"""Errors of a status that refuses, and yet nothing was decided about this request."""


class StripeRefunds:
    """Refund gateway to Stripe, or to whoever speaks its HTTP at `url`."""

    def __init__(self, url: str, api_key: str, wire: stripe.HTTPClient | None = None) -> None:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        self._wire = wire or stripe.AIOHTTPClient(timeout=timeout)
        client = stripe.StripeClient(
            api_key,
            base_addresses={"api": url},
            http_client=self._wire,
            max_network_retries=0,  # the worker's business, which looks before it asks again
        )
        self._refunds, self._payments = client.v1.refunds, client.v1.payment_intents
        self._events = client.v1.events

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close_async()  # type: ignore[no-untyped-call]

    async def refund(self, request: RefundRequest) -> ProviderRefund | Declined | NoAnswer:
        """Refund once; see the port."""
        form: Any = {
            "payment_intent": request.payment_id,
            "amount": request.amount_minor,
            "metadata": {"refund_id": str(request.refund_id), "order_id": request.order_id},
        }
        key = f"refund-{request.refund_id}"
        try:
            made = await self._refunds.create_async(form, {"idempotency_key": key})
            return read_refund(made.to_dict())
        except FAILURES as failure:
            return _failed(failure)

    async def find(self, request: RefundRequest) -> ProviderRefund | NotMade | NoAnswer:
        """Look the refund up among those of its payment; see the port."""
        query: Any = {"payment_intent": request.payment_id, "limit": PAGE_SIZE}
        try:
            while True:
                page = (await self._refunds.list_async(query)).to_dict()
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

    async def told_since(self, moment: datetime) -> AsyncIterator[bytes]:
        """List the events about refunds; see the port."""
        query: Any = {
            "types": EVENT_TYPES, "limit": PAGE_SIZE, "created": {"gte": int(moment.timestamp())},
        }  # fmt: skip
        try:
            while True:
                page = (await self._events.list_async(query)).to_dict()
                for event in page["data"]:
                    yield orjson.dumps(event)
                if not page["has_more"]:
                    return
                query["starting_after"] = page["data"][-1]["id"]
        except FAILURES as failure:
            raise AwayError(str(_failed(failure))) from failure

    async def void(self, request: VoidRequest) -> Voided | Declined | NoAnswer:
        """Cancel the payment intent; see the port."""
        key = f"void-{request.void_id}"
        try:
            await self._payments.cancel_async(request.payment_id, {}, {"idempotency_key": key})
            return Voided()
        except FAILURES as failure:
            answer = _failed(failure)
        if isinstance(answer, NoAnswer) or answer.code != "payment_intent_unexpected_state":
            return answer
        try:
            payment = await self._payments.retrieve_async(request.payment_id)
            return Voided() if payment.status == "canceled" else answer
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
        pending_reason=_word(refund.get("pending_reason")),
        failure_reason=_word(refund.get("failure_reason")),
        acquirer_reference=_word(arrived.get("reference")),
    )


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
