"""Bulk plans: their state, and how each fact changes it."""

from typing import Literal, NamedTuple

from services.cancellation.domain import events
from services.cancellation.domain.plan_terms import RATE_DEFAULT

Status = Literal["UNKNOWN", "RUNNING", "PAUSED", "CANCELLED", "COMPLETED"]


class Plan(NamedTuple):
    """One plan."""

    status: Status = "UNKNOWN"
    orders_per_s: int = RATE_DEFAULT
    """Pace it was told last."""


def start(_: Plan, fact: events.BulkPlanStarted) -> Plan:
    """Begin."""
    return Plan("RUNNING", fact.orders_per_s)


def pause(plan: Plan, _: events.BulkPlanPaused) -> Plan:
    """Stand still."""
    return plan._replace(status="PAUSED")


def resume(plan: Plan, fact: events.BulkPlanResumed) -> Plan:
    """Go on, perhaps at another pace."""
    return plan._replace(status="RUNNING", orders_per_s=fact.orders_per_s)


def cancel(plan: Plan, _: events.BulkPlanCancelled) -> Plan:
    """End early."""
    return plan._replace(status="CANCELLED")


def complete(plan: Plan, _: events.BulkPlanCompleted) -> Plan:
    """End."""
    return plan._replace(status="COMPLETED")
