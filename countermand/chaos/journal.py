"""What the driver knows for certain: which commands were acknowledged, and what HTTP answered.

Acknowledged means: the broker has it on every in-sync replica, or the API has answered. Anything
less promises nothing, so the driver goes on until every command is acknowledged.
"""

from dataclasses import dataclass, field
from typing import Any

NOT_THE_ANSWER = frozenset({"position", "type", "title", "status", "code", "detail"})
"""Members of an HTTP answer that are not part of what became of the command."""


@dataclass(slots=True)
class Journal:
    """Written by the doors, read by the checks."""

    sent: dict[str, float] = field(default_factory=dict)
    """Unix time at which each command was due; counted from there, a late driver hides nothing."""
    sendings_count: int = 0
    repeats_count: int = 0
    acknowledged: set[str] = field(default_factory=set)
    answers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Every HTTP answer per command, without what differs from call to call."""
    retries_count: int = 0
    """Sendings that had to be made again for want of an answer."""
    strange: list[str] = field(default_factory=list)
    """Answers that must never be given, whatever was killed."""

    def answered(self, command_id: str, body: dict[str, Any]) -> None:
        """Note an HTTP answer."""
        self.acknowledged.add(command_id)
        self.answers.setdefault(command_id, []).append(essence(body))


def essence(body: dict[str, Any]) -> dict[str, Any]:
    """Return what became of a command, as POST and GET must both tell it."""
    return {name: value for name, value in body.items() if name not in NOT_THE_ANSWER}
