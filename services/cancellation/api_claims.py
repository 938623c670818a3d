"""Routes: whoever packs claims units first, so that nobody cancels them meanwhile."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, Path
from fastapi.responses import JSONResponse

from contracts.cancellation import Right
from contracts.fulfillment import ClaimFulfillment, ReleaseFulfillmentClaim
from services.cancellation.access import needs
from services.cancellation.desk import (
    COMMAND,
    Desk,
    Envelope,
    OrderInPath,
    answers,
    body_of,
    command_of,
)
from services.cancellation.domain import events

ClaimInPath = Annotated[UUID, Path(description="As `FulfillmentClaimed` names it.")]

ClaimBody: Any = body_of(ClaimFulfillment, "order_id")
ReleaseClaimBody: Any = body_of(ReleaseFulfillmentClaim, "order_id", "claim_id")

CLAIMS = "/v1/orders/{order_id}/fulfillment-claims"


def add_claims(app: FastAPI, desk: Desk) -> None:
    """Add the routes."""

    @app.post(CLAIMS, **COMMAND, **needs(Right.CLAIM), responses=answers(events.FulfillmentClaimed))
    async def claim_fulfillment(
        sent: Envelope, order_id: OrderInPath, body: ClaimBody
    ) -> JSONResponse:
        """Claim units for packing; until shipped or released they cannot be cancelled."""
        return await desk.answer(sent, command_of(ClaimFulfillment, body, order_id=order_id))

    @app.post(
        CLAIMS + "/{claim_id}/release",
        **COMMAND,
        **needs(Right.CLAIM),
        responses=answers(events.FulfillmentClaimReleased),
    )
    async def release_fulfillment_claim(
        sent: Envelope, order_id: OrderInPath, claim_id: ClaimInPath, body: ReleaseClaimBody
    ) -> JSONResponse:
        """Give a claim up; what of it was not shipped can be cancelled again."""
        path = {"order_id": order_id, "claim_id": claim_id}
        return await desk.answer(sent, command_of(ReleaseFulfillmentClaim, body, **path))
