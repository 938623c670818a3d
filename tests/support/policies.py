"""What our manifests keep to beyond their schemas: each rule yields what breaks it.

`tests/support/rights.py` holds those about networks, secrets and what is in the code.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.support.manifests import (
    PODS,
    PROCESSES,
    Manifest,
    containers,
    labels_of,
    name_of,
    pod_of,
    selects,
)

Rule = Callable[[Sequence[Manifest]], Iterator[str]]
STATIC_MEMBER = "metadata.labels['apps.kubernetes.io/pod-index']"
MEMBERS = ("consumer", "webhooks")
"""Roles that are members of a consumer group."""


def of_kind(manifests: Sequence[Manifest], *kinds: str) -> Iterator[tuple[str, Manifest]]:
    """Return manifests of some kinds, each after its name."""
    for manifest in manifests:
        if manifest["kind"] in kinds:
            yield name_of(manifest), manifest


def images_are_pinned(manifests: Sequence[Manifest]) -> Iterator[str]:
    for name, manifest in of_kind(manifests, *PODS):
        for container in containers(manifest):
            _, _, tag = container.get("image", "").rpartition("/")[2].partition(":")
            if not tag or tag == "latest":
                yield f"{name}: the image has no fixed version"


def pods_have_no_rights(manifests: Sequence[Manifest]) -> Iterator[str]:
    for name, manifest in of_kind(manifests, *PODS):
        spec = pod_of(manifest)["spec"]
        context = spec.get("securityContext", {})
        if context.get("runAsNonRoot") is not True or not context.get("runAsUser"):
            yield f"{name}: may run as root"
        if context.get("seccompProfile") != {"type": "RuntimeDefault"}:
            yield f"{name}: no seccomp profile"
        if spec.get("automountServiceAccountToken") is not False:
            yield f"{name}: gets a token of the cluster"
        if any(spec.get(key) for key in ("hostNetwork", "hostPID", "hostIPC")):
            yield f"{name}: shares the node"
        if any("hostPath" in volume for volume in spec.get("volumes", [])):
            yield f"{name}: mounts the node's disk"
        for container in containers(manifest):
            own = container.get("securityContext", {})
            wanted = {
                "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }  # fmt: skip
            if own != wanted:
                yield f"{name}: its container may do more than it needs"


def pods_say_what_they_need(manifests: Sequence[Manifest]) -> Iterator[str]:
    for name, manifest in of_kind(manifests, *PODS):
        for container in containers(manifest):
            resources = container.get("resources", {})
            if set(resources.get("requests", {})) < {"cpu", "memory"}:
                yield f"{name}: requests no processor or no memory"
            # No limit of the processor: it would slow a process down that nobody else is beside.
            if "memory" not in resources.get("limits", {}):
                yield f"{name}: no limit of memory"


def processes_are_probed(manifests: Sequence[Manifest]) -> Iterator[str]:
    for name, manifest in of_kind(manifests, *PROCESSES):
        stands_by = labels_of(manifest)["app.kubernetes.io/component"] == "relay"
        wanted = {
            "startupProbe": "/livez", "livenessProbe": "/livez",
            "readinessProbe": "/livez" if stands_by else "/readyz",
        }  # fmt: skip
        for container in containers(manifest):
            ports = {port["name"] for port in container.get("ports", [])}
            for probe, path in wanted.items():
                got = container.get(probe, {}).get("httpGet", {})
                if got.get("path") != path or got.get("port") != "health":
                    yield f"{name}: {probe} does not ask {path} of the health port"
            if "health" not in ports:
                yield f"{name}: its health port has no name"


def processes_survive_a_node(manifests: Sequence[Manifest]) -> Iterator[str]:
    budgets = [one for _, one in of_kind(manifests, "PodDisruptionBudget")]
    for name, manifest in of_kind(manifests, *PROCESSES):
        spec, labels = manifest["spec"], labels_of(manifest)
        keys = {one["topologyKey"] for one in pod_of(manifest)["spec"].get(
            "topologySpreadConstraints", []
        ) if selects(one["labelSelector"], labels)}  # fmt: skip
        if keys != {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}:
            yield f"{name}: its copies are not spread over zones and nodes"
        own = [one for one in budgets if selects(one["spec"]["selector"], labels)]
        if spec.get("replicas", 2) > 1 and len(own) != 1:
            yield f"{name}: {len(own)} disruption budgets"
    for name, budget in of_kind(manifests, "PodDisruptionBudget"):
        if budget["spec"].get("maxUnavailable") != 1:
            yield f"{name}: more than one copy may go at once, or none"


def group_members_are_static(manifests: Sequence[Manifest]) -> Iterator[str]:
    for name, manifest in of_kind(manifests, *PROCESSES):
        is_member = labels_of(manifest)["app.kubernetes.io/component"] in MEMBERS
        if is_member != (manifest["kind"] == "StatefulSet"):
            yield f"{name}: members of a group are StatefulSets, and only they"
        told = {
            one["name"]: one.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath")
            for container in containers(manifest)
            for one in container.get("env", [])
        }
        if is_member and told.get("COUNTERMAND_INSTANCE") != STATIC_MEMBER:
            yield f"{name}: its ordinal is not its static group member"


def what_pods_name_exists(manifests: Sequence[Manifest]) -> Iterator[str]:
    configs = {one["metadata"]["name"] for _, one in of_kind(manifests, "ConfigMap")}
    for name, manifest in of_kind(manifests, *PODS):
        selector = manifest["spec"].get("selector")
        if selector and not selects(selector, labels_of(manifest)):
            yield f"{name}: does not select its own pods"
        volumes = {volume["name"] for volume in pod_of(manifest)["spec"].get("volumes", [])}
        for container in containers(manifest):
            mounted = {mount["name"] for mount in container.get("volumeMounts", [])}
            read = {source["configMapRef"]["name"] for source in container.get("envFrom", [])}
            for absent in sorted((mounted - volumes) | (read - configs)):
                yield f"{name}: reads the absent {absent}"


def every_process_is_measured(manifests: Sequence[Manifest]) -> Iterator[str]:
    measured: set[str] = set()
    for name, monitor in of_kind(manifests, "ServiceMonitor"):
        asked = {endpoint["port"] for endpoint in monitor["spec"]["endpoints"]}
        services = [
            service for _, service in of_kind(manifests, "Service")
            if selects(monitor["spec"]["selector"], service["metadata"]["labels"])
            and asked <= {port["name"] for port in service["spec"]["ports"]}
        ]  # fmt: skip
        if not services:
            yield f"{name}: asks no service"
        for service in services:
            if not service["spec"].get("publishNotReadyAddresses"):
                yield f"{name}: does not see who is not ready"
            measured |= {
                process for process, one in of_kind(manifests, *PROCESSES)
                if selects(service["spec"]["selector"], labels_of(one))
            }  # fmt: skip
    for process, _ in of_kind(manifests, *PROCESSES):
        if process not in measured:
            yield f"{process}: nobody measures it"


def what_stands_in_front_has_something_behind(manifests: Sequence[Manifest]) -> Iterator[str]:
    workloads = {name_of(one): one for _, one in of_kind(manifests, *PROCESSES)}
    for name, service in of_kind(manifests, "Service"):
        selector = service["spec"]["selector"]
        behind = [one for one in workloads.values() if selects(selector, labels_of(one))]
        ports = {p["name"] for one in behind for c in containers(one) for p in c["ports"]}
        is_one = len(behind) == 1 or service["spec"].get("clusterIP") == "None"
        if not (behind and is_one) or {p["targetPort"] for p in service["spec"]["ports"]} - ports:
            yield f"{name}: nothing stands behind it"
    for name, scaler in of_kind(manifests, "HorizontalPodAutoscaler", "ScaledObject"):
        target = scaler["spec"]["scaleTargetRef"]
        if f"{target['kind']}/{target['name']}" not in workloads:
            yield f"{name}: scales the absent {target['name']}"


def copies_are_counted_once(manifests: Sequence[Manifest]) -> Iterator[str]:
    """Of the base: a number beside a scaler would be set back by every apply."""
    scaled = {
        f"{target['kind']}/{target['name']}"
        for _, scaler in of_kind(manifests, "HorizontalPodAutoscaler", "ScaledObject")
        for target in [scaler["spec"]["scaleTargetRef"]]
    }
    for name, manifest in of_kind(manifests, *PROCESSES):
        if (name in scaled) == ("replicas" in manifest["spec"]):
            yield f"{name}: how many copies is said twice, or not at all"


def servers_lose_nothing(manifests: Sequence[Manifest]) -> Iterator[str]:
    for name, cluster in of_kind(manifests, "Cluster"):
        spec: dict[str, Any] = cluster["spec"]
        synchronous = spec["postgresql"].get("synchronous", {})
        if spec["instances"] < 3 or synchronous.get("dataDurability") != "required":
            yield f"{name}: a commit may be on one disk alone"
        if spec["postgresql"]["parameters"].get("synchronous_commit") != "on":
            yield f"{name}: commits are not waited for"
        if spec.get("enableSuperuserAccess") is not False:
            yield f"{name}: the superuser can log in"
    for name, kafka in of_kind(manifests, "Kafka"):
        config = kafka["spec"]["kafka"]["config"]
        if config.get("min.insync.replicas") != 2 or config.get("auto.create.topics.enable"):
            yield f"{name}: a record may be on one disk alone, or a topic come by itself"
    for name, topic in of_kind(manifests, "KafkaTopic"):
        if topic["spec"].get("replicas") != 3:
            yield f"{name}: not on three brokers"


HARDENED: tuple[Rule, ...] = (
    images_are_pinned, pods_have_no_rights, pods_say_what_they_need, processes_are_probed,
    processes_survive_a_node, group_members_are_static, what_pods_name_exists,
    what_stands_in_front_has_something_behind, every_process_is_measured,
)  # fmt: skip
"""For every overlay."""
