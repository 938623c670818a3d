"""`python -m deploy.simulators.payments --port P --ledger FILE`: the payment provider."""

import argparse
import logging
import os
import sys
from pathlib import Path

from deploy.simulators.append_only import FileDamagedError, FileTakenError
from deploy.simulators.faults import FaultPlan
from deploy.simulators.payments.app import FAULT_MODES, PaymentsApp
from deploy.simulators.payments.idempotency import KEY_LIFE_S, IdempotencyKeys
from deploy.simulators.payments.ledger import Ledger
from deploy.simulators.payments.provider import Provider
from deploy.simulators.payments.webhooks import SUBSCRIBED, Webhooks
from deploy.simulators.serving import HOST, http_server, run
from kit.clock import utc_now

KEY_LIFE = "PAYMENTS_KEY_LIFE_S"
"""In the environment, so that a campaign can shorten what it cannot wait for."""

log = logging.getLogger(__name__)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.simulators.payments", description="A strict payment provider."
    )
    parser.add_argument("--host", default=HOST, help="interface (default: %(default)s)")
    parser.add_argument("--port", type=int, required=True, help="HTTP port")
    parser.add_argument("--ledger", type=Path, required=True, help="JSON Lines file, made if new")
    parser.add_argument(
        "--key-life-s",
        type=float,
        default=float(os.environ.get(KEY_LIFE, KEY_LIFE_S)),
        help=f"how long an idempotency key is remembered (default: {KEY_LIFE}, else 24 hours)",
    )
    parser.add_argument("--webhook-url", help="where to tell what happened; else nobody is told")
    parser.add_argument(
        "--webhook-secret",
        action="append",
        default=[],
        help="signs what is told; several while one replaces another",
    )
    parser.add_argument(
        "--webhook-event",
        action="append",
        help=f"type of event to tell; several (default: {' '.join(SUBSCRIBED)})",
    )
    return parser.parse_args()


async def _serve() -> int:
    arguments = _arguments()
    failures: list[OSError] = []

    def stop(error: OSError) -> None:
        failures.append(error)
        server.stop()

    ledger = Ledger(arguments.ledger, on_failure=stop)
    provider = Provider(ledger, IdempotencyKeys(arguments.key_life_s), utc_now)
    faults = FaultPlan(*FAULT_MODES)
    types = arguments.webhook_event or SUBSCRIBED
    webhooks = Webhooks(arguments.webhook_url, arguments.webhook_secret, types, faults, utc_now)
    provider.events.tell = webhooks.tell
    provider.walks.resume()
    app = PaymentsApp(provider, ledger, faults, webhooks)
    server = http_server(app, arguments.port, host=arguments.host)
    summary = provider.books.summary()
    log.info(
        "Payment provider on http://%s:%d with %d payments and %d refunds from %s.",
        arguments.host,
        arguments.port,
        summary["payments"],
        summary["refunds"],
        arguments.ledger,
    )
    await server.serve()
    await webhooks.close()
    await ledger.close()
    return 1 if failures else 0


def main() -> int:
    """Serve until SIGTERM or SIGINT; returns 1 when the ledger cannot be used."""
    try:
        return run(_serve)
    except (FileTakenError, FileDamagedError, OSError) as error:
        log.critical("Cannot start: %s", error)
        return 1


if __name__ == "__main__":
    sys.exit(main())
