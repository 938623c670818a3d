"""What may follow a cancellation: the verbs `undo`, `reinstate`, `settle`, `restock` and others."""

from typing import Annotated, Any

from cyclopts import App, Parameter

from contracts.cancellation import SettleTo
from countermand.cancelling.sending import (
    FLAT,
    NOBODY,
    TIMER,
    From,
    Locale,
    Note,
    Preview,
    Timer,
    given,
    preview,
    send,
)
from countermand.cancelling.units import RestockLines, Tenders, read_restock_lines, read_tenders

holds = App(name="holds", help="Let held cancellations go.")
refunds = App(name="refunds", help="Money that a person gives back.")

CancellationId = Annotated[str, Parameter(help="As the answer to whoever cancelled named it.")]


def undo(
    order_id: str, cancellation_id: CancellationId, *, note: Note = None, sender: From = NOBODY
) -> None:
    """Take a held cancellation back, as if it had never been."""
    send(sender, f"{_path(order_id, cancellation_id)}/undo", {"staff_note": given(note)})


def reinstate(
    order_id: str,
    cancellation_id: CancellationId,
    *,
    note: Note = None,
    is_preview: Annotated[Preview, Parameter(name="--preview")] = False,
    locale: Locale = "en",
    sender: From = NOBODY,
) -> None:
    """Open the units of a cancellation again, and say what cannot come back by itself."""
    body: dict[str, Any] = {"staff_note": given(note)}
    path = f"{_path(order_id, cancellation_id)}/reinstatement"
    if is_preview:
        preview(sender, f"{path}-previews", body, locale)
    else:
        send(sender, path, body)


@holds.command
def release(order_id: str, cancellation_id: CancellationId, *, sender: From = NOBODY) -> None:
    """Let money, stock and message of a held cancellation go."""
    send(sender, f"{_path(order_id, cancellation_id)}/release", {})


def settle(
    order_id: str,
    *,
    cancellation: Annotated[
        str | None, Parameter(help="Which one, when several have something owed.")
    ] = None,
    amount_minor: Annotated[
        int | None, Parameter(help="So many minor units; left out, all that is owed.")
    ] = None,
    tender: Tenders = (),
    refund_to: Annotated[SettleTo, Parameter(help="Where the money goes.")] = "ORIGINAL",
    store_credit_expires_at: Annotated[
        str | None, Parameter(help="When store credit lapses; a time with its offset.")
    ] = None,
    final: Annotated[
        bool, Parameter(negative=(), show_default=False, help="Keep what is left afterwards.")
    ] = False,
    note: Note = None,
    is_preview: Annotated[Preview, Parameter(name="--preview")] = False,
    locale: Locale = "en",
    sender: From = NOBODY,
) -> None:
    """Give back what a cancellation with refund LATER left owed, at once or in parts."""
    body = {
        "cancellation_id": given(cancellation),
        "amount_minor": given(amount_minor),
        "tenders": given(tuple(read_tenders(tender))),
        "refund_to": refund_to,
        "store_credit_expires_at": given(store_credit_expires_at),
        "is_final": final,
        "staff_note": given(note),
    }
    if is_preview:
        preview(sender, f"/v1/orders/{order_id}/refund-settlement-previews", body, locale)
    else:
        send(sender, f"/v1/orders/{order_id}/refund-settlements", body)


@refunds.command
def record(
    order_id: str,
    *,
    amount_minor: Annotated[int, Parameter(help="So many minor units were given back.")],
    currency: Annotated[str, Parameter(help="Of the amount.")],
    proof: Annotated[str, Parameter(help="Where it can be looked up: a bank transfer, a receipt.")],
    paid_at: Annotated[str | None, Parameter(help="When, with its offset; left out, now.")] = None,
    refund: Annotated[
        str | None, Parameter(help="Which one, when several are owed by hand.")
    ] = None,
    payment: Annotated[str | None, Parameter(help="Or the payment it is on.")] = None,
    note: Note = None,
    sender: From = NOBODY,
) -> None:
    """Record that a person has given back money that is owed by hand, or a part of it."""
    body = {
        "amount_minor": amount_minor,
        "currency": currency,
        "proof": proof,
        "paid_at": given(paid_at),
        "refund_id": given(refund),
        "payment_id": given(payment),
        "staff_note": given(note),
    }
    send(sender, f"/v1/orders/{order_id}/manual-refunds", body)


def restock(order_id: str, *, line: RestockLines, note: Note = None, sender: From = NOBODY) -> None:
    """Put cancelled units back by hand; at most those cancelled and not back yet."""
    body = {"lines": read_restock_lines(line), "staff_note": given(note)}
    send(sender, f"/v1/orders/{order_id}/restocks", body)


def expire(order_id: str, *, sender: Annotated[Timer, FLAT] = TIMER) -> None:
    """Cancel an order nobody paid for in time; whether somebody did is looked at again."""
    send(sender, f"/v1/orders/{order_id}/unpaid-cancellations", {})


def _path(order_id: str, cancellation_id: str) -> str:
    return f"/v1/orders/{order_id}/cancellations/{cancellation_id}"
