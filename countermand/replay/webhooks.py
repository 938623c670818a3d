"""Target `webhook:ENDPOINT`: what an endpoint has not got, or not taken, sent to it now.

What was delivered or is on its way is never touched. What is missing is asked for by the lane's own
decision, which writes a fact and an effect row under computed ids; the lane's worker posts it.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from countermand.dead_letters.actions import By
from countermand.replay.hearing import Heard, hear, sources_of
from countermand.replay.selection import Selection, read_at, read_logs
from countermand.replay.targets import Advance, BadTargetError, NotForetoldError, Row
from countermand.screen import OnStep
from countermand.specs import take_up_reference
from kit.clock import utc_now
from kit.cloudevents import Incoming, fingerprint
from kit.decider import Context, Unacceptable
from kit.facts import Fact
from kit.moments import position_at
from kit.postgres import Pool
from kit.processor import Processor
from kit.settings import KitSettings
from services.notifier.webhooks.domain.commands import SendMissing
from services.notifier.webhooks.domain.endpoints import wants
from services.notifier.webhooks.domain.events import DeliveryRequested, EndpointSet
from services.notifier.webhooks.domain.lane import Lane, delivery_id_of, effect_id_of
from services.notifier.webhooks.domain.outgoing import said
from services.notifier.webhooks.effects import KIND
from services.notifier.webhooks.service import ENDPOINTS, SERVICE

_STATES = {"PENDING": "on its way", "SUCCEEDED": "delivered", "FAILED": "failed"}


class WebhookAgain:
    """One endpoint of the merchant's."""

    rate = 1_200.0
    chunk = 100
    is_atomic = True
    prepare = None
    final: frozenset[str] = frozenset()

    def __init__(
        self, pool: Pool, settings: KitSettings, endpoint: str, selection: Selection,
        *, grace_s: float,
    ) -> None:  # fmt: skip
        try:
            self._id = UUID(endpoint)
        except ValueError:
            raise BadTargetError(
                f"{endpoint!r} is no endpoint; `countermand webhooks list` has them."
            ) from None
        self.name = f"webhook:{self._id}"
        self._pool, self._settings, self._selection = pool, settings, selection
        self._grace = timedelta(seconds=grace_s)
        self._by = By("", "")

    def send_for(self, by: By) -> None:
        """Say who wants it sent; a plan needs nobody."""
        self._by = by

    def forget(self) -> None:
        """Look at the world as it is from now on; nothing is remembered."""

    async def scope(self) -> dict[str, Any]:
        """Return what is old enough to be missing, of every log, and since when it is wanted.

        Raises:
            BadTargetError: there is no such endpoint, or nothing is sent to it.
        """
        endpoint, old_enough = await self._endpoint(), utc_now() - self._grace
        since = self._selection.since or endpoint.registered_at
        async with self._pool.acquire() as connection:
            positions = {
                source.name: await position_at(connection, source.name, old_enough)
                for source in sources_of(SERVICE)
            }
        return {**positions, "since": since.isoformat()}

    async def survey(self, scope: dict[str, Any], on_step: OnStep) -> AsyncIterator[list[Row]]:
        """Return a row for every message the endpoint wants."""
        selection = Selection.model_validate(
            {**self._selection.model_dump(), "since": scope["since"]}
        )
        async with self._pool.acquire() as connection:
            logs = read_logs(connection, sources_of(SERVICE), selection, scope, on_step)
            async for source, page in logs:
                heard = [hear(SERVICE, source, entry) for entry in page]
                yield await self._examine([one for one in heard if one])

    async def look(self, rows: Sequence[Row]) -> list[Row | None]:
        """Return the same rows as they are now."""
        now = {row["row"]: row for row in await self._examine(await self._hear_again(rows))}
        return [now.get(row["row"]) for row in rows]

    async def _endpoint(self) -> EndpointSet:
        await take_up_reference(SERVICE, self._pool)
        found = ENDPOINTS.current().known.get(self._id)
        if found is None:
            raise BadTargetError(f"No endpoint {self._id}; `countermand webhooks list` has them.")
        if not found.is_enabled:
            raise BadTargetError("The endpoint is disabled; `countermand webhooks enable` first.")
        return found

    async def _hear_again(self, rows: Sequence[Row]) -> list[Heard]:
        places = [str(row["row"]).partition("@") for row in rows]
        found: dict[str, Heard] = {}
        async with self._pool.acquire() as connection:
            for source in sources_of(SERVICE):
                positions = [int(at) for log, _, at in places if log == source.name]
                for entry in (await read_at(connection, source, positions)).values():
                    if one := hear(SERVICE, source, entry):
                        found[one.row] = one
        return [found[row["row"]] for row in rows if row["row"] in found]

    async def _examine(self, heard: Sequence[Heard]) -> list[Row]:
        endpoint = await self._endpoint()
        wanted = [one for one in heard if wants(endpoint, one.message.type)]
        ids = {one.row: delivery_id_of(self._id, one.message.id) for one in wanted}
        rows = await self._pool.fetch(
            "SELECT delivery_id, outcome, round FROM webhooks.deliveries"
            " WHERE delivery_id = ANY($1::uuid[])",
            list(ids.values()),
        )
        known = {row[0]: (row[1], row[2]) for row in rows}
        return [_row(one, ids[one.row], known.get(ids[one.row])) for one in wanted]

    async def act(self, rows: Sequence[Row], advance: Advance) -> int:
        """Ask for what is missing; each delivery and each effect row once.

        Raises:
            NotForetoldError: a decision would come out otherwise; nothing was done.
        """
        heard = {one.row: one for one in await self._hear_again(rows)}
        await take_up_reference(SERVICE, self._pool)
        messages = [self._wish(heard[row["row"]], row) for row in rows]
        foretold = {m.id: row for m, row in zip(messages, rows, strict=True)}
        answers = await self._checking(foretold).process(messages, also=advance)
        return [answer.status for answer in answers].count("handled")

    def _wish(self, heard: Heard, row: Row) -> Incoming:
        message, told = heard.message, said(heard.message.data)
        wish = SendMissing(
            endpoint_id=self._id, order_id=message.data.order_id, message_id=message.id,
            type=told.type, body=told.body, who=self._by.who, why=self._by.why,
        )  # fmt: skip
        type_ = type(wish).__name__
        return Incoming(
            f"replay:{row['effects'][0]['id']}", type_, wish, message.stream,
            fingerprint(type_, wish), message.correlation_id, message.traceparent,
        )  # fmt: skip

    def _checking(self, foretold: Mapping[str, Row]) -> Processor[Lane]:
        """Return a processor that decides as foretold or not at all, and remembers nothing."""
        decider = SERVICE.decider

        def decide(lane: Lane, wish: Any, context: Context) -> Sequence[Fact]:
            row = foretold[context.message_id]
            try:
                facts = decider.decide(lane, wish, context)
            except Unacceptable as no:
                raise NotForetoldError(row["row"]) from no
            ids = [
                str(effect_id_of(fact.delivery_id, fact.round))
                for fact in facts
                if isinstance(fact, DeliveryRequested)
            ]
            if ids != [effect["id"] for effect in row["effects"]]:
                raise NotForetoldError(row["row"])
            return facts

        return replace(
            SERVICE.processor(self._settings, self._pool),
            decider=replace(decider, decide=decide),
            opens_streams=False,
        )


def _row(one: Heard, delivery_id: UUID, known: tuple[str, int] | None) -> Row:
    """Return what a plan says about one message: never what is in it."""
    outcome, round_ = known or (None, -1)
    is_missing = outcome in (None, "FAILED")
    effect_id = effect_id_of(delivery_id, round_ + 1 if is_missing else round_)
    status = "missing" if is_missing else "done" if outcome == "SUCCEEDED" else "due"
    return {
        "row": one.row, "id": one.message.id, "type": one.message.type,
        "key": one.message.data.order_id, "do": is_missing,
        "state": "missing" if outcome is None else _STATES[outcome],
        "facts": [DeliveryRequested.NAME] if is_missing else [],
        "effects": [{"id": str(effect_id), "kind": KIND, "status": status}],
    }  # fmt: skip
