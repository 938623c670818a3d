"""What becomes of a refund: status after status, as an experimenter wrote it.

Nobody's refund is scripted by default: it succeeds at once, as most do.
"""

import random
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from deploy.simulators.payments.books import ENDED
from deploy.simulators.payments.errors import ApiError

AFTER_S_MAX = 86_400.0
STEPS_MAX = 20


class Step(BaseModel):
    """One status, and when it comes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: Literal["pending", "requires_action", "succeeded", "failed", "canceled"]
    after_s: float | None = Field(default=None, ge=0, le=AFTER_S_MAX)
    """After the step before; without it the step waits for `POST /_sim/refunds/{id}/advance`."""
    pending_reason: str | None = None
    failure_reason: str | None = None
    acquirer_reference: str | None = None

    def fields(self) -> dict[str, Any]:
        """Return what the step says of a refund, in Stripe's names."""
        said: dict[str, Any] = {"status": self.status}
        if self.pending_reason:
            said["pending_reason"] = self.pending_reason
        if self.status == "failed":
            said["failure_reason"] = self.failure_reason or "unknown"
        if self.acquirer_reference:
            card = {
                "reference": self.acquirer_reference,
                "reference_status": "available",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            }
            said["destination_details"] = {"type": "card", "card": card}
        return said


SUCCEEDS = (Step(status="succeeded"),)


class Script(BaseModel):
    """The statuses of a refund, the first of them its answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    payment_intent: str | None = None
    """Only refunds of this payment; all when left out."""
    probability: float = Field(default=1.0, ge=0, le=1)
    """Share of those refunds."""
    seed: int = 0
    """Repeats the draws of an earlier run."""
    steps: tuple[Step, ...] = Field(min_length=1, max_length=STEPS_MAX)

    @model_validator(mode="after")
    def _nothing_follows_an_end(self) -> "Script":
        if any(step.status in ENDED for step in self.steps[:-1]):
            raise ValueError(f"nothing follows {' or '.join(ENDED)}")
        return self


class Scripts:
    """The scripts armed now, at most one per payment and one for all others."""

    def __init__(self) -> None:
        self._armed: dict[str | None, tuple[Script, random.Random]] = {}

    def arm(self, raw: bytes) -> Script:
        """Arm a script, in place of the one for the same payment.

        Raises:
            ApiError: 400, it makes no sense.
        """
        try:
            script = Script.model_validate_json(raw)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise ApiError(400, f"{place}: {first['msg']}") from None
        draws = random.Random(script.seed)  # noqa: S311 - repeatable on purpose, no secret
        self._armed[script.payment_intent] = script, draws
        return script

    def draw(self, payment_id: str) -> Sequence[Step]:
        """Return the steps of a refund of this payment."""
        armed = self._armed.get(payment_id) or self._armed.get(None)
        if armed is None:
            return SUCCEEDS
        script, draws = armed
        return script.steps if draws.random() < script.probability else SUCCEEDS

    def clear(self) -> None:
        """Disarm everything; refunds under way go on as their scripts say."""
        self._armed.clear()

    def describe(self) -> list[dict[str, Any]]:
        """Return the armed scripts."""
        return [script.model_dump(mode="json") for script, _ in self._armed.values()]
