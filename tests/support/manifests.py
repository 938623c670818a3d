"""The Kubernetes manifests, read and held against the schemas of their kinds.

Kinds of Kubernetes itself come with a package, those of others lie in `deploy/kubernetes/schemas`.
Everything is validated strictly: a field nobody knows is a mistake.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from tests.house.tree import ROOT

FOLDER = ROOT / "deploy" / "kubernetes"
SCHEMAS = FOLDER / "schemas"
VERSION = "1.37.0"
PROCESSES = ("Deployment", "StatefulSet")
PODS = (*PROCESSES, "Job", "CronJob")

Manifest = dict[str, Any]


class KustomizeMissingError(Exception):
    """Neither `kubectl` nor `kustomize` is here."""


def name_of(manifest: Mapping[str, Any]) -> str:
    """Return `Kind/name`."""
    return f"{manifest['kind']}/{manifest['metadata']['name']}"


def written() -> list[Manifest]:
    """Return every resource of the base as it is written; no overlay is applied."""
    return [
        manifest
        for path in sorted(FOLDER.glob("base/*/*.yaml"))
        if path.name != "kustomization.yaml"
        for manifest in yaml.safe_load_all(path.read_text("utf-8"))
    ]


def kustomizations() -> list[tuple[Path, Manifest]]:
    """Return every kustomization and where it lies."""
    found = sorted(FOLDER.rglob("kustomization.yaml"))
    return [(path, yaml.safe_load(path.read_text("utf-8"))) for path in found]


@cache
def _rendered(overlay: str) -> str:
    program = shutil.which("kustomize") or shutil.which("kubectl")
    if program is None:
        raise KustomizeMissingError("neither kustomize nor kubectl is here")
    words = ["build"] if program.endswith("kustomize") else ["kustomize"]
    done = subprocess.run(
        [program, *words, str(FOLDER / "overlays" / overlay)], capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def rendered(overlay: str) -> list[Manifest]:
    """Return what an overlay makes of the base.

    Raises:
        KustomizeMissingError: nothing is here that could.
    """
    return list(yaml.safe_load_all(_rendered(overlay)))


@cache
def _foreign(kind: str, api_version: str) -> Draft202012Validator | None:
    group, _, version = api_version.partition("/")
    path = SCHEMAS / f"{group}_{kind.lower()}_{version}.json"
    return Draft202012Validator(json.loads(path.read_text("utf-8"))) if path.is_file() else None


@cache
def _definitions() -> Registry[Any]:
    content = json.loads(_own().joinpath("_definitions.json").read_text("utf-8"))
    return Resource.from_contents(content) @ Registry()


def _own() -> Any:
    return files("kubernetes_validate") / "kubernetes-json-schema" / f"v{VERSION}-local-strict"


@cache
def _native(kind: str, api_version: str) -> Draft202012Validator | None:
    group, _, version = api_version.rpartition("/")
    short = f"{group.partition('.')[0]}-{version}" if group else version
    path = _own().joinpath(f"{kind.lower()}-{short}.json")
    if not path.is_file():
        return None
    schema = json.loads(path.read_text("utf-8"))
    return Draft202012Validator(schema, registry=_definitions())


def misfits(manifests: Sequence[Manifest]) -> Iterator[str]:
    """Return what of the manifests does not fit the schema of its kind."""
    for manifest in manifests:
        kind, api_version = manifest["kind"], manifest["apiVersion"]
        validator = _foreign(kind, api_version) or _native(kind, api_version)
        if validator is None:
            yield f"{name_of(manifest)}: there is no schema of {api_version} {kind}"
            continue
        for error in validator.iter_errors(manifest):
            place = ".".join(map(str, error.absolute_path))
            yield f"{name_of(manifest)}: {place}: {error.message[:200]}"


def pod_of(manifest: Mapping[str, Any]) -> Manifest:
    """Return the pod template of a workload, a job's or a cron job's."""
    spec = manifest["spec"]
    if manifest["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    template: Manifest = spec["template"]
    return template


def containers(manifest: Mapping[str, Any]) -> list[Manifest]:
    """Return all containers of a workload's pod."""
    spec = pod_of(manifest)["spec"]
    return [*spec.get("initContainers", []), *spec["containers"]]


def labels_of(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return the labels of a workload's pods."""
    found: dict[str, str] = pod_of(manifest)["metadata"]["labels"]
    return found


def process_of(manifest: Mapping[str, Any]) -> str:
    """Return `<service>.<role>` by the labels of a workload's pods."""
    labels = labels_of(manifest)
    return f"{labels['app.kubernetes.io/name']}.{labels['app.kubernetes.io/component']}"


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Tell whether a selector, with `matchLabels` or of a service, takes these labels."""
    wanted = selector.get("matchLabels", {}) if "matchExpressions" in selector else selector.get(
        "matchLabels", selector
    )  # fmt: skip
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    for one in selector.get("matchExpressions", []):
        is_in = labels.get(one["key"]) in one.get("values", [])
        if is_in != (one["operator"] == "In"):
            return False
    return True


def secrets_of(manifests: Sequence[Manifest]) -> Iterator[tuple[str, str]]:
    """Return name and key of every secret that pods and roles of the database read."""
    for manifest in manifests:
        if manifest["kind"] == "Cluster":
            for role in manifest["spec"]["managed"]["roles"]:
                if "passwordSecret" in role:
                    yield role["passwordSecret"]["name"], "password"
        if manifest["kind"] in PODS:
            yield from _secrets_of_pod(manifest)


def _secrets_of_pod(manifest: Manifest) -> Iterator[tuple[str, str]]:
    for container in containers(manifest):
        for one in container.get("env", []):
            if reference := one.get("valueFrom", {}).get("secretKeyRef"):
                yield reference["name"], reference["key"]
    for volume in pod_of(manifest)["spec"]["volumes"]:
        found = [source["secret"] for source in volume.get("projected", {}).get("sources", [])]
        for secret in [*found, *([volume["secret"]] if "secret" in volume else [])]:
            name = secret.get("secretName") or secret["name"]
            yield from ((name, item["key"]) for item in secret["items"])
