"""Faults on demand: which request is to go wrong, decided by a seed or by counting.

Draws depend on the order of requests only, so one seed and one schedule repeat a run. At most one
fault strikes a request: the first armed one that fires.
"""

import random
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

DELAY_MS_MAX = 600_000
"""Ten minutes: longer than every time-out of a sane client."""

SEED_BITS = 32
DELAYING = ("slow", "webhook_delay")


class FaultRefusedError(ValueError):
    """The fault asked for makes no sense; the message says why."""


class FaultOrder(BaseModel):
    """What an experimenter asks for: exactly one of `probability` and `count`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: str
    probability: float | None = Field(default=None, ge=0, le=1)
    """Share of requests to strike."""
    count: int | None = Field(default=None, ge=1)
    """Strike the next so many requests, then stop."""
    delay_ms: int = Field(default=0, ge=0, le=DELAY_MS_MAX)
    """How long `slow` and its like wait."""
    seed: int | None = None
    """Repeats the draws of an earlier run; drawn and reported when left out."""

    @model_validator(mode="after")
    def _one_trigger(self) -> "FaultOrder":
        if (self.probability is None) == (self.count is None):
            raise ValueError("give either probability or count")
        if (self.mode in DELAYING) != (self.delay_ms > 0):
            raise ValueError(f"delay_ms belongs to {' and '.join(DELAYING)}, which need it")
        return self


@dataclass(slots=True)
class Fault:
    """One armed fault and how often it has struck."""

    mode: str
    probability: float | None
    left_count: int | None
    delay_ms: int
    seed: int
    fired_count: int = 0
    _random: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - repeatable on purpose, no secret

    def strikes(self) -> bool:
        """Decide about one request, and count it when it is struck."""
        if self.left_count is not None:
            fires = self.left_count > 0
            self.left_count -= fires
        else:
            fires = self._random.random() < (self.probability or 0)
        self.fired_count += fires
        return fires

    @property
    def delay_s(self) -> float:
        """How long to wait, in seconds."""
        return self.delay_ms / 1000

    def describe(self) -> dict[str, object]:
        """Return what `/_sim/faults` shows."""
        return {
            "mode": self.mode,
            "probability": self.probability,
            "left_count": self.left_count,
            "delay_ms": self.delay_ms,
            "seed": self.seed,
            "fired_count": self.fired_count,
        }


class FaultPlan:
    """The faults armed now, at most one of each mode.

    Args:
        modes: What this simulator can do wrong.
    """

    def __init__(self, *modes: str) -> None:
        self._modes = modes
        self._armed: dict[str, Fault] = {}

    def arm(self, raw: bytes) -> Fault:
        """Arm the fault described by the JSON object `raw`, in place of one of the same mode.

        Raises:
            FaultRefusedError: not a fault this simulator has.
        """
        try:
            order = FaultOrder.model_validate_json(raw)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise FaultRefusedError(f"{place}: {first['msg']}" if place else first["msg"]) from None
        if order.mode not in self._modes:
            raise FaultRefusedError(f"mode: must be one of {', '.join(self._modes)}")
        seed = random.SystemRandom().getrandbits(SEED_BITS) if order.seed is None else order.seed
        fault = Fault(order.mode, order.probability, order.count, order.delay_ms, seed)
        self._armed[order.mode] = fault
        return fault

    def clear(self) -> None:
        """Disarm everything."""
        self._armed.clear()

    def draw(self, *modes: str) -> Fault | None:
        """Return the fault that strikes this request, if any; only of `modes` when given."""
        for fault in self._armed.values():
            if (not modes or fault.mode in modes) and fault.strikes():
                return fault
        return None

    def describe(self) -> list[dict[str, object]]:
        """Return the armed faults as `/_sim/faults` shows them."""
        return [fault.describe() for fault in self._armed.values()]
