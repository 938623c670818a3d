"""The verbs `requests make`, `approve`, `deny` and `expire`."""

from typing import Annotated, Any

from cyclopts import App, Parameter

from countermand.cancelling.cancel import Reason, RefundTo
from countermand.cancelling.sending import (
    CUSTOMER,
    FLAT,
    NOBODY,
    TIMER,
    Customer,
    From,
    Locale,
    Note,
    Preview,
    Timer,
    given,
    preview,
    send,
)
from countermand.cancelling.units import Lines, read_lines

requests = App(name="requests", help="Ask for a cancellation as a customer; grant or refuse it.")

RequestId = Annotated[str, Parameter(help="As the answer to whoever asked named it.")]
Message = Annotated[str | None, Parameter(help="A sentence for the customer.")]


@requests.command(name="make")
def make(
    order_id: str,
    *,
    reason: Reason = "CUSTOMER",
    sub_reason: Annotated[str | None, Parameter(help="One of `countermand reasons`.")] = None,
    line: Lines = (),
    refund_to: Annotated[RefundTo, Parameter(help="Where the money is to go.")] = "ORIGINAL",
    customer_note: Annotated[str | None, Parameter(help="What the customer says.")] = None,
    statutory_withdrawal: Annotated[
        bool, Parameter(negative=(), show_default=False, help="A law gives the right to it.")
    ] = False,
    expected_version: Annotated[
        int | None, Parameter(help="Only if the order is still at this version.")
    ] = None,
    sender: Annotated[Customer, FLAT] = CUSTOMER,
) -> None:
    """Ask for a cancellation as the customer."""
    body = {
        "reason": reason,
        "sub_reason": given(sub_reason),
        "lines": given(tuple(read_lines(line))),
        "refund_to": refund_to,
        "customer_note": given(customer_note),
        "is_statutory_withdrawal": given(statutory_withdrawal or None),
        "expected_version": given(expected_version),
    }
    send(sender, f"/v1/orders/{order_id}/cancellation-requests", body)


@requests.command
def approve(
    order_id: str,
    request_id: RequestId,
    *,
    note: Note = None,
    is_preview: Annotated[Preview, Parameter(name="--preview")] = False,
    locale: Locale = "en",
    sender: From = NOBODY,
) -> None:
    """Grant a request; a second person must."""
    body: dict[str, Any] = {"staff_note": given(note)}
    path = f"{_path(order_id, request_id)}/approval"
    if is_preview:
        preview(sender, f"{path}-previews", body, locale)
    else:
        send(sender, path, body)


@requests.command
def deny(
    order_id: str,
    request_id: RequestId,
    *,
    customer_message: Message = None,
    note: Note = None,
    sender: From = NOBODY,
) -> None:
    """Refuse a request."""
    body = {"customer_message": given(customer_message), "staff_note": given(note)}
    send(sender, f"{_path(order_id, request_id)}/denial", body)


@requests.command
def expire(order_id: str, request_id: RequestId, *, sender: Annotated[Timer, FLAT] = TIMER) -> None:
    """Close a request nobody answered in time, the way the policy says."""
    send(sender, f"{_path(order_id, request_id)}/expiry", {})


def _path(order_id: str, request_id: str) -> str:
    return f"/v1/orders/{order_id}/cancellation-requests/{request_id}"
