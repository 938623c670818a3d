"""The provider's conduct: claim the key, check, reserve, write to disk, publish, answer.

Everything up to the write happens in one step of the event loop, so requests cannot interleave
between a check and its reservation; and the ledger's order is the order of those steps.
"""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from deploy.simulators.append_only import FileDamagedError
from deploy.simulators.payments.books import Books, Payment
from deploy.simulators.payments.captures import Capture
from deploy.simulators.payments.errors import ApiError, internal_error, unexpected_state
from deploy.simulators.payments.events import Events
from deploy.simulators.payments.idempotency import IdempotencyKeys
from deploy.simulators.payments.ledger import Ledger
from deploy.simulators.payments.refund_form import RefundForm
from deploy.simulators.payments.scripts import SUCCEEDS, Step
from deploy.simulators.payments.walks import Walks
from deploy.simulators.serving import JSON, Answer
from kit.clock import Clock

REPLAYED = (*JSON, (b"idempotent-replayed", b"true"))
REFUND_ID_BYTES = 12

Refund = dict[str, Any]
"""Stripe's refund object, as far as we use it."""


class Effect(NamedTuple):
    """What a request did, before it is on disk."""

    kind: str
    """Type of its ledger line."""
    name: str
    """What the line calls the answer."""
    answer: dict[str, Any]
    publish: Callable[[bytes], None]
    """Shows it, once it is on disk; given the answer's bytes."""
    more: dict[str, Any]
    """Further fields of the line."""


class Provider:
    """Refunds with Stripe's idempotency, on top of a ledger it rebuilds itself from.

    Raises:
        FileDamagedError: the ledger is not one of ours.
    """

    def __init__(self, ledger: Ledger, keys: IdempotencyKeys, clock: Clock) -> None:
        self.books = Books()
        self.events = Events()
        self.walks = Walks(self._step)
        self._ledger = ledger
        self._keys = keys
        self._clock = clock
        try:
            for entry in ledger.entries():
                self._restore(entry)
        except (KeyError, TypeError, ValueError) as error:
            raise FileDamagedError(
                f"The ledger holds a line that is none of its own ({error!r}); name another file."
            ) from None

    async def capture(self, captures: Sequence[Capture]) -> int:
        """Register payments; returns how many were new or are captured now.

        Raises:
            ApiError: 409 when one is known with another amount or currency, or was cancelled; none
                is registered.
        """
        new: dict[str, Capture] = {}
        for capture in captures:
            known = new.get(capture.payment_id) or self.books.payments.get(capture.payment_id)
            if known is None or _is_capture_of(known, capture):
                new[capture.payment_id] = capture
            elif known.status == "canceled":
                raise unexpected_state("capture", known.status, "requires_capture")
            elif _essence(known) != _essence(capture):
                raise ApiError(
                    409,
                    f"Payment {capture.payment_id} is registered with "
                    f"{known.amount_minor} {known.currency} as {known.status} already.",
                    code="payment_conflict",
                )
        now = self._clock()
        lines = []
        for capture in new.values():
            fields = capture.model_dump()
            self.books.register(Payment(**fields))
            kind = "payment_captured" if fields.pop("status") == "succeeded" else AUTHORIZED
            lines.append(_line(kind, now, fields))
        # Also with nothing new: what is known may still be on its way to the disk.
        await self._ledger.append(b"".join(lines))
        return len(new)

    async def create_refund(
        self,
        key: str,
        form: RefundForm,
        *,
        steps: Sequence[Step] = SUCCEEDS,
        fail: bool = False,
        hold_s: float = 0.0,
    ) -> Answer:
        """Refund once per key; a repeat gets the first answer again.

        Args:
            key: The idempotency key.
            form: What is wanted.
            steps: What becomes of the refund; `failed` at once moves no money.
            fail: The execution breaks: a 500 stored under the key, without effect.
            hold_s: Seconds between the effect and its answer; the key stays in flight meanwhile.

        Raises:
            ApiError: the key clashes with another request; nothing is stored.
            WriteRefusedError: the disk is full or broken; the key stays in flight.
        """
        about = {"payment_intent": form.payment_intent, "amount": form.amount}

        def execute(now: datetime) -> Effect:
            if fail:
                raise internal_error()
            return self._refund(form, now, steps)

        return await self._once(key, form.fingerprint, about, execute, hold_s)

    async def void(
        self, key: str, payment_id: str, fingerprint: str, *, fail: bool = False, hold_s: float = 0
    ) -> Answer:
        """Cancel an authorised payment once per key; see `create_refund`."""

        def execute(_: datetime) -> Effect:
            if fail:
                raise internal_error()
            payment = self.books.void(payment_id).as_json()
            return Effect("payment_voided", "payment", payment, lambda _: None, {})

        return await self._once(key, fingerprint, {"payment": payment_id}, execute, hold_s)

    async def _once(
        self,
        key: str,
        fingerprint: str,
        about: dict[str, Any],
        execute: Callable[[datetime], Effect],
        hold_s: float,
    ) -> Answer:
        now = self._clock()
        stored = self._keys.begin(key, fingerprint, now)
        if stored is not None:
            return stored._replace(headers=REPLAYED)
        trace: dict[str, Any] = {"idempotency_key": key, "fingerprint": fingerprint}
        try:
            effect = execute(now)
        except ApiError as refusal:
            answer = refusal.answer()
            await self._ledger.append(_refusal_line(now, trace | about, answer))
        else:
            answer = Answer(200, _packed(effect.answer))
            trace |= effect.more | {effect.name: orjson.Fragment(answer.body)}
            await self._ledger.append(_line(effect.kind, now, trace))
            effect.publish(answer.body)
        if hold_s:
            await asyncio.sleep(hold_s)
        self._keys.finish(key, answer)
        return answer

    def _refund(self, form: RefundForm, now: datetime, steps: Sequence[Step]) -> Effect:
        """Check and reserve; everything a later request may see of it happens here."""
        payment = self.books.check_refundable(form.payment_intent, form.amount)
        refund: Refund = {
            "id": f"re_{secrets.token_hex(REFUND_ID_BYTES)}",
            "object": "refund",
            "amount": form.amount,
            "created": int(now.timestamp()),
            "currency": payment.currency.lower(),
            "metadata": form.metadata,
            "payment_intent": form.payment_intent,
            "reason": form.reason,
            **steps[0].fields(),
        }
        if refund["status"] != "failed":
            payment.reserved_minor += form.amount

        def publish(body: bytes) -> None:
            self.books.publish(refund, body)
            self.walks.begin(refund["id"], steps[1:])
            self.events.announce(self.events.created(refund, body, now))

        walk = [step.model_dump(exclude_none=True) for step in steps[1:]]
        return Effect("refund_created", "refund", refund, publish, {"walk": walk} if walk else {})

    async def _step(self, refund_id: str, step: Step) -> None:
        """Give a refund its next status: on disk first, then shown and told."""
        now = self._clock()
        before = orjson.loads(self.books.refund(refund_id).body)
        after = _stepped(before, step)
        body = _packed(after)
        await self._ledger.append(_line("refund_changed", now, {"refund": orjson.Fragment(body)}))
        self.books.change(before, after, body)
        self.events.announce(self.events.changed(after, body, now))

    def _restore(self, entry: dict[str, Any]) -> None:
        """Fold one line of the ledger into memory."""
        at = datetime.fromisoformat(entry["at"])
        match entry["type"]:
            case "payment_captured" | "payment_authorized" as kind:
                fields = {name: entry[name] for name in ("payment_id", "amount_minor", "currency")}
                payment = Payment(**fields)
                if kind == AUTHORIZED:
                    payment.status = "requires_capture"
                self.books.register(payment)
                return
            case "refund_changed":
                after = entry["refund"]
                before, body = orjson.loads(self.books.refund(after["id"]).body), _packed(after)
                self.books.change(before, after, body)
                self.walks.skip(after["id"])
                self.events.changed(after, body, at)
                return
            case "refund_created":
                refund = entry["refund"]
                answer = Answer(200, _packed(refund))
                if refund["status"] != "failed":
                    self.books.payments[refund["payment_intent"]].reserved_minor += refund["amount"]
                self.books.publish(refund, answer.body)
                self.walks.recall(refund["id"], [Step(**step) for step in entry.get("walk", ())])
                self.events.created(refund, answer.body, at)
            case "payment_voided":
                answer = Answer(200, _packed(entry["payment"]))
                self.books.void(entry["payment"]["id"])
            case _:
                answer = Answer(entry["status"], _packed(entry["answer"]))
        self._keys.restore(entry["idempotency_key"], entry["fingerprint"], at, answer)


AUTHORIZED = "payment_authorized"


def _essence(payment: Payment | Capture) -> tuple[int, str, str]:
    return payment.amount_minor, payment.currency, payment.status


def _is_capture_of(known: Payment | Capture, capture: Capture) -> bool:
    """Tell whether authorised money is captured, all of it or a part."""
    return (
        known.status == "requires_capture"
        and capture.status == "succeeded"
        and capture.currency == known.currency
        and capture.amount_minor <= known.amount_minor
    )


def _stepped(refund: Refund, step: Step) -> Refund:
    """Return the refund with the step's status; why it waits is over once it no longer does."""
    kept = {name: value for name, value in refund.items() if name != "pending_reason"}
    return kept | step.fields()


def _packed(value: Refund) -> bytes:
    """Return JSON to be kept for a day: orjson's own buffer is ten times as large as its text."""
    return bytes(memoryview(orjson.dumps(value)))


def _refusal_line(now: datetime, trace: dict[str, Any], answer: Answer) -> bytes:
    fields = trace | {"status": answer.status, "answer": orjson.Fragment(answer.body)}
    return _line("request_refused", now, fields)


def _line(kind: str, now: datetime, fields: dict[str, Any]) -> bytes:
    return orjson.dumps({"type": kind, "at": now} | fields, option=orjson.OPT_APPEND_NEWLINE)
