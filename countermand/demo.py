"""The main job: real orders cancelled end to end, reconciled on one screen."""

from pathlib import Path
from typing import Any

import orjson

from countermand.books import print_books
from countermand.endpoints import Endpoints
from countermand.feed import Feed, feed
from countermand.people.local import SignIn, closed, let_in
from countermand.retail.plan import RetailPlan, read_plan
from countermand.running import (
    endpoints_of,
    print_entrance,
    print_where,
    running,
    until_interrupted,
)
from countermand.screen import console, print_rows, say, steps
from countermand.stationery import desk
from countermand.upstream import Outgoing
from countermand.verify.report import Books, verify

DEMO_FILE = Path(__file__).parent.parent / "demo" / "online_retail_2009_12.csv.gz"
"""December 2009 of the public Online Retail II data; see `demo/README.md`."""

SHOP: dict[str, Any] = {
    "shop_name": "The Gift Shop",
    "support": "help@shop.example, Monday to Friday, 9 to 17",
    "alternatives": [
        {
            "label": {"en": "Gifts we have in stock", "fr": "Des cadeaux en stock"},
            "url": "https://shop.example/gifts",
        }
    ],
}
"""What the demo's mails are written on."""


def feed_of(plan: RetailPlan) -> Feed:
    """Return what to publish for a plan."""
    return Feed(
        facts=[Outgoing(o.message_id, o.message, o.time) for o in plan.facts],
        commands=[Outgoing(o.message_id, o.message, o.time) for o in plan.commands],
        payments=[
            {"payment_id": p.payment_id, "amount_minor": p.amount_minor, "currency": p.currency}
            for p in plan.payments
        ],
    )


async def import_retail(endpoints: Endpoints, file: Path) -> RetailPlan:
    """Import a file of the Online Retail kind and wait until everything is settled."""
    say(f"Reading [bold]{file.name}[/]")
    plan = read_plan(file)
    with steps() as on_step:
        await feed(endpoints, feed_of(plan), on_step)
    print_report(plan)
    return plan


def print_report(plan: RetailPlan) -> None:
    """Say what became of the file, including everything that matched nothing."""
    report = plan.report
    say(
        f"{report.rows_read:,} rows: {report.orders:,} orders"
        f" ({report.guest_orders:,} without a customer), {report.invoices_cancelling:,} cancelling"
        f" invoices, {report.commands:,} cancel commands."
    )
    counts = report.to_json()
    for title, codes in (
        ("Cancellation rows that match no order", counts["unmatched"]),
        ("Rows set aside", {**counts["set_aside"], **counts["malformed"]}),
    ):
        if codes:
            print_rows(
                title,
                ("Code", "Rows", "Invoices", "Meaning"),
                [
                    (code, f"{c['rows']:,}", f"{c['invoices']:,}", c["meaning"])
                    for code, c in codes.items()
                ],
            )


async def _open_the_shop(data_dir: Path, endpoints: Endpoints) -> None:
    """Have every mail lead to the customer's page, wherever that listens today."""
    in_force = await desk.find(data_dir)
    if in_force.page_url != endpoints.customers_url:
        shop = {**SHOP, "version": in_force.version + 1, "page_url": endpoints.customers_url}
        draft = desk.read_draft(orjson.dumps(shop))
        await desk.publish(data_dir, draft, who="demo", why="mails lead to the page")


async def demo(
    data_dir: Path, *, http_port: int, keep: bool, stay: bool, file: Path = DEMO_FILE,
    shards: int | None = None,
) -> Books:  # fmt: skip
    """Run everything on one month of real data and reconcile; stays up unless told otherwise."""
    say("[bold]Countermand[/]: starting a real Kafka, a real PostgreSQL and every service.")
    env = closed(data_dir)
    async with running(
        data_dir, http_port=http_port, fresh=not keep, env=env, shards=shards
    ) as stack:
        endpoints = endpoints_of(stack)
        sign_in, order_id, books = await _shown(data_dir, endpoints, env, file)
        if stay:
            print_where(endpoints, data_dir, sign_in, order_id)
            await until_interrupted()
    return books


async def demo_on_running(data_dir: Path, *, file: Path = DEMO_FILE) -> Books:
    """Run the demo on a system that others have started, in containers or in a cluster.

    Its month of data is fed once: where it lies already, nothing new comes of it.
    """
    endpoints = Endpoints.find(data_dir)
    sign_in, order_id, books = await _shown(data_dir, endpoints, closed(data_dir), file)
    print_entrance(endpoints, sign_in, order_id)
    return books


async def _shown(
    data_dir: Path, endpoints: Endpoints, env: dict[str, str], file: Path
) -> tuple[SignIn, str, Books]:
    """Feed a running system and reconcile; returns how to get in, one order and the books."""
    await _open_the_shop(data_dir, endpoints)
    sign_in = await let_in(endpoints.postgres_dsn, data_dir, env)
    plan = await import_retail(endpoints, file)
    with console.status("Reconciling …") as status:
        books = await verify(endpoints, lambda book: status.update(f"Reconciling {book} …"))
    print_books(books)
    return sign_in, plan.commands[0].message.order_id, books  # type: ignore[attr-defined]
