"""What the verbs do: look at the notifier's log, and have it record what a person wants."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel

from countermand.endpoints import Endpoints
from countermand.errors import KnownError
from kit.cloudevents import Incoming, fingerprint
from kit.deciding import Answer
from kit.facts import Cause
from kit.ids import stream_id
from kit.postgres import Pool, open_pool
from kit.settings import KitSettings
from services.notifier.bounces import NotABounceError, read_bounce
from services.notifier.domain.commands import RecordBounce, ResendMessage
from services.notifier.domain.events import NotificationRequested
from services.notifier.domain.stationery import BUILT_IN, Stationery
from services.notifier.rendering import write_mail
from services.notifier.service import SERVICE
from services.notifier.stationeries import read_published

OUTCOMES: Mapping[str, str] = {
    "notification.accepted.v1": "SUCCEEDED",
    "notification.failed.v1": "FAILED",
    "notification.uncertain.v1": "UNCERTAIN",
}


class MessageError(KnownError):
    """A message is not there, or cannot be done what is asked."""


@dataclass
class Mail:
    """One message, as the notifier's log tells it."""

    request: NotificationRequested
    cause: Cause
    stationery: Stationery = BUILT_IN
    """What it is written on."""
    outcome: str = "PENDING"
    said: dict[str, Any] = field(default_factory=dict)
    """How it ended, field by field."""
    bounce: dict[str, Any] | None = None
    """Why it came back, if it did."""

    def written(
        self, sender: str, secret: bytes = b"", link_keys: Sequence[str] = ()
    ) -> tuple[bytes, bool | None]:
        """Return the mail, and whether it is what was sent to the last byte; None: no proof.

        Args:
            sender: the `From` it was sent with.
            secret: what its feedback link was made with.
            link_keys: what its link to the customer's page may have been made with, if it has one.
        """
        proof, first = self.said.get("sha256"), None
        for key in (*link_keys, ""):
            content, _ = write_mail(
                self.request, self.cause,
                sender=sender, stationery=self.stationery, secret=secret, link_key=key,
            )  # fmt: skip
            if sha256(content).hexdigest() == proof:
                return content, True
            first = first or content
        assert first is not None  # noqa: S101 - it was written once at least
        return first, None if proof is None else False

    def to_json(self) -> dict[str, Any]:
        """Return it for scripts, without the address."""
        request = self.request
        return {
            "message_id": str(request.message_id),
            "kind": request.template.upper(),
            "locale": request.recipient.locale,
            "cancellation_id": request.cancellation_id and str(request.cancellation_id),
            "decided_at": self.cause.recorded_at.isoformat(),
            "outcome": self.outcome,
            "answer": self.said.get("answer"),
            "code": self.said.get("code"),
            "detail": self.said.get("detail"),
            "text_problem": self.said.get("text_problem"),
            "sha256": self.said.get("sha256"),
            "bounce": self.bounce and f"{self.bounce['code']} {self.bounce['detail']}",
            "resend_of": request.resend_of and str(request.resend_of),
            "resent_by": request.resent_by,
            "resent_why": request.resent_why,
        }


@asynccontextmanager
async def opened(data_dir: Path) -> AsyncIterator[tuple[Pool, KitSettings]]:
    """Open the store of a running system."""
    found = Endpoints.find(data_dir)
    settings = found.settings()
    async with open_pool(found.postgres_dsn, size_max=1, name="messages") as pool:
        yield pool, settings


async def read_mails(pool: Pool, order_id: str) -> dict[UUID, Mail]:
    """Return the messages of one order, oldest first."""
    rows = await pool.fetch(
        "SELECT topic, state FROM notifier.notifier_events WHERE originator_id = $1"
        " ORDER BY originator_version",
        stream_id(f"notifier:{order_id}"),
    )
    published = await read_published(pool)
    versions = [BUILT_IN, *(fact.stationery for fact in published)]
    mails: dict[UUID, Mail] = {}
    for name, state in rows:
        body = orjson.loads(state)
        fact = body["fact"]
        if name == NotificationRequested.NAME:
            request = NotificationRequested.model_validate(fact)
            cause = Cause.model_validate(body["cause"])
            mails[request.message_id] = Mail(request, cause, versions[request.stationery])
        elif (mail := mails.get(UUID(fact.get("message_id") or str(UUID(int=0))))) is None:
            continue
        elif name == "notification.bounced.v1":
            mail.bounce = fact
        else:
            mail.outcome, mail.said = fact.get("outcome") or OUTCOMES[name], fact
    return mails


async def list_mails(data_dir: Path, order_id: str) -> list[Mail]:
    """Return the messages of one order, oldest first."""
    async with opened(data_dir) as (pool, _):
        return [*(await read_mails(pool, order_id)).values()]


async def find_mail(data_dir: Path, message_id: UUID) -> Mail:
    """Return one message."""
    async with opened(data_dir) as (pool, _):
        order_id = await _order_of(pool, message_id)
        return (await read_mails(pool, order_id))[message_id]


async def _order_of(pool: Pool, message_id: UUID) -> str:
    request = await pool.fetchval(
        "SELECT request FROM notifier.effects WHERE effect_id = $1", message_id
    )
    if request is None:
        raise MessageError(f"No message {message_id}; `countermand messages list ORDER` has them.")
    return str(orjson.loads(request)["order_id"])


async def resend(data_dir: Path, message_id: UUID, *, who: str, why: str, wish: str) -> list[str]:
    """Have a message sent again; the same wish again is the same message. Returns new ids."""
    async with opened(data_dir) as (pool, settings):
        order_id = await _order_of(pool, message_id)
        command = ResendMessage(order_id=order_id, message_id=message_id, who=who, why=why)
        answer = await _record(pool, settings, f"resend:{wish}", command)
        return [str(fact.message_id) for fact in answer.facts]  # type: ignore[attr-defined]


async def record_bounce(data_dir: Path, content: bytes) -> dict[str, Any]:
    """Record what a notice says."""
    try:
        bounce = read_bounce(content)
    except NotABounceError as no:
        raise MessageError(f"Nothing recorded: {no}.") from None
    async with opened(data_dir) as (pool, settings):
        order_id = await _order_of(pool, bounce.message_id)
        command = RecordBounce(order_id=order_id, **bounce._asdict())
        answer = await _record(pool, settings, f"bounce:{bounce.message_id}", command)
        return {
            "order_id": order_id,
            "message_id": str(bounce.message_id),
            "code": bounce.code,
            "detail": bounce.detail,
            "is_new": bool(answer.facts),
        }


async def _record(pool: Pool, settings: KitSettings, id_: str, command: BaseModel) -> Answer:
    """Have the notifier decide on a command, once."""
    stream = stream_id(f"notifier:{command.order_id}")  # type: ignore[attr-defined]
    type_ = type(command).__name__
    message = Incoming(id_, type_, command, stream, fingerprint(type_, command), id_)
    (answer,) = await SERVICE.processor(settings, pool).process([message])
    if answer.code and answer.code != "MESSAGE_ID_REUSED":
        raise MessageError(f"{answer.code}: {answer.detail}.")
    return answer
