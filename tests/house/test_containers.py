"""Image, Compose and what watches them, held against the processes and settings of the code."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic_settings import BaseSettings

from countermand import bill_of_materials
from deploy.local import jars, processes
from deploy.prepare import PrepareSettings
from tests.house.known import COMPOSE, SETTING_NAMES, SETTINGS, setting_names
from tests.house.known import COMPOSE_VARIABLES as VARIABLES
from tests.house.pages import part, rows, words
from tests.house.tree import PRODUCT, ROOT
from tests.support import containers

SERVICES: dict[str, Any] = yaml.safe_load(COMPOSE)["services"]
OURS = {name: one for name, one in SERVICES.items() if "COUNTERMAND_IMAGE" in one["image"]}
PROCESSES = {name.replace(".", "-"): name for name in processes.service_names()}
CONTAINERFILE = (ROOT / "deploy/image/Containerfile").read_text("utf-8")


def env_file(name: str) -> dict[str, str]:
    lines = (ROOT / "deploy" / name).read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def complaints(compose: str, folder: Path) -> str:
    """Return what is wrong with a file by the Compose Specification."""
    (folder / "compose.yaml").write_text(compose, "utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run(
        [*command, str(folder / "compose.yaml")], capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_compose_follows_its_specification(tmp_path: Path) -> None:
    assert complaints(COMPOSE, tmp_path) == ""
    assert "helthcheck" in complaints(COMPOSE.replace("healthcheck:", "helthcheck:"), tmp_path)
    assert complaints(COMPOSE.replace("service_healthy", "healthy"), tmp_path)


def test_every_process_has_its_service_and_no_service_is_without_a_process() -> None:
    helpers = {"prepare", "demo", *processes.SIMULATORS}
    assert set(OURS) == set(PROCESSES) | helpers
    for service, name in PROCESSES.items():
        package, role = name.split(".")
        assert OURS[service]["command"] == [processes.module_of(package), role]
    for name in processes.SIMULATORS:
        assert OURS[name]["command"][0] == f"deploy.simulators.{name}"


def test_every_process_is_told_what_the_local_runtime_tells_it() -> None:
    specs = processes.service_specs(
        processes.Ports.choose(18080),
        postgres_dsn="", kafka_bootstrap="",
        env={"CANCELLATION_AUDIT_KEY_FILE": "", "CUSTOMERS_API_KEY": ""},
    )  # fmt: skip
    local = {name for spec in specs for name in spec.env}
    in_image = {name for name in local if f"{name}=" in CONTAINERFILE}
    told = {name for service in PROCESSES for name in OURS[service]["environment"]}
    ports = {name for name in local if name.endswith("_HTTP_PORT")}  # a container has its own
    one_of_many = {"COUNTERMAND_INSTANCE"}  # a container more is another project's matter
    assert told == local - in_image - ports - one_of_many | {"REFUNDS_GATEWAY_API_KEY"}


def needed(model: type[BaseSettings]) -> set[str]:
    """Return the settings without which a process does not start."""
    prefix = str(model.model_config["env_prefix"])
    required = [name for name, field in model.model_fields.items() if field.is_required()]
    return {f"{prefix}{name}".upper() for name in required}


@pytest.mark.parametrize("service", PROCESSES)
def test_every_process_gets_what_it_needs_and_nothing_unknown(service: str) -> None:
    told = set(OURS[service].get("environment", {}))
    assert told <= SETTING_NAMES
    package = service.partition("-")[0]
    folders = {"console": ["console"], "customers": ["console/customers"]}
    read = folders.get(package, ["kit", f"services/{package}"])
    models = [SETTINGS[folder] for folder in read if folder in SETTINGS]  # inventory has none
    assert {name for model in models for name in needed(model)} <= told


def test_what_prepares_the_servers_is_told_everything_it_has_no_answer_to() -> None:
    told = set(OURS["prepare"]["environment"])
    assert needed(PrepareSettings) <= told
    assert told <= set(setting_names(PrepareSettings)) | {"CANCELLATION_AUDIT_KEY_FILE"}


def test_the_demo_begins_when_everything_works() -> None:
    waited = OURS["demo"]["depends_on"]
    served = {name for name in PROCESSES if not name.endswith("-web")}
    assert set(waited) == served | set(processes.SIMULATORS)
    assert {one["condition"] for one in waited.values()} == {"service_healthy"}


@pytest.mark.parametrize("service", OURS)
def test_a_container_of_ours_may_nothing_it_does_not_need(service: str) -> None:
    described = OURS[service]
    assert described["read_only"] is True
    assert described["cap_drop"] == ["ALL"]
    assert described["security_opt"] == ["no-new-privileges:true"]


def test_nothing_is_open_beyond_this_machine() -> None:
    ports = [port for one in SERVICES.values() for port in one.get("ports", [])]
    assert len(ports) > 10
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []
    published = [port.split(":")[1] for port in ports]
    assert len(published) == len(set(published))


def test_every_image_has_a_version_and_those_of_the_local_runtime_the_same() -> None:
    images = {name: image for name, image in VARIABLES.items() if name.endswith("_IMAGE")}
    assert len(images) == 6
    for image in images.values():
        assert re.fullmatch(r"[\w/-]+:(v?\d[\w.-]*|local)", image), image
    [kafka] = [jar.version for jar in jars.read_lock() if jar.artifact == "kafka_2.13"]
    assert images["COUNTERMAND_KAFKA_IMAGE"] == containers.KAFKA_DEFAULT
    assert images["COUNTERMAND_KAFKA_IMAGE"].endswith(f":{kafka}")
    assert images["COUNTERMAND_POSTGRES_IMAGE"] == containers.POSTGRES_DEFAULT
    assert f"ARG PYTHON_IMAGE={images['COUNTERMAND_PYTHON_IMAGE']}\n" in CONTAINERFILE


def test_the_image_is_pinned_hashed_and_nobody_in_particular() -> None:
    assert set(re.findall(r"^FROM (\S+)", CONTAINERFILE, re.MULTILINE)) == {"${PYTHON_IMAGE}"}
    version = bill_of_materials.IN_THE_IMAGE["python_full_version"]
    assert f"PYTHON_IMAGE=python:{version}-slim-" in CONTAINERFILE
    assert "--require-hashes -r requirements-image.lock" in CONTAINERFILE
    last = CONTAINERFILE.rpartition("FROM ")[2]
    assert re.findall(r"^USER (\S+)", last, re.MULTILINE) == ["65532:65532"]
    assert not re.findall(r"^(RUN|ADD) ", last, re.MULTILINE), "what runs there has a date"


def test_the_image_holds_every_package_that_ships() -> None:
    copied = set(re.findall(r"^COPY (\w+) \w+/$", CONTAINERFILE, re.MULTILINE))
    admitted = set(re.findall(r"^!(\w+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    assert copied == {*PRODUCT, "demo"}
    assert copied <= admitted


def test_what_the_image_is_made_of_is_told_as_it_is(tmp_path: Path) -> None:
    assert bill_of_materials.find_stale() == []
    lock = (ROOT / bill_of_materials.LOCK).read_text("utf-8")
    packages = bill_of_materials.read_packages(lock)
    assert [package.name for package in packages if not package.licence] == []
    (tmp_path / "deploy/image").mkdir(parents=True)
    (tmp_path / bill_of_materials.LOCK).write_text(lock, "utf-8")
    assert len(bill_of_materials.find_stale(tmp_path)) == 2
    with pytest.raises(bill_of_materials.BillError, match=r"orjson is .* here and 1\.0 in"):
        bill_of_materials.read_packages("orjson==1.0 \\\n    --hash=sha256:00\n")


def test_prometheus_reads_every_process() -> None:
    text = (ROOT / "deploy/observability/prometheus/prometheus.yaml").read_text("utf-8")
    [job] = yaml.safe_load(text)["scrape_configs"]
    [targets] = job["static_configs"]
    assert targets["targets"] == [f"{service}:9000" for service in PROCESSES]
    assert "COUNTERMAND_HEALTH_PORT=9000" in CONTAINERFILE


def test_the_guide_lists_what_may_be_set_with_its_default() -> None:
    listed = {
        words(row[0])[0]: (words(row[1]) or [""])[0]
        for row in rows(part("docs/guides/containers.md", "variables"))
    }
    assert listed == VARIABLES


def test_the_files_of_variables_set_what_compose_or_the_tests_ask_for() -> None:
    of_tests = {"COUNTERMAND_TEST_KAFKA_IMAGE", "COUNTERMAND_TEST_POSTGRES_IMAGE"}
    assert set(env_file("local-bases.env")) <= set(VARIABLES) | of_tests
    assert set(env_file("three-brokers.env")) <= set(VARIABLES) | {"COMPOSE_PROFILES"}


def test_variables_have_one_default_each() -> None:
    assert "${" not in re.sub(r"\$\{\w+:-[^}]*\}", "", COMPOSE)
    assert len(VARIABLES) == len(set(re.findall(r"\$\{(\w+:-[^}]*)\}", COMPOSE)))
