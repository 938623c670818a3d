"""Cases, folded into an order."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.cancellation.domain import events
from services.cancellation.domain.case_kinds import KINDS
from services.cancellation.domain.order import CaseFile, Order
from services.cancellation.domain.units import Totals, minus, units_of


def _with_cases(order: Order, cases: Mapping[UUID, CaseFile]) -> Order:
    return order._replace(seldom=order.seldom._replace(cases=cases))


def _changed(order: Order, case_id: UUID, **changes: Any) -> Order:
    cases = order.seldom.cases
    return _with_cases(order, {**cases, case_id: cases[case_id]._replace(**changes)})


def open_(order: Order, fact: events.CaseOpened) -> Order:
    """Begin a case; who it waits for is what it says, or what its kind says."""
    kind = KINDS.get(fact.kind)
    case = CaseFile(
        fact,
        left=units_of(fact.lines) if fact.kind == "RESTOCK_FAILED" else {},
        role=fact.role or (kind.role if kind else "MANAGER"),
        due_at=fact.due_at,
    )
    return _with_cases(order, {**order.seldom.cases, fact.case_id: case})


def assign(order: Order, fact: events.CaseAssigned) -> Order:
    """Note the role it waits for; whose it is decides nothing."""
    return _changed(order, fact.case_id, role=fact.role)


def escalate(order: Order, fact: events.CaseEscalated) -> Order:
    """Note who it waits for now, and until when."""
    return _changed(
        order, fact.case_id, role=fact.role, level=fact.level, due_at=fact.due_at
    )  # fmt: skip


def close(order: Order, fact: events.CaseClosed) -> Order:
    """Note that it needs nobody any more."""
    return _changed(order, fact.case_id, is_open=False)


def put_back(order: Order, units: Totals) -> Order:
    """Take units put back by hand from what failed restocks still need, the oldest first."""
    left, cases = dict(units), dict(order.seldom.cases)
    for id_, case in cases.items():
        if case.is_open and case.left:
            used = {line_id: min(n, left.get(line_id, 0)) for line_id, n in case.left.items()}
            left = minus(left, used.items())
            cases[id_] = case._replace(left=minus(case.left, used.items()))
    return _with_cases(order, cases)
