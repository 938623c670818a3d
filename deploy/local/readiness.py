"""Asks a process over HTTP whether it is ready, at the price of one loopback connection.

Fourteen processes start at once on two cores: an HTTP library's client per question would cost more
than the answers.
"""

import asyncio
from urllib.parse import urlsplit

ANSWER_TIMEOUT_S = 2.0


async def is_ready(url: str) -> bool:
    """Tell whether GET `url` is answered with status 200 now."""
    try:
        return await asyncio.wait_for(_status(url), ANSWER_TIMEOUT_S) == "200"
    except (OSError, TimeoutError):
        return False


async def _status(url: str) -> str:
    """Return the status code of the answer, empty when it is no HTTP."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        head = f"GET {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        writer.write(f"{head}Connection: close\r\n\r\n".encode("ascii"))
        words = (await reader.readline()).decode("latin-1").split(maxsplit=2)
        return words[1] if len(words) > 1 else ""
    finally:
        writer.close()
