"""Every rule a command can fail: its code, what it means, and the way out.

The decision table in `docs/` is made of this. A code once released keeps its meaning.
"""

from collections.abc import Mapping
from typing import NamedTuple

from contracts.cancellation import Refusal, ReturnProposal


class Rule(NamedTuple):
    """What a rule demands, as people read it."""

    meaning: str
    """When a command fails it."""
    remedy: str
    """What would make it pass."""


RULES: dict[str, Rule] = {
    "ORDER_NOT_FOUND": Rule(
        "Nobody announced this order.",
        "Check the order number; if the order is new, try again under a new command id once it has"
        " been announced.",
    ),
    "LINE_NOT_FOUND": Rule("The order has no such line.", "Name a line of this order."),
    "QUANTITY_TOO_GREAT": Rule(
        "More units are asked for than the line has left.",
        "Ask for at most the units still open.",
    ),
    "NOTHING_LEFT": Rule(
        "These units were cancelled before.", "Nothing to do: these units were cancelled before."
    ),
    "ALREADY_FULFILLED": Rule(
        "The units have left the shop.",
        "Units that have left the shop can be returned, not cancelled.",
    ),
    "CLAIMED_FOR_FULFILLMENT": Rule(
        "Somebody is packing the units.",
        "Have the claim released, or wait until the units have shipped and offer a return.",
    ),
    "MISSING_PERMISSION": Rule(
        "The policy does not grant this to whoever asks.",
        "Ask somebody who may, or have the policy changed.",
    ),
    "VERSION_STALE": Rule(
        "The order has had other facts since it was read.",
        "Read the order again and decide on what it is now.",
    ),
    "REASON_UNKNOWN": Rule(
        "The policy lists no such reason below the standard one.",
        "Use a reason of the policy, or none.",
    ),
    "EXCLUDED_BY_POLICY": Rule(
        "The policy excludes these goods, this customer, channel or country.",
        "Leave them out, or have the policy changed.",
    ),
    "WINDOW_CLOSED": Rule(
        "Customers can no longer ask for a cancellation of this order.",
        "Have the staff cancel it.",
    ),
    "APPROVAL_REQUIRED": Rule(
        "A second person is needed, and whoever asks cannot wait for one.",
        "Have it done by somebody of the staff.",
    ),
    "PAYMENT_RECEIVED": Rule(
        "The order is paid, or a payment is on its way.",
        "Nothing to do: an order that is paid does not expire.",
    ),
    "NOT_DUE_YET": Rule(
        "The time to pay is not over, or no time is set.",
        "Send the command again once the time is over.",
    ),
    "CHOICES_CONTRADICT": Rule(
        "Two choices of the command exclude each other.", "Leave one of them out."
    ),
    "REFUND_TOO_GREAT": Rule(
        "More is to be given back than there is to give.",
        "Ask for at most the amount named.",
    ),
    "REFUND_LINE_NOT_CANCELLED": Rule(
        "Money is to be given back for units that are not cancelled by this command.",
        "Name at most the units that are cancelled.",
    ),
    "TENDER_NOT_FOUND": Rule("The order has no such payment.", "Name a payment of this order."),
    "STORE_CREDIT_CUSTOMER_MISSING": Rule(
        "Store credit needs an account, and a guest has none.",
        "Give the money back the way it came.",
    ),
    "STORE_CREDIT_EXPIRY_PAST": Rule(
        "The credit would have lapsed before it was given.", "Name a moment to come, or none."
    ),
    "RESTOCK_TOO_GREAT": Rule(
        "More units are to go back than were cancelled and are not back yet.",
        "Put back at most the units named.",
    ),
    "CANCELLATION_NOT_FOUND": Rule(
        "The order has no such cancellation.", "Name a cancellation of this order."
    ),
    "CANCELLATION_NOT_NAMED": Rule(
        "Several cancellations have something owed, and none is named.",
        "Name the one to settle.",
    ),
    "NOT_HELD": Rule(
        "The cancellation is not held: it never was, its hold has ended, or it was taken back.",
        "Reinstate the order if the cancellation is to be taken back.",
    ),
    "HOLD_OVER": Rule(
        "The hold has ended; money, stock and message are on their way.",
        "Reinstate the order instead.",
    ),
    "HOLD_RUNNING": Rule(
        "The hold has not ended yet.",
        "Wait until it has, or take the cancellation back.",
    ),
    "ALREADY_REINSTATED": Rule(
        "The cancellation was taken back before.", "Nothing to do: its units are open."
    ),
    "REQUEST_NOT_FOUND": Rule(
        "The order has no such request.", "Name a pending request of this order."
    ),
    "REQUEST_CLOSED": Rule(
        "The request was answered before.", "Nothing to do; a new wish is a new request."
    ),
    "REQUEST_EXPIRED": Rule(
        "The time to answer the request is over.", "Make a new request, or cancel the order."
    ),
    "REQUEST_NOT_EXPIRED": Rule(
        "There is still time to answer the request.", "Wait until the time is over."
    ),
    "SAME_PERSON": Rule(
        "Whoever asks for something cannot approve it.", "Have a second person approve it."
    ),
    "NOTHING_OWED": Rule("Nothing of the cancellation is owed.", "Nothing to do."),
    "OPEN_BALANCE_TOO_SMALL": Rule(
        "More is to be settled than is owed.", "Settle at most what is owed."
    ),
    "NOTHING_OWED_BY_HAND": Rule(
        "Nothing of the order is owed by hand.",
        "Nothing to do; what is owed otherwise is settled.",
    ),
    "MANUAL_REFUND_NOT_FOUND": Rule(
        "The order has no such refund that is owed by hand.",
        "Name a refund of this order that a person still has to give back.",
    ),
    "MANUAL_REFUND_NOT_NAMED": Rule(
        "Several refunds are owed by hand, and it is not said which was paid.",
        "Name the one that was paid.",
    ),
    "PAID_MORE_THAN_OWED": Rule(
        "More was given back by hand than is owed.",
        "Record at most what is owed; what was paid beyond it is no refund of this order.",
    ),
    "CURRENCY_DIFFERENT": Rule(
        "The amount is in another currency than the order.",
        "Say what it was in the currency of the order.",
    ),
    "PAID_AT_IN_FUTURE": Rule(
        "The money would have been given back at a moment to come.",
        "Record it once it has been given back.",
    ),
    "CLAIM_NOT_FOUND": Rule("The order has no such claim.", "Name a claim of this order."),
    "CLAIM_OVER": Rule(
        "The claim has ended: everything of it was shipped, or it was released.",
        "Nothing to do.",
    ),
    "CASE_NOT_FOUND": Rule(
        "The order has no such case.", "Name a case of this order; `cases list` lists them."
    ),
    "CASE_OVER": Rule(
        "The case was closed before.", "Nothing to do; a note can still be added."
    ),
    "CASE_NOT_DUE": Rule(
        "The deadline of the case has not passed.", "Wait until it has, or escalate by hand."
    ),
    "CASE_AT_TOP": Rule(
        "Nobody is above whom the case waits for.", "Assign it to somebody, or close it."
    ),
    "RESOLUTION_NOT_ALLOWED": Rule(
        "A case of this kind does not end in this way.", "Close it in one of the ways named."
    ),
    "PLAN_NOT_FOUND": Rule("There is no such plan.", "Check its name; `bulk status` lists all."),
    "PLAN_EXISTS": Rule("A plan of this name was started.", "Start this one under another name."),
    "PLAN_OVER": Rule(
        "The plan was completed or cancelled.", "Start a new plan for what is left to do."
    ),
    "PLAN_EMPTY": Rule("No order fits the selection.", "Select otherwise."),
    "PLAN_TOO_LARGE": Rule(
        "More orders fit than one plan may have.", "Select fewer; several plans may run."
    ),
    "SELECTION_CHANGED": Rule(
        "Other orders fit now than those that were looked at.",
        "Look at the preview again, and start with its digest.",
    ),
    "POLICY_VERSION_STALE": Rule(
        "Another version of the policy is in force than this one follows.",
        "Read the policy in force and publish its successor.",
    ),
    "POLICY_INVALID": Rule(
        "The policy contradicts itself.", "Correct the entries named."
    ),
}  # fmt: skip
"""All rules; a refusal carries one of these codes."""


def refuse(
    code: str, detail: str, *, line_id: str | None = None,
    return_proposal: ReturnProposal | None = None, seen: Mapping[str, int | str] | None = None,
    **data: int | str,
) -> Refusal:  # fmt: skip
    """Say which rule failed, and what it saw: in `seen`, in words of its own, or both."""
    return Refusal(
        code=code,
        detail=detail[:500],
        remedy=RULES[code].remedy,
        line_id=line_id,
        data={**(seen or {}), **data},
        return_proposal=return_proposal,
    )
