"""The verb `cancel`, with every choice a cancellation knows."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from countermand.cancelling.sending import (
    NOBODY,
    From,
    Locale,
    Note,
    Preview,
    given,
    preview,
    send,
)
from countermand.cancelling.units import (
    Lines,
    RestockLines,
    Tenders,
    read_lines,
    read_restock_lines,
    read_tenders,
)

Reason = Literal["CUSTOMER", "INVENTORY", "FRAUD", "DECLINED", "STAFF", "OTHER"]
RefundTo = Literal["ORIGINAL", "STORE_CREDIT"]
Flag = Annotated[bool, Parameter(negative=(), show_default=False)]


@dataclass(frozen=True, kw_only=True)
class Money:
    """What goes back, and where to."""

    refund: Annotated[Literal["NOW", "LATER", "NONE"], Parameter(help="When it goes back.")] = "NOW"
    refund_amount_minor: Annotated[
        int | None, Parameter(help="Give back so many minor units and keep the rest.")
    ] = None
    refund_line: Annotated[
        tuple[str, ...],
        Parameter(
            negative=(),
            show_default=False,
            help="LINE=QUANTITY: give back the worth of these alone.",
        ),
    ] = ()
    refund_tender: Tenders = ()
    refund_to: Annotated[RefundTo, Parameter(help="Where it goes.")] = "ORIGINAL"
    store_credit_expires_at: Annotated[
        str | None, Parameter(help="When store credit lapses; a time with its offset.")
    ] = None
    shipping: Annotated[
        Literal["WITH_LAST", "NOW", "KEEP"], Parameter(help="When delivery goes back.")
    ] = "WITH_LAST"


@dataclass(frozen=True, kw_only=True)
class Goods:
    """What goes back on the shelf, and what the customer hears."""

    restock: Annotated[bool, Parameter(help="Units go back on the shelf.")] = True
    restock_by_policy: Annotated[
        bool, Parameter(negative=(), show_default=False, help="As the policy says.")
    ] = False
    restock_line: RestockLines = ()
    notify: Annotated[bool, Parameter(help="The customer is told.")] = True
    notify_by_policy: Annotated[
        bool, Parameter(negative=(), show_default=False, help="As the policy says.")
    ] = False
    customer_message: Annotated[str | None, Parameter(help="A sentence for the customer.")] = None


def cancel(
    order_id: str,
    *,
    reason: Reason,
    sub_reason: Annotated[str | None, Parameter(help="One of `countermand reasons`.")] = None,
    line: Lines = (),
    money: Annotated[Money, Parameter(name="*")] = Money(),
    goods: Annotated[Goods, Parameter(name="*")] = Goods(),
    note: Note = None,
    expected_version: Annotated[
        int | None, Parameter(help="Only if the order is still at this version.")
    ] = None,
    statutory_withdrawal: Annotated[
        bool, Parameter(negative=(), show_default=False, help="A law gives the right to it.")
    ] = False,
    is_preview: Annotated[Preview, Parameter(name="--preview")] = False,
    locale: Locale = "en",
    sender: From = NOBODY,
) -> None:
    """Cancel an order, or some of its lines; with --preview only say what that would do."""
    body: dict[str, Any] = {
        "reason": reason,
        "sub_reason": given(sub_reason),
        "lines": given(tuple(read_lines(line))),
        **_money(money),
        **_goods(goods),
        "staff_note": given(note),
        "expected_version": given(expected_version),
        "is_statutory_withdrawal": given(statutory_withdrawal or None),
    }
    if is_preview:
        preview(sender, f"/v1/orders/{order_id}/cancellation-previews", body, locale)
    else:
        send(sender, f"/v1/orders/{order_id}/cancellations", body)


def _money(money: Money) -> dict[str, Any]:
    return {
        "refund": money.refund,
        "refund_amount_minor": given(money.refund_amount_minor),
        "refund_lines": given(tuple(read_lines(money.refund_line))),
        "refund_tenders": given(tuple(read_tenders(money.refund_tender))),
        "refund_to": money.refund_to,
        "store_credit_expires_at": given(money.store_credit_expires_at),
        "shipping": money.shipping,
    }


def _goods(goods: Goods) -> dict[str, Any]:
    return {
        "restock": None if goods.restock_by_policy else goods.restock,
        "restock_lines": given(tuple(read_restock_lines(goods.restock_line))),
        "notify": None if goods.notify_by_policy else goods.notify,
        "customer_message": given(goods.customer_message),
    }
