"""The money of a decision as a sum a person can check: added, taken, and what remains."""

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from contracts.cancellation import CancelledLine, MoneyTerms, RefundDue, StoreCreditDue
from services.cancellation.domain import events
from services.cancellation.domain.legs import NO_TERMS
from services.cancellation.explaining.words import Speaker


class Row(BaseModel):
    """One row of a sum."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    code: str
    """Which kind, for example `LINE`, `FEE_PERCENT`, `NOW`."""
    words: str
    """The same for people."""
    amount_minor: int
    """What it adds, or takes when below 0; of a result, what the rows before it come to."""
    is_result: bool = False
    """True for a result; it adds nothing."""


def sum_of(fact: events.Cancellation | events.RefundRequested, say: Speaker) -> list[Row]:
    """Return the sum behind a decision about money."""
    if isinstance(fact, events.RefundRequested):
        return list(_afterwards(fact, say))
    return list(_cancellation(fact, say))


def _cancellation(fact: events.Cancellation, say: Speaker) -> Iterator[Row]:
    terms = fact.money or NO_TERMS
    now_minor = fact.refund_minor + _credited(terms.store_credit)
    rows = [row for line in fact.lines for row in _line(line, fact.currency, say)]
    rows += _beside(terms, fact.currency, say)
    owed_minor = sum(row.amount_minor for row in rows)
    yield from rows
    yield _result("OWED", owed_minor, say)
    if terms.balance_minor:
        yield _row("BALANCE", -terms.balance_minor, say)
    if not_paid := owed_minor - terms.balance_minor - now_minor:
        yield _row("NOT_PAID", -not_paid, say)
    yield _result("NOW", now_minor, say)


def _line(line: CancelledLine, currency: str, say: Speaker) -> Iterator[Row]:
    worth = line.worth
    price_minor = worth.price_minor if worth else line.amount_minor
    about: dict[str, Any] = {
        "count": line.quantity,
        "title": line.title.strip() or line.sku,
        "each": say.money(price_minor // line.quantity, currency),
    }
    if worth is None:
        yield _row("LINE", price_minor, say, **about)
        return
    untaxed_minor = price_minor - worth.discount_minor + worth.duties_minor
    if worth.tax_minor and untaxed_minor == line.amount_minor:
        tax = say.money(worth.tax_minor, currency)
        yield _row("LINE", price_minor, say, key="LINE_TAXED", tax=tax, **about)
    else:
        yield _row("LINE", price_minor, say, **about)
        if worth.tax_minor:
            yield _row("TAX", worth.tax_minor, say, line=line.line_id)
    if worth.discount_minor:
        yield _row("DISCOUNT", -worth.discount_minor, say, line=line.line_id)
    if worth.duties_minor:
        yield _row("DUTIES", worth.duties_minor, say, line=line.line_id)


def _beside(terms: MoneyTerms, currency: str, say: Speaker) -> Iterator[Row]:
    if terms.shipping_minor:
        yield _row("SHIPPING", terms.shipping_minor, say)
    if fee := terms.fee:
        if fee.percent_minor:
            percent = f"{fee.percent_bps / 100:g}"
            base = say.money(fee.base_minor, currency)
            yield _row("FEE_PERCENT", -fee.percent_minor, say, percent=percent, base=base)
        if fee.flat_minor:
            yield _row("FEE_FLAT", -fee.flat_minor, say)
    if terms.kept_minor:
        yield _row("KEPT", -terms.kept_minor, say)


def _afterwards(fact: events.RefundRequested, say: Speaker) -> Iterator[Row]:
    now_minor = fact.refund_minor + _credited(fact.store_credit)
    if fact.cause == "LATE_PAYMENT":
        yield _row("LATE", now_minor, say)
    else:
        yield _row("DUE_BEFORE", now_minor + fact.kept_minor + fact.balance_minor, say)
        if fact.kept_minor:
            yield _row("KEPT", -fact.kept_minor, say)
        if fact.balance_minor:
            yield _row("BALANCE", -fact.balance_minor, say)
    yield _result("NOW", now_minor, say)


def ways_of(fact: events.Cancellation | events.RefundRequested, say: Speaker) -> Iterator[str]:
    """Say on which way the money goes, payment by payment."""
    currency = fact.currency
    terms = NO_TERMS if isinstance(fact, events.RefundRequested) else fact.money or NO_TERMS
    credit = fact.store_credit if isinstance(fact, events.RefundRequested) else terms.store_credit
    for refund in fact.refunds:
        is_by_hand = refund.method is not None and refund.method.is_offline
        yield say(
            "on.by_hand" if is_by_hand else "on.refund",
            payment=refund.payment_id,
            tender=say.word("tender", refund.tender),
            amount=say.money(refund.amount_minor, currency),
            captured=say.money(refund.captured_minor, currency),
        )
    if credit:
        amount = say.money(credit.amount_minor, currency)
        payments = _names(credit.payments)
        yield say("on.credit", customer=credit.customer_id, amount=amount, payments=payments)
    for void in terms.voids:
        amount = say.money(void.amount_minor, currency)
        yield say("on.void", amount=amount, payment=void.payment_id)
    for payment_id in terms.awaited:
        yield say("on.awaited", payment=payment_id)


def _names(parts: Sequence[RefundDue]) -> str:
    return ", ".join(part.payment_id for part in parts)


def _credited(credit: StoreCreditDue | None) -> int:
    return credit.amount_minor if credit else 0


def _row(code: str, amount_minor: int, say: Speaker, *, key: str = "", **about: object) -> Row:
    return Row(code=code, words=say(f"sum.{key or code}", **about), amount_minor=amount_minor)


def _result(code: str, amount_minor: int, say: Speaker) -> Row:
    return Row(code=code, words=say(f"sum.{code}"), amount_minor=amount_minor, is_result=True)
