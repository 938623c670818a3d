"""The verb `links make`: a link to the page of one order, for whoever writes to its customer."""

import sys
from datetime import timedelta
from typing import Annotated

from cyclopts import App, Parameter

from contracts.links import PATH, OrderLink, link_keys, write_link
from countermand import screen
from countermand.endpoints import DEFAULT_DATA_DIR, Endpoints
from countermand.verb import DataDir, Json
from deploy.local.processes import LINK_KEY
from kit.clock import utc_now

links = App(name="links", help="Links to the page of an order, which its customer opens.")

LinkKeys = Annotated[
    str,
    Parameter(
        help="What links are made with; the first makes them.", env_var="NOTIFIER_LINK_KEYS",
        show_default=False,
    ),
]  # fmt: skip


@links.command
def make(
    order_id: str,
    /,
    *,
    days: Annotated[int, Parameter(help="How long it is good.")] = 180,
    page_url: Annotated[
        str | None, Parameter(help="Where the page is; left out, that of the running system.")
    ] = None,
    keys: Annotated[LinkKeys, Parameter(name="--link-keys")] = LINK_KEY,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Make a link to the page of an order; whoever has it sees that order and no other."""
    found = page_url or _running_page(data_dir)
    try:
        known = link_keys(keys)
    except ValueError as short:
        screen.fail(f"The link was not made: {short}.")
        sys.exit(1)
    if not found or not known:
        screen.fail("Name the page in --page-url and its keys in NOTIFIER_LINK_KEYS.")
        sys.exit(1)
    ends = utc_now() + timedelta(days=days)
    token = write_link(known[0], OrderLink(order_id, int(ends.timestamp())))
    url = f"{found.rstrip('/')}{PATH}/{token}"
    if json:
        screen.print_json({"url": url, "ends_at": ends.isoformat(timespec="seconds")})
    else:
        print(url)


def _running_page(data_dir: DataDir) -> str | None:
    running = Endpoints.look(data_dir)
    return running.customers_url if running else None
