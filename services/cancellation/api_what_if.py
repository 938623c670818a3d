"""Routes: hold a policy nobody has published against what was asked in the past."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import FastAPI, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from contracts.cancellation import Policy, Right
from contracts.message import CommandPart
from contracts.values import AmountMinor
from services.cancellation.access import caller_of, needs
from services.cancellation.domain.decisions.policies import contradictions
from services.cancellation.figures_csv import to_csv
from services.cancellation.problems import Problem, described
from services.cancellation.what_if import rows
from services.cancellation.what_if.desk import BusyError, WhatIfDesk
from services.cancellation.what_if.rows import WhatIf

DAYS_MAX = 3_660
CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}}}}

Id = Annotated[UUID, Path(description="Its id.")]


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class WhatIfWish(CommandPart):
    """A policy nobody has published, and how far back to look."""

    policy: Policy
    """The whole policy; its version follows the one it is compared with."""
    days: Annotated[int, Field(ge=1, le=DAYS_MAX)] = 90
    """So many days of history."""


class Turn(_Read):
    """Wishes that come out otherwise, in one way."""

    now: str
    """By the policy in force: `CANCELLED`, `HELD`, `SECOND_PERSON`, `ASKED`, `REFUSED`."""
    then: str
    """By the draft."""
    decisions: int
    """How many."""


class RuleCount(_Read):
    """Wishes for which one rule makes the difference."""

    rule: str
    """Code of a refusal, name of a second person's rule, `FEE`, `HOLD`, …"""
    decisions: int
    """How many; one wish may have several."""


class Money(_Read):
    """What all wishes come to in one currency, those without a difference too."""

    now_refund_minor: AmountMinor
    """Given back by the policy in force."""
    now_fee_minor: AmountMinor
    """Kept of it by the policy in force."""
    then_refund_minor: AmountMinor
    """Given back by the draft."""
    then_fee_minor: AmountMinor
    """Kept of it by the draft."""


class WhatIfSums(_Read):
    """What came of it, as far as it is."""

    decisions: int = 0
    """Wishes decided again."""
    flips: int = 0
    """Those that come out otherwise."""
    orders: int = 0
    """Orders they are about."""
    customers: int = 0
    """Customers they are about."""
    turns: tuple[Turn, ...] = ()
    """From what to what."""
    rules: tuple[RuleCount, ...] = ()
    """By which rule."""
    money: dict[str, Money] = {}
    """By currency."""


class WhatIfRead(_Read):
    """One run over the past."""

    what_if_id: UUID
    """Its id."""
    state: Literal["RUNNING", "DONE", "STOPPED", "FAILED"]
    """`FAILED`: the process that ran it has died."""
    base_version: int
    """The policy it is compared with."""
    since: datetime
    """Wishes from then on."""
    asked_by: str
    """Who wanted to know."""
    asked_at: datetime
    """When."""
    checked: int
    """Orders looked at."""
    total: int
    """Orders to look at; 0 while they are looked for."""
    is_cut: bool
    """True when there were more; the newest are looked at."""
    sums: WhatIfSums
    """What came of it."""
    policy: Policy
    """The draft; publish exactly this one."""


def _told(found: WhatIf) -> WhatIfRead:
    about = found._asdict()
    return WhatIfRead(**{name: about[name] for name in WhatIfRead.model_fields})


def add_what_ifs(app: FastAPI, desk: WhatIfDesk) -> None:
    """Add the routes."""
    _add_acts(app, desk)
    _add_reads(app, desk)


async def _find(desk: WhatIfDesk, what_if_id: UUID) -> WhatIf:
    found = await desk.find(what_if_id)
    if found is None:
        raise Problem(404, "WHAT_IF_NOT_FOUND", f"no what-if {what_if_id}, or none any more")
    return found


def _add_acts(app: FastAPI, desk: WhatIfDesk) -> None:
    policy: dict[str, Any] = {"tags": ["what-if"], **needs(Right.DRAFT)}

    @app.post(
        "/v1/policy-what-ifs", status_code=202, **policy, responses=described(409, 413, 422, 503)
    )
    async def begin_what_if(request: Request, body: WhatIfWish) -> WhatIfRead:
        """Decide again what was asked, by this policy and the one before it; writes no fact."""
        if found := list(contradictions(body.policy)):
            raise Problem(422, "POLICY_INVALID", "; ".join(found))
        caller = caller_of(request)
        try:
            what_if_id = await desk.begin(
                body.policy, body.days, caller.actor.id if caller else "somebody"
            )
        except BusyError:
            detail = "Another one is running; wait until it has ended, or stop it."
            raise Problem(409, "WHAT_IF_BUSY", detail) from None
        except LookupError:
            detail = "Its version does not follow one there was; draft it on the one in force."
            raise Problem(409, "POLICY_VERSION_STALE", detail) from None
        return _told(await _find(desk, what_if_id))

    @app.post(
        "/v1/policy-what-ifs/{what_if_id}/stop", **policy, responses=described(404, 413, 422, 503)
    )
    async def stop_what_if(what_if_id: Id) -> WhatIfRead:
        """Stop it; what was counted stays."""
        await _find(desk, what_if_id)
        await rows.stop(desk.pool, what_if_id)
        return _told(await _find(desk, what_if_id))


def _add_reads(app: FastAPI, desk: WhatIfDesk) -> None:
    policy: dict[str, Any] = {"tags": ["what-if"], **needs(Right.DRAFT)}

    @app.get("/v1/policy-what-ifs/{what_if_id}", **policy, responses=described(404, 422, 503))
    async def find_what_if(what_if_id: Id) -> WhatIfRead:
        """Return one, as far as it is."""
        return _told(await _find(desk, what_if_id))

    @app.get(
        "/v1/policy-what-ifs/{what_if_id}/flips",
        **policy,
        response_model=None,
        responses={**CSV, **described(404, 422, 503)},
    )
    async def list_what_if_flips(
        what_if_id: Id,
        after: Annotated[int, Query(ge=0, le=10**9, description="Behind this number.")] = 0,
        limit: Annotated[int, Query(ge=1, le=200, description="At most.")] = 50,
        format: Annotated[  # noqa: A002 - as in the address
            Literal["json", "csv"], Query(description="How it is written.")
        ] = "json",
    ) -> dict[str, Any] | Response:
        """List what comes out otherwise, 20,000 at most; as CSV all of it at once."""
        await _find(desk, what_if_id)
        if format == "csv":
            found = await rows.list_flips(desk.pool, what_if_id, after=0, limit=rows.FLIPS_MAX)
            cells = [{**one, "rules": " ".join(one["rules"])} for one in found]
            headers = {"Content-Disposition": 'attachment; filename="what-if.csv"'}
            return Response(to_csv(cells), media_type="text/csv; charset=utf-8", headers=headers)
        found = await rows.list_flips(desk.pool, what_if_id, after=after, limit=limit)
        next_after = found[-1]["number"] if len(found) == limit else None
        return {"flips": found, "next_after": next_after}
