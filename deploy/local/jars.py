"""The jars of Apache Kafka: downloaded once per machine, checked against `kafka.lock` every time.

Nothing is resolved: jgo would let one library's parent pick the version of another (it silently
chose kafka-clients 3.9.1), and it only warns about a wrong checksum. It is the downloader here.
"""

import hashlib
import logging
import os
import queue
import shutil
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import LocalRuntimeError
from deploy.local.locks import locked

LOCK_FILE = Path(__file__).with_name("kafka.lock")
DOWNLOADS_AT_ONCE = 8
ATTEMPTS_MAX = 3
TIMEOUT_S = 30

Progress = Callable[[int, int], None]
"""Receives (jars present, jars needed) after each one."""


@dataclass(frozen=True, slots=True)
class Jar:
    """One line of the lock file."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        """Name in the cache; unique, because the lock holds one version of an artifact."""
        return f"{self.artifact}-{self.version}.jar"

    @property
    def coordinate(self) -> str:
        """`group:artifact:version`."""
        return f"{self.group}:{self.artifact}:{self.version}"


def cache_dir() -> Path:
    """Return where downloads are kept, shared by every checkout of this user.

    `COUNTERMAND_CACHE_DIR` overrides `~/.cache/countermand`.
    """
    chosen = os.environ.get("COUNTERMAND_CACHE_DIR")
    return (Path(chosen) if chosen else Path.home() / ".cache" / "countermand").absolute()


def read_lock(path: Path = LOCK_FILE) -> list[Jar]:
    """Read the lock file; `#` starts a comment line."""
    jars = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            coordinate, sha256 = line.split()
            group, artifact, version = coordinate.split(":")
            jars.append(Jar(group, artifact, version, sha256))
    return jars


def fetch_jars(on_progress: Progress | None = None) -> list[Path]:
    """Return every jar in class path order, downloading those that are absent or damaged.

    Blocks: 0.1 s when all are present, 2 to 10 s for the 45 MB the first time.

    Raises:
        LocalRuntimeError: something is missing and the repository cannot be reached, or what
            arrived is not what the lock file names.
    """
    directory = cache_dir() / "jars"
    jars = read_lock()
    if _absent(jars, directory):
        with locked(cache_dir() / "jars.lock"):
            # Again: another process may have downloaded while this one waited.
            _fetch_absent(_absent(jars, directory), directory, len(jars), on_progress)
    # Sorted, because the JVM's start-up cache depends on the order.
    return sorted(directory / jar.file_name for jar in jars)


def _absent(jars: list[Jar], directory: Path) -> list[Jar]:
    return [jar for jar in jars if not _is_sound(directory / jar.file_name, jar)]


def _fetch_absent(
    absent: list[Jar], directory: Path, needed_count: int, on_progress: Progress | None
) -> None:
    staging = cache_dir() / "jars-incoming"
    shutil.rmtree(staging, ignore_errors=True)
    directory.mkdir(parents=True, exist_ok=True)
    try:
        present = needed_count - len(absent)
        for count, _ in enumerate(_download(absent, directory, staging), present + 1):
            if on_progress:
                on_progress(count, needed_count)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _is_sound(path: Path, jar: Jar) -> bool:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == jar.sha256
    except FileNotFoundError:
        return False


def _download(jars: list[Jar], directory: Path, staging: Path) -> Iterable[Jar]:
    """Yield each jar once it lies verified in `directory`.

    The threads are daemons: Ctrl-C must not wait for a slow network.
    """
    todo: queue.SimpleQueue[Jar] = queue.SimpleQueue()
    done: queue.SimpleQueue[Jar | Exception] = queue.SimpleQueue()
    for jar in jars:
        todo.put(jar)

    def work() -> None:
        while True:
            try:
                jar = todo.get_nowait()
            except queue.Empty:
                return
            try:
                _download_one(jar, directory, staging)
                done.put(jar)
            except Exception as error:  # noqa: BLE001 - handed to the caller's thread
                done.put(error)
                return

    for _ in range(min(DOWNLOADS_AT_ONCE, len(jars))):
        threading.Thread(target=work, daemon=True).start()
    for _ in jars:
        outcome = done.get()
        if isinstance(outcome, Exception):
            raise outcome
        yield outcome


def _discard_partial(staging: Path, jar: Jar) -> None:
    for path in staging.rglob(jar.file_name):
        path.unlink()


def _download_one(jar: Jar, directory: Path, staging: Path) -> None:
    from jgo.maven import MavenContext  # noqa: PLC0415 - 0.3 s, and only the first start needs it

    # The lock file is stricter than jgo's own check, whose warnings would only confuse.
    logging.getLogger("jgo").setLevel(logging.ERROR)
    mirror = os.environ.get("COUNTERMAND_MAVEN_URL")
    context = MavenContext(
        repo_cache=staging,
        remote_repos={"central": mirror.rstrip("/")} if mirror else None,
        timeout=TIMEOUT_S,
    )
    artifact = context.project(jar.group, jar.artifact).at_version(jar.version).artifact()
    failure: Exception | None = None
    for _ in range(ATTEMPTS_MAX):
        try:
            path: Path = artifact.resolve()
        except (OSError, RuntimeError) as error:  # requests' errors are OSErrors
            failure = error
            _discard_partial(staging, jar)
            continue
        if not _is_sound(path, jar):
            raise LocalRuntimeError(
                f"{jar.coordinate} arrived with another checksum than deploy/local/kafka.lock"
                " names. It was thrown away. Check the proxy or mirror between here and Maven"
                " Central."
            )
        path.replace(directory / jar.file_name)
        return
    raise LocalRuntimeError(
        f"Apache Kafka is not complete on this machine and {jar.coordinate} could not be"
        f" downloaded.\nConnect to the internet once (45 MB are kept in {cache_dir()}),"
        " or name a Maven mirror in COUNTERMAND_MAVEN_URL, or copy that directory from a machine"
        " which has it."
    ) from failure
