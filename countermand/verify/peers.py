"""The books of the others: payment provider, stock ledger, mailbox."""

from collections import Counter
from typing import Any
from uuid import UUID

import httpx2
import orjson

from countermand.verify.decided import Decided
from countermand.verify.mismatch import Mismatch
from kit.postgres import OwnConnection


async def _read_lines(url: str) -> list[Any]:
    async with (
        httpx2.AsyncClient(trust_env=False, timeout=60) as client,
        client.stream("GET", url) as response,
    ):
        response.raise_for_status()
        return [orjson.loads(line) async for line in response.aiter_lines() if line.strip()]


class Money:
    """What the payment provider's ledger says about refunds."""

    def __init__(self, entries: list[Any]) -> None:
        self.refunds: dict[UUID, list[Any]] = {}
        for entry in entries:
            if entry["type"] == "refund_created" and entry["refund"]["status"] == "succeeded":
                refund = entry["refund"]
                self.refunds.setdefault(UUID(refund["metadata"]["refund_id"]), []).append(refund)

    @property
    def amount_minor(self) -> int:
        """Everything ever given back."""
        return sum(r["amount"] for refunds in self.refunds.values() for r in refunds)

    @property
    def count(self) -> int:
        """Refunds at the provider."""
        return sum(len(refunds) for refunds in self.refunds.values())


async def check_money(payments_url: str, decided: Decided) -> tuple[Money, list[Mismatch]]:
    """Name every refund missing, doubled, of another amount, or never decided."""
    money = Money(await _read_lines(f"{payments_url}/_sim/ledger"))
    found = [
        Mismatch("foreign", f"refund {id_} was never decided")
        for id_ in money.refunds.keys() - decided.refunds
    ]
    for refund_id, refund in decided.refunds.items():
        made = money.refunds.get(refund_id, [])
        outcome = decided.refund_outcomes.get(refund_id)
        about = f"refund {refund_id} of order {refund.order_id}"
        if outcome is None:
            found.append(Mismatch("lost", f"{about} has no outcome"))
        if len(made) > 1:
            found.append(Mismatch("doubled", f"{about} was made {len(made)} times"))
        if outcome == "SUCCEEDED" and not made:
            found.append(
                Mismatch("lost", f"{about} is called succeeded but is not at the provider")
            )
        if outcome == "FAILED" and made:
            found.append(Mismatch("wrong", f"{about} is called failed but is at the provider"))
        if made and (made[0]["amount"], made[0]["payment_intent"]) != (
            refund.amount_minor,
            refund.payment_id,
        ):
            found.append(Mismatch("wrong", f"{about}: decided {refund}, made {made[0]['amount']}"))
    return money, found


async def check_stock(
    connection: OwnConnection, decided: Decided
) -> tuple[int, int, list[Mismatch]]:
    """Return movements, units and every mismatch of the stock ledger."""
    moved = {
        row[0]: row[1]
        for row in await connection.fetch(
            "SELECT movement_id, quantity FROM inventory.stock_movements"
        )
    }
    found = [
        Mismatch("foreign", f"movement {id_} was never decided")
        for id_ in moved.keys() - decided.units.keys()
    ]
    found += [
        Mismatch(
            "wrong" if id_ in moved else "lost",
            f"movement {id_}: {units} units decided, {moved.get(id_)} moved",
        )
        for id_, units in decided.units.items()
        if moved.get(id_) != units
    ]
    found += [
        Mismatch("lost", f"cancellation {cancellation}: restock has no outcome")
        for cancellation in decided.restocking - decided.restocked.keys()
    ]
    return len(moved), sum(moved.values()), found


async def check_messages(
    mailbox_url: str, decided: Decided
) -> tuple[Counter[str], int, list[Mismatch]]:
    """Return mails per message id, how many outcomes are uncertain, and every mismatch."""
    mails = Counter(
        str(entry["message_id"]).strip("<>").partition("@")[0]
        for entry in await _read_lines(f"{mailbox_url}/api/index")
    )
    ids = {str(message_id) for message_id in decided.messages}
    found = [Mismatch("foreign", f"mail {id_} was never decided") for id_ in mails.keys() - ids]
    uncertain = 0
    for message_id, order_id in decided.messages.items():
        accepted = mails[str(message_id)]
        outcome = decided.message_outcomes.get(message_id)
        about = f"mail {message_id} about order {order_id}"
        uncertain += outcome == "UNCERTAIN"
        if outcome is None:
            found.append(Mismatch("lost", f"{about} has no outcome"))
        if accepted > 1:
            found.append(Mismatch("doubled", f"{about} was accepted {accepted} times"))
        if outcome == "SUCCEEDED" and accepted != 1:
            found.append(Mismatch("lost", f"{about} is called accepted but is not in the mailbox"))
        if outcome == "FAILED" and accepted:
            found.append(Mismatch("wrong", f"{about} is called failed but is in the mailbox"))
    return mails, uncertain, found
