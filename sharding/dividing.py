"""A batch divided by log, so that each transaction needs the lock of one log only.

Messages of one stream stay in one part and keep their sequence. A part that is committed stays
so when another fails: the batch comes again, and the inbox absorbs what was handled.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

from kit.cloudevents import Incoming, Undecodable
from kit.deciding import Answer
from kit.event_store import EventStore
from kit.processor import Processor
from sharding.homes import share_out


class Handling(Protocol):
    """What a consumer needs of a processor."""

    async def process(
        self, messages: Sequence[Incoming], *, dead_letters: Sequence[Undecodable],
        aside: Callable[[Incoming, str, str], Undecodable],
    ) -> list[Answer]:  # fmt: skip
        """Handle a batch."""

    async def read_ahead(self, messages: Sequence[Incoming]) -> None:
        """Remember what the next batch will need."""


@dataclass(frozen=True, slots=True)
class Divided:
    """A processor per log, at work side by side."""

    parts: Sequence[Processor[Any]]

    @classmethod
    def over(cls, processor: Processor[Any], stores: Sequence[EventStore]) -> Self:
        """Divide a processor: each part reads its own log. They share what is remembered."""
        return cls([replace(processor, store=store) for store in stores])

    async def process(
        self, messages: Sequence[Incoming], *, dead_letters: Sequence[Undecodable],
        aside: Callable[[Incoming, str, str], Undecodable],
    ) -> list[Answer]:  # fmt: skip
        """Handle messages, those of one stream in sequence, and return one answer each.

        Raises:
            OSError, asyncpg.PostgresError: the outcome is unknown of some; nothing goes on behind
                it, so call again with the same messages.
        """
        shares = self._share_out(messages)
        if not shares:  # letters belong to no stream
            return await self.parts[0].process([], dead_letters=dead_letters, aside=aside)
        first = min(shares)
        done = await asyncio.gather(
            *(
                self.parts[shard].process(
                    [messages[place] for place in places],
                    dead_letters=dead_letters if shard == first else (), aside=aside,
                )
                for shard, places in shares.items()
            ),
            return_exceptions=True,
        )  # fmt: skip
        answers: dict[int, Answer] = {}
        for places, part in zip(shares.values(), done, strict=True):
            if isinstance(part, BaseException):
                raise part
            answers |= zip(places, part, strict=True)
        return [answers[place] for place in range(len(messages))]

    async def read_ahead(self, messages: Sequence[Incoming]) -> None:
        """Remember the states that messages will need, of all logs at once."""
        await asyncio.gather(
            *(
                self.parts[shard].read_ahead([messages[place] for place in places])
                for shard, places in self._share_out(messages).items()
            )
        )

    def _share_out(self, messages: Sequence[Incoming]) -> dict[int, list[int]]:
        return share_out([message.stream for message in messages], len(self.parts))
