"""How child processes are started, described and read."""

import asyncio
import os
import threading
from pathlib import Path

import pytest

from deploy.local import child, jvm
from deploy.local.waiting import all_or_first_error, in_daemon_thread


def test_only_the_main_thread_may_start_a_child(tmp_path: Path) -> None:
    raised: list[str] = []

    def attempt() -> None:
        try:
            child.spawn(["true"], log_path=tmp_path / "log")
        except RuntimeError as error:
            raised.append(str(error))

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    assert raised == ["Child processes must be started from the main thread."]


async def test_a_child_writes_to_its_log_and_its_end_is_seen(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "child.log"
    process = child.spawn(["/bin/sh", "-c", "echo out; echo err >&2; exit 7"], log_path=log)
    assert await child.wait_for_exit(process) == 7
    assert log.read_text() == "out\nerr\n"


def test_the_end_of_a_process_is_told_in_words() -> None:
    assert child.describe_exit(3) == "ended with exit status 3"
    assert child.describe_exit(-9) == "was ended by SIGKILL"
    assert child.describe_exit(-250) == "was ended by signal 250"


def test_only_the_last_lines_of_this_run_are_shown(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("of the run before\n")
    start = child.log_size(log)
    with log.open("a") as file:
        file.writelines(f"line {number}\n" for number in range(5))
    assert child.last_lines(log, count=2, start=start) == "line 3\nline 4"
    assert child.last_lines(log, start=start).startswith("line 0\n")
    assert child.last_lines(tmp_path / "absent") == ""


async def test_the_first_error_ends_the_other_waits() -> None:
    cancelled = asyncio.Event()

    async def wait_for_ever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async def fail() -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        await all_or_first_error([wait_for_ever(), fail()])
    assert cancelled.is_set()


async def test_a_blocking_function_answers_or_fails_where_it_is_awaited() -> None:
    def fail() -> None:
        raise LookupError("gone")

    assert await in_daemon_thread(lambda: 42) == 42
    with pytest.raises(LookupError, match="gone"):
        await in_daemon_thread(fail)


def test_other_jars_need_another_start_up_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERMAND_CACHE_DIR", str(tmp_path))
    jar = tmp_path / "a.jar"
    jar.touch()
    before = jvm.aot_cache([jar])
    assert jvm.aot_cache([jar]) == before
    os.utime(jar, (1, 1))  # the JVM compares times, so a replaced jar makes the cache useless
    assert jvm.aot_cache([jar]) != before
    assert jvm.aot_flags([jar]) == []
    jvm.aot_cache([jar]).touch()
    assert jvm.aot_flags([jar]) == [f"-XX:AOTCache={jvm.aot_cache([jar])}"]


def test_the_profiles_differ_in_heap_and_compiler() -> None:
    start = jvm.command([Path("a.jar")])
    throughput = jvm.command([Path("a.jar")], profile="throughput")
    assert {"-Xmx512m", "-XX:TieredStopAtLevel=1"} <= set(start)
    assert "-Xmx768m" in throughput
    assert "-XX:TieredStopAtLevel=1" not in throughput
    assert "-Xmx300m" in jvm.command([Path("a.jar")], profile="throughput", heap_mb=300)
