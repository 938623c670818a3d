"""What is said about plans over HTTP."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from contracts.cancellation import Actor
from services.cancellation.domain.plan_terms import BulkWish, Digest, OrderFilter, PlanId

Outcome = Literal["WAITING", "CANCELLED", "REQUESTED", "REFUSED", "SET_ASIDE"]
"""What came of one order. `REQUESTED`: a second person has to approve it. `SET_ASIDE`: the id of
its command had been used by a stranger."""

PlanState = Literal["RUNNING", "PAUSED", "CANCELLED", "COMPLETED"]


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Amounts(_Read):
    """Money in one currency, in minor units."""

    refund_minor: int = 0
    """Given back at once."""
    later_minor: int = 0
    """Owed, to be settled later."""
    store_credit_minor: int = 0
    """Credited instead of given back."""
    void_minor: int = 0
    """Authorised and released."""
    fee_minor: int = 0
    """Kept as a fee."""
    kept_minor: int = 0
    """Kept because the command says so."""
    awaiting_approval_minor: int = 0
    """What would be given back if a second person agrees."""


class RefusedBy(_Read):
    """One rule that stands in the way."""

    code: str
    """Its code; an order may fail several rules."""
    orders: int
    """How many orders fail it."""
    examples: tuple[str, ...] = ()
    """A few of them."""


class BulkPreview(_Read):
    """What a plan would do."""

    orders: int
    """How many orders fit."""
    digest: Digest
    """Which; send it as `expected_digest` to start exactly these."""
    policy_version: int
    """The policy in force."""
    outcomes: Mapping[str, int]
    """Orders per outcome."""
    money: Mapping[str, Amounts]
    """Per currency."""
    units: int
    """Units cancelled."""
    restock_units: int
    """Units that go back on the shelf."""
    messages: int
    """Customers told."""
    held: int
    """Cancellations that are held first and can be undone."""
    approvals: Mapping[str, int]
    """Orders per rule that asks for a second person."""
    refusals: tuple[RefusedBy, ...]
    """Rules that stand in the way, the most frequent first."""


class BulkAnswer(_Read):
    """The answer to a command about a plan; the same for ever."""

    outcome: Literal["STARTED", "PAUSED", "RUNNING", "CANCELLED"]
    """What it came to."""
    plan_id: PlanId
    """The plan."""
    order_count: int | None = None
    """Its orders; when it was started."""
    digest: Digest | None = None
    """Which; when it was started."""
    orders_per_s: int | None = None
    """Orders per second at most; when it was started or resumed."""


class BulkPlanSummary(_Read):
    """One plan in a list."""

    plan_id: PlanId
    """The plan."""
    state: PlanState
    """Where it stands."""
    order_count: int
    """Its orders."""
    handled: int
    """Those that have an outcome."""
    orders_per_s: int
    """Orders per second at most."""
    started_at: datetime
    """When it was started."""
    changed_at: datetime
    """When it was last started, paused, resumed or ended."""


class BulkPlanList(_Read):
    """Plans."""

    plans: tuple[BulkPlanSummary, ...]
    """Newest first."""


class BulkPlanRead(BulkPlanSummary):
    """One plan, and how far it is."""

    digest: Digest
    """Which orders are meant."""
    wish: BulkWish
    """What is wanted of every order."""
    selection: OrderFilter | None
    """How they were found; empty when they were listed."""
    started_by: Actor
    """Who started it."""
    left: int
    """Orders without an outcome."""
    outcomes: Mapping[str, int]
    """Orders per outcome."""
    money: Mapping[str, Amounts]
    """Per currency."""
    units: int
    """Units cancelled."""
    messages: int
    """Customers to be told."""
    refusals: tuple[RefusedBy, ...]
    """Rules that stood in the way, the most frequent first."""
    lately_per_s: float
    """Orders per second over the last ten seconds."""
    eta_s: float | None
    """Seconds until the last order at that pace; empty when the plan does not run."""


class OrderOutcome(_Read):
    """What came of one order."""

    number: int
    """Its place in the plan, from 1 on."""
    order_id: str
    """The order."""
    outcome: Outcome
    """What came of it."""
    codes: tuple[str, ...] | None
    """Rules that stood in the way, or ask for a second person."""
    currency: str | None
    """Of the amount."""
    refund_minor: int | None
    """Given back at once."""
    units: int | None
    """Units cancelled."""
    is_told: bool | None
    """Whether the customer is told."""
    handled_at: datetime | None
    """When it was decided."""


class OrderOutcomes(_Read):
    """A page of orders of a plan."""

    plan_id: PlanId
    """The plan."""
    outcomes: tuple[OrderOutcome, ...]
    """In the plan's sequence."""
    next_after: int | None
    """Send it as `after` for the next page; empty at the end."""
