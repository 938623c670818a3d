"""What the provider says by itself, however it came: decided on once, or kept for a person.

The provider's id of an event is its message id, so a webhook that comes again, and an event that is
read from the provider's list afterwards, meet their inbox row.
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from kit.cloudevents import Incoming, Undecodable, fingerprint, fold_headers
from kit.metrics import SKIPPED
from kit.processor import Processor
from services.refunds.domain.commands import RecordProviderStatus
from services.refunds.effects import word_of
from services.refunds.ports import News, NoNews, Strange, Told
from services.refunds.translation import stream_of

SERVICE = "refunds"
PLACE = "refunds.webhooks"
"""Where dead letters of this kind say they come from; no topic, so none is sent again."""


class Said(NamedTuple):
    """One thing the provider said, and the bytes it was said with."""

    told: Told
    raw: bytes


Outcome = Literal["HANDLED", "DUPLICATE", "SKIPPED", "KEPT"]


class Intake:
    """Takes in what the provider says by itself."""

    def __init__(self, processor: Processor[Any]) -> None:
        self._processor = processor

    async def take(self, all_said: Sequence[Said]) -> list[Outcome]:
        """Store what is said, in order, and return what became of each; nothing is lost.

        Raises:
            OSError, asyncpg.PostgresError: nobody knows whether it was stored; say it again.
        """
        messages: list[Incoming] = []
        origins: dict[str, Said] = {}
        letters: list[Undecodable] = []
        for said in all_said:
            match said.told:
                case News():
                    message = _message(said.told)
                    messages.append(message)
                    origins.setdefault(message.id, said)
                case Strange(code=code, detail=detail):
                    letters.append(_letter(said, code, detail))
                case NoNews(type=type_):
                    SKIPPED.labels(SERVICE, type_[:100]).inc()

        def aside(message: Incoming, code: str, detail: str) -> Undecodable:
            return _letter(origins[message.id], code, detail, message.fingerprint)

        if messages or letters:
            answers = await self._processor.process(messages, dead_letters=letters, aside=aside)
        of_news = iter(answers if messages else ())
        return [_outcome(said.told, of_news) for said in all_said]


def _outcome(told: Told, of_news: Any) -> Outcome:
    match told:
        case News():
            answer = next(of_news)
            if answer.code:
                return "KEPT"
            return "DUPLICATE" if answer.status == "duplicate" else "HANDLED"
        case Strange():
            return "KEPT"
        case NoNews():
            return "SKIPPED"


def _message(news: News) -> Incoming:
    command = word_of(news.order_id, news.refund_id, news.refund)
    type_ = type(command).__name__
    _, stream = stream_of(command)
    return Incoming(
        news.message_id, type_, command, stream, fingerprint(type_, command), news.message_id
    )


def _letter(said: Said, code: str, detail: str, mark: bytes | None = None) -> Undecodable:
    told = said.told
    id_ = told.message_id if isinstance(told, News | Strange) else None
    type_ = told.type if isinstance(told, Strange) else RecordProviderStatus.__name__
    named = [("ce_id", id_), ("ce_type", type_), ("ce_source", "stripe"), ("ce_specversion", "1.0")]
    return Undecodable(
        code=code, detail=detail.replace("\x00", "�")[:2000],
        topic=PLACE, partition=0, offset=0,
        message_id=id_, message_type=type_,
        key=told.order_id.encode() if isinstance(told, News) else None, value=said.raw,
        headers=fold_headers((name, value.encode()) for name, value in named if value),
        fingerprint=mark,
    )  # fmt: skip
