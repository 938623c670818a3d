"""The provider's conduct, with a clock of our own and restarts at will."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from deploy.simulators.append_only import FileDamagedError
from deploy.simulators.payments.captures import Capture, parse_captures
from deploy.simulators.payments.errors import ApiError
from deploy.simulators.payments.events import Event
from deploy.simulators.payments.idempotency import IdempotencyKeys
from deploy.simulators.payments.ledger import Ledger
from deploy.simulators.payments.provider import REPLAYED, Provider
from deploy.simulators.payments.refund_form import RefundForm, parse_refund
from deploy.simulators.payments.scripts import Scripts, Step
from deploy.simulators.payments.v1 import DECLINED
from deploy.simulators.serving import Answer

PAYMENT = Capture(payment_id="pi_1", amount_minor=1_000, currency="EUR")


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


@asynccontextmanager
async def provider(directory: Path, clock: Clock | None = None) -> AsyncIterator[Provider]:
    ledger = Ledger(directory / "ledger.jsonl", lambda error: pytest.fail(str(error)))
    yield Provider(ledger, IdempotencyKeys(), clock or Clock())
    await ledger.close()


def form(amount: int = 600, payment: str = "pi_1") -> RefundForm:
    return parse_refund(f"payment_intent={payment}&amount={amount}&metadata[refund_id]=r1".encode())


def is_replay(answer: Answer) -> bool:
    return answer.headers is REPLAYED


async def refund(provider: Provider, key: str, amount: int = 600, **faults: Any) -> Answer:
    return await provider.create_refund(key, form(amount), **faults)


async def test_a_restart_answers_every_retry_as_before(tmp_path: Path) -> None:
    async with provider(tmp_path) as before:
        await before.capture([PAYMENT])
        answers = [
            await refund(before, "declined", steps=DECLINED),
            await refund(before, "broken", fail=True),
            await refund(before, "paid"),
            await refund(before, "too-much"),
            await before.create_refund("unknown", form(payment="pi_none")),
        ]
        summary, listed = before.books.summary(), list(before.books.newest_first("pi_1"))
    assert [answer.status for answer in answers] == [200, 500, 200, 400, 404]
    async with provider(tmp_path) as after:
        retries = [
            await refund(after, "declined"),
            await refund(after, "broken"),
            await refund(after, "paid"),
            await refund(after, "too-much"),
            await after.create_refund("unknown", form(payment="pi_none")),
        ]
        assert after.books.summary() == summary
        assert list(after.books.newest_first("pi_1")) == listed
        assert (await refund(after, "more", amount=401)).status == 400
        assert (await refund(after, "rest", amount=400)).status == 200
    assert [retry.body for retry in retries] == [answer.body for answer in answers]
    assert all(is_replay(retry) for retry in retries)


async def test_a_key_lives_24_hours_also_across_a_restart(tmp_path: Path) -> None:
    clock = Clock()
    async with provider(tmp_path, clock) as first:
        await first.capture([PAYMENT])
        await refund(first, "k", amount=300)
        clock.advance(hours=23, minutes=59)
        assert is_replay(await refund(first, "k", amount=300))
    async with provider(tmp_path, clock) as second:
        assert is_replay(await refund(second, "k", amount=300))
        clock.advance(minutes=1)
        assert not is_replay(await refund(second, "k", amount=300))
        clock.advance(hours=23)
        assert is_replay(await refund(second, "k", amount=300))
        assert second.books.summary()["refunded_minor"] == {"EUR": 600}


async def test_a_refund_is_shown_only_when_it_is_on_disk(tmp_path: Path) -> None:
    async with provider(tmp_path) as books:
        await books.capture([PAYMENT])
        pending = asyncio.create_task(refund(books, "k"))
        await asyncio.sleep(0)
        assert books.books.with_our_id("r1") == []
        late = await refund(books, "late")
        await pending
        assert late.status == 400
        assert len(books.books.with_our_id("r1")) == 1


@pytest.mark.parametrize("amount", [600, 2_000])
async def test_nobody_is_answered_before_the_disk_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, amount: int
) -> None:
    on_disk: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    async with provider(tmp_path) as books:
        await books.capture([PAYMENT])
        monkeypatch.setattr(Ledger, "append", lambda _ledger, _lines: on_disk)
        pending = asyncio.create_task(refund(books, "k", amount=amount))
        await asyncio.sleep(0.02)
        assert not pending.done()
        on_disk.set_result(None)
        await pending


async def test_a_key_in_flight_is_refused_even_with_other_parameters(tmp_path: Path) -> None:
    async with provider(tmp_path) as books:
        await books.capture([PAYMENT])
        pending = asyncio.create_task(refund(books, "k", hold_s=0.05))
        await asyncio.sleep(0)
        for amount, status in ((600, 409), (1, 400)):
            with pytest.raises(ApiError) as refusal:
                await refund(books, "k", amount=amount)
            assert refusal.value.status == status
        await pending
        assert is_replay(await refund(books, "k"))


async def test_a_capture_is_repeated_in_peace_and_contradicted_in_vain(tmp_path: Path) -> None:
    async with provider(tmp_path) as books:
        assert await books.capture([PAYMENT, PAYMENT]) == 1
        assert await books.capture([PAYMENT]) == 0
        other = PAYMENT.model_copy(update={"currency": "USD"})
        with pytest.raises(ApiError) as refusal:
            await books.capture([PAYMENT.model_copy(update={"payment_id": "pi_2"}), other])
        assert refusal.value.status == 409
        assert books.books.summary()["payments"] == 1


def test_a_file_that_is_no_ledger_of_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ledger.jsonl").write_text('{"type":"something else"}\n')
    ledger = Ledger(tmp_path / "ledger.jsonl", lambda error: pytest.fail(str(error)))
    with pytest.raises(FileDamagedError, match="name another file"):
        Provider(ledger, IdempotencyKeys(), Clock())


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[{}]",
        b"not json",
        b'[{"payment_id":"pi_1","amount_minor":-1,"currency":"EUR"}]',
        b'[{"payment_id":"pi_1","amount_minor":1.5,"currency":"EUR"}]',
        b'[{"payment_id":"pi_1","amount_minor":1,"currency":"eur"}]',
        b'[{"payment_id":"","amount_minor":1,"currency":"EUR"}]',
    ],
)
def test_a_capture_that_makes_no_sense_is_refused(body: bytes) -> None:
    with pytest.raises(ApiError) as refusal:
        parse_captures(body)
    assert refusal.value.status == 400


WAY = [Step(status="pending"), Step(status="succeeded"), Step(status="failed")]


def shown(provider: Provider) -> dict[str, Any]:
    (found,) = provider.books.with_our_id("r1")
    refund: dict[str, Any] = orjson.loads(found.body)
    return refund


async def test_a_refund_goes_its_way_also_across_restarts(tmp_path: Path) -> None:
    async with provider(tmp_path) as first:
        await first.capture([PAYMENT])
        made = await refund(first, "k", steps=WAY)
        assert orjson.loads(made.body)["status"] == "pending"
        assert first.books.summary()["refunds_open"] == 1
        identifier = shown(first)["id"]
        await first.walks.advance(identifier)
    async with provider(tmp_path) as second:
        assert shown(second)["status"] == "succeeded"
        assert second.books.summary()["refunded_minor"] == {"EUR": 600}
        assert (await refund(second, "too-much", amount=401)).status == 400
        await second.walks.advance(identifier)
        with pytest.raises(ApiError):
            await second.walks.advance(identifier)
    async with provider(tmp_path) as third:
        assert (shown(third)["status"], shown(third)["failure_reason"]) == ("failed", "unknown")
        assert third.books.summary()["refunded_minor"] == {}
        assert (await refund(third, "k")).body == made.body
        assert (await refund(third, "all", amount=1_000)).status == 200


async def test_a_timed_step_comes_by_itself_after_a_restart_too(tmp_path: Path) -> None:
    async with provider(tmp_path) as first:
        await first.capture([PAYMENT])
        await refund(first, "k", steps=[WAY[0], Step(status="succeeded", after_s=0.01)])
    async with provider(tmp_path) as second:
        second.walks.resume()
        await asyncio.sleep(0.1)
        assert shown(second)["status"] == "succeeded"


async def test_events_keep_their_ids_across_a_restart(tmp_path: Path) -> None:
    async with provider(tmp_path) as first:
        await first.capture([PAYMENT])
        told: list[Event] = []
        first.events.tell = told.append
        await refund(first, "k", steps=WAY)
        for _ in WAY[1:]:
            await first.walks.advance(shown(first)["id"])
        listed = list(first.events.newest_first(set(), 0))
    assert [event.type for event in told] == [
        "refund.created", "charge.refunded", "refund.updated", "refund.updated", "refund.failed",
    ]  # fmt: skip
    assert told == list(reversed(listed))
    async with provider(tmp_path) as second:
        assert list(second.events.newest_first(set(), 0)) == listed
        failed = list(second.events.newest_first({"refund.failed"}, 0))
    assert orjson.loads(failed[0].body)["data"]["object"]["status"] == "failed"


async def test_what_is_voided_is_never_captured_nor_the_other_way_round(tmp_path: Path) -> None:
    held = PAYMENT.model_copy(update={"status": "requires_capture"})
    async with provider(tmp_path) as first:
        await first.capture([held])
        assert (await refund(first, "early")).status == 400
        voided = await first.void("v", "pi_1", "f")
        assert orjson.loads(voided.body)["status"] == "canceled"
        with pytest.raises(ApiError, match="status of canceled"):
            await first.capture([PAYMENT])
        captured = PAYMENT.model_copy(update={"payment_id": "pi_2"})
        await first.capture([captured.model_copy(update={"status": "requires_capture"})])
        assert await first.capture([captured]) == 1
        assert (await first.void("v2", "pi_2", "f")).status == 400
    async with provider(tmp_path) as second:
        again = await second.void("v", "pi_1", "f")
        assert (again.body, is_replay(again)) == (voided.body, True)
        assert (await second.void("new key", "pi_1", "f")).status == 400
        assert second.books.summary()["captured_minor"] == {"EUR": 1_000}


@pytest.mark.parametrize(
    "script",
    [
        b"{}",
        b'{"steps":[]}',
        b'{"steps":[{"status":"refunded"}]}',
        b'{"steps":[{"status":"failed"},{"status":"succeeded"}]}',
        b'{"steps":[{"status":"pending","after_s":-1}]}',
    ],
)
def test_a_script_that_makes_no_sense_is_refused(script: bytes) -> None:
    with pytest.raises(ApiError) as refusal:
        Scripts().arm(script)
    assert refusal.value.status == 400


def test_a_share_of_refunds_is_scripted_the_same_way_in_every_run() -> None:
    scripts = Scripts()
    body = b'{"probability":0.3,"seed":7,"steps":[{"status":"pending"}]}'
    runs = []
    for _ in range(2):
        scripts.arm(body)
        runs.append([scripts.draw("pi")[0].status for _ in range(200)])
    assert runs[0] == runs[1]
    assert 40 < runs[0].count("pending") < 80
