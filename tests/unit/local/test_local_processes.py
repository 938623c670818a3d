"""The table of processes, their environment, and when they are restarted."""

import sys
from pathlib import Path

import pytest

from contracts.topics import ORDERS, RELAY_POSITIONS
from deploy.local import processes
from deploy.local.process import QUICK_DEATHS_MAX, ProcessSpec, restart_pause_s
from deploy.local.processes import Ports, service_specs, simulator_specs
from deploy.local.topics import topic_configuration


@pytest.fixture
def ports() -> Ports:
    return Ports.choose(8080)


def specs_by_name(ports: Ports, env: dict[str, str] | None = None) -> dict[str, ProcessSpec]:
    specs = service_specs(
        ports, postgres_dsn="postgresql://db", kafka_bootstrap="broker:1", env=env or {}
    )
    return {spec.name: spec for spec in specs}


def test_every_service_has_its_processes(ports: Ports) -> None:
    assert list(specs_by_name(ports)) == [
        "cancellation.api",
        "cancellation.consumer",
        "cancellation.relay",
        "cancellation.projector",
        "cancellation.audit",
        "cancellation.timer",
        "cancellation.bulk",
        "inventory.consumer",
        "inventory.relay",
        "refunds.api",
        "refunds.consumer",
        "refunds.worker",
        "refunds.relay",
        "notifier.api",
        "notifier.consumer",
        "notifier.worker",
        "notifier.relay",
        "notifier.webhooks",
        "operations.api",
        "console.web",
        "customers.web",
    ]


def test_a_process_is_told_where_everything_is(ports: Ports) -> None:
    spec = specs_by_name(ports)["refunds.worker"]
    assert spec.argv == [sys.executable, "-m", "services.refunds", "worker"]
    assert spec.env["COUNTERMAND_POSTGRES_DSN"] == "postgresql://db"
    assert spec.env["COUNTERMAND_KAFKA_BOOTSTRAP"] == "broker:1"
    assert spec.env["REFUNDS_GATEWAY_URL"] == f"http://127.0.0.1:{ports.payments}"
    assert spec.env["NOTIFIER_SMTP_PORT"] == str(ports.smtp)
    assert spec.ready_url == f"http://127.0.0.1:{spec.env['COUNTERMAND_HEALTH_PORT']}/readyz"
    assert spec.restart
    assert spec.killable


def test_further_consumers_share_the_group_under_names_of_their_own() -> None:
    several = specs_by_name(Ports.choose(8080, consumers=3))
    assert several.keys() - set(processes.service_names()) == {
        f"{service}.consumer@{number}"
        for service in ("cancellation", "inventory", "refunds", "notifier")
        for number in (1, 2)
    }
    one, other = several["refunds.consumer"], several["refunds.consumer@2"]
    assert one.argv == other.argv
    assert [spec.env["COUNTERMAND_INSTANCE"] for spec in (one, other)] == ["0", "2"]
    assert one.ready_url != other.ready_url


def test_no_two_processes_share_a_port(ports: Ports) -> None:
    urls = {spec.ready_url for spec in specs_by_name(ports).values()}
    others = {
        ports.api,
        ports.console,
        ports.operations,
        ports.webhooks,
        ports.payments,
        ports.mailbox,
        ports.smtp,
        *ports.health.values(),
    }
    assert len(urls) == len(processes.service_names())
    assert len(others) == 7 + len(urls)


def test_each_further_log_has_a_relay_of_its_own() -> None:
    alone = specs_by_name(Ports.choose(0, shards=1))
    assert "COUNTERMAND_SHARD" not in alone["refunds.relay"].env, "it takes whatever there is"
    specs = specs_by_name(Ports.choose(0, consumers=2, shards=3))
    for service in ("cancellation", "inventory", "refunds", "notifier"):
        names = [f"{service}.relay", f"{service}.relay@1", f"{service}.relay@2"]
        assert [specs[name].env["COUNTERMAND_SHARD"] for name in names] == ["0", "1", "2"]
        assert specs[f"{service}.consumer@1"].env["COUNTERMAND_INSTANCE"] == "1"
        assert "COUNTERMAND_SHARD" not in specs[f"{service}.consumer@1"].env
    assert len(specs) == len(alone) + 4 + 2 * 4


def test_the_users_environment_wins(ports: Ports) -> None:
    spec = specs_by_name(ports, {"COUNTERMAND_LOG_FORMAT": "pretty"})["inventory.relay"]
    assert spec.env["COUNTERMAND_LOG_FORMAT"] == "pretty"


def test_the_peers_are_protected_from_being_killed(ports: Ports) -> None:
    payments, mailbox = simulator_specs(ports, data_dir=Path("data"), env={})
    assert not payments.killable
    assert not mailbox.killable
    assert payments.argv[2:] == [
        "deploy.simulators.payments",
        "--port",
        str(ports.payments),
        "--ledger",
        "data/payments/ledger.jsonl",
        "--webhook-url",
        f"http://127.0.0.1:{ports.webhooks}/v1/webhooks/stripe",
        "--webhook-secret",
        "whsec_local",
    ]
    assert mailbox.ready_url == f"http://127.0.0.1:{ports.mailbox}/healthz"


def test_a_process_is_restarted_at_once_until_it_keeps_dying() -> None:
    pauses = [restart_pause_s(count) for count in range(QUICK_DEATHS_MAX + 9)]
    assert pauses[: QUICK_DEATHS_MAX + 1] == [0.0] * (QUICK_DEATHS_MAX + 1)
    assert pauses[QUICK_DEATHS_MAX + 1 :] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


def test_topics_are_configured_as_the_contract_says() -> None:
    assert topic_configuration(ORDERS) == {
        "retention.ms": "2592000000",
        "max.message.bytes": "16777216",
        "cleanup.policy": "delete",
    }
    assert topic_configuration(RELAY_POSITIONS)["cleanup.policy"] == "compact"
