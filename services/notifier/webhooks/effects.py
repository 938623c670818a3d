"""From facts to calls, and from a receiver's answer to what is recorded; pure but for the ports."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from kit.clock import Clock
from kit.effects import Effect, Execute, Finished, Intent, RetryLater
from kit.facts import RecordedFact
from services.notifier.webhooks.domain import commands
from services.notifier.webhooks.domain.events import DeliveryRequested
from services.notifier.webhooks.domain.lane import effect_id_of
from services.notifier.webhooks.ports import (
    Answered,
    NotAllowed,
    NotReached,
    Receiver,
    Register,
    Sender,
)
from services.notifier.webhooks.signing import sign

KIND = "webhook"
GONE = 410
"""The one answer that says: send nothing more."""


def intents_of(recorded: RecordedFact) -> Iterator[Intent]:
    """Want one call per delivery asked for."""
    fact = recorded.fact
    if isinstance(fact, DeliveryRequested):
        yield Intent(effect_id_of(fact.delivery_id, fact.round), KIND, fact)


class Patience(NamedTuple):
    """How long is waited for receivers."""

    give_up_after_s: float
    """A delivery that is older ends with its next failure."""
    disable_after_s: float
    """An endpoint that has failed for longer is disabled."""


class Turnstile:
    """Lets only so many calls to one receiver in: one at a time while it fails.

    So a receiver that answers nobody holds one call up, and never those to others.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._inside: Counter[UUID] = Counter()
        self._failing: set[UUID] = set()

    def enter(self, endpoint_id: UUID) -> bool:
        """Take a place, if there is one."""
        if self._inside[endpoint_id] >= (1 if endpoint_id in self._failing else self._most):
            return False
        self._inside[endpoint_id] += 1
        return True

    def leave(self, endpoint_id: UUID, *, has_worked: bool) -> None:
        """Give the place back."""
        self._inside[endpoint_id] -= 1
        (self._failing.discard if has_worked else self._failing.add)(endpoint_id)


class _Caller:
    """Makes one service's calls to receivers."""

    def __init__(
        self, sender: Sender, register: Register, turnstile: Turnstile, patience: Patience,
        clock: Clock,
    ) -> None:  # fmt: skip
        self._sender, self._register, self._turnstile = sender, register, turnstile
        self._patience, self._clock = patience, clock

    async def execute(self, effect: Effect) -> Finished | RetryLater:
        """Make one call. A repeated one bears the same id, by which receivers know it."""
        request = DeliveryRequested.model_validate_json(effect.request)
        endpoint_id = request.endpoint_id
        receiver = await self._register.find(endpoint_id)
        if receiver is None or not receiver.is_enabled:
            return _failed(request, "ENDPOINT_DISABLED", "the endpoint is disabled")
        if not self._turnstile.enter(endpoint_id):
            return RetryLater("others are on their way to this receiver")
        has_worked = False
        try:
            answer = await self._post(receiver, request, self._clock())
            has_worked = isinstance(answer, Answered) and answer.status // 100 == 2  # noqa: PLR2004
        finally:
            self._turnstile.leave(endpoint_id, has_worked=has_worked)
        if has_worked and isinstance(answer, Answered):
            await self._register.worked(endpoint_id)
            return Finished(_ended(request, outcome="SUCCEEDED", status=answer.status))
        return await self._after_failure(effect, request, answer)

    async def _post(
        self, receiver: Receiver, request: DeliveryRequested, now: datetime
    ) -> Answered | NotReached | NotAllowed:
        body, timestamp_s = request.body.encode(), int(now.timestamp())
        headers = {
            "webhook-id": request.message_id,
            "webhook-timestamp": str(timestamp_s),
            "webhook-signature": sign(receiver.keys, request.message_id, timestamp_s, body),
        }
        return await self._sender.post(receiver.url, body, headers)

    async def _after_failure(
        self, effect: Effect, request: DeliveryRequested, answer: Answered | NotReached | NotAllowed
    ) -> Finished | RetryLater:
        endpoint_id = request.endpoint_id
        status = answer.status if isinstance(answer, Answered) else None
        detail = f"answered {answer.status}" if isinstance(answer, Answered) else answer.detail
        failing_s = await self._register.failed(endpoint_id, detail)
        if status == GONE:
            await self._register.disable(endpoint_id, "RECEIVER_GONE", detail, effect.effect_id)
            return _failed(request, "RECEIVER_GONE", detail, status)
        if failing_s > self._patience.disable_after_s:
            await self._register.disable(endpoint_id, "RECEIVER_FAILING", detail, effect.effect_id)
            return _failed(request, "RECEIVER_FAILING", detail, status)
        if effect.age_s > self._patience.give_up_after_s:
            code = "ADDRESS_FORBIDDEN" if isinstance(answer, NotAllowed) else "RECEIVER_FAILING"
            return _failed(request, code, detail, status)
        return RetryLater(detail)


def execute_with(
    sender: Sender, register: Register, turnstile: Turnstile, patience: Patience, clock: Clock
) -> Execute:
    """Return the call."""
    return _Caller(sender, register, turnstile, patience, clock).execute


def give_up(effect: Effect, reason: str) -> commands.RecordEnded:
    """Stop trying."""
    request = DeliveryRequested.model_validate_json(effect.request)
    return _failed(request, "RECEIVER_FAILING", reason[:500]).report  # type: ignore[return-value]


def _failed(
    request: DeliveryRequested, code: str, detail: str, status: int | None = None
) -> Finished:
    return Finished(_ended(request, outcome="FAILED", code=code, detail=detail, status=status))


def _ended(request: DeliveryRequested, **word: object) -> commands.RecordEnded:
    about = {"delivery_id": request.delivery_id, "round": request.round}
    return commands.RecordEnded.model_validate({**about, **word})
