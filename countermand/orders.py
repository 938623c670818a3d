"""Orders at the command line: list, show with the timeline, cancel. A client of the HTTP API."""

from typing import Any
from uuid import uuid4

import httpx2

from contracts.values import format_money
from countermand.screen import console, print_rows, say

TIMEOUT_S = 15.0

WORDS = {
    "order.placed.v1": "Order placed",
    "order.payment-authorized.v1": "Payment authorised",
    "order.payment-captured.v1": "Payment captured",
    "order.lines-fulfilled.v1": "Units shipped",
    "order.cancelled.v1": "Cancelled",
    "order.cancellation-rejected.v1": "Cancellation refused",
    "order.refund-reported.v1": "Refund",
    "order.restock-reported.v1": "Restock",
    "order.notification-reported.v1": "Message to customer",
    "order.cancellation-completed.v1": "All legs settled",
}
"""What each stored name is called on the screen."""


class ApiError(RuntimeError):
    """The API answered with a problem."""

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__(f"{body.get('code', 'ERROR')}: {body.get('detail', body)}")
        self.body = body


async def call(api_url: str, method: str, path: str, **more: Any) -> dict[str, Any]:
    """Call the API.

    Raises:
        ApiError: it answered with a problem.
    """
    async with httpx2.AsyncClient(base_url=api_url, timeout=TIMEOUT_S, trust_env=False) as client:
        response = await client.request(method, path, **more)
    body: dict[str, Any] = response.json()
    if response.status_code >= 400:  # noqa: PLR2004 - HTTP's own border
        raise ApiError(body)
    return body


async def cancel(
    api_url: str, order_id: str, *, command_id: str | None, body: dict[str, Any]
) -> dict[str, Any]:
    """Send a cancel command; the same `command_id` and body never cancel twice."""
    key = command_id or str(uuid4())
    return await call(
        api_url, "POST", f"/v1/orders/{order_id}/cancellations",
        json=body, headers={"Idempotency-Key": key},
    )  # fmt: skip


async def show(api_url: str, order_id: str) -> dict[str, Any]:
    """Return one order with its history."""
    order = await call(api_url, "GET", f"/v1/orders/{order_id}")
    history = await call(api_url, "GET", f"/v1/orders/{order_id}/history")
    return {**order, "history": history["history"]}


def print_list(answer: dict[str, Any]) -> None:
    """Show a page of orders; cancelled ones stay, struck through."""
    rows = []
    for order in answer["orders"]:
        number = order["order_id"]
        rows.append(
            (
                f"[strike]{number}[/]" if order["state"] == "CANCELLED" else number,
                order["state"],
                format_money(order["total_minor"], order["currency"]),
                order["reason"],
                order["refund_state"],
                str(order["placed_at"])[:16].replace("T", " "),
            )
        )
    print_rows("Orders", ("Order", "State", "Total", "Reason", "Refund", "Placed"), rows)
    if answer["next_before"]:
        say(f"More: countermand orders list --before {answer['next_before']}")


def print_order(answer: dict[str, Any]) -> None:
    """Show one order: its state, its lines and the timeline."""
    order = answer["order"]
    currency = order["currency"]
    console.print(
        f"[bold]Order {order['order_id']}[/]  {order['state']}"
        f"   total {format_money(order['total_minor'], currency)}"
        f"   refunded {format_money(order['refunded_minor'], currency)} ({order['refund_state']})"
    )
    print_rows(
        "Lines",
        ("Line", "Article", "Title", "Ordered", "Shipped", "Cancelled"),
        [
            (x["line_id"], x["sku"], x["title"], x["quantity"], x["fulfilled"], x["cancelled"])
            for x in order["lines"]
        ],
    )
    print_rows(
        "Timeline",
        ("#", "When", "What", "Detail", "Caused by"),
        [
            (
                entry["version"],
                str(entry["recorded_at"])[:23].replace("T", " "),
                WORDS.get(entry["name"], entry["name"]),
                _detail(entry["name"], entry["fact"], currency),
                entry["message_id"],
            )
            for entry in answer["history"]
        ],
    )
    say(f"As of position {answer['as_of']}.")


def _detail(name: str, fact: dict[str, Any], currency: str) -> str:
    message = fact.get("message", {})
    match name:
        case "order.placed.v1":
            return f"{len(message['lines'])} lines, {message['country'] or 'country unknown'}"
        case "order.payment-captured.v1" | "order.payment-authorized.v1":
            return f"{format_money(message['amount_minor'], currency)} on {message['payment_id']}"
        case "order.lines-fulfilled.v1":
            return ", ".join(f"{x['quantity']} of line {x['line_id']}" for x in message["lines"])
        case "order.cancelled.v1":
            units = sum(line["quantity"] for line in fact["lines"])
            refund = format_money(fact["refund_minor"], currency)
            return f"{fact['reason']} by {fact['requested_by']}: {units} units, refund {refund}"
        case "order.cancellation-rejected.v1":
            return "; ".join(f"{r['code']}: {r['detail']}" for r in fact["refusals"])
        case "order.refund-reported.v1":
            amount = format_money(message["amount_minor"], currency)
            reference = message.get("provider_reference") or message.get("detail")
            return f"{fact['outcome']} {amount} ({reference})"
        case "order.restock-reported.v1" | "order.notification-reported.v1":
            return f"{fact['outcome']} {message.get('detail', '')}".strip()
        case "order.cancellation-completed.v1":
            return f"refund {fact['refund']}, restock {fact['restock']}, message {fact['notification']}"
        case _:
            return ""
