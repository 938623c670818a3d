"""`python -m deploy.simulators.mailbox --smtp-port S --http-port M --directory DIR`."""

import argparse
import logging
import sys
from pathlib import Path

from deploy.simulators.append_only import FileDamagedError, FileTakenError
from deploy.simulators.faults import FaultPlan
from deploy.simulators.mailbox.app import mailbox_app
from deploy.simulators.mailbox.smtp import FAULT_MODES, MailboxHandler, listen
from deploy.simulators.mailbox.store import MailStore
from deploy.simulators.serving import HOST, http_server, run
from kit.clock import utc_now

log = logging.getLogger(__name__)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.simulators.mailbox", description="A mail server that keeps all mail."
    )
    parser.add_argument("--host", default=HOST, help="interface (default: %(default)s)")
    parser.add_argument("--smtp-port", type=int, required=True, help="SMTP port")
    parser.add_argument("--http-port", type=int, required=True, help="HTTP port")
    parser.add_argument("--directory", type=Path, required=True, help="where mails are kept")
    return parser.parse_args()


async def _serve() -> int:
    arguments = _arguments()
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    failures: list[OSError] = []

    def stop(error: OSError) -> None:
        failures.append(error)
        server.stop()

    store = MailStore(arguments.directory, on_failure=stop)
    faults = FaultPlan(*FAULT_MODES)
    host = arguments.host
    server = http_server(mailbox_app(store, faults), arguments.http_port, host=host)
    smtp = await listen(MailboxHandler(store, faults, utc_now), host, arguments.smtp_port)
    log.info(
        "Mail server on %s:%d, mailbox on http://%s:%d with %d mails from %s.",
        host,
        arguments.smtp_port,
        host,
        arguments.http_port,
        len(store),
        arguments.directory,
    )
    await server.serve()
    smtp.close()
    await store.close()
    return 1 if failures else 0


def main() -> int:
    """Serve until SIGTERM or SIGINT; returns 1 when the directory cannot be used."""
    try:
        return run(_serve)
    except (FileTakenError, FileDamagedError, OSError) as error:
        log.critical("Cannot start: %s", error)
        return 1


if __name__ == "__main__":
    sys.exit(main())
