"""What has changed, told to every open page by one question a second, however many look on.

A page names the position it was made at. It is told at once what has changed since, and then
whatever changes, until it is closed or the stream is as old as a stream may get; then its browser
opens another one. Nobody is asked while nobody looks on.
"""

import asyncio
from collections.abc import AsyncGenerator

import orjson

from console.api import Api, AwayError, EndedError, Json, ProblemError

CHANGES = "/v1/changes"
POLL_S = 1.0
AWAY_S = 5.0
"""Time between two questions while nobody answers."""

BEAT_S = 15.0
"""So long a stream is silent at most; proxies close what is silent longer."""

BEAT = b": still here\n\n"

STREAM_MAX_S = 600.0
"""A stream ends when it is so old: whoever has signed out since is not told any more."""

VIEWERS_MAX = 1_000
IDS_MAX = 500
"""Changed orders named to a page at once; of more it looks at everything again."""


class _Viewer:
    """What one page has not been told yet."""

    def __init__(self, api: Api) -> None:
        self.api = api
        """By the session of whoever looks on."""
        self.is_over = False
        """True once that session is."""
        self.ids: set[str] = set()
        self.is_all = True
        self.has_news = asyncio.Event()

    def add(self, told: Json) -> None:
        """Note what has changed."""
        self.ids.update(told["order_ids"])
        self.is_all = self.is_all and told["is_all"]
        if len(self.ids) > IDS_MAX:
            self.ids, self.is_all = set(), False
        if self.ids or not self.is_all:
            self.has_news.set()

    def take(self) -> bytes:
        """Write what is new, and forget it."""
        said = {"order_ids": sorted(self.ids), "is_all": self.is_all}
        self.ids, self.is_all = set(), True
        self.has_news.clear()
        return b"event: orders\ndata: " + orjson.dumps(said) + b"\n\n"


class Feed:
    """The changes of orders, shared by all pages of one process."""

    def __init__(self, *, poll_s: float = POLL_S) -> None:
        self._poll_s = poll_s
        self._viewers: set[_Viewer] = set()
        self._position: int | None = None
        self._begun = asyncio.Event()
        self._polling: asyncio.Task[None] | None = None

    @property
    def is_full(self) -> bool:
        """Tell whether no other page can follow."""
        return len(self._viewers) >= VIEWERS_MAX

    async def follow(self, api: Api, after: int) -> AsyncGenerator[bytes]:
        """Yield the events of a stream for a page that was made at a position.

        Args:
            api: as whoever looks on reaches it; each in turn asks for all.
            after: the position.
        """
        viewer, end = _Viewer(api), asyncio.get_running_loop().time() + STREAM_MAX_S
        self._viewers.add(viewer)
        if self._polling is None or self._polling.done():
            self._polling = asyncio.create_task(self._poll())
        polling = self._polling
        try:
            yield b"retry: 3000\n\n"
            # Once it has begun, whatever changes reaches the viewer; what changed before is asked.
            while not await _is_set(self._begun):
                yield BEAT
            viewer.add(await api.get(CHANGES, after=after))
            now = asyncio.get_running_loop().time
            while not (polling.done() or viewer.is_over) and now() < end:
                yield viewer.take() if await _is_set(viewer.has_news) else BEAT
        except (AwayError, EndedError, ProblemError):
            return
        finally:
            self._viewers.discard(viewer)
            if not self._viewers:
                self._stop()

    def _stop(self) -> None:
        if self._polling is not None:
            self._polling.cancel()
        self._polling, self._position = None, None
        self._begun.clear()

    async def _poll(self) -> None:
        while True:
            pause_s = self._poll_s
            asker = next((one for one in self._viewers if not one.is_over), None)
            if asker is None:
                self._begun.set()  # each finds out by itself that nothing is told any more
                return
            try:
                told = await asker.api.get(CHANGES, after=self._position)
            except EndedError:
                asker.is_over = True
                asker.has_news.set()
                continue
            except (AwayError, ProblemError):
                pause_s = AWAY_S
            else:
                self._position = told["as_of"]
                for viewer in self._viewers:
                    viewer.add(told)
                self._begun.set()
            await asyncio.sleep(pause_s)


async def _is_set(event: asyncio.Event) -> bool:
    """Wait for something as long as a stream may be silent; tell whether it came."""
    try:
        async with asyncio.timeout(BEAT_S):
            return await event.wait()
    except TimeoutError:
        return False
