"""The books of the others: payment provider, mailbox."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import httpx2
import orjson

from countermand.verify.decided import Decided
from countermand.verify.mismatch import Mismatch
from countermand.verify.reading import ids_of
from kit.ids import child_id


async def read_lines(url: str) -> list[Any]:
    """Read a book that is served as one JSON value per line."""
    async with (
        httpx2.AsyncClient(trust_env=False, timeout=60) as client,
        client.stream("GET", url) as response,
    ):
        response.raise_for_status()
        return [orjson.loads(line) async for line in response.aiter_lines() if line.strip()]


def forbidden_ids(decided: Decided) -> dict[UUID, str]:
    """Return ids that may be found nowhere, and why: what is held, undone or to be kept quiet."""
    found = {
        of: f"cancellation {id_} is {decided.cancellations[id_].status}"
        for id_, fact in decided.held.items()
        for of in ids_of(fact)
    }
    quiet = "nobody was to be told of this cancellation of order"
    return found | {of: f"{quiet} {order_id}" for of, order_id in decided.silent.items()}


def foreign(what: str, ids: Iterable[Any], forbidden: Mapping[Any, str]) -> Iterator[Mismatch]:
    """Name what was never decided, or must not be."""
    for id_ in ids:
        why = f"must not be: {forbidden[id_]}" if id_ in forbidden else "was never decided"
        yield Mismatch("foreign", f"{what} {id_} {why}")


class Money:
    """What the payment provider's ledger says about refunds."""

    def __init__(self, entries: Sequence[Any]) -> None:
        newest = {
            entry["refund"]["id"]: entry["refund"]
            for entry in entries
            if entry["type"] in ("refund_created", "refund_changed")
        }
        self.refunds: dict[UUID, list[Any]] = {}
        """Those that succeeded and have not failed since."""
        for refund in newest.values():
            if refund["status"] == "succeeded":
                self.refunds.setdefault(UUID(refund["metadata"]["refund_id"]), []).append(refund)

    @property
    def amount_minor(self) -> int:
        """Everything ever given back, whatever the currency."""
        return self.by_currency.total()

    @property
    def by_currency(self) -> Counter[str]:
        """Everything ever given back."""
        found: Counter[str] = Counter()
        for refunds in self.refunds.values():
            for refund in refunds:
                found[refund["currency"].upper()] += refund["amount"]
        return found

    @property
    def count(self) -> int:
        """Refunds at the provider."""
        return sum(len(refunds) for refunds in self.refunds.values())


def check_money(money: Money, decided: Decided) -> list[Mismatch]:
    """Name every refund missing, doubled, of another amount or currency, or never decided."""
    again = {child_id(refund_id, "attempt-2") for refund_id in decided.refunds}
    strange = money.refunds.keys() - decided.refunds.keys() - again
    found = list(foreign("refund", strange, forbidden_ids(decided)))
    for refund_id, refund in decided.refunds.items():
        attempts = (refund_id, child_id(refund_id, "attempt-2"))
        made = [one for attempt in attempts for one in money.refunds.get(attempt, ())]
        outcome = decided.refund_outcomes.get(refund_id)
        about = f"refund {refund_id} of order {refund.order_id}"
        if outcome is None and refund_id not in decided.underway:
            found.append(Mismatch("lost", f"{about} has no outcome"))
        if made and not refund.is_at_provider:
            found.append(Mismatch("wrong", f"{about} is at the provider, and is not its business"))
        if len(made) > 1:
            found.append(Mismatch("doubled", f"{about} was made {len(made)} times"))
        if outcome == "SUCCEEDED" and not made and refund.is_at_provider:
            found.append(
                Mismatch("lost", f"{about} is called succeeded but is not at the provider")
            )
        if outcome == "FAILED" and made:
            found.append(Mismatch("wrong", f"{about} is called failed but is at the provider"))
        if made:
            there = made[0]["payment_intent"], made[0]["amount"], made[0]["currency"].upper()
            if there != (refund.payment_id, refund.amount_minor, refund.currency):
                decided_so = (refund.payment_id, refund.amount_minor, refund.currency)
                detail = f"{about}: decided {decided_so}, made {there}"
                found.append(Mismatch("wrong", detail))
    return found


def check_messages(mails: Counter[str], decided: Decided) -> list[Mismatch]:
    """Name every mail missing, doubled, never decided, or sent although nobody was to be told.

    Args:
        mails: how often each message id was accepted.
        decided: what was decided.
    """
    ids = {str(message_id) for message_id in decided.messages}
    forbidden = {str(id_): why for id_, why in forbidden_ids(decided).items()}
    found = list(foreign("mail", sorted(mails.keys() - ids), forbidden))
    for message_id, order_id in decided.messages.items():
        accepted = mails[str(message_id)]
        outcome = decided.message_outcomes.get(message_id)
        about = f"mail {message_id} about order {order_id}"
        if outcome is None:
            found.append(Mismatch("lost", f"{about} has no outcome"))
        if accepted > 1:
            found.append(Mismatch("doubled", f"{about} was accepted {accepted} times"))
        if outcome == "SUCCEEDED" and accepted != 1:
            found.append(Mismatch("lost", f"{about} is called accepted but is not in the mailbox"))
        if outcome == "FAILED" and accepted:
            found.append(Mismatch("wrong", f"{about} is called failed but is in the mailbox"))
    return found


def count_mails(entries: Sequence[Any]) -> Counter[str]:
    """Return how often each message id was accepted."""
    return Counter(str(entry["message_id"]).strip("<>").partition("@")[0] for entry in entries)
