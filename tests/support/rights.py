"""Who may speak to whom, read what and know what, held against the code that does it."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from contracts.topics import RELAY_POSITIONS, TOPICS
from deploy.local.infrastructure import MIGRATIONS
from deploy.local.processes import ROLES, module_of, service_names
from deploy.local.topics import topic_configuration
from kit.roles import ServiceSpec
from services.notifier.webhooks.service import SERVICE as WEBHOOKS
from tests.house.known import SETTING_NAMES, SPECS
from tests.support.manifests import PODS, PROCESSES, Manifest, containers, name_of, process_of
from tests.support.policies import Rule, of_kind

ALL_SPECS: dict[str, ServiceSpec] = {**SPECS, WEBHOOKS.name: WEBHOOKS}
LIBRARIES = {"PGPASSWORD", "PGSSLMODE", "PGSSLROOTCERT", "FORWARDED_ALLOW_IPS"}
"""Read by asyncpg, psycopg and uvicorn themselves."""

SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|_KEYS?$|API_KEY")
INLINE_PASSWORD = re.compile(r"://[^/@\s]*:[^/@\s]+@")
PRIVATE = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8"}
ToDo = tuple[str, str, str]
"""What a right is about: kind and name of the resource, and the operation."""


def secrets_are_named_only(manifests: Sequence[Manifest]) -> Iterator[str]:
    for name, _ in of_kind(manifests, "Secret"):
        yield f"{name}: a secret lies among the manifests"
    for name, manifest in of_kind(manifests, "ConfigMap"):
        for key, value in manifest.get("data", {}).items():
            if SECRET.search(key) or INLINE_PASSWORD.search(value):
                yield f"{name}: {key} is a secret"
    for name, manifest in of_kind(manifests, *PODS):
        for container in containers(manifest):
            for one in container.get("env", []):
                told = str(one.get("value", ""))
                if "value" in one and (SECRET.search(one["name"]) or INLINE_PASSWORD.search(told)):
                    yield f"{name}: {one['name']} is a secret, written down"


def networks_are_closed(manifests: Sequence[Manifest]) -> Iterator[str]:
    policies = [one for _, one in of_kind(manifests, "NetworkPolicy")]
    closed = [
        one for one in policies
        if one["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    ]  # fmt: skip
    if not closed:
        yield "NetworkPolicy: nothing denies what is not allowed"
    for policy in policies:
        spec = policy["spec"]
        for direction, side in (("ingress", "from"), ("egress", "to")):
            for rule in spec.get(direction, []):
                for peer in rule.get(side) or [{}]:
                    if _is_anybody(peer, rule):
                        yield f"{name_of(policy)}: {direction} is open to anybody"
                if "ports" not in rule and not _is_inside(rule[side], spec["podSelector"]):
                    yield f"{name_of(policy)}: {direction} is open at every port"


def _is_anybody(peer: Manifest, rule: Manifest) -> bool:
    block = peer.get("ipBlock")
    if block is None:
        return all(selector in ({}, None) for selector in peer.values())
    if block["cidr"] not in ("0.0.0.0/0", "::/0"):
        return False
    ports = {port.get("port") for port in rule.get("ports", [])}
    # Port 6443 is the cluster's own API; whoever asks it is none of ours.
    return not (
        ports == {443, 6443} or (ports == {443} and set(block.get("except", [])) >= PRIVATE)
    )


def _is_inside(peers: Sequence[Manifest], own: Manifest) -> bool:
    """Among the pods of one server, and from the operator that runs it."""
    operators = ({"kubernetes.io/metadata.name": name} for name in ("strimzi", "cnpg-system"))
    allowed = [
        {"podSelector": own},
        *({"namespaceSelector": {"matchLabels": o}} for o in operators),
    ]
    return all(peer in allowed for peer in peers)


def wanted_rights() -> dict[str, set[ToDo]]:
    """Return what each user of Kafka needs, as the code says."""
    rights: dict[str, set[ToDo]] = {
        "upstream": {
            ("topic", topic.name, "Write") for topic in TOPICS if topic.owner == "upstream"
        },
        "verify": {("topic", topic.name, "Read") for topic in TOPICS},
        "keda": set(),
        "operator": {("topic", topic.name, word) for topic in TOPICS for word in ("Read", "Write")},
    }
    for name, spec in ALL_SPECS.items():
        own = {("topic", topic, "Read") for topic in spec.listens_to}
        own.add(("group", name, "Read"))
        if spec.publishes:
            own |= {("topic", topic.name, "Write") for topic in TOPICS if topic.owner == name}
            own |= {("topic", RELAY_POSITIONS.name, word) for word in ("Read", "Write")}
            # A relay's log is the service's only one, or `<service>_<shard>_of_<count>`.
            own |= {("transactionalId", f"relay-{name}{more}", "Write") for more in ("", "_*")}
        rights[name] = own
        # Recovery sets groups and positions back, and empties our own topics.
        rights["operator"] |= {one for one in own if one[0] != "topic"}
        rights["operator"] |= {
            ("topic", topic.name, "Delete") for topic in TOPICS if topic.owner == name
        }
        if name in SPECS:
            rights["keda"] |= {("topic", topic, "Describe") for topic in spec.listens_to}
            rights["keda"].add(("group", name, "Describe"))
    return rights


def kafka_rights_are_the_least(manifests: Sequence[Manifest]) -> Iterator[str]:
    given: dict[str, set[ToDo]] = {}
    for name, user in of_kind(manifests, "KafkaUser"):
        spec: dict[str, Any] = user["spec"]
        if spec.get("authentication") != {"type": "tls"}:
            yield f"{name}: is not known by a certificate"
        own = given.setdefault(user["metadata"]["name"].removesuffix("-kafka"), set())
        for acl in spec["authorization"]["acls"]:
            resource = acl["resource"]
            what, pattern = resource["name"], resource.get("patternType", "literal")
            if (resource["type"], pattern, what[-1]) == ("transactionalId", "prefix", "_"):
                what += "*"
            elif pattern != "literal" or acl.get("type") == "deny":
                yield f"{name}: a right that is not for one name"
            own |= {(resource["type"], what, word) for word in acl["operations"]}
    wanted = wanted_rights()
    for who in sorted(wanted | given):
        has, needs = given.get(who, set()), wanted.get(who, set())
        yield from (f"KafkaUser/{who}: may not {right}" for right in sorted(needs - has))
        yield from (f"KafkaUser/{who}: needs no {right}" for right in sorted(has - needs))
    for name, kafka in of_kind(manifests, "Kafka"):
        cluster = kafka["spec"]["kafka"]
        is_known = all(one.get("authentication") for one in cluster["listeners"])
        if not is_known or cluster.get("authorization") != {"type": "simple"}:
            yield f"{name}: lets in whom it does not know"


def topics_are_those_agreed_on(manifests: Sequence[Manifest]) -> Iterator[str]:
    found = {one["metadata"]["name"]: one["spec"] for _, one in of_kind(manifests, "KafkaTopic")}
    for missing in {topic.name for topic in TOPICS} ^ set(found):
        yield f"KafkaTopic/{missing}: is on one side only"
    for topic in TOPICS:
        spec = found.get(topic.name, {})
        if spec.get("partitions") != topic.partitions:
            yield f"KafkaTopic/{topic.name}: {spec.get('partitions')} partitions"
        config = {key: str(value) for key, value in spec.get("config", {}).items()}
        if config.pop("min.insync.replicas", None) is None or config != topic_configuration(topic):
            yield f"KafkaTopic/{topic.name}: its settings are not those agreed on"


def every_process_runs(manifests: Sequence[Manifest]) -> Iterator[str]:
    found = {process_of(one): one for _, one in of_kind(manifests, *PROCESSES)}
    for name in set(service_names()) ^ set(found):
        yield f"{name}: is on one side only"
    for name in set(service_names()) & set(found):
        service, role = name.split(".")
        (container,) = containers(found[name])
        if container.get("command") != ["python", "-m", module_of(service), role]:
            yield f"{name}: starts something else"
    jobs = {
        one["spec"]["template"]["spec"]["containers"][0]["command"][-1]
        for _, one in of_kind(manifests, "Job")
    }
    schemas = {schema for schema, folder in MIGRATIONS.items() if folder.is_dir()}
    yield from (f"migrate-{schema}: is on one side only" for schema in jobs ^ schemas)


def scaling_follows_lag(manifests: Sequence[Manifest]) -> Iterator[str]:
    scaled = {one["metadata"]["name"]: one["spec"] for _, one in of_kind(manifests, "ScaledObject")}
    for name in {f"{service}-consumer" for service in ROLES if service in SPECS} ^ set(scaled):
        yield f"ScaledObject/{name}: is on one side only"
    partitions = {topic.name: topic.partitions for topic in TOPICS}
    for name, spec in scaled.items():
        service = name.removesuffix("-consumer")
        asked = [trigger["metadata"] for trigger in spec["triggers"]]
        if [one["topic"] for one in asked] != list(SPECS[service].listens_to):
            yield f"ScaledObject/{name}: does not look at what the service hears"
        if {one["consumerGroup"] for one in asked} != {service}:
            yield f"ScaledObject/{name}: looks at another group"
        if spec["maxReplicaCount"] > min(partitions[one["topic"]] for one in asked):
            yield f"ScaledObject/{name}: more copies than partitions"


def settings_exist(manifests: Sequence[Manifest]) -> Iterator[str]:
    read = {
        source["configMapRef"]["name"]
        for _, manifest in of_kind(manifests, *PODS)
        for container in containers(manifest)
        for source in container.get("envFrom", [])
    }
    told: dict[str, set[str]] = {
        name: {
            one["name"] for container in containers(manifest) for one in container.get("env", [])
        }
        for name, manifest in of_kind(manifests, *PODS)
    }
    for name, manifest in of_kind(manifests, "ConfigMap"):
        if manifest["metadata"]["name"] in read:
            told[name] = set(manifest["data"])
    for name, settings in told.items():
        for setting in sorted(settings - SETTING_NAMES - LIBRARIES):
            yield f"{name}: nobody reads {setting}"


AS_IN_THE_CODE: tuple[Rule, ...] = (
    secrets_are_named_only, networks_are_closed, kafka_rights_are_the_least,
    topics_are_those_agreed_on, every_process_runs, scaling_follows_lag, settings_exist,
)  # fmt: skip
"""For every overlay."""
