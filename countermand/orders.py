"""Orders at the command line: list, show with the timeline, cancel. A client of the HTTP API."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx2

from contracts.values import format_money
from countermand.screen import console, print_rows, say

Json = dict[str, Any]

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
    day = str(answer["history"][0]["recorded_at"])[:10]
    print_rows(
        f"Timeline, recorded from {day} on (UTC)",
        ("#", "When", "What", "Detail", "Caused by"),
        [
            (
                entry["version"],
                str(entry["recorded_at"])[11:23],
                WORDS.get(entry["name"], entry["name"]),
                _detail(entry["name"], entry["fact"], currency),
                _short(entry["message_id"]),
            )
            for entry in answer["history"]
        ],
    )
    say(f"As of position {answer['as_of']}.")


def _short(message_id: str) -> str:
    """Shorten our own ids for the screen; `--json` has them whole."""
    try:
        return str(UUID(message_id))[:8]
    except ValueError:
        return message_id.removeprefix("effect:")


def _detail(name: str, fact: dict[str, Any], currency: str) -> str:
    return _DETAILS[name](fact, fact.get("message", {}), currency) if name in _DETAILS else ""


def _payment(_: Json, message: Json, currency: str) -> str:
    return f"{format_money(message['amount_minor'], currency)} on {message['payment_id']}"


def _cancelled(fact: Json, _: Json, currency: str) -> str:
    units = sum(line["quantity"] for line in fact["lines"])
    refund = format_money(fact["refund_minor"], currency)
    return f"{fact['reason']} by {fact['requested_by']}: {units} units, refund {refund}"


def _refund(fact: Json, message: Json, currency: str) -> str:
    reference = message.get("provider_reference") or message.get("detail")
    return f"{fact['outcome']} {format_money(message['amount_minor'], currency)} ({reference})"


def _leg(fact: Json, message: Json, _: str) -> str:
    return f"{fact['outcome']} {message.get('detail', '')}".strip()


_DETAILS: dict[str, Callable[[Json, Json, str], str]] = {
    "order.placed.v1": lambda _, message, __: (
        f"{len(message['lines'])} lines, {message['country'] or 'country unknown'}"
    ),
    "order.payment-captured.v1": _payment,
    "order.payment-authorized.v1": _payment,
    "order.lines-fulfilled.v1": lambda _, message, __: ", ".join(
        f"{line['quantity']} of line {line['line_id']}" for line in message["lines"]
    ),
    "order.cancelled.v1": _cancelled,
    "order.cancellation-rejected.v1": lambda fact, _, __: "; ".join(
        f"{refusal['code']}: {refusal['detail']}" for refusal in fact["refusals"]
    ),
    "order.refund-reported.v1": _refund,
    "order.restock-reported.v1": _leg,
    "order.notification-reported.v1": _leg,
    "order.cancellation-completed.v1": lambda fact, _, __: (
        f"refund {fact['refund']}, restock {fact['restock']}, message {fact['notification']}"
    ),
}
"""What the timeline says about each fact."""
