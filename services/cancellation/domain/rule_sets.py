"""Which rules each decision checks, by the name that decisions record.

A set never changes once decisions rest on it: `explain` reads it back years later. New rules make a
new set.
"""

from services.cancellation.domain.rules import CHOICE_RULES
from services.cancellation.domain.unit_rules import UNIT_RULES

_UNITS = tuple(code for code, _ in UNIT_RULES)
_CHOICES = tuple(code for code, _ in CHOICE_RULES)
_ALWAYS = ("ORDER_NOT_FOUND", "MISSING_PERMISSION")
_CANCEL = (*_ALWAYS, *_UNITS, *_CHOICES, "REFUND_TOO_GREAT")
_PENDING = ("REQUEST_NOT_FOUND", "REQUEST_CLOSED")
_CASE = (*_ALWAYS, "CASE_NOT_FOUND", "CASE_OVER")
_MONEY = (
    "CHOICES_CONTRADICT", "TENDER_NOT_FOUND", "STORE_CREDIT_CUSTOMER_MISSING",
    "STORE_CREDIT_EXPIRY_PAST",
)  # fmt: skip

RULE_SETS: dict[str, tuple[str, ...]] = {
    "cancel-order.v1": _CANCEL,
    "request-cancellation.v1": (*_CANCEL, "WINDOW_CLOSED"),
    "approve-cancellation.v1": (*_CANCEL, *_PENDING, "REQUEST_EXPIRED", "SAME_PERSON"),
    "deny-cancellation.v1": (*_ALWAYS, *_PENDING),
    "expire-cancellation-request.v1": (*_CANCEL, *_PENDING, "REQUEST_NOT_EXPIRED"),
    "cancel-unpaid-order.v1": (*_CANCEL, "PAYMENT_RECEIVED", "NOT_DUE_YET", "APPROVAL_REQUIRED"),
    "release-hold.v1": (*_ALWAYS, "CANCELLATION_NOT_FOUND", "NOT_HELD", "HOLD_RUNNING"),
    "undo-cancellation.v1": (*_ALWAYS, "CANCELLATION_NOT_FOUND", "NOT_HELD", "HOLD_OVER"),
    "reinstate-order.v1": (
        *_ALWAYS, "CANCELLATION_NOT_FOUND", "ALREADY_REINSTATED", "HOLD_RUNNING",
    ),
    "settle-refund.v1": (
        *_ALWAYS, "CANCELLATION_NOT_FOUND", "NOTHING_OWED", "CANCELLATION_NOT_NAMED",
        "HOLD_RUNNING", "OPEN_BALANCE_TOO_SMALL", "REFUND_TOO_GREAT", *_MONEY,
    ),
    "record-manual-refund.v1": (
        *_ALWAYS, "NOTHING_OWED_BY_HAND", "MANUAL_REFUND_NOT_FOUND", "MANUAL_REFUND_NOT_NAMED",
        "PAID_MORE_THAN_OWED", "CURRENCY_DIFFERENT", "PAID_AT_IN_FUTURE",
    ),
    "restock-cancelled-items.v1": (
        *_ALWAYS, "LINE_NOT_FOUND", "EXCLUDED_BY_POLICY", "RESTOCK_TOO_GREAT",
    ),
    "claim-fulfillment.v1": (*_ALWAYS, *_UNITS),
    "release-fulfillment-claim.v1": (*_ALWAYS, "CLAIM_NOT_FOUND", "CLAIM_OVER"),
    "assign-case.v1": _CASE,
    "escalate-case.v1": (*_CASE, "CASE_AT_TOP", "CASE_NOT_DUE"),
    "add-case-note.v1": (*_ALWAYS, "CASE_NOT_FOUND"),
    "close-case.v1": (*_CASE, "RESOLUTION_NOT_ALLOWED"),
    "publish-policy.v1": ("MISSING_PERMISSION", "POLICY_VERSION_STALE", "POLICY_INVALID"),
    "start-bulk-plan.v1": (
        "MISSING_PERMISSION", "PLAN_EXISTS", "PLAN_EMPTY", "PLAN_TOO_LARGE", "SELECTION_CHANGED",
    ),
    "change-bulk-plan.v1": ("MISSING_PERMISSION", "PLAN_NOT_FOUND", "PLAN_OVER"),
    "late-payment.v1": (),
    "late-release.v1": (),
}  # fmt: skip
"""Codes of the rules checked, in the sequence refusals are listed."""
