"""Where the money of a cancellation is, as its customer may be told: as the provider said."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple, get_args

from contracts.values import Tender

Json = dict[str, Any]

Tone = Literal["good", "busy", "bad", "calm"]

HIDDEN = frozenset({"NOT_DUE", "REPLACED", "HELD"})
"""States of money there is nothing to say about."""

TONES: Mapping[str, Tone] = {
    "SUCCEEDED": "good", "VOIDED": "good", "CREDITED": "good", "FAILED": "bad",
}  # fmt: skip
"""How a row looks; whatever else it says is under way."""

VOID_STATES = {"PENDING": "PENDING", "SUCCEEDED": "VOIDED", "VOID_FAILED": "FAILED"}
REFUND_STATES = frozenset({"PENDING", "RETRYING", "SUCCEEDED", "FAILED", "UNCERTAIN", "OWED"})
_TENDERS = frozenset(get_args(Tender))


class Money(NamedTuple):
    """One way some money takes."""

    kind: str
    """`refund`, `void`, `credit`, `balance`, `awaited` or `fee`."""
    state: str
    tender: str
    amount_minor: int | None
    arrival_from: date | None = None
    arrival_until: date | None = None
    reference: str | None = None
    """What the customer's bank can find it by."""
    credit_note: str | None = None

    @property
    def tone(self) -> Tone:
        """Return how it looks."""
        return TONES.get(self.state, "busy" if self.kind != "fee" else "calm")


def money_of(one: Json, payments: Sequence[Json], news: Mapping[str, Json]) -> Iterator[Money]:
    """Return every way the money of a cancellation takes.

    Args:
        one: the cancellation, as the API tells it.
        payments: those of its order.
        news: the last word about each refund.
    """
    tenders = {paid["payment_id"]: paid["tender"] for paid in payments}
    for due in one["refunds"]:
        if due["state"] not in HIDDEN:
            tender = tenders.get(due["payment_id"], "OTHER")
            yield _refund(due, tender, news.get(due["refund_id"], {}))
    for void in one["voids"]:
        # A release that failed because the money was taken meanwhile: the refund says it.
        if void["state"] not in {*HIDDEN, "FAILED"}:
            state = VOID_STATES.get(void["state"], "UNCERTAIN")
            yield Money("void", state, tenders.get(void["payment_id"], "OTHER"), None)
    for payment_id in one["awaited"]:
        yield Money("awaited", "PENDING", tenders.get(payment_id, "OTHER"), None)
    if one["credit_minor"]:
        state = "CREDITED" if one["is_completed"] else "PENDING"
        yield Money("credit", state, "STORE_CREDIT", one["credit_minor"])
    if one["balance_minor"]:
        yield Money("balance", "PENDING", "OTHER", one["balance_minor"])
    if one["fee_minor"]:
        yield Money("fee", "KEPT", "OTHER", one["fee_minor"])


def _refund(due: Json, tender: str, said: Json) -> Money:
    # A word that was added since is no word for a customer.
    state = due["state"] if due["state"] in REFUND_STATES else "UNCERTAIN"
    tender = said.get("tender") or tender
    if state == "PENDING" and said:
        state = "NEEDS_YOU" if said.get("status") == "requires_action" else "STARTED"
    is_told = state in ("STARTED", "SUCCEEDED")
    return Money(
        "refund", state, tender if tender in _TENDERS else "OTHER", due["amount_minor"],
        _day(said.get("arrival_from")) if is_told else None,
        _day(said.get("arrival_until")) if is_told else None,
        said.get("acquirer_reference") if is_told else None,
        said.get("credit_note_number") if is_told else None,
    )  # fmt: skip


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
