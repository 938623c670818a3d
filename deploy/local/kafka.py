"""Apache Kafka as one process: broker and controller in one.

Durable across SIGKILL of the process (the kernel holds the pages), not across a power cut: like any
Kafka it leaves fsync to the kernel and relies on replicas, of which there is one here.
"""

import base64
import contextlib
import shlex
import signal
import subprocess
import uuid
from collections.abc import Sequence
from pathlib import Path

from aiokafka import AIOKafkaClient
from aiokafka.errors import KafkaError

from deploy.local import jars, jvm
from deploy.local.server import Server, accepts_connections

MESSAGE_BYTES_MAX = 16_777_216
LOGGING = """\
status=error
rootLogger.level=WARN
rootLogger.appenderRef.0.ref=OUT
appender.0.type=Console
appender.0.name=OUT
appender.0.layout.type=PatternLayout
appender.0.layout.pattern=[%d] %p %m (%c)%n
"""
SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={log_dir}
num.network.threads=1
num.io.threads=1
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
message.max.bytes={message_bytes_max}
replica.fetch.max.bytes={message_bytes_max}
# After SIGKILL the broker may register again only when its old session has ended: 9 s by default.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=1000
# A laptop that was closed for weeks goes on where it was.
log.retention.hours=8760
offsets.retention.minutes=525600
# The default of 128 MB would be allocated at start.
log.cleaner.dedupe.buffer.size=4194304
"""


class KafkaServer(Server):
    """Kafka on the loopback interface; the ports may differ from start to start."""

    title = "Kafka"
    stop_signal = signal.SIGTERM

    def __init__(
        self,
        data_dir: Path,
        port: int,
        controller_port: int,
        *,
        profile: jvm.Profile = "start",
        heap_mb: int | None = None,
        log_path: Path | None = None,
        jvm_flags: Sequence[str] | None = None,
    ) -> None:
        """Describe the server; nothing happens before `start`.

        Args:
            data_dir: made when absent; holds the records and the configuration.
            port: for clients.
            controller_port: for the broker's own controller.
            profile: how Java compiles.
            heap_mb: overrides the profile's heap limit.
            log_path: `<data_dir>/server.log` unless given.
            jvm_flags: instead of those that use the AOT cache.
        """
        super().__init__(data_dir, port, log_path=log_path)
        self.controller_port = controller_port
        self.profile: jvm.Profile = profile
        self.heap_mb = heap_mb
        self._jvm_flags = jvm_flags

    @property
    def bootstrap(self) -> str:
        """`host:port` for clients."""
        return f"127.0.0.1:{self.port}"

    def _spawn(self) -> subprocess.Popen[bytes]:
        settings, formatted = self.data_dir / "server.properties", self.data_dir / "formatted"
        logging, log_dir = self.data_dir / "log4j2.properties", self.data_dir / "data"
        logging.write_text(LOGGING, encoding="utf-8")
        settings.write_text(
            SETTINGS.format(
                port=self.port,
                controller_port=self.controller_port,
                log_dir=log_dir,
                message_bytes_max=MESSAGE_BYTES_MAX,
            ),
            encoding="utf-8",
        )
        class_path = jars.fetch_jars()
        cached = jvm.aot_flags(class_path)
        extra = cached if self._jvm_flags is None else self._jvm_flags
        log_flag = f"-Dlog4j2.configurationFile={logging}"
        java = jvm.command(class_path, profile=self.profile, heap_mb=self.heap_mb, extra=extra)
        serve = [*java, log_flag, "kafka.Kafka", str(settings)]
        if formatted.exists():
            return self._run(serve, env=jvm.environment())
        # One process from the caller's view: the shell prepares the directory, then becomes Kafka.
        # The marker comes last, so an interrupted preparation starts over.
        tool = [*jvm.command(class_path, extra=cached), log_flag, "kafka.tools.StorageTool"]
        # Joined with "=", because one id in 64 starts with a dash.
        prepare = [*tool, "format", f"--cluster-id={_new_cluster_id()}", "-c", str(settings)]
        script = (
            f"rm -rf {shlex.quote(str(log_dir))} && {shlex.join(prepare)}"
            f" && touch {shlex.quote(str(formatted))} && exec {shlex.join(serve)}"
        )
        return self._run(["/bin/sh", "-c", script], env=jvm.environment())

    async def _answers(self) -> bool:
        if not await accepts_connections(self.port):
            return False
        client = AIOKafkaClient(bootstrap_servers=self.bootstrap, request_timeout_ms=2000)
        try:
            await client.bootstrap()
            # The listener opens shortly before the broker may lead partitions.
            return bool(client.cluster.brokers())
        except KafkaError:
            return False
        finally:
            with contextlib.suppress(KafkaError):
                await client.close()


def _new_cluster_id() -> str:
    """Return 16 random bytes the way Kafka writes them."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
