"""What customers answered: given at the notifier's door, and heard about the order, once each."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import orjson

from countermand.verify.decided import Json
from countermand.verify.mismatch import Mismatch
from kit.postgres import OwnConnection


class Answer(NamedTuple):
    """What a customer said about one cancellation."""

    cancellation_id: str
    answer: str


async def check_feedback(connection: OwnConnection) -> list[Mismatch]:
    """Compare the two logs that know of answers."""
    given = await _facts(connection, "notifier", "feedback.given.v1")
    heard = await _facts(connection, "cancellation", "order.feedback-given.v1")
    return list(compare(map(_answer, given), (_answer(fact["message"]) for fact in heard)))


async def _facts(connection: OwnConnection, service: str, name: str) -> Sequence[Json]:
    rows = await connection.fetch(
        f"SELECT state FROM {service}.{service}_events WHERE topic = $1", name
    )
    return [orjson.loads(row["state"])["fact"] for row in rows]


def _answer(said: Json) -> Answer:
    return Answer(said["cancellation_id"], said["answer"])


def compare(given: Iterable[Answer], heard: Iterable[Answer]) -> Iterator[Mismatch]:
    """Name every answer that is lost, doubled, another one, or that nobody gave."""
    left = {one.cancellation_id: one.answer for one in given}
    seen = set[str]()
    for one in heard:
        about = f"the customer's answer about cancellation {one.cancellation_id}"
        if one.cancellation_id in seen:
            yield Mismatch("doubled", f"{about} was heard twice")
        elif one.cancellation_id not in left:
            yield Mismatch("foreign", f"{about} was never given")
        elif left[one.cancellation_id] != one.answer:
            said = left[one.cancellation_id]
            yield Mismatch("wrong", f"{about} was {said} and is heard as {one.answer}")
        seen.add(one.cancellation_id)
    for cancellation_id in left.keys() - seen:
        yield Mismatch("lost", f"the customer's answer about cancellation {cancellation_id}")
