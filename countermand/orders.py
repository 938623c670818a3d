"""Orders at the command line: list, show with the timeline. A client of the HTTP API."""

from collections.abc import Iterator
from typing import Any

import httpx2
from rich.markup import escape

from contracts.values import format_money
from countermand.endpoints import Endpoints
from countermand.screen import console, print_rows, say
from countermand.timeline import line_of

Json = dict[str, Any]

TIMEOUT_S = 15.0


class ApiError(RuntimeError):
    """The API answered with a problem."""

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__(f"{body.get('code', 'ERROR')}: {body.get('detail', body)}")
        self.body = body


async def call(
    api_url: str, method: str, path: str, *, key: str | None = None, **more: Any
) -> dict[str, Any]:
    """Call the API, with a key if there is one.

    Raises:
        ApiError: it answered with a problem.
    """
    async with httpx2.AsyncClient(
        base_url=api_url, timeout=TIMEOUT_S, trust_env=False, headers=bearer(key)
    ) as client:
        response = await client.request(method, path, **more)
    body: dict[str, Any] = response.json()
    if response.status_code >= 400:  # noqa: PLR2004 - HTTP's own border
        raise ApiError(body)
    return body


def bearer(key: str | None) -> dict[str, str]:
    """Return the header that says who asks."""
    return {"Authorization": f"Bearer {key}"} if key else {}


async def show(endpoints: Endpoints, order_id: str, *, at: str | None = None) -> dict[str, Any]:
    """Return one order with its history, as of then if told."""
    then = {} if at is None else {"at": at}
    url, key = endpoints.api_url, endpoints.api_key
    order = await call(url, "GET", f"/v1/orders/{order_id}", params=then, key=key)
    # Both are about one moment: the history never runs ahead of the order.
    then = {"at": str(order["as_of"])}
    history = await call(url, "GET", f"/v1/orders/{order_id}/history", params=then, key=key)
    return {**order, "history": history["history"]}


def print_list(answer: dict[str, Any], *, is_past: bool) -> None:
    """Show a page of orders; cancelled ones stay, struck through."""
    rows = []
    for order in answer["orders"]:
        number = order["order_id"]
        rows.append(
            (
                f"[strike]{number}[/]" if order["state"] == "CANCELLED" else number,
                order["state"],
                format_money(order["total_minor"], order["currency"]),
                order["sub_reason"] or order["reason"],
                order["refund_state"],
                str(order["placed_at"])[:16].replace("T", " "),
            )
        )
    print_rows("Orders", ("Order", "State", "Total", "Reason", "Refund", "Placed"), rows)
    _say_as_of(answer)
    if answer["next_before"]:
        then = f" --at {answer['as_of']}" if is_past else ""
        say(f"More: countermand orders list --before {answer['next_before']}{then}")


def print_order(answer: dict[str, Any]) -> None:
    """Show one order: its state, its money, its lines, what is open, and the timeline."""
    order = answer["order"]
    currency = order["currency"]
    console.print(_head(order))
    print_rows("Lines", *_columns(order["lines"]))
    for text in _open(order):
        say(text)
    day = str(answer["history"][0]["recorded_at"])[:10]
    print_rows(
        f"Timeline, recorded from {day} on (UTC)",
        ("#", "When", "What", "Detail", "Who, by which rules", "Caused by"),
        [line_of(entry, currency) for entry in answer["history"]],
    )
    _say_as_of(answer)


def _head(order: Json) -> str:
    """Write the first lines: state, and every amount that is not 0."""

    def money(amount_minor: int) -> str:
        return format_money(amount_minor, order["currency"])

    amounts = {
        "paid": "captured_minor", "cancelled": "cancelled_minor", "fee": "fee_minor",
        "kept": "kept_minor", "owed": "balance_minor", "as store credit": "credit_due_minor",
    }  # fmt: skip
    told = [f"{word} {money(order[name])}" for word, name in amounts.items() if order[name]]
    reason = order["reason_label"] or order["sub_reason"] or order["reason"]
    state = f"[bold]Order {order['order_id']}[/]  {order['state']}"
    refunded = f"refunded {money(order['refunded_minor'])} ({order['refund_state']})"
    legs = f"restock {order['restock_state']}   message {order['notification_state']}"
    lines = [
        f"{state}   total {money(order['total_minor'])}   {refunded}",
        f"{legs}   reason: {reason}" if reason else legs,
        "   ".join(told),
    ]
    return "\n".join(filter(None, lines))


_LINE_COLUMNS = {
    "Line": "line_id", "Article": "sku", "Title": "title", "Ordered": "quantity",
    "Shipped": "fulfilled", "Cancelled": "cancelled", "Claimed": "claimed",
    "Returned": "returned", "Put back": "restocked", "Off shelf": "off_shelf",
}  # fmt: skip
_ALWAYS = 6
"""Columns shown even when nobody has anything in them."""


def _columns(lines: list[Json]) -> tuple[list[str], list[list[Any]]]:
    """Return titles and rows; what no line has gets no column."""
    shown = [
        (title, name)
        for number, (title, name) in enumerate(_LINE_COLUMNS.items())
        if number < _ALWAYS or any(line[name] for line in lines)
    ]
    return [title for title, _ in shown], [[line[name] for _, name in shown] for line in lines]


def _open(order: Json) -> Iterator[str]:
    """Name all that waits for somebody, with the id to answer it by."""
    for cancelled in order["cancellations"]:
        if cancelled["status"] == "HELD":
            until = cancelled["held_until"][:19].replace("T", " ")
            yield f"Held until {until} (UTC): cancellation {cancelled['cancellation_id']}"
        elif cancelled["balance_minor"]:
            owed = format_money(cancelled["balance_minor"], order["currency"])
            yield f"Owed {owed}: cancellation {cancelled['cancellation_id']}"
    for request in order["requests"]:
        if request["outcome"] is None:
            until = request["expires_at"][:19].replace("T", " ")
            yield f"{request['kind']} until {until} (UTC): request {request['request_id']}"
    for claim in order["claims"]:
        yield f"Being packed: claim {claim['claim_id']}"
    for case in order["cases"]:
        yield f"[yellow]{case['kind']}[/]: {escape(case['detail'])} (case {case['case_id']})"


def _say_as_of(answer: dict[str, Any]) -> None:
    time = str(answer["as_of_time"] or "")[:19].replace("T", " ")
    say(f"As of position {answer['as_of']}{f', recorded {time} (UTC)' if time else ''}.")
