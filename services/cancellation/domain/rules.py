"""Rules about who cancels, why, and with which choices.

One rule, one function; each returns what it refuses, nothing when it holds. Rules about units stand
in `unit_rules`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from contracts.cancellation import CancelOrder, Exclusion, RestockUnits
from contracts.orders import OrderLine
from services.cancellation.domain.draft import Case, Draft, asked_minor, tenders_minor
from services.cancellation.domain.policy import Rulebook
from services.cancellation.domain.refusals import refuse
from services.cancellation.domain.unit_rules import NONE, Refusals
from services.cancellation.domain.units import units_of


def chooses_money(wish: CancelOrder) -> bool:
    """Tell whether a command wants other than all of the money back, at once, the way it came."""
    return not (
        wish.refund == "NOW"
        and wish.refund_amount_minor is None
        and wish.refund_lines is None
        and wish.refund_tenders is None
        and wish.refund_to == "ORIGINAL"
        and wish.store_credit_expires_at is None
        and wish.shipping == "WITH_LAST"
    )


def says_more(wish: CancelOrder) -> bool:
    """Tell whether a command is about more than cancelling all that is left, all legs at once."""
    return (
        wish.lines is not None
        or wish.restock is not True
        or wish.notify is not True
        or wish.restock_lines is not None
        or wish.expected_version is not None
        or chooses_money(wish)
    )


def has_choices(case: Case) -> bool:
    """Tell whether a rule about choices could refuse: a plain command to a plain policy passes all.

    Nearly every command is plain, and these rules would be a fifth of its price.
    """
    wish = case.wish
    return (
        wish.sub_reason is not None
        or wish.expected_version is not None
        or wish.restock_lines is not None
        or bool(case.book.policy.exclusions)
        or chooses_money(wish)
    )


def version_stale(case: Case) -> Refusals:
    """The order is what the sender saw."""
    expected, version = case.wish.expected_version, case.context.version
    if expected in (None, version):
        return NONE
    detail = f"read at version {expected}, now at {version}"
    return [refuse("VERSION_STALE", detail, expected=expected or 0, version=version)]


def reason_unknown(case: Case) -> Refusals:
    """The merchant's own reason is one of the policy's, below the standard one."""
    code = case.wish.sub_reason
    if code is None:
        return NONE
    terms = case.book.find_reason(code)
    if terms is None:
        return [refuse("REASON_UNKNOWN", f"no reason {code}", sub_reason=code)]
    if terms.reason != case.wish.reason:
        detail = f"{code} belongs to {terms.reason}, not to {case.wish.reason}"
        return [refuse("REASON_UNKNOWN", detail, sub_reason=code, reason=terms.reason)]
    return NONE


def excluded_by_policy(case: Case) -> Refusals:
    """The policy excludes neither the goods nor customer, channel or country."""
    found = []
    for exclusion in case.book.policy.exclusions:
        if _is_meant(exclusion, case):
            found += [
                refuse(
                    "EXCLUDED_BY_POLICY",
                    f"{exclusion.name}" + (f": line {line_id}" if line_id else ""),
                    line_id=line_id,
                    exclusion=exclusion.name,
                )
                for line_id in _excluded(exclusion, case)
            ]
    return [*found, *restock_excluded(case.book, case.asked.lines, case.wish.restock_lines)]


def restock_excluded(
    book: Rulebook, lines: Mapping[str, OrderLine], named: Iterable[RestockUnits] | None
) -> Refusals:
    """No line is to go back on a shelf that may never."""
    return [
        refuse(
            "EXCLUDED_BY_POLICY",
            f"units of line {units.line_id} never go back on a shelf",
            line_id=units.line_id,
            exclusion="NEVER_BACK",
        )
        for units in named or ()
        if units.condition == "SELLABLE"
        and (line := lines.get(units.line_id)) is not None
        and not book.may_go_back(line)
    ]


def _is_meant(exclusion: Exclusion, case: Case) -> bool:
    placed = case.placed
    customer_id = placed.customer.customer_id if placed.customer else ""
    return (
        (not exclusion.actors or case.asker.type in exclusion.actors)
        and (not exclusion.customers or customer_id in exclusion.customers)
        and (not exclusion.channels or (placed.channel or "") in exclusion.channels)
        and (not exclusion.countries or (placed.country or "") in exclusion.countries)
    )


def _excluded(exclusion: Exclusion, case: Case) -> Iterator[str | None]:
    """Return the lines an exclusion is about, or None for the order as a whole."""
    tags = set(exclusion.tags)
    if not tags or tags.intersection(case.placed.tags):
        yield None
        return
    for line_id in case.asked.wanted:
        line = case.asked.lines.get(line_id)
        if line is not None and tags.intersection(line.tags):
            yield line_id


def choices_contradict(case: Case) -> Refusals:
    """No two choices of the command exclude each other."""
    if case.wish.restock_lines is None and not chooses_money(case.wish):
        return NONE
    return [refuse("CHOICES_CONTRADICT", detail) for detail in _contradictions(case.wish)]


def _contradictions(wish: CancelOrder) -> Iterator[str]:
    tenders, amount_minor = wish.refund_tenders, wish.refund_amount_minor
    is_credit = wish.refund_to == "STORE_CREDIT"
    measures = [wish.refund_lines is not None, tenders is not None or amount_minor is not None]
    if wish.refund == "NONE" and (any(measures) or is_credit):
        yield "refund NONE moves no money, and an amount, lines or a way for it is named"
    if wish.refund == "LATER" and (tenders is not None or is_credit):
        yield "refund LATER: payments and store credit are named when it is settled"
    if all(measures):
        yield "the money is measured by lines and by an amount"
    if tenders is not None and amount_minor not in (None, tenders_minor(tenders)):
        yield "the amounts per payment do not add up to the amount named"
    if tenders is not None and is_credit:
        yield "store credit is not spread over payments"
    if tenders is not None and len({tender.payment_id for tender in tenders}) < len(tenders):
        yield "a payment is named twice"
    if wish.store_credit_expires_at is not None and not is_credit:
        yield "an expiry is named, and no store credit is given"
    if wish.restock_lines is not None and wish.restock is False:
        yield "restock is false, and lines to put back are named"


def tender_not_found(case: Case) -> Refusals:
    """Every payment named is one of the order's."""
    order = case.order
    return [
        refuse("TENDER_NOT_FOUND", f"no payment {tender.payment_id}", payment_id=tender.payment_id)
        for tender in case.wish.refund_tenders or ()
        if tender.payment_id not in order.captured and tender.payment_id not in order.authorized
    ]


def store_credit_customer_missing(case: Case) -> Refusals:
    """Store credit has an account to go to."""
    if case.wish.refund_to == "STORE_CREDIT" and case.placed.customer is None:
        return [refuse("STORE_CREDIT_CUSTOMER_MISSING", "the order is a guest's")]
    return NONE


def store_credit_expiry_past(case: Case) -> Refusals:
    """Store credit does not lapse before it is given."""
    expires_at = case.wish.store_credit_expires_at
    if expires_at is None or expires_at > case.context.now:
        return NONE
    detail = f"{expires_at.isoformat()} is over"
    return [refuse("STORE_CREDIT_EXPIRY_PAST", detail, expires_at=expires_at.isoformat())]


def refund_line_not_cancelled(case: Case) -> Refusals:
    """Money is named only for units that this command cancels."""
    wanted = case.asked.wanted
    return [
        refuse(
            "REFUND_LINE_NOT_CANCELLED",
            f"{units} units named, {wanted.get(line_id, 0)} cancelled",
            line_id=line_id,
            asked=units,
            cancelled=wanted.get(line_id, 0),
        )
        for line_id, units in units_of(case.wish.refund_lines or ()).items()
        if units > wanted.get(line_id, 0)
    ]


def restock_too_great(case: Case) -> Refusals:
    """No more units are to go back than this command cancels."""
    wanted = case.asked.wanted
    return [
        refuse(
            "RESTOCK_TOO_GREAT",
            f"{units} to put back, {wanted.get(line_id, 0)} cancelled",
            line_id=line_id,
            asked=units,
            limit=wanted.get(line_id, 0),
        )
        for line_id, units in units_of(case.wish.restock_lines or ()).items()
        if units > wanted.get(line_id, 0)
    ]


def refund_too_great(case: Case, draft: Draft) -> Refusals:
    """No more money is named than there is to give back."""
    wish, order = case.wish, case.order
    named_minor = asked_minor(wish)
    if named_minor is None:
        return NONE
    found = []
    limit_minor = draft.room_minor if wish.refund == "NOW" else draft.limit_minor
    if named_minor > limit_minor:
        detail = f"{named_minor} minor units asked, {limit_minor} to give back"
        found.append(refuse("REFUND_TOO_GREAT", detail, asked=named_minor, limit=limit_minor))
    for tender in wish.refund_tenders or ():
        left_minor = order.refundable_minor(tender.payment_id)
        if tender.amount_minor > left_minor:
            asked = f"{tender.amount_minor} minor units asked of {tender.payment_id}"
            detail = f"{asked}, {left_minor} left"
            found.append(
                refuse(
                    "REFUND_TOO_GREAT", detail, payment_id=tender.payment_id,
                    asked=tender.amount_minor, limit=left_minor,
                )
            )  # fmt: skip
    return found


CHOICE_RULES: tuple[tuple[str, Callable[[Case], Refusals]], ...] = (
    ("VERSION_STALE", version_stale),
    ("REASON_UNKNOWN", reason_unknown),
    ("EXCLUDED_BY_POLICY", excluded_by_policy),
    ("CHOICES_CONTRADICT", choices_contradict),
    ("TENDER_NOT_FOUND", tender_not_found),
    ("STORE_CREDIT_CUSTOMER_MISSING", store_credit_customer_missing),
    ("STORE_CREDIT_EXPIRY_PAST", store_credit_expiry_past),
    ("REFUND_LINE_NOT_CANCELLED", refund_line_not_cancelled),
    ("RESTOCK_TOO_GREAT", restock_too_great),
)
"""Every rule about a wish's choices, in the sequence refusals are listed."""
