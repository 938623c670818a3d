"""From a delivery asked for to a signed call, and from the answer to what is recorded."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from kit.effects import Effect, Finished, RetryLater
from kit.facts import RecordedFact
from services.notifier.webhooks.domain import commands
from services.notifier.webhooks.effects import (
    Patience,
    Turnstile,
    execute_with,
    give_up,
    intents_of,
)
from services.notifier.webhooks.ports import Answered, NotAllowed, NotReached, Receiver
from services.notifier.webhooks.signing import sign
from tests.support.mothers import A_CAUSE
from tests.support.spec import NOW, STREAM
from tests.unit.webhooks.test_lane import DELIVERY, ONE, TWO, a_request

DAY_S = 86_400.0
PATIENCE = Patience(give_up_after_s=3 * DAY_S, disable_after_s=5 * DAY_S)
KEYS = ("whsec_bmV3", "whsec_b2xk")
REQUEST = a_request()

Answer = Answered | NotReached | NotAllowed
WELL = Answered(200)


class World:
    """Receivers with one answer, and what is known of them."""

    def __init__(self, answer: Answer = WELL, failing_s: float = 0.0) -> None:
        self.answer, self.failing_s = answer, failing_s
        self.receiver: Receiver | None = Receiver(
            "https://shop.example/", is_enabled=True, keys=KEYS
        )
        self.posted: list[tuple[str, bytes, Mapping[str, str]]] = []
        self.told: list[Any] = []
        self.turnstile = Turnstile(2)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        self.posted.append((url, body, headers))
        return self.answer

    async def find(self, _: UUID) -> Receiver | None:
        return self.receiver

    async def worked(self, endpoint_id: UUID) -> None:
        self.told.append(("worked", endpoint_id))

    async def failed(self, endpoint_id: UUID, detail: str) -> float:
        self.told.append(("failed", endpoint_id, detail))
        return self.failing_s

    async def disable(self, endpoint_id: UUID, code: str, why: str, effect_id: UUID) -> None:
        self.told.append(("disable", endpoint_id, code, why, effect_id))

    async def call(self, *, age_s: float = 0.0, is_abandoned: bool = False) -> Any:
        execute = execute_with(self, self, self.turnstile, PATIENCE, lambda: NOW)
        body = REQUEST.model_dump_json().encode()
        return await execute(
            Effect(DELIVERY, "webhook", STREAM, body, A_CAUSE, 1, is_abandoned, age_s)
        )


def ended(**word: Any) -> Finished:
    return Finished(commands.RecordEnded(delivery_id=DELIVERY, round=0, **word))


def test_a_delivery_asked_for_wants_one_call_and_asked_for_again_another() -> None:
    (first,) = intents_of(RecordedFact(STREAM, 1, REQUEST, A_CAUSE))
    (again,) = intents_of(RecordedFact(STREAM, 2, a_request(round=1), A_CAUSE))
    assert (first.effect_id, first.request) == (DELIVERY, REQUEST)
    assert again.effect_id != DELIVERY


@pytest.mark.parametrize("status", [200, 201, 204, 299])
async def test_2xx_is_delivered(status: int) -> None:
    world = World(Answered(status))
    assert await world.call() == ended(outcome="SUCCEEDED", status=status)
    ((url, body, headers),) = world.posted
    assert (url, body) == ("https://shop.example/", REQUEST.body.encode())
    stamp = int(NOW.timestamp())
    assert headers == {
        "webhook-id": "m-1", "webhook-timestamp": str(stamp),
        "webhook-signature": sign(KEYS, "m-1", stamp, body),
    }  # fmt: skip
    assert world.told == [("worked", ONE)]


async def test_an_abandoned_call_is_made_again_under_the_same_id() -> None:
    world = World()
    assert isinstance(await world.call(is_abandoned=True), Finished)
    assert world.posted[0][2]["webhook-id"] == "m-1"


@pytest.mark.parametrize(
    "answer",
    [Answered(100), Answered(302), Answered(404), Answered(429), Answered(500), NotReached("no")],
)
async def test_anything_else_is_tried_again(answer: Answer) -> None:
    world = World(answer)
    found = await world.call(age_s=2.9 * DAY_S)
    assert isinstance(found, RetryLater)
    assert world.told == [("failed", ONE, found.reason)]


async def test_after_three_days_it_has_failed_and_says_what_was_seen() -> None:
    assert await World(Answered(500)).call(age_s=3.1 * DAY_S) == ended(
        outcome="FAILED", code="RECEIVER_FAILING", detail="answered 500", status=500
    )
    assert await World(NotAllowed("inside")).call(age_s=3.1 * DAY_S) == ended(
        outcome="FAILED", code="ADDRESS_FORBIDDEN", detail="inside"
    )


async def test_410_disables_the_endpoint_at_once() -> None:
    world = World(Answered(410))
    assert await world.call() == ended(
        outcome="FAILED", code="RECEIVER_GONE", detail="answered 410", status=410
    )
    assert world.told[1:] == [("disable", ONE, "RECEIVER_GONE", "answered 410", DELIVERY)]


async def test_an_endpoint_that_has_failed_for_five_days_is_disabled() -> None:
    world = World(NotReached("no"), failing_s=4.9 * DAY_S)
    assert isinstance(await world.call(), RetryLater)
    world.failing_s = 5.1 * DAY_S
    assert isinstance(await world.call(), Finished)
    assert world.told[-1][:3] == ("disable", ONE, "RECEIVER_FAILING")


@pytest.mark.parametrize(
    "receiver", [None, Receiver("https://shop.example/", is_enabled=False, keys=KEYS)]
)
async def test_a_disabled_endpoint_is_not_called(receiver: Receiver | None) -> None:
    world = World()
    world.receiver = receiver
    found = await world.call()
    assert found.report.code == "ENDPOINT_DISABLED"
    assert world.posted == []


async def test_a_receiver_has_so_many_calls_at_a_time_and_one_while_it_fails() -> None:
    turnstile = Turnstile(2)
    assert [turnstile.enter(ONE) for _ in range(3)] == [True, True, False]
    assert turnstile.enter(TWO), "others do not wait"
    turnstile.leave(ONE, has_worked=True)
    turnstile.leave(ONE, has_worked=False)
    assert [turnstile.enter(ONE) for _ in range(2)] == [True, False]
    turnstile.leave(ONE, has_worked=True)
    assert [turnstile.enter(ONE) for _ in range(3)] == [True, True, False]


async def test_a_call_that_finds_no_place_waits_without_being_made() -> None:
    world = World()
    assert world.turnstile.enter(ONE)
    assert world.turnstile.enter(ONE)
    assert isinstance(await world.call(), RetryLater)
    assert (world.posted, world.told) == ([], [])


async def test_a_place_is_given_back_whatever_happens() -> None:
    world = World()

    async def breaks(*_: Any) -> Any:
        raise RuntimeError

    world.post = breaks  # type: ignore[method-assign]
    for _ in range(3):
        with pytest.raises(RuntimeError):
            await world.call()
    assert world.turnstile.enter(ONE)


def test_giving_up_is_a_failure() -> None:
    body = REQUEST.model_dump_json().encode()
    word = give_up(Effect(DELIVERY, "webhook", STREAM, body, A_CAUSE, 1, is_abandoned=False), "no")
    assert (word.outcome, word.code) == ("FAILED", "RECEIVER_FAILING")
