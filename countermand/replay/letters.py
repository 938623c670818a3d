"""Target `leg:SERVICE` with a cause: dead letters of one code, sent again in their sequence.

What would be set aside again stays where it is, and so does what would have to wait behind it.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import orjson

from countermand.dead_letters import letters as store
from countermand.dead_letters.actions import By, read_mended
from countermand.dead_letters.foretell import Oracle, Outcome
from countermand.dead_letters.letters import Letter, find_letters, find_neighbours
from countermand.dead_letters.redrive import Redriver
from countermand.dead_letters.sequence import line_up
from countermand.replay.legs import about_effect
from countermand.replay.selection import Selection
from countermand.replay.targets import Advance, Row
from countermand.screen import OnStep
from kit.cloudevents import Incoming
from kit.postgres import Pool
from kit.roles import ServiceSpec
from kit.settings import KitSettings

LETTERS_MAX = 1_000_000
PAGE_MAX = 500
WAIT_S = 60.0
"""Wait so long for the service's answer to a chunk."""


class LetterLeg:
    """Dead letters of one service."""

    rate = 50.0
    chunk = 100
    is_atomic = False
    prepare = None
    final: frozenset[str] = frozenset()

    def __init__(
        self, pool: Pool, settings: KitSettings, spec: ServiceSpec, selection: Selection
    ) -> None:
        self.name = f"leg:{spec.name}"
        self._pool, self._settings, self._spec = pool, settings, spec
        self._selection = selection
        self._redriver: Redriver | None = None
        self.forget()

    def send_with(self, producer: Any, by: By) -> None:
        """Say how to send; a plan needs no producer."""
        self._redriver = Redriver(self._pool, producer, self._spec, by, wait_s=WAIT_S)

    def forget(self) -> None:
        """Look at the world as it is from now on."""
        processor = self._spec.processor(self._settings, self._pool)
        self._oracle = Oracle.of(self._spec, self._pool, processor)
        self._ahead: dict[Any, str] = {}

    async def scope(self) -> dict[str, Any]:
        """Return the newest letter looked at."""
        newest = await self._pool.fetchval(
            f"SELECT coalesce(max(dead_letter_id), 0) FROM {self._spec.name}.dead_letters"
        )
        return {"letters": newest}

    async def survey(self, scope: dict[str, Any], on_step: OnStep) -> AsyncIterator[list[Row]]:
        """Return a row for every letter, those of one key in their sequence."""
        self.forget()
        meant = store.Selection(
            cause=self._selection.cause, since=self._selection.since, until=self._selection.until
        )
        async with self._pool.acquire() as connection:
            found = await find_letters(connection, self._spec.name, meant, limit=LETTERS_MAX)
        within = [one for one in found if one.id <= scope["letters"] and self._is_meant(one)]
        within.sort(key=lambda one: (one.place, one.id))
        wanted = {one.id for one in within}
        for start in range(0, len(within), PAGE_MAX):
            page = within[start : start + PAGE_MAX]
            yield [row for row in await self._examine(page, wanted) if row]
            on_step("Letters looked at", start + len(page), len(within))

    def _is_meant(self, letter: Letter) -> bool:
        orders = self._selection.orders
        key = (letter.key or b"").decode(errors="replace")
        return self._selection.wants_type(letter.message_type) and (not orders or key in orders)

    async def look(self, rows: Sequence[Row]) -> list[Row | None]:
        """Return the same rows as they are now, as if those looked at before were done."""
        ids = [int(row["row"].partition("/")[2]) for row in rows]
        async with self._pool.acquire() as connection:
            meant = store.Selection(ids=tuple(ids))
            found = await find_letters(connection, self._spec.name, meant, limit=len(ids))
        by_id = {letter.id: letter for letter in found}
        now = await self._examine([by_id[id_] for id_ in ids if id_ in by_id], set(by_id))
        by_row = {row["row"]: row for row in now if row}
        return [by_row.get(row["row"]) for row in rows]

    async def _examine(self, page: Sequence[Letter], wanted: set[int]) -> list[Row | None]:
        async with self._pool.acquire() as connection:
            around = {one.id: one for one in await find_neighbours(
                connection, self._spec.name, page
            )}  # fmt: skip
        line = line_up((around | {one.id: one for one in page}).values(), wanted)
        behind = {one.id: ahead.name for one, ahead in line.waiting.items()}
        return [await self._row(letter, behind.get(letter.id)) for letter in page]

    async def _row(self, letter: Letter, behind: str | None) -> Row | None:
        async with self._pool.acquire() as connection:
            raw = await read_mended(connection, letter)
        about = {
            "row": letter.name,
            "id": letter.message_id,
            "type": letter.message_type,
            "key": (letter.key or b"").decode(errors="replace"),
            "code": letter.code,
        }
        behind = behind or self._ahead.get(letter.sequence)
        if behind:
            return {**about, "do": False, "state": f"waits behind {behind}"}
        outcome = await self._oracle.foretell(letter, raw)
        if not self._is_story(outcome.message):
            return None
        if not outcome.is_good:
            self._ahead[letter.sequence] = letter.name
            return {**about, "do": False, "state": f"would be set aside: {outcome.answer}"}
        return {
            **about, "do": True, "state": "would be handled", "facts": list(outcome.facts),
            "effects": self._effects(outcome),
        }  # fmt: skip

    def _effects(self, outcome: Outcome) -> list[dict[str, Any]]:
        if self._spec.effects_of is None:
            return []
        effects = [e for fact in outcome.recorded for e in self._spec.effects_of(fact)]
        return [about_effect(effect, "missing") for effect in effects]

    def _is_story(self, message: Incoming | None) -> bool:
        """Tell whether correlation and reason fit; nobody knows those of the unreadable."""
        if message is None:
            return self._selection.correlation is self._selection.reason
        content = orjson.loads(message.data.model_dump_json())
        return self._selection.wants_story(message.correlation_id, content)

    async def act(self, rows: Sequence[Row], advance: Advance) -> int:
        """Send letters again and wait until each is handled; those sent before are waited for."""
        ids = tuple(int(row["row"].partition("/")[2]) for row in rows)
        every = store.Selection(ids=ids, states=("OPEN", "REDRIVEN"))
        async with self._pool.acquire() as connection:
            letters = await find_letters(connection, self._spec.name, every, limit=len(ids))
        if self._redriver is None:
            raise RuntimeError("nobody said how to send")
        result = await self._redriver.run(letters, is_named=True)
        async with self._pool.acquire() as connection:
            await advance(connection)
        return list(result.answers.values()).count("handled")
