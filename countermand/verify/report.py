"""Runs every check and sums them up on one page."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import asyncpg

from countermand.endpoints import Endpoints
from countermand.verify.decided import Decided, check_decided, read_decided
from countermand.verify.mismatch import Mismatch
from countermand.verify.peers import check_messages, check_money, check_stock
from countermand.verify.topics import check_commands, check_published
from countermand.verify.views import check_views


@dataclass(slots=True, kw_only=True)
class Books:
    """The figures of all books and every mismatch between them."""

    orders: int = 0
    commands: int = 0
    """Cancel commands received, by any door."""
    cancelled: int = 0
    """Commands that cancelled something."""
    refused: int = 0
    refused_by_code: dict[str, int] = field(default_factory=dict)
    refunds_decided: int = 0
    refund_minor_decided: int = 0
    refunds: int = 0
    """At the provider."""
    refund_minor: int = 0
    """At the provider."""
    restocks_decided: int = 0
    restock_units_decided: int = 0
    restocks: int = 0
    """Movements in the stock ledger."""
    restock_units: int = 0
    messages_decided: int = 0
    messages: int = 0
    """Mails accepted by the mail server."""
    uncertain: int = 0
    """Mails of unknown fate; reported, never sent again by themselves."""
    refunds_failed: int = 0
    """Refunds the provider refused; decided, recorded as failed, and not at the provider."""
    refund_minor_failed: int = 0
    messages_failed: int = 0
    """Mails certainly not accepted."""
    failed: int = 0
    """Legs of any kind that ended in failure, known and recorded."""
    dead_letters: int = 0
    doubled: int = 0
    """Mismatches of kind `doubled`: answered, done or published more than once."""
    lost: int = 0
    """Mismatches of kind `lost`: decided or received, and not there."""
    unchecked: list[str] = field(default_factory=list)
    """Books nobody told us how to read."""
    mismatches: list[Mismatch] = field(default_factory=list)

    @property
    def is_ok(self) -> bool:
        """True when all books agree."""
        return not self.mismatches

    def to_json(self) -> dict[str, Any]:
        """Return the report for scripts."""
        figures = asdict(self)
        figures["mismatches"] = [f"{m.kind}: {m.detail}" for m in self.mismatches]
        return {"ok": self.is_ok, **figures}


async def verify(endpoints: Endpoints, on_step: Callable[[str], None] = lambda _: None) -> Books:
    """Reconcile all books of a running system; call it when the system is quiet."""
    books = Books()
    connection = await asyncpg.connect(endpoints.postgres_dsn)
    try:
        on_step("the event store")
        decided = await read_decided(connection)
        books.mismatches += check_decided(decided)
        on_step("the command topic")
        books.commands, unanswered = await check_commands(
            connection, endpoints.kafka_bootstrap, decided
        )
        books.mismatches += unanswered
        on_step("the event topics")
        books.mismatches += await check_published(connection, endpoints.kafka_bootstrap)
        on_step("the stock ledger")
        books.restocks, books.restock_units, found = await check_stock(connection, decided)
        books.mismatches += found
        if endpoints.payments_url:
            on_step("the payment provider")
            money, found = await check_money(endpoints.payments_url, decided)
            books.refunds, books.refund_minor = money.count, money.amount_minor
            books.mismatches += found
        else:
            books.unchecked.append("the payment provider")
        if endpoints.mailbox_url:
            on_step("the mailbox")
            mails, books.uncertain, found = await check_messages(endpoints.mailbox_url, decided)
            books.messages = mails.total()
            books.mismatches += found
        else:
            books.unchecked.append("the mailbox")
        on_step("the read models")
        books.mismatches += await check_views(connection)
        for service in ("cancellation", "inventory", "refunds", "notifier"):
            books.dead_letters += await connection.fetchval(
                f"SELECT count(*) FROM {service}.dead_letters"
            )
    finally:
        await connection.close()
    _sum_up(books, decided)
    return books


def _sum_up(books: Books, decided: Decided) -> None:
    """Fill in what was decided and what the mismatches amount to."""
    books.orders = len(decided.orders)
    books.cancelled, books.refused = len(decided.cancellations), decided.refused_count
    books.refused_by_code = dict(sorted(decided.refused_by_code.items()))
    books.refunds_decided = len(decided.refunds)
    books.refund_minor_decided = sum(r.amount_minor for r in decided.refunds.values())
    books.restocks_decided = len(decided.units)
    books.restock_units_decided = sum(decided.units.values())
    books.messages_decided = len(decided.messages)
    outcomes = (decided.refund_outcomes, decided.restocked, decided.message_outcomes)
    books.failed = sum(o == "FAILED" for some in outcomes for o in some.values())
    failed = {id_ for id_, o in decided.refund_outcomes.items() if o != "SUCCEEDED"}
    books.refunds_failed = len(failed)
    books.refund_minor_failed = sum(decided.refunds[id_].amount_minor for id_ in failed)
    books.messages_failed = list(decided.message_outcomes.values()).count("FAILED")
    kinds = [mismatch.kind for mismatch in books.mismatches]
    books.doubled, books.lost = kinds.count("doubled"), kinds.count("lost")
