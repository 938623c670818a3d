"""Makes the start-up cache that halves Kafka's start: `python -m deploy.local.aot`.

Takes about 12 s of one core and a second broker on its own ports, so it never happens on the way to
a first start: somebody calls it, or the stack runs it at idle priority once everything is up.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.local import child, jars, jvm
from deploy.local.errors import LocalRuntimeError
from deploy.local.kafka import KafkaServer
from deploy.local.locks import try_lock
from deploy.local.ports import free_ports
from deploy.local.waiting import in_daemon_thread

PATIENCE_S = 300.0
"""At idle priority each step may wait for a busy machine."""
RECORDER_GRACE_S = 1.0
REPOSITORY = Path(__file__).parents[2]
CACHES_MAX = 3
"""Checkouts with other versions keep theirs; 67 MB each."""
TOPIC = "training"
GROUP = "training"


async def record() -> Path:
    """Return the cache's path, making it first unless it exists.

    Raises:
        LocalRuntimeError: a step failed, or another process is recording.
    """
    class_path = jars.fetch_jars()
    cache = jvm.aot_cache(class_path)
    if cache.exists():
        return cache
    lock = try_lock(jars.cache_dir() / "aot.lock")
    if lock is None:
        raise LocalRuntimeError("Another process is already making Kafka's start-up cache.")
    scratch = jars.cache_dir() / "aot-recording"
    with lock:
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        try:
            configuration, unfinished = scratch / "kafka.aotconf", scratch / "kafka.aot"
            await _observe(scratch, configuration)
            await _assemble(class_path, scratch, configuration, unfinished)
            unfinished.replace(cache)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    _drop_old_caches()
    return cache


async def _observe(scratch: Path, configuration: Path) -> None:
    """Run a broker through what ours does and let the JVM write down what it loaded."""
    port, controller_port = free_ports(2)
    server = KafkaServer(
        scratch / "kafka",
        port,
        controller_port,
        jvm_flags=["-XX:AOTMode=record", f"-XX:AOTConfiguration={configuration}"],
    )
    server.on_parent_death = signal.SIGKILL
    server.stop_grace_s = PATIENCE_S
    server.start()
    try:
        await server.wait_until_ready(PATIENCE_S)
        await _use(server.bootstrap)
        await asyncio.to_thread(server.stop)
    finally:
        server.kill()


async def _use(bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(TOPIC, num_partitions=4, replication_factor=1)])
    finally:
        await admin.close()
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, transactional_id=TOPIC, compression_type="lz4"
    )
    async with producer, producer.transaction():
        await producer.send_and_wait(TOPIC, b"value", key=b"key")
    consumer = AIOKafkaConsumer(
        TOPIC,
        bootstrap_servers=bootstrap,
        group_id=GROUP,
        group_instance_id="1",
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        enable_auto_commit=False,
    )
    async with consumer:
        await asyncio.wait_for(consumer.getone(), PATIENCE_S)
        await consumer.commit()


async def _assemble(
    class_path: list[Path], scratch: Path, configuration: Path, cache: Path
) -> None:
    create = ["-XX:AOTMode=create", f"-XX:AOTConfiguration={configuration}"]
    argv = jvm.command(class_path, extra=[*create, f"-XX:AOTCache={cache}"])
    log = scratch / "assemble.log"
    process = child.spawn(argv, log_path=log, env=jvm.environment(), cwd=Path("/"))
    try:
        code = await asyncio.wait_for(child.wait_for_exit(process), PATIENCE_S)
    finally:
        child.signal_session(process, signal.SIGKILL)
        process.wait()
    if code or not cache.exists():
        raise LocalRuntimeError(
            f"Kafka's start-up cache was not made ({child.describe_exit(code)}):\n"
            + child.last_lines(log)
        )


async def record_in_background(after_s: float) -> None:
    """Let another process make the cache in `after_s`, at idle priority; failing is no harm.

    Cancelling ends that process.
    """
    await asyncio.sleep(after_s)
    class_path = await in_daemon_thread(jars.fetch_jars)
    if jvm.aot_cache(class_path).exists():
        return
    process = child.spawn(
        [sys.executable, "-m", "deploy.local.aot", "--idle"],
        log_path=jars.cache_dir() / "aot.log",
        cwd=REPOSITORY,
    )
    try:
        await child.wait_for_exit(process)
    finally:
        child.signal_session(process, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(child.wait_for_exit(process), RECORDER_GRACE_S)
        child.signal_session(process, signal.SIGKILL)
        process.wait()


def _drop_old_caches() -> None:
    found = sorted(jars.cache_dir().glob("kafka-*.aot"), key=lambda p: p.stat().st_mtime)
    for path in found[:-CACHES_MAX]:
        path.unlink(missing_ok=True)


def _yield_to_everybody() -> None:
    """Run only when no other process wants the processor; children inherit it."""
    if hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    else:
        os.nice(19)


async def _record_until_sigterm() -> Path:
    task = asyncio.current_task()
    if task:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await record()


def main() -> int:
    """Record at idle priority and return the exit status."""
    if "--idle" in sys.argv[1:]:
        _yield_to_everybody()
    try:
        with contextlib.suppress(asyncio.CancelledError, KeyboardInterrupt):
            print(f"Kafka's start-up cache: {asyncio.run(_record_until_sigterm())}")
    except (LocalRuntimeError, OSError, TimeoutError) as error:
        print(f"Kafka's start-up cache was not made: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
