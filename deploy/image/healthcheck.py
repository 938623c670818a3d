"""Tells the engine whether this container's process is ready, by status 0 or 1.

Run by its path and without site-packages: every container starts it every few seconds, so it loads
next to nothing. Without arguments it asks where every process of ours answers.
"""

import os
import socket
import sys

TIMEOUT_S = 2.0


def is_ready(port: int, path: str) -> bool:
    """Tell whether GET `path` is answered with status 200 now."""
    try:
        with socket.create_connection(("127.0.0.1", port), TIMEOUT_S) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            with connection.makefile("rb") as answer:
                return answer.readline().split()[1:2] == [b"200"]
    except OSError:
        return False


def main(arguments: list[str]) -> int:
    """Ask port and path from the command line, or `/readyz` on the health port."""
    port, path = arguments or [os.environ["COUNTERMAND_HEALTH_PORT"], "/readyz"]
    return 0 if is_ready(int(port), path) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
