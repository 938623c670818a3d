"""Says what the image is made of: `python -m countermand.bill_of_materials`.

A CycloneDX document for machines and a list of licences for people, both from the lock the image
is built from and what the installed packages say of themselves. What the base image brings is not
in them. `--check` writes nothing.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL
from packaging.requirements import Requirement

PROJECT = Path(__file__).resolve().parent.parent
LOCK = "requirements-image.lock"
SBOM, LICENCES = Path("deploy/image/sbom.cdx.json"), Path("deploy/image/licences.md")
IN_THE_IMAGE = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_system": "Linux",
    "python_full_version": "3.11.14",
    "python_version": "3.11",
    "sys_platform": "linux",
}
"""What markers in the lock are judged by, on whatever machine this runs."""

SPDX = {
    "Apache": "Apache-2.0",
    "Apache 2": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "MIT License": "MIT",
}
"""Other names some packages give their licence."""


class BillError(RuntimeError):
    """What is installed here is not what the lock names."""


class Package(NamedTuple):
    """One package of the image."""

    name: str
    version: str
    licence: str
    """An SPDX expression, or the package's own words where it has none."""
    home: str


def read_packages(lock: str) -> list[Package]:
    """Read what the image installs.

    Raises:
        BillError: a package is not installed here in that version, so nobody can say its licence.
    """
    return [
        _described(requirement)
        for line in _requirements(lock)
        if (requirement := Requirement(line.partition(" --hash=")[0].strip()))
        and (requirement.marker is None or requirement.marker.evaluate(IN_THE_IMAGE))
    ]


def _requirements(lock: str) -> Iterator[str]:
    for line in lock.replace("\\\n", " ").splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            yield line


def _described(requirement: Requirement) -> Package:
    name, version = requirement.name, str(requirement.specifier).removeprefix("==")
    try:
        told: dict[str, Any] = metadata(name).json
    except PackageNotFoundError:
        raise BillError(f"{name} is not installed here; say: make setup") from None
    if told["version"] != version:
        raise BillError(f"{name} is {told['version']} here and {version} in {LOCK}")
    urls = [entry.partition(", ")[2] for entry in told.get("project_url", [])]
    home = told.get("home_page") or next(iter(urls), "")
    return Package(name, version, _licence(told), home)


def _licence(told: Mapping[str, Any]) -> str:
    """Return the licence by the most exact of the three ways a package may tell it."""
    if expression := told.get("license_expression"):
        return str(expression)
    said = str(told.get("license") or "")
    if not said or "\n" in said:  # some put the whole text there
        named = [c for c in told.get("classifier", []) if c.startswith("License ::")]
        said = named[-1].rpartition(" :: ")[2] if named else ""
    return SPDX.get(said, said)


def write_sbom(lock: str, packages: Sequence[Package], version: str) -> str:
    """Write the CycloneDX document; the same lock gives the same bytes.

    The hash of every file stands in the lock, whose own hash names the document.
    """
    licences = LicenseFactory()
    image = Component(
        name="countermand", version=version, type=ComponentType.CONTAINER,
        bom_ref="countermand", licenses=[licences.make_from_string("Apache-2.0")],
    )  # fmt: skip
    parts = [_component(package, licences) for package in packages]
    bom = Bom(
        serial_number=uuid5(NAMESPACE_URL, sha256(lock.encode()).hexdigest()),
        metadata=BomMetaData(component=image, timestamp=datetime(2026, 1, 1, tzinfo=UTC)),
        components=parts,
    )
    bom.register_dependency(image, parts)
    outputter = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6)
    return outputter.output_as_string(indent=2) + "\n"


def _component(package: Package, licences: LicenseFactory) -> Component:
    url = PackageURL("pypi", name=package.name, version=package.version)
    home = ExternalReference(type=ExternalReferenceType.WEBSITE, url=XsUri(package.home))
    return Component(
        name=package.name, version=package.version, type=ComponentType.LIBRARY,
        bom_ref=url.to_string(), purl=url,
        licenses=[licences.make_from_string(package.licence)] if package.licence else [],
        external_references=[home] if package.home else [],
    )  # fmt: skip


def write_licences(packages: Sequence[Package]) -> str:
    """Write the list for people, by licence."""
    by_licence: dict[str, list[str]] = defaultdict(list)
    for package in packages:
        by_licence[package.licence or "not said"].append(f"{package.name} {package.version}")
    rows = [f"| {licence} | {', '.join(named)} |" for licence, named in sorted(by_licence.items())]
    head = (
        "# Licences of the packages in the image\n\n"
        "Made by `make sbom`; each as the package tells it. Countermand itself is Apache-2.0, and\n"
        "the licence of every package lies with it in the image. What the base image brings is\n"
        "told by its publisher.\n\n"
        "| licence | packages |\n|---|---|\n"
    )
    return head + "\n".join(rows) + "\n"


def render(root: Path = PROJECT) -> dict[Path, str]:
    """Make both files."""
    lock = (root / LOCK).read_text("utf-8")
    version = metadata("countermand")["Version"]
    packages = read_packages(lock)
    return {
        root / SBOM: write_sbom(lock, packages, version),
        root / LICENCES: write_licences(packages),
    }


def find_stale(root: Path = PROJECT) -> list[str]:
    """List which of the two is not what the lock makes it today."""
    return [
        str(path.relative_to(root))
        for path, text in render(root).items()
        if not path.is_file() or path.read_text("utf-8") != text
    ]


def main(arguments: Sequence[str] | None = None, root: Path = PROJECT) -> int:
    """Write or check; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m countermand.bill_of_materials")
    parser.add_argument("--check", action="store_true", help="name stale files; write nothing")
    is_check = parser.parse_args(arguments).check
    try:
        stale = find_stale(root)
        if not is_check:
            for path, text in render(root).items():
                path.write_text(text, "utf-8")
            return 0
    except BillError as wrong:
        stale = [str(wrong)]
    for name in stale:
        print(f"{name} is stale. Run: make sbom", file=sys.stderr)
    return int(bool(stale))


if __name__ == "__main__":
    sys.exit(main())
