"""The provider's conduct: claim the key, check, reserve, write to disk, publish, answer.

Everything up to the write happens in one step of the event loop, so requests cannot interleave
between a check and its reservation; and the ledger's order is the order of those steps.
"""

import asyncio
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from deploy.simulators.append_only import FileDamagedError
from deploy.simulators.payments.books import Books, Payment
from deploy.simulators.payments.captures import Capture
from deploy.simulators.payments.errors import ApiError, internal_error
from deploy.simulators.payments.idempotency import IdempotencyKeys
from deploy.simulators.payments.ledger import Ledger
from deploy.simulators.payments.refund_form import RefundForm
from deploy.simulators.serving import JSON, Answer
from kit.clock import Clock

REPLAYED = (*JSON, (b"idempotent-replayed", b"true"))
REFUND_ID_BYTES = 12

Refund = dict[str, Any]
"""Stripe's refund object, as far as we use it."""


class Provider:
    """Refunds with Stripe's idempotency, on top of a ledger it rebuilds itself from.

    Raises:
        FileDamagedError: the ledger is not one of ours.
    """

    def __init__(self, ledger: Ledger, keys: IdempotencyKeys, clock: Clock) -> None:
        self.books = Books()
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
        """Register captured payments; returns how many were new.

        Raises:
            ApiError: 409 when one is known with another amount or currency; none is registered.
        """
        new: dict[str, Capture] = {}
        for capture in captures:
            known = new.get(capture.payment_id) or self.books.payments.get(capture.payment_id)
            if known is None:
                new[capture.payment_id] = capture
            elif (known.amount_minor, known.currency) != (capture.amount_minor, capture.currency):
                raise ApiError(
                    409,
                    f"Payment {capture.payment_id} is registered with "
                    f"{known.amount_minor} {known.currency} already.",
                    code="payment_conflict",
                )
        now = self._clock()
        lines = []
        for capture in new.values():
            fields = capture.model_dump()
            self.books.capture(Payment(**fields))
            lines.append(_line("payment_captured", now, fields))
        # Also with nothing new: what is known may still be on its way to the disk.
        await self._ledger.append(b"".join(lines))
        return len(new)

    async def create_refund(
        self,
        key: str,
        form: RefundForm,
        *,
        decline: bool = False,
        fail: bool = False,
        hold_s: float = 0.0,
    ) -> Answer:
        """Refund once per key; a repeat gets the first answer again.

        Args:
            key: The idempotency key.
            form: What is wanted.
            decline: The refund ends `failed` and no money moves.
            fail: The execution breaks: a 500 stored under the key, without effect.
            hold_s: Seconds between the effect and its answer; the key stays in flight meanwhile.

        Raises:
            ApiError: the key clashes with another request; nothing is stored.
            WriteRefusedError: the disk is full or broken; the key stays in flight.
        """
        now = self._clock()
        stored = self._keys.begin(key, form.fingerprint, now)
        if stored is not None:
            return stored._replace(headers=REPLAYED)
        trace: dict[str, Any] = {"idempotency_key": key, "fingerprint": form.fingerprint}
        try:
            refund = self._execute(form, now, decline=decline, fail=fail)
        except ApiError as refusal:
            answer = refusal.answer()
            trace |= {"payment_intent": form.payment_intent, "amount": form.amount}
            await self._ledger.append(_refusal_line(now, trace, answer))
        else:
            answer = Answer(200, _packed(refund))
            trace |= {"refund": orjson.Fragment(answer.body)}
            await self._ledger.append(_line("refund_created", now, trace))
            self.books.publish(refund, answer.body)
        if hold_s:
            await asyncio.sleep(hold_s)
        self._keys.finish(key, answer)
        return answer

    def _execute(self, form: RefundForm, now: datetime, *, decline: bool, fail: bool) -> Refund:
        """Check and reserve; everything a later request may see of it happens here."""
        if fail:
            raise internal_error()
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
            "status": "succeeded",
        }
        if decline:
            return refund | {"status": "failed", "failure_reason": "declined"}
        payment.reserved_minor += form.amount
        return refund

    def _restore(self, entry: dict[str, Any]) -> None:
        """Fold one line of the ledger into memory."""
        if entry["type"] == "payment_captured":
            payment_id, currency = entry["payment_id"], entry["currency"]
            self.books.capture(Payment(payment_id, entry["amount_minor"], currency))
            return
        if entry["type"] == "refund_created":
            refund = entry["refund"]
            answer = Answer(200, _packed(refund))
            if refund["status"] == "succeeded":
                self.books.payments[refund["payment_intent"]].reserved_minor += refund["amount"]
            self.books.publish(refund, answer.body)
        else:
            answer = Answer(entry["status"], _packed(entry["answer"]))
        begun_at = datetime.fromisoformat(entry["at"])
        self._keys.restore(entry["idempotency_key"], entry["fingerprint"], begun_at, answer)


def _packed(value: Refund) -> bytes:
    """Return JSON to be kept for a day: orjson's own buffer is ten times as large as its text."""
    return bytes(memoryview(orjson.dumps(value)))


def _refusal_line(now: datetime, trace: dict[str, Any], answer: Answer) -> bytes:
    fields = trace | {"status": answer.status, "answer": orjson.Fragment(answer.body)}
    return _line("request_refused", now, fields)


def _line(kind: str, now: datetime, fields: dict[str, Any]) -> bytes:
    return orjson.dumps({"type": kind, "at": now} | fields, option=orjson.OPT_APPEND_NEWLINE)
