"""The stream of changes: one question for all who look on, and none when nobody does."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import orjson
import pytest

from console import live
from console.api import Api
from console.live import Feed
from tests.support.console import visit
from tests.support.console_pages import ORDER, a_story
from tests.support.stack import until

PACE_S = 0.01


class Log:
    """A log of changes, asked as the API is."""

    def __init__(self) -> None:
        self.changed = ["a", "b"]
        self.questions: list[int | None] = []
        self.is_away = False
        self.is_over = False
        transport = httpx2.MockTransport(self._answer)
        self.api = Api(httpx2.AsyncClient(transport=transport, base_url="http://api"))

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        if self.is_away:
            raise httpx2.ConnectError("nobody there", request=request)
        if self.is_over:
            return httpx2.Response(401, json={"code": "CREDENTIAL_INVALID", "detail": ""})
        text = request.url.params.get("after")
        after = None if text is None else int(text)
        self.questions.append(after)
        order_ids = [] if after is None else sorted(set(self.changed[after:]))
        told = {"as_of": len(self.changed), "order_ids": order_ids, "is_all": True}
        return httpx2.Response(200, json=told)


async def read(stream: AsyncIterator[bytes]) -> Any:
    """Return the next event that tells something."""
    async for chunk in stream:
        if chunk.startswith(b"event: orders"):
            return orjson.loads(chunk.partition(b"data: ")[2])
    raise AssertionError("the stream has ended")


async def test_a_page_is_told_what_changed_since_it_was_made_and_then_whatever_changes() -> None:
    log = Log()
    stream = Feed(poll_s=PACE_S).follow(log.api, 1)
    assert await read(stream) == {"order_ids": ["b"], "is_all": True}
    log.changed += ["c", "a", "c"]
    told = set[str]()
    while told != {"a", "c"}:
        told |= set((await read(stream))["order_ids"])
    await stream.aclose()


async def test_however_many_look_on_one_question_is_asked_and_none_when_nobody_does() -> None:
    log = Log()
    feed = Feed(poll_s=PACE_S)
    streams = [feed.follow(log.api, 2) for _ in range(50)]
    told = [asyncio.create_task(read(stream)) for stream in streams]
    await until(lambda: len(log.questions) >= 60, what="it is asked on")
    # Each page asks once for what it missed; the rest is the one question for all.
    assert len(log.questions) < 50 + 20
    log.changed.append("c")
    assert [one["order_ids"] for one in await asyncio.gather(*told)] == [["c"]] * 50
    for stream in streams:
        await stream.aclose()
    asked = len(log.questions)
    await asyncio.sleep(5 * PACE_S)
    assert len(log.questions) == asked


async def test_a_service_that_is_away_for_a_while_is_asked_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "AWAY_S", PACE_S)
    log = Log()
    stream = Feed(poll_s=PACE_S).follow(log.api, 1)
    await read(stream)
    log.is_away = True
    log.changed.append("c")
    await asyncio.sleep(5 * PACE_S)
    log.is_away = False
    assert (await read(stream))["order_ids"] == ["c"]
    await stream.aclose()


async def test_a_silent_stream_says_now_and_then_that_it_is_there_and_ends_when_it_is_old(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "BEAT_S", PACE_S)
    monkeypatch.setattr(live, "STREAM_MAX_S", 5 * PACE_S)
    log = Log()
    chunks = [chunk async for chunk in Feed(poll_s=PACE_S).follow(log.api, 2)]
    assert chunks[0].startswith(b"retry:")
    assert live.BEAT in chunks


async def test_so_many_changes_that_none_is_named_have_the_page_look_at_everything() -> None:
    log = Log()
    log.changed = [str(number) for number in range(live.IDS_MAX + 1)]
    stream = Feed(poll_s=PACE_S).follow(log.api, 0)
    assert await read(stream) == {"order_ids": [], "is_all": False}
    await stream.aclose()


async def test_a_stream_is_for_those_who_have_said_who_they_are_and_not_for_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert (await visit(a_story(), name=None).get("/live?after=1")).status_code == 303
    browser = visit(a_story())
    for wrong in ("", "-1", "x", "9" * 30):
        assert (await browser.get(f"/live?after={wrong}")).status_code == 400
    monkeypatch.setattr(live, "VIEWERS_MAX", 0)
    assert (await browser.get("/live?after=1")).status_code == 503


async def test_pages_say_at_which_position_they_were_made() -> None:
    browser = visit(a_story())
    for path in ("/orders", ORDER):
        page = (await browser.get(path)).text
        assert 'data-watch="2"' in page
        assert 'data-order="489434"' in page
    assert "data-watch" not in (await browser.get(f"{ORDER}?at=1")).text


async def test_whose_session_is_over_is_told_nothing_more_and_keeps_nobody_else_waiting() -> None:
    leaving, staying = Log(), Log()
    feed = Feed(poll_s=PACE_S)
    told = [asyncio.create_task(read(feed.follow(log.api, 2))) for log in (leaving, staying)]
    await until(lambda: leaving.questions and staying.questions, what="both look on")
    leaving.is_over = True
    for log in (leaving, staying):
        log.changed.append("c")
    assert (await asyncio.wait_for(told[1], 5))["order_ids"] == ["c"]
    told[0].cancel()
    alone = [chunk async for chunk in feed.follow(leaving.api, 2)]
    assert len(alone) == 1, "the stream begins and ends"
