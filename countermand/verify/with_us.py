"""What is given back as something to be spent with the shop, and gift cards that are worthless now.

No provider has a book of these: what was decided is held against the refunds service's own log.
"""

from collections.abc import Iterable, Iterator
from uuid import UUID

import orjson

from countermand.verify.decided import Decided, Json
from countermand.verify.mismatch import Mismatch
from kit.event_store import LogEntry

ENTERED = {"GIFT_CARD": "gift-card.refilled.v1", "STORE_CREDIT": "store-credit.restored.v1"}
"""By tender: the fact that says it is given back."""


def count_cards(decided: Decided, fact: Json) -> None:
    """Note the gift cards bought with units a fact lets go."""
    for line in fact["lines"]:
        for card in line.get("gift_card_ids") or ():
            decided.with_us.cards[card] = fact["order_id"]


def card_reported(decided: Decided, fact: Json) -> None:
    """Note a gift card of which the refunds service said that it is disabled."""
    decided.with_us.reported.add(fact["message"]["gift_card_id"])


def read_page(decided: Decided, page: Iterable[LogEntry]) -> None:
    """Add one page of the refunds service's log."""
    book = decided.with_us
    for entry in page:
        if entry.name in ENTERED.values():
            fact = orjson.loads(entry.body)["fact"]
            there = (entry.name, fact["payment_id"], fact["amount_minor"], fact["currency"])
            book.entered.setdefault(UUID(fact["refund_id"]), []).append(there)
        elif entry.name == "gift-card.disabled.v1":
            book.disabled[orjson.loads(entry.body)["fact"]["gift_card_id"]] += 1


def check_with_us(decided: Decided) -> Iterator[Mismatch]:
    """Name every entry that is missing, doubled, of another amount, or was never decided."""
    book = decided.with_us
    refunds = {id_: one for id_, one in decided.refunds.items() if one.tender}
    for id_ in book.entered.keys() - refunds.keys():
        yield Mismatch("foreign", f"refund {id_} was entered with us and was never decided")
    for id_, refund in refunds.items():
        about = f"refund {id_} of order {refund.order_id} to {refund.tender}"
        wanted = (ENTERED[refund.tender or ""], *refund[1:4])
        there, outcome = book.entered.get(id_, []), decided.refund_outcomes.get(id_)
        if len(there) > 1:
            yield Mismatch("doubled", f"{about} was entered {len(there)} times")
        if there and there[0] != wanted:
            yield Mismatch("wrong", f"{about}: decided {wanted}, entered {there[0]}")
        if outcome == "SUCCEEDED" and not there:
            yield Mismatch("lost", f"{about} is called succeeded and was never entered")
        if outcome == "FAILED" and there:
            yield Mismatch("wrong", f"{about} is called failed and was entered")
    yield from _cards(decided)


def _cards(decided: Decided) -> Iterator[Mismatch]:
    book = decided.with_us
    for card in book.disabled.keys() - book.cards.keys():
        yield Mismatch("foreign", f"gift card {card} is disabled, and nobody decided so")
    for card, order_id in book.cards.items():
        about = f"gift card {card} of order {order_id}"
        if not book.disabled[card]:
            yield Mismatch("lost", f"{about} was bought with cancelled units and is still worth it")
        elif book.disabled[card] > 1:
            yield Mismatch("doubled", f"{about} was disabled {book.disabled[card]} times")
        elif card not in book.reported:
            yield Mismatch("lost", f"{about} is disabled, and its order does not know")
