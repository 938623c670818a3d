"""Decides about the money of one order. Read `state`, `requesting`, `recording`."""

from collections.abc import Sequence
from typing import Any

from contracts.cancellation import ManualRefundRecorded
from kit.decider import Context, Decider
from kit.facts import Fact
from services.refunds.domain import commands
from services.refunds.domain.recording import (
    record_paid_by_hand,
    record_status,
    record_uncertainty,
    record_void,
)
from services.refunds.domain.requesting import MOVES_MONEY, carry_out
from services.refunds.domain.state import Ledger, evolve

__all__ = ["HEARD", "LEDGER", "Ledger"]

HEARD: tuple[type[Any], ...] = (*MOVES_MONEY, ManualRefundRecorded)
"""Messages of the cancellation service that this one acts on."""

_DECISIONS: dict[type[Any], Any] = {
    **dict.fromkeys(MOVES_MONEY, carry_out),
    ManualRefundRecorded: record_paid_by_hand,
    commands.RecordProviderStatus: record_status,
    commands.RecordRefundUncertainty: record_uncertainty,
    commands.RecordVoidOutcome: record_void,
}


def decide(ledger: Ledger, message: Any, context: Context) -> Sequence[Fact]:
    """Decide on what was heard or an answer of the provider."""
    facts: Sequence[Fact] = _DECISIONS[type(message)](ledger, message, context)
    return facts


LEDGER: Decider[Ledger] = Decider(initial=Ledger(), evolve=evolve, decide=decide)
