"""Runs every check and sums them up on one page."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import asyncpg

from countermand.endpoints import Endpoints
from countermand.specs import LOGS
from countermand.verify import by_hand, with_us
from countermand.verify.audited import check_audited
from countermand.verify.decided import Decided, read_log
from countermand.verify.feedback import check_feedback
from countermand.verify.further import read_further
from countermand.verify.laws import check_decided
from countermand.verify.mismatch import Mismatch
from countermand.verify.peers import (
    Money,
    check_messages,
    check_money,
    count_mails,
    read_lines,
)
from countermand.verify.reading import read_decided
from countermand.verify.stock import check_stock, read_stock, until_heard
from countermand.verify.topics import check_commands, check_published
from countermand.verify.views import check_views
from countermand.verify.vouchers import check_vouchers
from countermand.verify.webhooks import check_webhooks
from kit.postgres import OwnConnection


@dataclass(slots=True)
class MoneyBook:
    """Money of one currency: what was decided, and where it is. In minor units."""

    decided: int = 0
    """To be refunded, at once or later."""
    made: int = 0
    """Given back, as the provider has it."""
    failed: int = 0
    """Decided, and certainly not given back."""
    uncertain: int = 0
    """Decided, and nobody knows."""
    owed: int = 0
    """Still to be settled by somebody."""
    credit_due: int = 0
    """Due as store credit, which nobody has given yet."""
    owed_by_hand: int = 0
    """Still to be given back by a person, because no provider can."""


@dataclass(slots=True, kw_only=True)
class Books:
    """The figures of all books and every mismatch between them."""

    orders: int = 0
    commands: int = 0
    """Commands received, by any door."""
    answered: int = 0
    """Commands with an answer."""
    answers: dict[str, int] = field(default_factory=dict)
    """Answers by the name of the fact that answers."""
    cancelled: int = 0
    """Commands that cancelled something, what was undone or reinstated included."""
    refused: int = 0
    refused_by_code: dict[str, int] = field(default_factory=dict)
    """By the first code of each refusal."""
    held: int = 0
    """Cancellations that are held."""
    undone: int = 0
    """Cancellations that were undone within their hold."""
    reinstated: int = 0
    """Cancellations that were taken back after it."""
    cases: int = 0
    """Cases there ever were: what needed a person."""
    cases_open: int = 0
    """Those that still do."""
    refunds_decided: int = 0
    refund_minor_decided: int = 0
    refunds: int = 0
    """At the provider."""
    refund_minor: int = 0
    """At the provider."""
    money: dict[str, MoneyBook] = field(default_factory=dict)
    """The same and more, by currency."""
    voids_due: int = 0
    """Authorised payments to release that nobody has released yet."""
    restocks_decided: int = 0
    restock_units_decided: int = 0
    restocks: int = 0
    """Lines put back on a shelf, as the stock ledger has them."""
    restock_units: int = 0
    stock_movements: int = 0
    """Movements of any kind in the stock ledger."""
    messages_decided: int = 0
    messages: int = 0
    """Mails accepted by the mail server."""
    silent: int = 0
    """Cancellations nobody was to be told of."""
    uncertain: int = 0
    """Mails of unknown fate; reported, never sent again by themselves."""
    webhooks: dict[str, int] = field(default_factory=dict)
    """Deliveries to the merchant's own systems, by outcome."""
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
        books.mismatches += await _check_logs(connection, decided)
        on_step("the command topic")
        books.commands, unanswered = await check_commands(
            connection, endpoints.kafka_bootstrap, decided
        )
        books.mismatches += unanswered
        on_step("the event topics")
        books.mismatches += await check_published(connection, endpoints.kafka_bootstrap)
        on_step("the stock ledger")
        await until_heard(connection, decided)
        stock, strange = await read_stock(connection, decided)
        books.restocks = len(stock.moved)
        books.restock_units = sum(movement.quantity for movement in stock.moved.values())
        books.stock_movements = stock.movement_count
        books.mismatches += [*strange, *check_stock(stock, decided)]
        money = Money([])
        if endpoints.payments_url:
            on_step("the payment provider")
            money = Money(await read_lines(f"{endpoints.payments_url}/_sim/ledger"))
            books.mismatches += check_money(money, decided)
        else:
            books.unchecked.append("the payment provider")
        if endpoints.mailbox_url:
            on_step("the mailbox")
            mails = count_mails(await read_lines(f"{endpoints.mailbox_url}/api/index"))
            books.messages = mails.total()
            books.mismatches += check_messages(mails, decided)
        else:
            books.unchecked.append("the mailbox")
        on_step("the webhooks")
        books.webhooks, strange = await check_webhooks(connection)
        books.mismatches += strange
        on_step("the read models")
        books.mismatches += await check_views(connection)
        on_step("the audit history")
        books.mismatches += await check_audited(endpoints.postgres_dsn)
        books.dead_letters = await _count_dead_letters(connection)
    finally:
        await connection.close()
    sum_up(books, decided, money)
    return books


async def _check_logs(connection: OwnConnection, decided: Decided) -> list[Mismatch]:
    """Add what the logs of refunds and notifier know, and compare all three."""
    vouchers = await read_further(connection, decided)
    async for page in read_log(connection, "refunds"):
        by_hand.read_page(decided, page)
        with_us.read_page(decided, page)
    return [
        *check_decided(decided),
        *await check_vouchers(connection, vouchers),
        *await check_feedback(connection),
    ]


async def _count_dead_letters(connection: OwnConnection) -> int:
    """Return how many there are that nobody has sent again."""
    counts = [
        await connection.fetchval(
            f"SELECT count(*) FROM {service}.dead_letters WHERE state <> 'REDRIVEN'"
        )
        for service in LOGS
    ]
    return sum(counts)


def sum_up(books: Books, decided: Decided, money: Money) -> None:
    """Fill in what was decided and what the mismatches amount to."""
    books.orders = len(decided.orders)
    books.answered, books.answers = len(decided.answers), dict(sorted(decided.answered_by.items()))
    books.cancelled = len(decided.cancellations)
    books.refused = decided.refused_by_code.total()
    books.refused_by_code = dict(sorted(decided.refused_by_code.items()))
    states = [cancelled.status for cancelled in decided.cancellations.values()]
    books.held, books.undone = states.count("HELD"), states.count("UNDONE")
    books.reinstated, books.cases = states.count("REINSTATED"), len(decided.cases.opened)
    books.cases_open = books.cases - len(decided.cases.closed)
    books.voids_due = sum(len(cancelled.voids) for cancelled in decided.cancellations.values())
    books.restocks_decided = len(decided.movements)
    books.restock_units_decided = sum(m.quantity for m in decided.movements.values())
    books.messages_decided, books.silent = len(decided.messages), len(decided.silent)
    outcomes = (decided.refund_outcomes, decided.restocked, decided.message_outcomes)
    books.failed = sum(o == "FAILED" for some in outcomes for o in some.values())
    words = list(decided.message_outcomes.values())
    books.messages_failed, books.uncertain = words.count("FAILED"), words.count("UNCERTAIN")
    _sum_up_money(books, decided, money)
    kinds = [mismatch.kind for mismatch in books.mismatches]
    books.doubled, books.lost = kinds.count("doubled"), kinds.count("lost")


def _sum_up_money(books: Books, decided: Decided, money: Money) -> None:
    books.refunds, books.refund_minor = money.count, money.amount_minor
    refunds = {id_: refund for id_, refund in decided.refunds.items() if refund.is_at_provider}
    books.refunds_decided = len(refunds)
    books.refund_minor_decided = sum(r.amount_minor for r in refunds.values())
    failed = {
        id_ for id_ in refunds if decided.refund_outcomes.get(id_, "SUCCEEDED") != "SUCCEEDED"
    }
    books.refunds_failed = len(failed)
    books.refund_minor_failed = sum(decided.refunds[id_].amount_minor for id_ in failed)
    by_currency: defaultdict[str, MoneyBook] = defaultdict(MoneyBook)
    for id_, refund in refunds.items():
        book = by_currency[refund.currency]
        book.decided += refund.amount_minor
        outcome = decided.refund_outcomes.get(id_)
        book.failed += refund.amount_minor if outcome == "FAILED" else 0
        book.uncertain += refund.amount_minor if outcome == "UNCERTAIN" else 0
    for cancelled in decided.cancellations.values():
        book = by_currency[decided.orders[cancelled.order_id].currency]
        if cancelled.status != "UNDONE":
            book.owed += cancelled.balance_minor
            book.credit_due += cancelled.credit_minor
    for id_, owed in decided.by_hand.items():
        by_currency[decided.refunds[id_].currency].owed_by_hand += owed.left_minor
    for currency, amount_minor in money.by_currency.items():
        by_currency[currency].made = amount_minor
    books.money = dict(sorted(by_currency.items()))
