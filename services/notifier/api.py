"""The staff's door to mails: what was sent, again, and what mails are written on."""

from collections.abc import Awaitable
from email.message import EmailMessage
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Header, Request
from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from contracts.cancellation import Right
from contracts.values import CommandId, Locale, OrderId
from kit.clock import utc_now
from services.notifier.desk import By, Desk, Refused
from services.notifier.domain.stationery import Stationery
from services.notifier.drafts import DraftError, draft_of, names, read_values
from services.notifier.foreseen import foresee, foresee_next, text_of
from services.notifier.samples import html_of
from web.door import name_below
from web.problems import Problem

Row = dict[str, Any]
T = TypeVar("T")

MAIL_PREVIEWS = "/v1/mail-previews"
NEXT_PREVIEWS = "/v1/next-mail-previews"

_ORDER_ID: TypeAdapter[str] = TypeAdapter(OrderId)

CONFLICTING = frozenset({"MESSAGE_NOT_SETTLED", "STATIONERY_VERSION_STALE", "MESSAGE_ID_REUSED"})

LARGER = {"/v1/stationery": 1_048_576, MAIL_PREVIEWS: 1_048_576, NEXT_PREVIEWS: 1_048_576}
"""A draft holds every text there is, a cancellation every line of an order."""

Key = Annotated[CommandId, Header(alias="Idempotency-Key", description="The same has effect once.")]


class Wish(BaseModel):
    """Who wants something, and why."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    who: Annotated[str, Field(min_length=1, max_length=100)]
    """Who wants it: a name. It counts only where the caller's key may name others."""
    why: Annotated[str, Field(min_length=1, max_length=500)]
    """Why; kept for ever."""

    def by(self, request: Request) -> By:
        """Return who wants it."""
        return By(name_below(request, self.who), self.why)


class Publication(Wish):
    """A version to put in force."""

    stationery: dict[str, JsonValue]
    """The whole of it, as a draft has it."""


class Draft(BaseModel):
    """A version to look at."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    stationery: dict[str, JsonValue]
    """The whole of it."""


class Ahead(BaseModel):
    """A cancellation nobody has decided on yet."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    cancelled: dict[str, JsonValue]
    """What the preview of a cancellation has in `answer`."""
    locale: Locale
    """The customer's language: the preview's `told_in`."""


class Next(BaseModel):
    """What nobody has decided on yet, of an order whose customer may have been told before."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    answer: dict[str, JsonValue]
    """What the preview of a settlement or a reinstatement has in `answer`; of a denial what its
    answer would be."""


def right_of(method: str, path: str) -> Right | None:
    """Return which right a request about mails needs; None when it is about something else."""
    if method != "POST":
        return None
    if path.startswith("/v1/messages/"):
        return Right.CASE
    if path in ("/v1/stationery-previews", MAIL_PREVIEWS, NEXT_PREVIEWS):
        return Right.READ
    return Right.POLICY if path.startswith("/v1/stationery") else None


def router(desk: Desk) -> APIRouter:
    """Return the routes."""
    routes = APIRouter()
    _add_messages(routes, desk)
    _add_versions(routes, desk)
    _add_drafts(routes, desk)
    return routes


def _add_messages(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/v1/orders/{order_id}/messages")
    async def list_messages(order_id: OrderId) -> Row:
        """List the mails about an order, oldest first, and how each ended."""
        return {"messages": [mail.to_json() for mail in (await desk.mails(order_id)).values()]}

    @routes.get("/v1/messages/{message_id}")
    async def show_message(message_id: UUID) -> Row:
        """Return one mail and how it ended; the address stays here."""
        return (await _or_problem(desk.mail(message_id))).to_json()

    @routes.post("/v1/messages/{message_id}/resend", status_code=201)
    async def resend(request: Request, message_id: UUID, key: Key, body: Wish) -> Row:
        """Send a mail again, as a message of its own; the same key again is the same message."""
        new, _ = await _or_problem(desk.resend(message_id, body.by(request), key))
        return {"message_id": new}

    @routes.post(MAIL_PREVIEWS)
    async def foresee_mail(body: Ahead) -> Row:
        """Return the mail about a cancellation that was only looked at; nothing is sent or kept.

        On the stationery in force; what is made when it is sent, links and a voucher's code, is not
        in it.
        """
        try:
            mail = foresee(body.cancelled, body.locale, await desk.stationery(), utc_now())
        except ValidationError:
            detail = "not what the preview of a cancellation answers"
            raise Problem(422, "CANCELLATION_INVALID", detail) from None
        return _shown(body.locale, mail)

    @routes.post(NEXT_PREVIEWS)
    async def foresee_next_mails(body: Next) -> Row:
        """Return the mails that would follow a settlement, a denial or a reinstatement.

        Nothing is sent or kept. Empty for a customer who is not told, or for whom nothing is news.
        """
        try:
            order_id = _ORDER_ID.validate_python(body.answer.get("order_id"))
            told, stationery = await desk.told(order_id), await desk.stationery()
            found = list(foresee_next(told, body.answer, stationery, utc_now()))
        except ValidationError:
            detail = "not what the preview of a settlement, a denial or a reinstatement answers"
            raise Problem(422, "ANSWER_INVALID", detail) from None
        return {"mails": [_shown(locale, mail) for locale, mail in found]}


def _shown(locale: Locale, mail: EmailMessage) -> Row:
    parts = {kind: text_of(mail, kind) for kind in ("plain", "html")}
    return {"locale": locale, "subject": str(mail["Subject"]), **parts}


def _add_versions(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/v1/stationery")
    async def list_versions() -> Row:
        """List every version but the one that is built in, newest first."""
        published = [
            {
                "version": fact.stationery.version,
                "published_by": fact.published_by,
                "why": fact.why,
                "restored_from": fact.restored_from,
                "own_texts": sorted(fact.stationery.texts),
            }
            for fact in reversed(await desk.published())
        ]
        return {"in_force": published[0]["version"] if published else 0, "versions": published}

    @routes.get("/v1/stationery/versions/{version}")
    async def show_version(version: int) -> Stationery:
        """Return one version; 0 is what is built in."""
        return await _or_problem(desk.stationery(version))

    @routes.post("/v1/stationery/versions/{version}/restoration", status_code=201)
    async def restore(request: Request, version: int, body: Wish) -> Row:
        """Put an earlier version in force again, as the next one."""
        return {"version": await _or_problem(desk.restore(version, body.by(request)))}


def _add_drafts(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/v1/stationery/draft")
    async def draft() -> Stationery:
        """Return the next version to be edited, with every text there is."""
        return draft_of(await desk.stationery())

    @routes.post("/v1/stationery-previews")
    async def preview(body: Draft) -> Row:
        """Return every mail as a draft would make it, in both languages; nothing is published."""
        drafted = _read(body.stationery)
        return {
            "mails": [
                {
                    "kind": template.upper(),
                    "locale": locale,
                    "html": html_of(template, locale, drafted),
                    "plain": html_of(template, locale, drafted, "plain"),
                }
                for template, locale in names()
            ]
        }

    @routes.post("/v1/stationery", status_code=201)
    async def publish(request: Request, body: Publication) -> Row:
        """Put a version in force, if each of its mails can be written; the same again is the same.

        Its number is the key: it follows the version in force.
        """
        drafted = _read(body.stationery)
        return {"version": await _or_problem(desk.publish(drafted, body.by(request)))}


def _read(given: dict[str, JsonValue]) -> Stationery:
    try:
        return read_values(given)
    except DraftError as no:
        raise Problem(
            422, "STATIONERY_INVALID", "not one mail was changed", findings=str(no).split("\n")
        ) from None


async def _or_problem(work: Awaitable[T]) -> T:
    try:
        return await work
    except Refused as no:
        status = 404 if no.code.endswith("_NOT_FOUND") else 422
        raise Problem(409 if no.code in CONFLICTING else status, no.code, no.detail) from None
