"""What Stripe tells by itself: signatures checked over the raw bytes, events read.

Source: docs.stripe.com/webhooks (signatures), docs.stripe.com/api/events/types.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
import stripe
from pydantic import TypeAdapter

from contracts.values import OrderId
from services.refunds.adapters.stripe_refunds import UNREADABLE, read_refund
from services.refunds.ports import News, NoAnswer, NoNews, Strange, Told

TOLERANCE_S = 300
"""How far a signature's moment may lie from ours; Stripe's own recommendation."""

SIGNATURE = re.compile(r"t=[0-9]{1,12}(,v[0-9]+=[0-9a-f]{64}){1,16}")
"""Stripe's scheme, and nothing that merely looks like it to a tolerant reader."""

REFUND_TYPES = frozenset(
    {"refund.created", "refund.updated", "refund.failed", "charge.refund.updated"}
)
"""Events whose object is a refund."""

ID_MAX = 200
ORDER_ID: TypeAdapter[str] = TypeAdapter(OrderId)


class SignatureError(Exception):
    """Not signed with one of our secrets, or not now."""


def check_signature(body: bytes, header: str, keys: Sequence[str], now: datetime) -> None:
    """Let pass what is signed with any of our keys, at a moment close to `now`.

    Raises:
        SignatureError: it is not.
    """
    if not SIGNATURE.fullmatch(header):
        raise SignatureError("the header Stripe-Signature is missing or malformed")
    signed_at = int(header[2 : header.index(",")])
    if abs(now.timestamp() - signed_at) > TOLERANCE_S:
        raise SignatureError(f"signed more than {TOLERANCE_S} s from now")
    for key in keys:
        try:
            stripe.WebhookSignature.verify_header(body, header, key)
        except (stripe.SignatureVerificationError, UnicodeDecodeError):
            continue
        return
    raise SignatureError("signed with none of our secrets")


def read_event(body: bytes) -> list[Told]:
    """Read an event as delivered or as listed, one thing said per refund in it; never raises."""
    id_ = type_ = None
    try:
        event = orjson.loads(body)
        id_, type_ = f"stripe:{event['id']}"[:ID_MAX], str(event["type"])[:ID_MAX]
        subject = event["data"]["object"]
        if type_ in REFUND_TYPES:
            return [_read_refund(id_, type_, subject)]
        refunds = _refunds_of(subject) if type_ == "charge.refunded" else []
        said = [_read_refund(f"{id_}:{refund['id']}"[:ID_MAX], type_, refund) for refund in refunds]
    except UNREADABLE as error:
        return [Strange("EVENT_UNREADABLE", f"{type(error).__name__}: {error}"[:300], id_, type_)]
    return said or [NoNews(type_)]


def _refunds_of(charge: dict[str, Any]) -> list[Any]:
    """Return the refunds a charge carries: it does so in API versions before 2022-11-15."""
    return list((charge.get("refunds") or {}).get("data", ()))


def _read_refund(id_: str, type_: str, refund: dict[str, Any]) -> Told:
    seen = read_refund(refund)
    if isinstance(seen, NoAnswer):
        return Strange("EVENT_UNREADABLE", seen.detail, id_, type_)
    try:
        order_id = ORDER_ID.validate_python(refund["metadata"]["order_id"])
    except UNREADABLE:
        order_id = None
    if order_id is None or seen.refund_id is None:
        detail = f"refund {seen.provider_reference} does not name a refund and an order of ours"
        return Strange("REFUND_NOT_OURS", detail, id_, type_)
    return News(id_, order_id, seen.refund_id, seen)
