"""What the customer's page asks of this service: how the shop speaks, and one order's questions.

How the shop speaks stands in every mail, so everybody may read it. What belongs to one order is
told to whoever shows a link to that order's page, and to nobody else.
"""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from contracts.cancellation import CancelReason
from contracts.links import read_link
from contracts.values import Identifier, Locale
from kit.clock import utc_now
from kit.event_store import EventStore
from kit.ids import stream_id
from kit.postgres import Pool
from services.notifier.domain.messages import MESSAGES
from services.notifier.domain.state import Messages
from services.notifier.domain.stationery import Stationery
from services.notifier.sealing import feedback_token
from services.notifier.service import STATIONERIES
from services.notifier.words import CAUSES
from web.problems import Problem

Row = dict[str, Any]

SHOP_PATH, QUESTIONS_PATH = "/v1/shop", "/v1/questions"

SKUS_MAX = 1_000
"""Of one order; the same as its lines."""


class ShopAsked(BaseModel):
    """For whom the shop speaks."""

    model_config = ConfigDict(frozen=True)

    locale: Locale = "en"
    reason: CancelReason | None = None
    skus: Annotated[tuple[Identifier, ...], Field(max_length=SKUS_MAX)] = ()


def shop_as_told(stationery: Stationery, asked: ShopAsked) -> Row:
    """Return how the shop speaks to its customers, and what it offers instead of some articles."""
    locale = asked.locale
    return {
        "shop_name": stationery.shop_name,
        "support": stationery.support,
        "reorder_url": stationery.reorder_url,
        "causes": CAUSES[locale],
        "alternatives": [
            {"label": getattr(one.label, locale), "url": one.url}
            for one in stationery.alternatives_for(asked.skus, asked.reason)
        ],
    }


def questions_of(messages: Messages, secret: bytes) -> Row:
    """Return what a customer was asked, and what they were given, as the mails of an order say."""
    mails = [
        mail
        for mail in messages.requested.values()
        if mail.template == "order_cancelled" and mail.resend_of is None
    ]
    return {
        "questions": [
            {
                "cancellation_id": str(mail.cancellation_id),
                "token": feedback_token(secret, mail.message_id),
                "is_answered": mail.cancellation_id in messages.rated,
            }
            for mail in mails
        ],
        "vouchers": [
            {
                "code": mail.voucher_code,
                "amount_minor": mail.voucher_minor,
                "currency": mail.currency,
                "until": mail.voucher_until and mail.voucher_until.isoformat(),
            }
            for mail in mails
            if mail.voucher_code
        ],
    }


def routes(pool: Pool, store: EventStore, secret: bytes, link_keys: Sequence[str]) -> list[Route]:
    """Return the routes."""

    async def show_shop(request: Request) -> JSONResponse:
        query = request.query_params
        said = {name: query[name] for name in ("locale", "reason") if name in query}
        try:
            asked = ShopAsked.model_validate({**said, "skus": tuple(query.getlist("sku"))})
        except ValidationError as no:
            where = ".".join(map(str, no.errors()[0]["loc"]))
            raise Problem(422, "QUERY_INVALID", f"{where}: {no.errors()[0]['msg']}") from None
        return JSONResponse(shop_as_told(STATIONERIES.current(), asked))

    async def show_questions(request: Request) -> JSONResponse:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        link = read_link(link_keys, token) if scheme.lower() == "bearer" else None
        if link is None or link.ends_at <= utc_now().timestamp():
            raise Problem(401, "LINK_NOT_OURS", "send the link to an order's page as bearer token")
        async with pool.acquire() as connection:
            stream = stream_id(f"notifier:{link.order_id}")
            recorded = await store.load(connection, stream)
        messages = MESSAGES.initial
        for one in recorded:
            messages = MESSAGES.evolve(messages, one.fact)
        return JSONResponse(questions_of(messages, secret))

    return [
        Route(SHOP_PATH, show_shop, methods=["GET"]),
        Route(QUESTIONS_PATH, show_questions, methods=["GET"]),
    ]
