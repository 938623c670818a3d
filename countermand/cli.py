"""The command `countermand`: every verb a person or a script needs.

A verb's module is imported when it is asked for, so that none waits for the others. With `--json` a
command writes one JSON object on the last line of standard output; everything meant for people goes
to standard error.
"""

import sys

import structlog
from cyclopts import App

app = App(
    name="countermand",
    help="Call an order back: stop it, refund it, restock it, tell the customer, once each.",
)
VERBS = {
    "verbs_running": ("up", "down", "demo", "verify"),
    "verbs_orders": ("orders",),
    "verbs_campaigns": ("bench", "chaos", "outage"),
    "capacity.verbs": ("capacity",),
    "status.verbs": ("status",),
    "history.verbs": ("events", "trace"),
    "cancelling.cancel": ("cancel",),
    "cancelling.afterwards": ("undo", "reinstate", "settle", "restock", "holds", "refunds"),
    "cancelling.sending": ("answer",),
    "cancelling.requests": ("requests",),
    "cancelling.claims": ("claims",),
    "cancelling.explain": ("explain",),
    "cancelling.policy": ("policy", "reasons"),
    "cases.verbs": ("cases",),
    "figures.verbs": ("figures",),
    "stock.verbs": ("stock",),
    "messages.verbs": ("messages",),
    "links": ("links",),
    "stationery.verbs": ("stationery",),
    "webhooks.verbs": ("webhooks",),
    "bulk.verbs": ("bulk",),
    "audit.verbs": ("audit",),
    "dead_letters.verbs": ("dead_letters",),
    "replay.verbs": ("replay",),
    "recovery.verbs": ("recover",),
    "people.verbs": ("people", "keys"),
    "staging.verbs": ("staging",),
    "rebuilds.verbs": ("rebuild",),
    "shards.verbs": ("shards",),
}
"""By module of this package: its functions and groups, each a verb of that name."""

for module, names in VERBS.items():
    for name in names:
        app.command(f"countermand.{module}:{name}")
app.command("countermand.verbs_running:imports", name="import")


def main() -> None:
    """Entry point."""
    # Standard output belongs to a verb's result; what a service would only note is no news here.
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger("warning"),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    if sys.argv[1:2] in ([], ["-h"], ["--help"]):
        for verb in list(app):
            app[verb]  # the list of all shows what each says of itself
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
