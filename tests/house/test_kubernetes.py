"""The Kubernetes manifests fit their schemas, keep to our rules, and say what the code says."""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.house.pages import part, rows, words
from tests.support import policies, rights
from tests.support.manifests import (
    FOLDER,
    KustomizeMissingError,
    Manifest,
    containers,
    kustomizations,
    misfits,
    name_of,
    pod_of,
    rendered,
    secrets_of,
    written,
)

BASE = written()
RULES = (*policies.HARDENED, *rights.AS_IN_THE_CODE)
OVERLAYS = ("production", "small")
OF_THE_BASE = (*RULES, policies.servers_lose_nothing, policies.copies_are_counted_once)


def findings(
    manifests: Sequence[Manifest],
    rules: Sequence[policies.Rule],
    changed: Sequence[Manifest] | None = None,
) -> list[str]:
    """Return what is wrong: first by the schemas, and only when they are content by our rules.

    Those of `changed` alone are held against schemas; without it, all.
    """
    strange = list(misfits(manifests if changed is None else changed))
    return strange or [finding for rule in rules for finding in rule(manifests)]


def test_the_base_is_sound() -> None:
    assert len(BASE) > 90
    assert findings(BASE, OF_THE_BASE) == []


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_an_overlay_makes_of_it_is_sound(overlay: str) -> None:
    try:
        manifests = rendered(overlay)
    except KustomizeMissingError as missing:
        print(f"\n*** NOT RENDERED {overlay}: {missing} ***")  # noqa: T201
        pytest.skip(f"NOT RENDERED {overlay}: {missing}")
    careful = (policies.servers_lose_nothing,) if overlay == "production" else ()
    assert findings(manifests, (*RULES, *careful)) == []
    assert {one["metadata"].get("namespace") for one in manifests} == {"countermand"}


def test_every_file_belongs_to_a_kustomization() -> None:
    listed = {
        (path.parent / resource).resolve()
        for path, content in kustomizations()
        for resource in content["resources"]
    }
    present = {path for path in FOLDER.rglob("*.yaml") if path.name != "kustomization.yaml"}
    assert present <= listed
    outside = FOLDER.parent / "observability"
    assert {path.parent for path, _ in kustomizations()} >= {
        path for path in listed - {outside} if path.is_dir()
    }
    assert all(path.exists() for path in listed)


def test_the_role_of_a_service_is_made_before_it_may_log_in() -> None:
    (cluster,) = [one for one in BASE if one["kind"] == "Cluster"]
    statements = " ".join(cluster["spec"]["bootstrap"]["initdb"]["postInitApplicationSQL"])
    roles = {role["name"]: role for role in cluster["spec"]["managed"]["roles"]}
    for name in rights.ALL_SPECS:
        assert f"CREATE ROLE {name}" in statements
        assert roles[name]["login"]
        assert "inRoles" not in roles[name]
        assert not {"superuser", "createrole", "createdb"} & set(roles[name])
    assert set(rights.ALL_SPECS) <= set(roles["operator"]["inRoles"])


def test_the_guide_lists_every_secret_and_its_keys() -> None:
    listed = {
        words(row[0])[0]: set(words(row[1]))
        for row in rows(part("docs/guides/kubernetes.md", "secrets"))
    }
    wanted: dict[str, set[str]] = {}
    for name, key in secrets_of(BASE):
        wanted.setdefault(name, set()).add(key)
    # A login's two keys belong together, and the servers' operators make the last four.
    made = {name for name in wanted if name.endswith(("-kafka", "-cert"))} | {"postgres-ca"}
    assert {name: keys - {"username"} for name, keys in listed.items()} == {
        name: keys for name, keys in wanted.items() if name not in made
    }


# Planted mistakes: each a resource, and what somebody does to it by mistake.

Mistake = Callable[[Manifest], Any]


def container_of(manifest: Manifest) -> dict[str, Any]:
    return containers(manifest)[0]


def plant(target: str, mistake: Mistake) -> tuple[list[Manifest], list[Manifest]]:
    """Return the base with a mistake in one resource, and that one unless it is gone."""
    (at,) = [number for number, one in enumerate(BASE) if name_of(one) == target]
    spoilt = copy.deepcopy(BASE[at])
    mistake(spoilt)
    changed = [spoilt] if spoilt else []
    return [*BASE[:at], *changed, *BASE[at + 1 :]], changed


def _acl(kind: str, name: str, word: str, pattern: str = "literal") -> dict[str, Any]:
    return {"resource": {"type": kind, "name": name, "patternType": pattern}, "operations": [word]}


def _acls(user: Manifest) -> list[Any]:
    found: list[Any] = user["spec"]["authorization"]["acls"]
    return found


def _env(manifest: Manifest) -> list[Any]:
    found: list[Any] = container_of(manifest)["env"]
    return found


API, RELAY = "Deployment/cancellation-api", "Deployment/refunds-relay"
CONSUMER = "StatefulSet/refunds-consumer"
JOB, POLICY = "Job/migrate-refunds", "NetworkPolicy/to-kafka"

MISTAKES: dict[str, tuple[str, Mistake, str]] = {
    "a field that does not exist": (
        API, lambda m: m["spec"].update(replica=2), "Additional properties"),
    "a field of a wrong type": (RELAY, lambda m: m["spec"].update(replicas="2"), "not of type"),
    "a misspelt probe": (
        API, lambda m: container_of(m).update(livenesProbe={}), "Additional properties"),
    "a required field left out": (
        API, lambda m: m["spec"].pop("selector"), "is a required property"),
    "a kind nobody knows": (API, lambda m: m.update(kind="Deploymnt"), "there is no schema"),
    "an API version that is gone": (
        "PodDisruptionBudget/cancellation-api", lambda m: m.update(apiVersion="policy/v1beta1"),
        "there is no schema"),
    "a misspelt field of a custom resource": (
        "ScaledObject/refunds-consumer", lambda m: m["spec"].update(maxReplicas=4),
        "Additional properties"),
    "a storage of no known type": (
        "KafkaNodePool/brokers", lambda m: m["spec"]["storage"].update(type="disk"),
        "is not one of"),
    "a cluster of PostgreSQL without storage size as text": (
        "Cluster/postgres", lambda m: m["spec"]["storage"].update(size=200), "not of type"),
    "a rule of Prometheus without expression": (
        "PrometheusRule/countermand",
        lambda m: m["spec"].update(groups=[{"name": "x", "rules": [{"alert": "X"}]}]),
        "is a required property"),
    "no liveness probe": (
        API, lambda m: container_of(m).pop("livenessProbe"), "livenessProbe does not ask"),
    "a readiness probe that only asks whether it lives": (
        CONSUMER, lambda m: container_of(m)["readinessProbe"]["httpGet"].update(path="/livez"),
        "readinessProbe does not ask /readyz"),
    "a relay whose standing by blocks a rollout": (
        RELAY, lambda m: container_of(m)["readinessProbe"]["httpGet"].update(path="/readyz"),
        "readinessProbe does not ask /livez"),
    "root": (API, lambda m: pod_of(m)["spec"]["securityContext"].update(runAsUser=0), "as root"),
    "root left open": (
        JOB, lambda m: pod_of(m)["spec"]["securityContext"].pop("runAsNonRoot"), "as root"),
    "a root disk that can be written": (
        API, lambda m: container_of(m)["securityContext"].update(readOnlyRootFilesystem=False),
        "may do more"),
    "a privileged container": (
        JOB, lambda m: container_of(m)["securityContext"].update(privileged=True), "may do more"),
    "a capability kept": (
        API, lambda m: container_of(m)["securityContext"].pop("capabilities"), "may do more"),
    "no seccomp profile": (
        API, lambda m: pod_of(m)["spec"]["securityContext"].pop("seccompProfile"), "seccomp"),
    "the node's network": (
        API, lambda m: pod_of(m)["spec"].update(hostNetwork=True), "shares the node"),
    "the node's disk": (
        API, lambda m: pod_of(m)["spec"]["volumes"].append(
            {"name": "disk", "hostPath": {"path": "/"}}), "the node's disk"),
    "a token of the cluster": (
        API, lambda m: pod_of(m)["spec"].pop("automountServiceAccountToken"), "a token"),
    "the image `latest`": (
        API, lambda m: container_of(m).update(image="countermand:latest"), "no fixed version"),
    "an image without version": (
        JOB, lambda m: container_of(m).update(image="countermand"), "no fixed version"),
    "no limit of memory": (
        API, lambda m: container_of(m)["resources"].pop("limits"), "no limit of memory"),
    "no disruption budget": (
        "PodDisruptionBudget/refunds-worker", lambda m: m.clear(), "0 disruption budgets"),
    "a budget that stops every drain": (
        "PodDisruptionBudget/refunds-worker", lambda m: m["spec"].update(maxUnavailable=0),
        "or none"),
    "copies on one node": (
        API, lambda m: pod_of(m)["spec"].pop("topologySpreadConstraints"), "not spread"),
    "a consumer without its ordinal": (CONSUMER, lambda m: _env(m).pop(0), "static group member"),
    "a selector that selects nothing": (
        API, lambda m: m["spec"]["selector"]["matchLabels"].update({"x": "y"}), "own pods"),
    "a service in front of nothing": (
        "Service/cancellation-api", lambda m: m["spec"]["ports"][0].update(targetPort="web"),
        "nothing stands behind"),
    "a monitor of nothing": (
        "ServiceMonitor/countermand",
        lambda m: m["spec"]["endpoints"][0].update(port="metrics"), "asks no service"),
    "a process nobody measures": (
        "Service/countermand-health",
        lambda m: m["spec"]["selector"].update({"app.kubernetes.io/component": "api"}),
        "nobody measures it"),
    "a measurement that ends when it is needed": (
        "Service/countermand-health", lambda m: m["spec"].pop("publishNotReadyAddresses"),
        "who is not ready"),
    "a misspelt field of a monitor": (
        "ServiceMonitor/countermand",
        lambda m: m["spec"]["endpoints"][0].update(intervall="15s"), "Additional properties"),
    "a scaler of something absent": (
        "HorizontalPodAutoscaler/console-web",
        lambda m: m["spec"]["scaleTargetRef"].update(name="console"), "scales the absent"),
    "a number beside a scaler": (
        API, lambda m: m["spec"].update(replicas=2), "said twice"),
    "a secret written down": (
        "Deployment/refunds-worker",
        lambda m: _env(m)[-1].update(value=_env(m)[-1].pop("valueFrom")["secretKeyRef"]["key"]),
        "written down"),
    "a password in an address": (
        API, lambda m: _env(m)[0].update(value="postgresql://cancellation:x@postgres/db"),
        "written down"),
    "a secret among the settings": (
        "ConfigMap/console", lambda m: m["data"].update(CONSOLE_SECRET_KEY="0" * 32),
        "is a secret"),
    "a secret as a manifest": (
        "ConfigMap/console", lambda m: m.update(kind="Secret"), "lies among the manifests"),
    "a setting nobody reads": (
        "ConfigMap/countermand", lambda m: m["data"].update(COUNTERMAND_KAFKA="x"), "nobody reads"),
    "no default deny": (
        "NetworkPolicy/default-deny", lambda m: m["spec"].update(policyTypes=["Ingress"]),
        "nothing denies"),
    "a policy open to anybody": (
        POLICY, lambda m: m["spec"]["egress"][0].pop("to"), "open to anybody"),
    "a policy open to every namespace": (
        POLICY, lambda m: m["spec"]["egress"][0].update(to=[{"namespaceSelector": {}}]),
        "open to anybody"),
    "webhooks into our own network": (
        "NetworkPolicy/to-the-internet",
        lambda m: m["spec"]["egress"][0]["to"][0]["ipBlock"].pop("except"), "open to anybody"),
    "a policy for every port": (
        POLICY, lambda m: m["spec"]["egress"][0].pop("ports"), "at every port"),
    "a right that is too wide": (
        "KafkaUser/refunds-kafka",
        lambda m: _acls(m).append(_acl("topic", "orders.events", "Read")), "needs no"),
    "a right for all names": (
        "KafkaUser/refunds-kafka",
        lambda m: _acls(m).append(_acl("topic", "refunds", "Read", "prefix")), "not for one name"),
    "a right for whatever begins so": (
        "KafkaUser/refunds-kafka",
        lambda m: _acls(m).append(_acl("transactionalId", "relay-", "Write", "prefix")),
        "not for one name"),
    "a right that is missing": (
        "KafkaUser/refunds-kafka", lambda m: _acls(m).pop(), "may not"),
    "a door without a lock": (
        "Kafka/kafka",
        lambda m: m["spec"]["kafka"]["listeners"][0].pop("authentication"), "does not know"),
    "a topic without a number of partitions": (
        "KafkaTopic/orders.events", lambda m: m["spec"].pop("partitions"), "None partitions"),
    "a topic that keeps for a day": (
        "KafkaTopic/orders.events",
        lambda m: m["spec"]["config"].update({"retention.ms": 86400000}), "not those agreed on"),
    "a topic on one broker": (
        "KafkaTopic/orders.events", lambda m: m["spec"].update(replicas=1), "three brokers"),
    "a topic left out": ("KafkaTopic/orders.events", lambda m: m.clear(), "on one side only"),
    "a process left out": (RELAY, lambda m: m.clear(), "on one side only"),
    "another role under its name": (
        RELAY, lambda m: container_of(m)["command"].__setitem__(3, "consumer"),
        "starts something else"),
    "a migration left out": (JOB, lambda m: m.clear(), "on one side only"),
    "more consumers than partitions": (
        "ScaledObject/refunds-consumer", lambda m: m["spec"].update(maxReplicaCount=12),
        "more copies than partitions"),
    "a consumer scaled by half of its topics": (
        "ScaledObject/notifier-consumer", lambda m: m["spec"]["triggers"].pop(), "does not look"),
    "a commit on one disk": (
        "Cluster/postgres", lambda m: m["spec"]["postgresql"].pop("synchronous"), "one disk"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_planted_mistake_is_found(mistake: str) -> None:
    target, make, told = MISTAKES[mistake]
    manifests, changed = plant(target, make)
    found = findings(manifests, OF_THE_BASE, changed)
    assert any(told in finding for finding in found), found
