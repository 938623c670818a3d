"""The whole system on this machine: Kafka, PostgreSQL, the stand-in peers and every service.

`async with Stack(settings)` must be entered in the main thread. SIGTERM cancels the task that
entered it, as Ctrl-C does under `asyncio.run`; the program around it only has to let
`CancelledError` pass through the block.
"""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from deploy.local import child, jars, jvm, processes, state
from deploy.local.kafka import KafkaServer
from deploy.local.migrations import migrate_services
from deploy.local.ports import free_ports
from deploy.local.postgres import PostgresServer
from deploy.local.process import ProcessSpec
from deploy.local.server import Server, keep_running
from deploy.local.state import load_state, stop_running
from deploy.local.supervisor import Supervisor
from deploy.local.tasks import all_or_first_error
from deploy.local.threads import in_daemon_thread
from deploy.local.topics import create_topics

__all__ = ["Stack", "StackSettings", "load_state", "stop_running"]

REPOSITORY = Path(__file__).parents[2]
SERVICES_GRACE_S = 3.0
"""They are built to be killed; the user is not built to wait."""
