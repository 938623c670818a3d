"""Money given back by hand: what was recorded, beside what the refunds service has in its books."""

from collections.abc import Iterable, Iterator
from uuid import UUID

import orjson

from countermand.verify.decided import ByHand, Decided, Json
from countermand.verify.mismatch import Mismatch
from kit.event_store import LogEntry


def owed(decided: Decided, fact: Json) -> None:
    """Note that a person has to give something back."""
    message = fact["message"]
    if fact["state"] == "OWED":
        refund_id = UUID(message["refund_id"])
        decided.by_hand[refund_id] = ByHand(message["order_id"], message["amount_minor"])


def recorded(decided: Decided, fact: Json) -> None:
    """Note what a person has given back; what is left must be what was owed less that."""
    refund = decided.by_hand[UUID(fact["refund_id"])]
    left_minor = refund.left_minor - fact["amount_minor"]
    if left_minor < 0 or left_minor != fact["left_minor"]:
        sums = f"{refund.left_minor} owed, {fact['amount_minor']} paid, {fact['left_minor']} left"
        detail = f"order {fact['order_id']}, refund {fact['refund_id']} by hand: {sums}"
        decided.wrong.append(Mismatch("wrong", detail))
    refund.left_minor = fact["left_minor"]


def read_page(decided: Decided, page: Iterable[LogEntry]) -> None:
    """Add one page of the refunds service's log."""
    for entry in page:
        if not entry.name.startswith("manual-refund."):
            continue
        fact = orjson.loads(entry.body)["fact"]
        is_paid = entry.name == "manual-refund.paid.v1"
        left_minor = 0 if is_paid else fact.get("left_minor", fact["amount_minor"])
        decided.in_books[UUID(fact["refund_id"])] = left_minor


def check_by_hand(decided: Decided) -> Iterator[Mismatch]:
    """Name what one side calls paid and the other does not."""
    for refund_id in decided.in_books.keys() - decided.by_hand.keys():
        yield Mismatch("lost", f"refund {refund_id} is owed by hand, and nobody was told")
    for refund_id, refund in decided.by_hand.items():
        about = f"refund {refund_id} of order {refund.order_id} by hand"
        in_books = decided.in_books.get(refund_id)
        if in_books != refund.left_minor:
            detail = f"{about}: {refund.left_minor} left by what was recorded, {in_books} in books"
            yield Mismatch("wrong", detail)
        is_paid = decided.refund_outcomes.get(refund_id) == "SUCCEEDED"
        if is_paid and refund.left_minor:
            yield Mismatch("wrong", f"{about} is called paid, and {refund.left_minor} are left")
        if not is_paid and not refund.left_minor:
            yield Mismatch("lost", f"{about} was paid, and its refund does not know")
