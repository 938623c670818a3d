"""The books of the vouchers: what was wanted, what was drawn from which budget, what mails say."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

import orjson

from countermand.verify.decided import Json
from countermand.verify.mismatch import Kind, Mismatch
from kit.event_store import LogEntry
from kit.postgres import OwnConnection


class Drawn(NamedTuple):
    """One voucher, as the purse has it."""

    budget: str
    """With its currency."""
    amount_minor: int


@dataclass(slots=True)
class VoucherBook:
    """What the notifier's log says about vouchers."""

    wanted: dict[UUID, Json] = field(default_factory=dict)
    ends: dict[UUID, list[tuple[str, Json]]] = field(default_factory=dict)
    mails: dict[str, Json] = field(default_factory=dict)
    """Mails about cancellations by message id; one that is sent again is not among them."""

    def read_page(self, page: Iterable[LogEntry]) -> None:
        """Add one page of the log."""
        for entry in page:
            if entry.name not in _NAMES:
                continue
            fact = orjson.loads(entry.body)["fact"]
            if entry.name == "notification.requested.v1":
                if fact["template"] == "order_cancelled" and not fact.get("resend_of"):
                    self.mails[fact["message_id"]] = fact
            elif entry.name == "voucher.wanted.v1":
                self.wanted[UUID(fact["voucher_id"])] = fact
            else:
                self.ends.setdefault(UUID(fact["voucher_id"]), []).append((entry.name, fact))


_NAMES = frozenset(
    {
        "notification.requested.v1", "voucher.wanted.v1", "voucher.issued.v1",
        "voucher.refused.v1",
    }
)  # fmt: skip


async def check_vouchers(connection: OwnConnection, book: VoucherBook) -> list[Mismatch]:
    """Compare the log with the purse."""
    vouchers = await connection.fetch(
        "SELECT voucher_id, budget, amount_minor FROM notifier.vouchers"
    )
    budgets = await connection.fetch("SELECT budget, drawn_minor FROM notifier.voucher_budgets")
    rows = {row[0]: Drawn(row[1], row[2]) for row in vouchers}
    return list(compare(book, rows, {row[0]: row[1] for row in budgets}))


def compare(
    book: VoucherBook, rows: Mapping[UUID, Drawn], budgets: Mapping[str, int]
) -> Iterator[Mismatch]:
    """Name every voucher that is lost, doubled or never wanted, and every overdrawn budget.

    Args:
        book: what was decided.
        rows: vouchers in the purse.
        budgets: what was drawn from each, as the purse has it.
    """
    for id_ in (rows.keys() | book.ends.keys()) - book.wanted.keys():
        yield Mismatch("foreign", f"voucher {id_} was never wanted")
    for id_, wanted in book.wanted.items():
        yield from _voucher(book, id_, wanted, rows.get(id_))
    issued = [fact for ends in book.ends.values() for name, fact in ends if _is_issued(name)]
    for code, count in Counter(fact["code"] for fact in issued).items():
        if count > 1:
            yield Mismatch("doubled", f"{count} vouchers have one code, which ends in {code[-4:]}")
    yield from _budgets(book, rows, budgets)


def _is_issued(name: str) -> bool:
    return name == "voucher.issued.v1"


def _voucher(book: VoucherBook, id_: UUID, wanted: Json, there: Drawn | None) -> Iterator[Mismatch]:
    about = f"voucher {id_} of order {wanted['order_id']}"
    ends = book.ends.get(id_, [])
    if not ends:
        yield Mismatch("lost", f"{about} was wanted, and was neither drawn nor refused")
        return
    if len(ends) > 1:
        yield Mismatch("doubled", f"{about} has {len(ends)} outcomes")
    name, end = ends[0]
    should = Drawn(f"{wanted['budget']}/{wanted['currency']}", wanted["amount_minor"])
    if _is_issued(name) and there != should:
        kind: Kind = "wrong" if there else "lost"
        yield Mismatch(kind, f"{about} is {should} by its facts, {there} in the purse")
    if not _is_issued(name) and there:
        yield Mismatch("wrong", f"{about} was refused, and is in the purse")
    mail = book.mails.get(wanted["mail"]["message_id"])
    if mail is None:
        yield Mismatch("lost", f"{about}: the mail that waited for it was never asked for")
    elif mail.get("voucher_code") != end.get("code"):
        yield Mismatch("wrong", f"{about}: its mail names another code")


def _budgets(
    book: VoucherBook, rows: Mapping[UUID, Drawn], budgets: Mapping[str, int]
) -> Iterator[Mismatch]:
    drawn: Counter[str] = Counter()
    for row in rows.values():
        drawn[row.budget] += row.amount_minor
    most: Counter[str] = Counter()
    for fact in book.wanted.values():
        budget = f"{fact['budget']}/{fact['currency']}"
        most[budget] = max(most[budget], fact["budget_minor"])
    for budget in budgets.keys() | drawn.keys():
        if drawn[budget] != budgets.get(budget, 0):
            sums = f"{drawn[budget]} in vouchers, {budgets.get(budget, 0)} called drawn"
            yield Mismatch("wrong", f"budget {budget}: {sums}")
        if drawn[budget] > most[budget]:
            yield Mismatch("wrong", f"budget {budget}: {drawn[budget]} drawn of {most[budget]}")
