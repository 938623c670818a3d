"""Writes the fact of a cancellation once nothing stands against it."""

from datetime import timedelta
from uuid import UUID

from contracts.cancellation import (
    Basis,
    CancellationDetails,
    MoneyTerms,
    Recipient,
    RefundDue,
    RestockLine,
    StoreCreditDue,
    VoidDue,
)
from contracts.orders import LineQuantity
from kit.ids import event_id
from services.cancellation.domain import events
from services.cancellation.domain.allocation import allocate, refund_on, releasable, release
from services.cancellation.domain.draft import Case, Draft
from services.cancellation.domain.money import books_of
from services.cancellation.domain.rules import says_more
from services.cancellation.domain.unit_rules import propose_return


def write(
    case: Case, planned: Draft, basis: Basis, *, request_id: UUID | None
) -> events.OrderCancelled:
    """Write the fact."""
    wish, placed, context = case.wish, case.placed, case.context
    due = _due(case, planned)
    is_credit = wish.refund_to == "STORE_CREDIT"
    refunds = () if is_credit else due
    restock, restock_lines = _restock(case)
    hold_s = case.book.policy.hold_s
    return events.OrderCancelled(
        order_id=wish.order_id,
        cancellation_id=event_id(context.stream_id, context.version + 1),
        command_id=context.message_id,
        reason=wish.reason,
        requested_by=wish.actor.id if wish.actor else wish.requested_by,
        staff_note=wish.staff_note,
        currency=placed.currency,
        lines=planned.lines,
        refunds=refunds,
        refund_minor=sum([refund.amount_minor for refund in refunds]),
        restock=restock,
        recipient=recipient_of(case),
        nothing_left=planned.nothing_left,
        restock_lines=restock_lines,
        money=_terms(case, planned, due if is_credit else ()),
        details=_details(case, request_id),
        actor=wish.actor,
        basis=basis,
        held_until=context.now + timedelta(seconds=hold_s) if hold_s else None,
        held_since=context.now if hold_s else None,
        asked=wish if request_id is None and says_more(wish) else None,
    )


def _due(case: Case, planned: Draft) -> tuple[RefundDue, ...]:
    if not planned.now_minor:
        return ()
    if case.wish.refund_tenders is not None:
        return tuple(
            refund_on(case.order, case.book, tender.payment_id, tender.amount_minor)
            for tender in case.wish.refund_tenders
            if tender.amount_minor
        )
    return allocate(case.order, case.book, planned.now_minor)


def _terms(case: Case, planned: Draft, credited: tuple[RefundDue, ...]) -> MoneyTerms | None:
    """Return what else was decided about money; None when the refunds say it all."""
    order, wish = case.order, case.wish
    seldom = order.seldom
    voids, awaited = tuple[VoidDue, ...](), tuple[str, ...]()
    if wish.refund != "NONE" and (order.authorized or seldom.in_flight):
        if held := releasable(order):
            needed_minor = books_of(order).still_needed(
                planned.owed_minor, planned.now_minor, planned.balance_minor
            )
            voids = release(order, case.book, held, needed_minor)
        if seldom.in_flight and planned.now_minor < planned.owed_minor - planned.balance_minor:
            awaited = tuple(seldom.in_flight)
    if not (
        planned.shipping_minor or planned.fee or planned.kept_minor or planned.balance_minor
        or voids or awaited or credited
    ):  # fmt: skip
        return None
    credit = None
    if credited:
        assert case.placed.customer is not None  # noqa: S101 - a rule has seen to it
        credit = StoreCreditDue(
            amount_minor=sum(part.amount_minor for part in credited),
            customer_id=case.placed.customer.customer_id,
            expires_at=wish.store_credit_expires_at,
            payments=credited,
        )
    return MoneyTerms(
        shipping_minor=planned.shipping_minor,
        fee=planned.fee,
        kept_minor=planned.kept_minor,
        balance_minor=planned.balance_minor,
        voids=voids,
        awaited=awaited,
        store_credit=credit,
    )


def _restock(case: Case) -> tuple[bool, tuple[RestockLine, ...] | None]:
    """Return whether units go back, and exactly which when that does not say it all."""
    wish, asked = case.wish, case.asked
    named = wish.restock_lines
    if named is not None:
        back = tuple(
            RestockLine(
                line_id=units.line_id,
                sku=asked.lines[units.line_id].sku,
                quantity=units.quantity,
                ordered_quantity=asked.lines[units.line_id].quantity,
                location=units.location or asked.lines[units.line_id].location,
            )
            for units in named
            if units.condition == "SELLABLE"
        )
        return bool(back), back or None
    is_wanted = wish.restock
    if is_wanted is None:
        is_wanted = case.book.wants_restock(wish.reason, wish.sub_reason)
    if not is_wanted:
        return False, None
    lines = [line for line in case.placed.lines if line.tags or line.location]
    if not lines:
        return True, None
    lines = [line for line in case.placed.lines if line.line_id in asked.wanted]
    back = tuple(
        RestockLine(
            line_id=line.line_id,
            sku=line.sku,
            quantity=asked.wanted[line.line_id],
            ordered_quantity=line.quantity,
            location=line.location,
        )
        for line in lines
        if case.book.may_go_back(line)
    )
    return bool(back), back or None


def recipient_of(case: Case) -> Recipient | None:
    """Return who is told; None when nobody may or can be."""
    customer, notify = case.placed.customer, case.wish.notify
    if notify is None:
        notify = case.book.policy.notify
    if not notify or customer is None or customer.email is None:
        return None
    return Recipient(email=customer.email, locale=customer.locale)


def _details(case: Case, request_id: UUID | None) -> CancellationDetails | None:
    """Return what else belongs to a cancellation; None when nothing does."""
    wish, order = case.wish, case.order
    claimed = tuple[LineQuantity, ...]()
    proposal = None
    if case.asked.is_whole:
        if order.fulfilled:
            proposal = propose_return(case.asked, order.fulfilled)
        if order.seldom.claims:
            claimed = tuple(
                LineQuantity(line_id=line_id, quantity=units)
                for line_id in case.asked.lines
                if (units := order.claimed_units(line_id))
            )
    if not (
        wish.sub_reason or wish.customer_message or request_id or wish.is_statutory_withdrawal
        or claimed or proposal
    ):  # fmt: skip
        return None
    return CancellationDetails(
        sub_reason=wish.sub_reason,
        reason_label=_label(case) if wish.sub_reason else None,
        customer_message=wish.customer_message,
        request_id=request_id,
        is_statutory_withdrawal=wish.is_statutory_withdrawal,
        claimed_lines=claimed,
        return_proposal=proposal,
    )


def _label(case: Case) -> str | None:
    terms = case.book.find_reason(case.wish.sub_reason or "")
    if terms is None:
        return None
    customer = case.placed.customer
    return terms.labels.fr if customer and customer.locale == "fr" else terms.labels.en
