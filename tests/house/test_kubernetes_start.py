"""Every process of a cluster is told all it needs to start, and listens where it is asked."""

import os

import pytest
from pydantic_settings import BaseSettings

from console.bootstrap import ConsoleKit
from console.customers.settings import CustomersSettings
from console.settings import ConsoleSettings
from countermand.operations.settings import OperationsSettings
from deploy.local.processes import service_names
from kit.settings import KitSettings
from services.cancellation.settings import CancellationSettings
from services.notifier.settings import NotifierSettings
from services.notifier.webhooks.settings import WebhookSettings
from services.refunds.settings import RefundsSettings
from tests.support.manifests import PROCESSES, containers, process_of, written

BASE = written()
CONFIGS = {one["metadata"]["name"]: one["data"] for one in BASE if one["kind"] == "ConfigMap"}
WORKLOADS = {process_of(one): one for one in BASE if one["kind"] in PROCESSES}
OWN: dict[str, type[BaseSettings]] = {
    "cancellation.api": CancellationSettings,
    "cancellation.audit": CancellationSettings,
    "cancellation.timer": CancellationSettings,
    "refunds.api": RefundsSettings,
    "refunds.worker": RefundsSettings,
    "notifier.api": NotifierSettings,
    "notifier.worker": NotifierSettings,
    "notifier.webhooks": WebhookSettings,
    "operations.api": OperationsSettings,
    "console.web": ConsoleSettings,
    "customers.web": CustomersSettings,
}
"""What each role reads beside the settings of every process."""

EVERYWHERE = "0.0.0.0"  # noqa: S104 - of a pod, whose walls are in network.yaml
SECRET = "0123456789abcdef" * 2
MAIN_SECRETS = {
    "refunds.api": "webhook_secrets", "refunds.worker": "gateway_api_key",
    "notifier.api": "secret", "notifier.worker": "link_keys", "customers.web": "api_key",
    "console.web": "secret_key",
}  # fmt: skip
"""A secret that has a default, and that a shop cannot do without."""


def environment(process: str) -> dict[str, str]:
    """Return what the cluster tells a process, every secret alike."""
    (container,) = containers(WORKLOADS[process])
    told = {
        name: value
        for source in container["envFrom"]
        for name, value in CONFIGS[source["configMapRef"]["name"]].items()
    }
    return told | {one["name"]: one.get("value", SECRET) for one in container.get("env", [])}


@pytest.mark.parametrize("process", service_names())
def test_a_process_is_told_all_it_needs(process: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("COUNTERMAND_")]:
        monkeypatch.delenv(name)
    for name, value in environment(process).items():
        monkeypatch.setenv(name, value)
    kit = (ConsoleKit if process.endswith(".web") else KitSettings)()
    ports = {
        port["name"]: port["containerPort"] for port in containers(WORKLOADS[process])[0]["ports"]
    }
    assert (kit.health_host, kit.health_port) == (EVERYWHERE, ports["health"])
    own = OWN[process]() if process in OWN else None
    if "http" in ports:
        assert own is not None
        assert (own.http_host, own.http_port) == (EVERYWHERE, ports["http"])
    if process in MAIN_SECRETS:
        secret = getattr(own, MAIN_SECRETS[process])
        assert secret.get_secret_value() == SECRET
