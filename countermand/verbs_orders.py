"""The verbs that look at orders, and the one for an order nobody paid."""

from pathlib import Path
from typing import Any

from cyclopts import App

from countermand import orders as orders_client
from countermand import screen
from countermand.cancelling.afterwards import expire
from countermand.endpoints import DEFAULT_DATA_DIR, Endpoints
from countermand.history.verbs import At, read_at
from countermand.verb import DataDir, Json, run
from services.cancellation.projections.row import OrderState

orders = App(name="orders", help="Look at orders.")
orders.command(expire)


@orders.command(name="list")
def list_orders(
    *,
    state: OrderState | None = None,
    limit: int = 20,
    before: str | None = None,
    at: At = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """List orders, newest first; cancelled ones stay, struck through."""
    wanted = {"state": state, "limit": limit, "before": before, "at": read_at(at)}
    parameters = {name: value for name, value in wanted.items() if value is not None}
    answer = run(_call(data_dir, "GET", "/v1/orders", params=parameters))
    if json:
        screen.print_json(answer)
    else:
        orders_client.print_list(answer, is_past=at is not None)


@orders.command(name="show")
def show_order(
    order_id: str, at: At = None, data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False
) -> None:
    """Show one order: its state and its whole story."""
    then = read_at(at)

    async def work() -> dict[str, Any]:
        return await orders_client.show(Endpoints.find(data_dir), order_id, at=then)

    answer = run(work())
    if json:
        screen.print_json(answer)
    else:
        orders_client.print_order(answer)


async def _call(data_dir: Path, method: str, path: str, **more: Any) -> dict[str, Any]:
    endpoints = Endpoints.find(data_dir)
    url, key = endpoints.api_url, endpoints.api_key
    return await orders_client.call(url, method, path, key=key, **more)
