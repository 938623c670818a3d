"""The provider's memory: one JSON line per effect, on disk before anybody is answered.

Types of line: `payment_captured`, `payment_authorized`, `refund_changed`, and with the idempotency
key and the very answer, so that a retry after a crash is answered the same: `refund_created`,
`payment_voided`, `request_refused`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from deploy.simulators.append_only import AppendOnlyFile, read_entries
from deploy.simulators.group_commit import GroupCommit


class Ledger:
    """An append-only file of JSON lines.

    Args:
        path: Made when missing.
        on_failure: See `GroupCommit`.
    """

    def __init__(self, path: Path, on_failure: Callable[[OSError], None]) -> None:
        self._file = AppendOnlyFile(path)
        self._commit: GroupCommit[bytes] = GroupCommit(self._write, on_failure)
        self._durable_bytes = 0

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield what earlier processes wrote; read it to the end before the first `append`."""
        yield from read_entries(self._file)
        self._durable_bytes = self._file.size

    def append(self, lines: bytes) -> asyncio.Future[None]:
        """Queue complete lines, together; the future is done when they are on disk."""
        return self._commit.submit(lines)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield every line that is on disk now, in pieces of any length."""
        pieces = self._file.chunks(self._durable_bytes)
        while (piece := await asyncio.to_thread(next, pieces, b"")) != b"":
            yield piece

    async def close(self) -> None:
        """Finish writing and give the file back."""
        await self._commit.close()
        self._file.close()

    def _write(self, batch: Sequence[bytes]) -> None:
        self._file.append(b"".join(batch))
        self._file.sync()
        self._durable_bytes = self._file.size
