"""Kafka's jars: pinned, verified, downloaded once, and clear words when they cannot be."""

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from deploy.local import jars
from deploy.local.errors import LocalRuntimeError
from deploy.local.jars import Jar, fetch_jars, read_lock

CONTENT = b"the bytes of a jar"
JAR = Jar("org.example", "thing", "1.0", hashlib.sha256(CONTENT).hexdigest())


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        pass


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COUNTERMAND_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(jars, "read_lock", lambda: [JAR])
    return tmp_path / "cache"


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A Maven repository; yields the path of the one jar it holds."""
    root = tmp_path / "mirror"
    path = root / "org" / "example" / "thing" / "1.0" / JAR.file_name
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    Path(f"{path}.sha1").write_text(hashlib.sha1(CONTENT, usedforsecurity=False).hexdigest())
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(root)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("COUNTERMAND_MAVEN_URL", f"http://127.0.0.1:{server.server_port}")
    yield path
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERMAND_MAVEN_URL", "http://127.0.0.1:9")


def test_the_lock_names_each_jar_once_with_its_checksum() -> None:
    locked = read_lock()
    assert len({jar.file_name for jar in locked}) == len(locked) == 45
    assert all(len(bytes.fromhex(jar.sha256)) == 32 for jar in locked)


def test_all_of_kafka_has_one_version() -> None:
    assert {jar.version for jar in read_lock() if jar.group == "org.apache.kafka"} == {"4.4.0"}


def test_a_missing_jar_is_downloaded_and_progress_told(cache: Path, mirror: Path) -> None:
    told: list[tuple[int, int]] = []
    (path,) = fetch_jars(lambda present, needed: told.append((present, needed)))
    assert path.read_bytes() == CONTENT
    assert told == [(1, 1)]
    assert not (cache / "jars-incoming").exists()


@pytest.mark.usefixtures("unreachable")
def test_a_present_jar_needs_no_network(cache: Path) -> None:
    (cache / "jars").mkdir(parents=True)
    (cache / "jars" / JAR.file_name).write_bytes(CONTENT)
    assert fetch_jars() == [cache / "jars" / JAR.file_name]


def test_a_damaged_jar_is_downloaded_again(cache: Path, mirror: Path) -> None:
    (cache / "jars").mkdir(parents=True)
    (cache / "jars" / JAR.file_name).write_bytes(CONTENT[:5])
    (path,) = fetch_jars()
    assert path.read_bytes() == CONTENT


def test_a_jar_with_another_checksum_is_refused_and_not_kept(cache: Path, mirror: Path) -> None:
    mirror.write_bytes(b"something else")
    with pytest.raises(LocalRuntimeError, match=r"org\.example:thing:1\.0 .* checksum"):
        fetch_jars()
    assert list((cache / "jars").iterdir()) == []


@pytest.mark.usefixtures("cache", "unreachable")
def test_without_network_the_error_says_what_to_do_next() -> None:
    with pytest.raises(LocalRuntimeError) as caught:
        fetch_jars()
    for word in ("org.example:thing:1.0", "internet", "COUNTERMAND_MAVEN_URL", "copy"):
        assert word in str(caught.value)
