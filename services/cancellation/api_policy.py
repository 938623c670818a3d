"""Routes: read the policy, any version of it, its reasons; publish the next one."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import FastAPI, Path
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from contracts.cancellation import (
    Actor,
    CancelOrder,
    CancelReason,
    Policy,
    PublishPolicy,
    RequestCancellation,
    Right,
)
from contracts.message import CommandPart
from contracts.values import Code, OrderId, Version
from services.cancellation.access import needs
from services.cancellation.desk import (
    COMMAND,
    Desk,
    Envelope,
    Language,
    answers,
    body_of,
    command_of,
)
from services.cancellation.domain import events
from services.cancellation.domain.decisions.policies import contradictions
from services.cancellation.domain.policy import Rulebook
from services.cancellation.explaining.preview import Preview
from services.cancellation.problems import Problem, described
from services.cancellation.projections.policies import PolicyVersion, find_policies

PublishBody: Any = body_of(PublishPolicy)


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class PolicySummary(_Read):
    """One version of the policy, and how it came about."""

    version: Version
    """0 is built in."""
    is_in_force: bool
    """True for the last one."""
    published_at: datetime | None
    """Empty for the one that is built in."""
    command_id: str | None
    """The command that published it."""
    published_by: Actor | None
    """Who published it."""
    staff_note: str | None
    """Why."""


class PolicyList(_Read):
    """Every version there was."""

    policies: tuple[PolicySummary, ...]
    """Newest first."""


class PolicyRead(PolicySummary):
    """One version, the whole of it."""

    policy: Policy
    """What it says."""


class ReasonRead(_Read):
    """A reason to choose from."""

    reason: CancelReason
    """The standard reason; send it as `reason`."""
    sub_reason: Code
    """The merchant's own below it; send it as `sub_reason`."""
    label: str
    """As people read it."""


class ReasonList(_Read):
    """The reasons of the policy in force."""

    policy_version: Version
    """Which one that is."""
    reasons: tuple[ReasonRead, ...]
    """In the policy's sequence."""


class PolicyTrial(CommandPart):
    """A policy nobody has published, and an order to try it on."""

    policy: Policy
    """The whole policy."""
    order_id: OrderId
    """The order."""
    actor: Actor
    """Who would ask; a customer asks, everybody else cancels."""
    reason: CancelReason = "CUSTOMER"
    """Why."""
    sub_reason: Code | None = None
    """One of its reasons below `reason`."""

    @property
    def command(self) -> CancelOrder | RequestCancellation:
        """Return what would be asked; whatever a policy may choose is left to it."""
        about: Any = self.model_dump(include={"order_id", "reason", "sub_reason"})
        if self.actor.type == "CUSTOMER":
            return RequestCancellation(**about, actor=self.actor)
        return CancelOrder(**about, actor=self.actor, restock=None, notify=None)


class PolicyTried(_Read):
    """What would become of an order."""

    contradictions: tuple[str, ...]
    """What the policy says twice or without what it needs; it could not be published."""
    now: Preview
    """By the policy in force."""
    then: Preview
    """By the one that is tried."""


def _summary(found: PolicyVersion, newest: PolicyVersion) -> dict[str, Any]:
    _, *about = found
    return {
        "version": found.policy.version,
        "is_in_force": found is newest,
        **dict(zip(PolicyVersion._fields[1:], about, strict=True)),
    }


def add_policy(app: FastAPI, desk: Desk) -> None:
    """Add the routes."""
    _add_publishing(app, desk)
    _add_reads(app, desk)


def _add_publishing(app: FastAPI, desk: Desk) -> None:
    @app.post(
        "/v1/policies", **COMMAND, **needs(Right.POLICY), responses=answers(events.PolicyPublished)
    )
    async def publish_policy(sent: Envelope, body: PublishBody) -> JSONResponse:
        """Put a new version of the policy in force; every process decides by it within a second."""
        return await desk.answer(sent, command_of(PublishPolicy, body))

    @app.post(
        "/v1/policies/trials",
        tags=["previews"],
        **needs(Right.DRAFT),
        responses=described(413, 422, 503),
    )
    async def try_policy(body: PolicyTrial, locale: Language = "en") -> PolicyTried:
        """Tell what would become of an order by another policy, beside the one in force."""
        return PolicyTried(
            contradictions=tuple(contradictions(body.policy)),
            now=await desk.preview(body.command, locale),
            then=await desk.preview(body.command, locale, Rulebook(body.policy)),
        )


def _add_reads(app: FastAPI, desk: Desk) -> None:
    async def load() -> list[PolicyVersion]:
        async with desk.pool.acquire() as connection:
            return await find_policies(connection, desk.store)

    @app.get("/v1/policies", tags=["reads"], **needs(Right.READ), responses=described(422, 503))
    async def list_policies() -> PolicyList:
        """List every version of the policy, newest first."""
        found = await load()
        summaries = [PolicySummary(**_summary(one, found[-1])) for one in reversed(found)]
        return PolicyList(policies=tuple(summaries))

    @app.get(
        "/v1/policies/current", tags=["reads"], **needs(Right.READ), responses=described(422, 503)
    )
    async def find_current_policy() -> PolicyRead:
        """Return the policy in force."""
        newest = (await load())[-1]
        return PolicyRead(**_summary(newest, newest), policy=newest.policy)

    @app.get(
        "/v1/policies/{version}",
        tags=["reads"],
        **needs(Right.READ),
        responses=described(404, 422, 503),
    )
    async def find_policy(
        version: Annotated[Version, Path(strict=False, description="Which version.")],
    ) -> PolicyRead:
        """Return any version of the policy; one that was in force never changes."""
        found = await load()
        for one in found:
            if one.policy.version == version:
                return PolicyRead(**_summary(one, found[-1]), policy=one.policy)
        raise Problem(404, "POLICY_NOT_FOUND", f"no version {version} of the policy was published")

    @app.get("/v1/reasons", tags=["reads"], **needs(Right.READ), responses=described(422, 503))
    async def list_reasons(locale: Language = "en") -> ReasonList:
        """List the reasons one may give, as the policy in force has them."""
        policy = (await load())[-1].policy
        reasons = [
            ReasonRead(
                reason=terms.reason, sub_reason=terms.code, label=getattr(terms.labels, locale)
            )
            for terms in policy.reasons
        ]
        return ReasonList(policy_version=policy.version, reasons=tuple(reasons))
