"""What somebody may be let do, right by right, and which rights a role begins with.

A right opens a door: a page of the console, a route of the API. What may be done behind it, with
this order and for this amount, is the policy's to say; it goes by the role. Both must say yes.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from contracts.cancellation.parts import Role


class Right(StrEnum):
    """One thing that somebody may or may not do; every door names the one it needs."""

    READ = "READ"
    """See orders, cases, plans, the policy."""
    CANCEL = "CANCEL"
    """Cancel, undo, end a hold, reinstate."""
    REFUND = "REFUND"
    """Settle what was left owed, record what was paid by hand, choose how a refund is made."""
    RESTOCK = "RESTOCK"
    """Put units back by hand."""
    REQUEST = "REQUEST"
    """Ask for a customer; deny, take back and close requests."""
    APPROVE = "APPROVE"
    """Grant what somebody else asked for: requests, and what needs a second person."""
    CASE = "CASE"
    """See to cases: take, escalate, write, close."""
    CLAIM = "CLAIM"
    """Claim units for packing."""
    BULK = "BULK"
    """Bulk plans: look ahead, start, pause, resume, end."""
    REPLAY = "REPLAY"
    """Dead letters and replay plans."""
    DRAFT = "DRAFT"
    """Draft policies, try them and run them over the past; nothing comes in force."""
    POLICY = "POLICY"
    """Publish policies."""
    PEOPLE = "PEOPLE"
    """Accounts, rights, passwords, keys."""


_DESK = frozenset(
    {Right.READ, Right.CANCEL, Right.REFUND, Right.RESTOCK, Right.REQUEST, Right.CASE, Right.CLAIM}
)

RIGHTS_OF: Mapping[Role, frozenset[Right]] = MappingProxyType(
    {
        "VIEWER": frozenset({Right.READ}),
        "AGENT": _DESK,
        "MANAGER": _DESK | {Right.APPROVE, Right.BULK, Right.DRAFT},
        "OPS": frozenset(
            {Right.READ, Right.CANCEL, Right.CASE, Right.CLAIM, Right.BULK, Right.REPLAY}
        ),
        "ADMIN": frozenset(Right),
    }
)
"""What a person of a role may do unless their account says otherwise."""


def whole(rights: Iterable[str]) -> frozenset[Right]:
    """Return rights with what they bring along: whoever publishes policies drafts them, too."""
    named = frozenset(Right(right) for right in rights)
    return named | {Right.DRAFT} if Right.POLICY in named else named
