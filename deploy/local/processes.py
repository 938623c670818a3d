"""Every process of the system, in one table, and what each is told.

Health ports are chosen once: a restarted process is found where it was.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from deploy.local.ports import LOOPBACK, first_free, free_ports
from deploy.local.process import ProcessSpec

ROLES: dict[str, tuple[str, ...]] = {
    "cancellation": ("api", "consumer", "relay", "projector", "audit", "timer", "bulk"),
    "inventory": ("consumer", "relay"),
    "refunds": ("api", "consumer", "worker", "relay"),
    "notifier": ("api", "consumer", "worker", "relay", "webhooks"),
    "operations": ("api",),
    "console": ("web",),
    "customers": ("web",),
}
"""Service to its processes; each runs as `python -m services.<service> <role>`, and what is no
service under its own name."""

NO_SERVICES = {
    "operations": "countermand.operations",
    "console": "console",
    "customers": "console.customers",
}
"""The door of operations, the staff's console and the customer's page, and what is started for
each."""

RELAYED = tuple(service for service, roles in ROLES.items() if "relay" in roles)
"""Services whose event stores may have several logs."""

AUDIT = "cancellation.audit"
AUDIT_KEY = Path("keys", "audit.pem")
"""In the data directory; made by the first start and kept by a fresh one, its public key beside."""

PAYMENTS = "payments"
MAILBOX = "mailbox"
NOTIFIER_SECRET = "local"  # noqa: S105 - codes and links made on this machine only
LINK_KEY = "links-to-pages-on-this-machine-only"
"""Makes links to customers' pages that nobody else can reach."""
WEBHOOK_SECRET = "whsec_local"  # noqa: S105 - shared with a stand-in on this machine only
SIMULATORS = (PAYMENTS, MAILBOX)
"""Stand-ins for what is not ours; never killed by a test, because the real ones would stay up."""


def service_names(consumers: int = 1, shards: int = 1) -> list[str]:
    """Return `<service>.<role>` of every process of a service.

    Further consumers, and the relays of further logs, end in `@1` on.
    """
    names = [f"{service}.{role}" for service, roles in ROLES.items() for role in roles]
    further = [
        f"{name}@{number}"
        for role, count in (("consumer", consumers), ("relay", shards))
        for number in range(1, count)
        for name in names
        if name.endswith(f".{role}")
    ]
    return names + further


def module_of(service: str) -> str:
    """Return what is started with `python -m`."""
    return NO_SERVICES.get(service, f"services.{service}")


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the processes listen, on the loopback interface."""

    api: int
    console: int
    customers: int
    """The customer's page."""
    webhooks: int
    """Where the payment provider's webhooks come to."""
    notifier: int
    """The API about the webhooks we send."""
    operations: int
    """The API about dead letters and replays."""
    feedback: int
    """Where customers answer."""
    payments: int
    mailbox: int
    smtp: int
    health: dict[str, int]
    """By process name."""

    @classmethod
    def choose(cls, preferred_api_port: int, *, consumers: int = 1, shards: int = 1) -> "Ports":
        """Choose free ports; the API gets the preferred one or the next free one above it.

        The console gets the tenth above that, or the next free one; the customer's page the next.
        """
        names = service_names(consumers, shards)
        webhooks, notifier, operations, feedback, payments, mailbox, smtp, *health = free_ports(
            7 + len(names)
        )
        api = first_free(preferred_api_port)
        console = first_free(api + 10)
        customers = first_free(console + 1)
        by_name = dict(zip(names, health, strict=True))
        return cls(
            api,
            console,
            customers,
            webhooks,
            notifier,
            operations,
            feedback,
            payments,
            mailbox,
            smtp,
            by_name,
        )


def url(port: int) -> str:
    """Return the address of an HTTP server on this machine."""
    return f"http://{LOOPBACK}:{port}"


def _environment(ports: Ports, postgres_dsn: str, kafka_bootstrap: str) -> dict[str, str]:
    """Return what every process is told: where the others are, and who is who on this machine."""
    return {
        "COUNTERMAND_POSTGRES_DSN": postgres_dsn,
        "COUNTERMAND_KAFKA_BOOTSTRAP": kafka_bootstrap,
        "COUNTERMAND_LOG_FORMAT": "json",
        "CANCELLATION_HTTP_PORT": str(ports.api),
        "CANCELLATION_ACCESS": "open",  # `countermand up` closes it, what is tested is as it was
        "CONSOLE_HTTP_PORT": str(ports.console),
        "CONSOLE_API_URL": url(ports.api),
        "CONSOLE_OPERATIONS_URL": url(ports.operations),
        "CONSOLE_NOTIFIER_URL": url(ports.notifier),
        "CONSOLE_SECRET_KEY": token_hex(32),
        "OPERATIONS_HTTP_PORT": str(ports.operations),
        "CUSTOMERS_HTTP_PORT": str(ports.customers),
        "CUSTOMERS_API_URL": url(ports.api),
        "CUSTOMERS_NOTIFIER_URL": url(ports.feedback),
        "CUSTOMERS_LINK_KEYS": LINK_KEY,
        "REFUNDS_GATEWAY_URL": url(ports.payments),
        "REFUNDS_HTTP_PORT": str(ports.webhooks),
        "REFUNDS_WEBHOOK_SECRETS": WEBHOOK_SECRET,
        "NOTIFIER_HTTP_PORT": str(ports.feedback),
        "NOTIFIER_SECRET": NOTIFIER_SECRET,
        "NOTIFIER_LINK_KEYS": LINK_KEY,
        "NOTIFIER_WEBHOOK_HTTP_PORT": str(ports.notifier),
        "NOTIFIER_WEBHOOK_ACCESS": "open",  # likewise
        "NOTIFIER_WEBHOOK_API_URL": url(ports.api),
        "NOTIFIER_SMTP_HOST": LOOPBACK,
        "NOTIFIER_SMTP_PORT": str(ports.smtp),
        "PYTHONUNBUFFERED": "1",  # what was logged before SIGKILL must be in the file
    }


def service_specs(
    ports: Ports, *, postgres_dsn: str, kafka_bootstrap: str, env: Mapping[str, str]
) -> list[ProcessSpec]:
    """Describe the processes of all services; `env` wins over what is set here."""
    shared = _environment(ports, postgres_dsn, kafka_bootstrap)
    specs = []
    for name, health_port in ports.health.items():
        service, _, process = name.partition(".")
        role = process.partition("@")[0]
        specs.append(
            ProcessSpec(
                name,
                argv=[sys.executable, "-m", module_of(service), role],
                env={
                    **shared,
                    "COUNTERMAND_HEALTH_PORT": str(health_port),
                    **_own(name, ports),
                    **env,
                },
                ready_url=f"{url(health_port)}/readyz",
            )
        )
    return specs


def _own(name: str, ports: Ports) -> dict[str, str]:
    """Return what tells a process from its copies; of several relays each has a log of its own."""
    process, _, instance = name.partition("@")
    own = {"COUNTERMAND_INSTANCE": instance or "0"}
    if process.endswith(".relay") and f"{process}@1" in ports.health:
        own["COUNTERMAND_SHARD"] = instance or "0"
    return own


def simulator_specs(ports: Ports, *, data_dir: Path, env: Mapping[str, str]) -> list[ProcessSpec]:
    """Describe the stand-ins; their books lie in `data_dir`."""
    options = {
        PAYMENTS: {
            "--port": ports.payments,
            "--ledger": data_dir / "payments" / "ledger.jsonl",
            "--webhook-url": f"{url(ports.webhooks)}/v1/webhooks/stripe",
            "--webhook-secret": WEBHOOK_SECRET,
        },
        MAILBOX: {
            "--smtp-port": ports.smtp,
            "--http-port": ports.mailbox,
            "--directory": data_dir / "mailbox",
        },
    }
    http_ports = {PAYMENTS: ports.payments, MAILBOX: ports.mailbox}
    return [
        ProcessSpec(
            name,
            argv=[sys.executable, "-m", f"deploy.simulators.{name}"]
            + [str(word) for option in options[name].items() for word in option],
            env={"PYTHONUNBUFFERED": "1", **env},
            ready_url=f"{url(http_ports[name])}/healthz",
            killable=False,
        )
        for name in SIMULATORS
    ]
