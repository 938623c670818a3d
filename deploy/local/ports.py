"""Free TCP ports on the loopback interface.

They come from below the range the kernel hands to outgoing connections: a port kept for a process
that restarts must not be taken meanwhile by some other process's connection to Kafka.
"""

import random
import socket

from deploy.local.errors import LocalRuntimeError

LOOPBACK = "127.0.0.1"
PORTS = range(18_000, 32_768)
"""Linux hands out 32768 and up to outgoing connections, macOS 49152 and up."""
NEIGHBOURS_MAX = 50
"""How far from the preferred port the user should still recognise it."""


def is_free(port: int) -> bool:
    """Tell whether a server may listen on `port` now."""
    with socket.socket() as probe:
        return _bind(probe, port)


def free_ports(count: int) -> list[int]:
    """Return `count` different free ports, chosen at random."""
    held: list[socket.socket] = []
    try:
        for port in random.sample(PORTS, k=len(PORTS)):
            if len(held) == count:
                break
            probe = socket.socket()
            held.append(probe)
            if not _bind(probe, port):
                held.pop().close()
        if len(held) < count:
            raise LocalRuntimeError(f"There are no {count} free ports on {LOOPBACK}.")
        return [int(probe.getsockname()[1]) for probe in held]
    finally:
        for probe in held:
            probe.close()


def first_free(preferred: int) -> int:
    """Return `preferred`, or the next free port above it, or any free one."""
    nearby = range(preferred, min(preferred + NEIGHBOURS_MAX, 65_536))
    return next((port for port in nearby if is_free(port)), None) or free_ports(1)[0]


def _bind(probe: socket.socket, port: int) -> bool:
    # Without SO_REUSEADDR the closed connections of a server just stopped would hold its port.
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind((LOOPBACK, port))
    except OSError:
        return False
    return True
