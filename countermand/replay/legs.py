"""Target `leg:SERVICE`: messages the service never handled, and effects it never wrote down.

A leg's work is wanted by facts in other logs. Whether it was done, the service's inbox and effects
say; what is missing is handled here by the service's own processor, which writes facts and effect
rows and nothing else. The service's worker carries the effects out, once each, as always.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson

from countermand.replay.hearing import Heard, handled_of, hear, sources_of
from countermand.replay.selection import Selection, read_at, read_logs
from countermand.replay.targets import Advance, NotForetoldError, Row
from countermand.screen import OnStep
from countermand.specs import take_up_reference
from kit.clock import utc_now
from kit.cloudevents import Incoming
from kit.decider import Context, Unacceptable
from kit.deciding import EffectRow
from kit.event_store import Stream
from kit.facts import Fact, RecordedFact
from kit.moments import position_at
from kit.postgres import AnyConnection, Pool
from kit.processor import Processor
from kit.roles import ServiceSpec
from kit.settings import KitSettings
from services.notifier.effects import MAIL

GRACE_S = 30.0
"""What is younger may still be under way and is not called missing."""


class Leg:
    """One service's part in every cancellation."""

    rate = 1_200.0
    chunk = 100
    is_atomic = True
    prepare = None
    final: frozenset[str] = frozenset()

    def __init__(
        self, pool: Pool, settings: KitSettings, spec: ServiceSpec, selection: Selection,
        *, grace_s: float = GRACE_S,
    ) -> None:  # fmt: skip
        self.name = f"leg:{spec.name}"
        self._pool, self._settings = pool, settings
        self._spec, self._selection = spec, selection
        self._grace = timedelta(seconds=grace_s)
        self._processor = spec.processor(settings, pool)
        self._foreseen: dict[UUID, Stream[Any]] = {}

    async def scope(self) -> dict[str, Any]:
        """Return, for every log the service listens to, what is old enough to be missing."""
        old_enough = utc_now() - self._grace
        async with self._pool.acquire() as connection:
            return {
                source.name: await position_at(connection, source.name, old_enough)
                for source in sources_of(self._spec)
            }

    async def survey(self, scope: dict[str, Any], on_step: OnStep) -> AsyncIterator[list[Row]]:
        """Return a row for every message the service should have handled."""
        self.forget()
        async with self._pool.acquire() as connection:
            sources = sources_of(self._spec)
            logs = read_logs(connection, sources, self._selection, scope, on_step)
            async for source, page in logs:
                heard = [hear(self._spec, source, entry) for entry in page]
                yield await self.examine([one for one in heard if one])

    async def look(self, rows: Sequence[Row]) -> list[Row | None]:
        """Return the same rows as they are now, as if those looked at before were done."""
        now = {row["row"]: row for row in await self.examine(await self._hear_again(rows))}
        return [now.get(row["row"]) for row in rows]

    def forget(self) -> None:
        """Look at the world as it is from now on."""
        self._foreseen = {}

    async def _hear_again(self, rows: Sequence[Row]) -> list[Heard]:
        found: dict[str, Heard] = {}
        async with self._pool.acquire() as connection:
            for source in sources_of(self._spec):
                positions = [
                    int(position)
                    for log, _, position in (str(row["row"]).partition("@") for row in rows)
                    if log == source.name
                ]
                for entry in (await read_at(connection, source, positions)).values():
                    one = hear(self._spec, source, entry)
                    if one:
                        found[one.row] = one
        return [found[row["row"]] for row in rows if row["row"] in found]

    async def examine(self, heard: Sequence[Heard]) -> list[Row]:
        """Return a row for each message, as if those examined before were done."""
        ids = [one.message.id for one in heard]
        async with self._pool.acquire() as connection:
            known = await handled_of(connection, self._spec.name, ids)
            letters = await _letters(connection, self._spec.name, ids)
            done = [one for one in heard if one.message.id in known]
            wanted = await self._effects_wanted(connection, [one.message for one in done])
            every = [e.effect_id for effects in wanted.values() for e in effects]
            statuses = await self._statuses(connection, every)
        await take_up_reference(self._spec, self._pool)
        new = [one.message for one in heard if one.message.id not in known | letters.keys()]
        foreseen = await self._foresee(new)
        rows: list[Row] = []
        for one in heard:
            id_ = one.message.id
            about = {"row": one.row, "id": id_, "type": one.message.type,
                     "key": self._spec.stream_of(one.message.data)[0]}  # fmt: skip
            if id_ in letters:
                rows.append({**about, "do": False, "state": f"set aside: {letters[id_]}"})
            elif id_ in known:
                effects = [
                    about_effect(e, statuses.get(e.effect_id, "missing"))
                    for e in wanted.get(id_, ())
                ]
                is_missing = any(effect["status"] == "missing" for effect in effects)
                state = "effect missing" if is_missing else "handled"
                rows.append({**about, "do": is_missing, "state": state, "effects": effects})
            else:
                rows.append({**about, **foreseen[id_]})
        return rows

    async def _foresee(self, messages: Sequence[Incoming]) -> dict[str, Row]:
        """Return what would come of messages nobody has handled, by message."""
        answers, recorded = await self._processor.foresee(messages, self._foreseen)
        effects: dict[str, list[dict[str, Any]]] = {message.id: [] for message in messages}
        for fact in recorded:
            effects[fact.cause.message_id] += [
                about_effect(effect, "missing") for effect in self._effects_of(fact)
            ]
        return {
            message.id: {"do": False, "state": f"would be set aside: {answer.code}"}
            if answer.code
            else {
                "do": True, "state": "missing", "facts": [fact.NAME for fact in answer.facts],
                "effects": effects[message.id],
            }
            for message, answer in zip(messages, answers, strict=True)
        }  # fmt: skip

    def _effects_of(self, fact: RecordedFact) -> list[EffectRow]:
        return list(self._spec.effects_of(fact)) if self._spec.effects_of else []

    async def _effects_wanted(
        self, connection: AnyConnection, messages: Sequence[Incoming]
    ) -> dict[str, list[EffectRow]]:
        """Return the effects that facts recorded on these messages want, by message."""
        wanted: dict[str, list[EffectRow]] = {}
        if self._spec.effects_of is None or not messages:
            return wanted
        ids = {message.id for message in messages}
        rows = await connection.fetch(
            "SELECT originator_id, originator_version, topic, state"
            f" FROM {self._spec.name}.{self._spec.name}_events"
            " WHERE originator_id = ANY($1::uuid[]) ORDER BY originator_id, originator_version",
            list({message.stream for message in messages}),
        )
        for stream, version, name, body in rows:
            fact, cause = self._spec.store.mapper.read_body(name, body)
            if cause.message_id in ids:
                recorded = RecordedFact(stream, version, fact, cause)
                wanted.setdefault(cause.message_id, []).extend(self._effects_of(recorded))
        return wanted

    async def _statuses(
        self, connection: AnyConnection, effect_ids: Sequence[UUID]
    ) -> dict[UUID, str]:
        """Return how far effects are; absent are those nobody ever wrote down or settled."""
        if not effect_ids:
            return {}
        settled = await handled_of(
            connection, self._spec.name, [f"effect:{id_}" for id_ in effect_ids]
        )
        rows = await connection.fetch(
            f"SELECT effect_id, status FROM {self._spec.name}.effects"
            " WHERE effect_id = ANY($1::uuid[])",
            list(effect_ids),
        )
        by_inbox = {id_: "done" for id_ in effect_ids if f"effect:{id_}" in settled}
        return by_inbox | {row[0]: row[1] for row in rows}

    async def act(self, rows: Sequence[Row], advance: Advance) -> int:
        """Let the service handle what it missed; each message and each effect row once.

        Raises:
            NotForetoldError: a decision would come out otherwise; nothing was done.
        """
        heard = {one.row: one for one in await self._hear_again(rows)}
        missing = [row for row in rows if row["state"] == "missing"]
        messages = [heard[row["row"]].message for row in missing]
        foretold = {row["id"]: row for row in missing}
        await take_up_reference(self._spec, self._pool)
        processor = self._checking(foretold)
        lost = [one for one in rows if one["state"] == "effect missing"]

        async def also(connection: AnyConnection) -> None:
            await self._write_lost(connection, [heard[row["row"]].message for row in lost], lost)
            await advance(connection)

        answers = await processor.process(messages, also=also)
        return [answer.status for answer in answers].count("handled") + len(lost)

    def _checking(self, foretold: Mapping[str, Row]) -> Processor[Any]:
        """Return a processor that decides as foretold or not at all, and remembers nothing."""
        decider, effects_of = self._spec.decider, self._spec.effects_of

        def decide(state: Any, message: Any, context: Context) -> Sequence[Fact]:
            row = foretold[context.message_id]
            try:
                facts = decider.decide(state, message, context)
            except Unacceptable as no:
                raise NotForetoldError(row["row"]) from no
            if [fact.NAME for fact in facts] != row["facts"]:
                raise NotForetoldError(row["row"])
            return facts

        def effects(recorded: RecordedFact) -> list[EffectRow]:
            row, found = foretold[recorded.cause.message_id], self._effects_of(recorded)
            if {str(effect.effect_id) for effect in found} - {e["id"] for e in row["effects"]}:
                raise NotForetoldError(row["row"])
            return found

        return replace(
            self._spec.processor(self._settings, self._pool),
            decider=replace(decider, decide=decide),
            effects_of=effects if effects_of else None,
            opens_streams=False,
        )

    async def _write_lost(
        self, connection: AnyConnection, messages: Sequence[Incoming], rows: Sequence[Row]
    ) -> None:
        """Write effect rows that facts want and nobody has."""
        if not rows:
            return
        ids = {e["id"] for row in rows for e in row["effects"] if e["status"] == "missing"}
        wanted = await self._effects_wanted(connection, messages)
        effects = [e for some in wanted.values() for e in some if str(e.effect_id) in ids]
        await connection.executemany(
            f"INSERT INTO {self._spec.name}.effects (effect_id, kind, stream_id, request, cause)"
            " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
            effects,
        )
        await connection.execute(f"NOTIFY {self._spec.name}_effects")


def about_effect(effect: EffectRow, status: str) -> dict[str, Any]:
    """Return what a plan says about an effect: never to whom, only how much."""
    request = orjson.loads(effect.request)
    money = {name: request[name] for name in ("amount_minor", "currency") if name in request}
    # A mail speaks of money and moves none.
    is_money = len(money) == 2 and effect.kind != MAIL  # noqa: PLR2004 - both or neither
    return {
        "id": str(effect.effect_id), "kind": effect.kind, "status": status,
        **(money if is_money else {}),
    }  # fmt: skip


async def _letters(connection: AnyConnection, service: str, ids: Sequence[str]) -> dict[str, str]:
    """Return the code of the dead letter that keeps a message from being handled, by message."""
    rows = await connection.fetch(
        f"SELECT message_id, code FROM {service}.dead_letters"
        " WHERE message_id = ANY($1::text[]) AND state <> 'REDRIVEN'"
        " AND code <> 'MESSAGE_ID_REUSED' ORDER BY dead_letter_id",
        list(ids),
    )
    return {row[0]: row[1] for row in rows}
