"""What the staff does with mails and what they are written on; every way in comes through here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from pydantic import BaseModel

from kit.cloudevents import Incoming, fingerprint
from kit.deciding import Answer
from kit.facts import Cause
from kit.ids import stream_id
from kit.postgres import Pool
from kit.processor import Processor
from services.notifier.bounces import Bounce
from services.notifier.domain.commands import RecordBounce, ResendMessage
from services.notifier.domain.events import NotificationRequested, StationeryPublished
from services.notifier.domain.messages import MESSAGES, resent_id_of
from services.notifier.domain.publishing import STATIONERY, STATIONERY_KEY, PublishStationery
from services.notifier.domain.state import Messages
from services.notifier.domain.stationery import BUILT_IN, Stationery
from services.notifier.rendering import write_mail
from services.notifier.stationeries import read_published

OUTCOMES: Mapping[str, str] = {
    "notification.accepted.v1": "SUCCEEDED",
    "notification.failed.v1": "FAILED",
    "notification.uncertain.v1": "UNCERTAIN",
}


class Refused(Exception):  # noqa: N818 - it is an answer
    """What was asked for cannot be done."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


class By(NamedTuple):
    """Who wants something, and why."""

    who: str
    why: str


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


class Desk:
    """Mails and stationery, for people.

    Args:
        pool: of the notifier's database.
        processor: decides about the messages of orders.
    """

    def __init__(self, pool: Pool, processor: Processor[Any]) -> None:
        self._pool, self._processor = pool, processor

    async def mails(self, order_id: str) -> dict[UUID, Mail]:
        """Return the messages of one order, oldest first."""
        rows = await self._pool.fetch(
            "SELECT topic, state FROM notifier.notifier_events WHERE originator_id = $1"
            " ORDER BY originator_version",
            stream_id(f"notifier:{order_id}"),
        )
        versions = await self.stationeries()
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

    async def told(self, order_id: str) -> Messages:
        """Return what the customer of an order was told."""
        messages = MESSAGES.initial
        for mail in (await self.mails(order_id)).values():
            messages = MESSAGES.evolve(messages, mail.request)
        return messages

    async def mail(self, message_id: UUID) -> Mail:
        """Return one message.

        Raises:
            Refused: there is none.
        """
        return (await self.mails(await self.order_of(message_id)))[message_id]

    async def order_of(self, message_id: UUID) -> str:
        """Return the order a message is about.

        Raises:
            Refused: there is no such message.
        """
        request = await self._pool.fetchval(
            "SELECT request FROM notifier.effects WHERE effect_id = $1 AND kind = 'mail'",
            message_id,
        )
        if request is None:
            raise Refused("MESSAGE_NOT_FOUND", f"no message {message_id}")
        return str(orjson.loads(request)["order_id"])

    async def resend(self, message_id: UUID, by: By, wish: str) -> tuple[UUID, bool]:
        """Have a message sent again; the same wish again is the same message.

        Returns:
            The id of the new message, and whether it was not asked for before.

        Raises:
            Refused: there is none, or it is still on its way; the same wish may come again later.
        """
        mail = await self.mail(message_id)
        if mail.outcome == "PENDING":
            raise Refused("MESSAGE_NOT_SETTLED", "it is still on its way")
        order_id, id_ = mail.request.order_id, f"resend:{wish}"
        command = ResendMessage(order_id=order_id, message_id=message_id, **by._asdict())
        answer = await self._record(id_, command, f"notifier:{order_id}")
        return resent_id_of(mail.request, id_), bool(answer.facts)

    async def bounce(self, bounce: Bounce) -> tuple[str, bool]:
        """Record that a mail came back; returns its order, and whether that is new."""
        order_id = await self.order_of(bounce.message_id)
        command = RecordBounce(order_id=order_id, **bounce._asdict())
        key = f"notifier:{order_id}"
        answer = await self._record(f"bounce:{bounce.message_id}", command, key)
        return order_id, bool(answer.facts)

    async def published(self) -> list[StationeryPublished]:
        """Return every version but the one that is built in, oldest first."""
        return await read_published(self._pool)

    async def stationeries(self) -> list[Stationery]:
        """Return every version; its place is its number."""
        return [BUILT_IN, *(fact.stationery for fact in await self.published())]

    async def stationery(self, version: int | None = None) -> Stationery:
        """Return one version, or the one in force.

        Raises:
            Refused: there is no such version.
        """
        known = await self.stationeries()
        if version is None:
            return known[-1]
        if not 0 <= version < len(known):
            detail = f"there is no version {version}; the newest is {len(known) - 1}"
            raise Refused("STATIONERY_NOT_FOUND", detail)
        return known[version]

    async def publish(self, draft: Stationery, by: By, restored_from: int | None = None) -> int:
        """Put a version in force; every process writes on it within a second.

        Raises:
            Refused: it does not follow the version in force.
        """
        known = await self.stationeries()
        if draft in known:
            return draft.version
        if draft.version != len(known):
            detail = f"version {draft.version} does not follow version {len(known) - 1}"
            raise Refused("STATIONERY_VERSION_STALE", detail)
        command = PublishStationery(stationery=draft, restored_from=restored_from, **by._asdict())
        mark = fingerprint(type(command).__name__, command).hex()
        await self._record(
            f"stationery:{draft.version}:{mark}", command, STATIONERY_KEY,
            replace(self._processor, decider=STATIONERY),
        )  # fmt: skip
        return draft.version

    async def restore(self, version: int, by: By) -> int:
        """Put an earlier version in force again, as the next one. Returns its number."""
        earlier, in_force = await self.stationery(version), await self.stationery()
        again = earlier.model_copy(update={"version": in_force.version + 1})
        return await self.publish(again, by, restored_from=version)

    async def _record(
        self, id_: str, command: BaseModel, key: str, processor: Processor[Any] | None = None
    ) -> Answer:
        """Have the notifier decide on a command, once."""
        type_ = type(command).__name__
        message = Incoming(id_, type_, command, stream_id(key), fingerprint(type_, command), id_)
        (answer,) = await (processor or self._processor).process([message])
        if answer.code and answer.code != "MESSAGE_ID_REUSED":
            raise Refused(answer.code, answer.detail)
        return answer
