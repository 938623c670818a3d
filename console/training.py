"""Exercises on a sandbox shop: each is done when its order's own facts say so."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

Json = Mapping[str, Any]


class Step(NamedTuple):
    """One thing to do, and the fact that shows it was done."""

    key: str
    """Of the sentence that asks for it."""
    names: tuple[str, ...]
    """Stored names; one of them is enough."""
    says: Callable[[Json], bool] = lambda _: True
    """Tells whether a fact of that name is what was asked for."""


class Exercise(NamedTuple):
    """Something to be done with one order."""

    key: str
    order_id: str
    steps: tuple[Step, ...]


def _owes(fact: Json) -> bool:
    return bool((fact.get("money") or {}).get("balance_minor"))


def _gives_back(fact: Json) -> bool:
    return bool(fact["refunds"]) and not _owes(fact)


def _settles(fact: Json) -> bool:
    return bool(fact["cause"] == "SETTLEMENT")


def _needs_another(fact: Json) -> bool:
    return bool(fact["kind"] == "APPROVAL")


CANCELLED = "order.cancelled.v1"

EXERCISES: tuple[Exercise, ...] = (
    Exercise("now", "T-1001", (Step("cancel", (CANCELLED,), _gives_back),)),
    Exercise(
        "later", "T-1002",
        (
            Step("owe", (CANCELLED,), _owes),
            Step("settle", ("order.refund-requested.v1",), _settles),
        ),
    ),
    Exercise("part", "T-1003", (Step("rest", (CANCELLED,)),)),
    Exercise("undo", "T-1004", (Step("undo", ("order.cancellation-undone.v1",)),)),
    Exercise(
        "request", "T-1005",
        (Step("answer", ("order.cancellation-approved.v1", "order.cancellation-denied.v1")),),
    ),
    Exercise(
        "second", "T-1006",
        (
            Step("ask", ("order.cancellation-requested.v1",), _needs_another),
            Step("approve", ("order.cancellation-approved.v1",)),
        ),
    ),
    Exercise(
        "hand", "T-1007",
        (
            Step("cancel_cash", (CANCELLED,)),
            Step("record", ("order.manual-refund-recorded.v1",)),
        ),
    ),
    Exercise("shelf", "T-1008", (Step("restock", ("order.restock-requested.v1",)),)),
    Exercise("back", "T-1009", (Step("reinstate", ("order.reinstated.v1",)),)),
)  # fmt: skip
"""In the sequence in which they are best done."""


def done(exercise: Exercise, history: Sequence[Json]) -> int:
    """Return how many steps are done: a step counts after the one before it.

    Args:
        exercise: which.
        history: every fact of its order, in sequence.
    """
    left = list(exercise.steps)
    for row in history:
        if left and row["name"] in left[0].names and left[0].says(row["fact"]):
            left.pop(0)
    return len(exercise.steps) - len(left)
