"""Claims: whoever packs and whoever cancels ask on the same stream, so one of them is first."""

from collections.abc import Sequence

from contracts.fulfillment import ClaimFulfillment, ReleaseFulfillmentClaim
from contracts.orders import LineQuantity
from kit.decider import Context
from kit.facts import Fact
from kit.ids import event_id
from services.cancellation.domain import events
from services.cancellation.domain.decisions.answering import basis_of, not_permitted, rejected, said
from services.cancellation.domain.order import Order
from services.cancellation.domain.policy import Asker
from services.cancellation.domain.refusals import refuse
from services.cancellation.domain.unit_rules import ask, check_units

CLAIMED, RELEASED = "claim-fulfillment.v1", "release-fulfillment-claim.v1"


def claim_fulfillment(order: Order, command: ClaimFulfillment, context: Context) -> Sequence[Fact]:
    """Claim open units, all asked for or none; what is claimed can no longer be cancelled."""
    refusals = not_permitted(context, Asker.of(command.actor), "CLAIM")
    wanted = {}
    if order.placed is None:
        refusals = [refuse("ORDER_NOT_FOUND", "no such order")]
    else:
        asked = ask(order, order.placed, command.lines)
        refusals += check_units(asked)
        wanted = dict(asked.wanted)
    if refusals:
        return [
            events.FulfillmentClaimRejected(
                order_id=command.order_id,
                command_id=context.message_id,
                refusals=tuple(refusals),
                actor=command.actor,
                basis=basis_of(context, CLAIMED),
                asked=said(command),
            )
        ]
    return [
        events.FulfillmentClaimed(
            order_id=command.order_id,
            claim_id=event_id(context.stream_id, context.version + 1),
            command_id=context.message_id,
            lines=tuple(
                LineQuantity(line_id=line_id, quantity=units) for line_id, units in wanted.items()
            ),
            actor=command.actor,
            basis=basis_of(context, CLAIMED),
        )
    ]


def release_claim(
    order: Order, command: ReleaseFulfillmentClaim, context: Context
) -> Sequence[Fact]:
    """Give up what of a claim was not shipped."""
    claims = order.seldom.claims
    refusals = not_permitted(context, Asker.of(command.actor), "CLAIM")
    if order.placed is None:
        refusals = [refuse("ORDER_NOT_FOUND", "no such order")]
    elif command.claim_id not in claims:
        refusals.append(refuse("CLAIM_NOT_FOUND", f"no claim {command.claim_id}"))
    elif not claims[command.claim_id]:
        refusals.append(refuse("CLAIM_OVER", "nothing of it is left to release"))
    if refusals:
        return [rejected(command, context, refusals, RELEASED)]
    return [
        events.FulfillmentClaimReleased(
            order_id=command.order_id,
            claim_id=command.claim_id,
            command_id=context.message_id,
            lines=tuple(
                LineQuantity(line_id=line_id, quantity=units)
                for line_id, units in claims[command.claim_id].items()
            ),
            actor=command.actor,
            basis=basis_of(context, RELEASED),
        )
    ]
