"""A file that only grows, and is whole again after its writer was killed.

Bytes are safe only after `sync`. A last line without its newline was never acknowledged to
anyone, so opening the file cuts it away; a broken line before it is damage, and is not repaired.
"""

import fcntl
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

CHUNK_BYTES = 1_048_576
"""Read at a time: large enough to be quick, small enough not to be noticed in memory."""

log = logging.getLogger(__name__)


class FileTakenError(Exception):
    """Another process is writing this file."""


class FileDamagedError(Exception):
    """The file holds something its writer cannot have written."""


class AppendOnlyFile:
    """One growing file, locked to this process for as long as it is open.

    Raises:
        FileTakenError: another process has it open.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._fd)
            raise FileTakenError(
                f"{path} is in use by another process; end that one or name another file."
            ) from None
        self.size = os.fstat(self._fd).st_size
        """Bytes in the file, synced or not."""
        _sync_directory(path.parent)

    def append(self, data: bytes) -> None:
        """Write all of `data` at the end; `sync` makes it survive a crash of the machine.

        Raises:
            OSError: the disk refused. The file may then end in a torn line: write no more to it.
        """
        view = memoryview(data)
        while view:
            written = os.write(self._fd, view)
            self.size += written
            view = view[written:]

    def sync(self) -> None:
        """Wait until the disk holds everything appended so far."""
        os.fsync(self._fd)

    def read(self, offset: int, size: int) -> bytes:
        """Return `size` bytes from `offset`, fewer at the end of the file."""
        return os.pread(self._fd, size, offset)

    def chunks(self, end: int) -> Iterator[bytes]:
        """Yield the first `end` bytes of the file in pieces."""
        offset = 0
        while offset < end:
            chunk = self.read(offset, min(CHUNK_BYTES, end - offset))
            if not chunk:
                return
            offset += len(chunk)
            yield chunk

    def lines(self) -> Iterator[bytes]:
        """Yield every complete line without its newline; a torn last line is left out."""
        rest = b""
        for chunk in self.chunks(self.size):
            *complete, rest = (rest + chunk).split(b"\n")
            yield from complete

    def cut_torn_line(self) -> None:
        """Remove what follows the last newline, and say so in the log."""
        end = self.size
        while end:
            start = max(0, end - CHUNK_BYTES)
            newline = self.read(start, end - start).rfind(b"\n")
            if newline >= 0:
                end = start + newline + 1
                break
            end = start
        self.cut_to(end)

    def cut_to(self, size: int) -> None:
        """Remove everything after the first `size` bytes, and say so in the log."""
        if size == self.size:
            return
        log.warning(
            "%s: %d bytes at the end were torn by a crash before anyone was answered; removed.",
            self.path,
            self.size - size,
        )
        os.ftruncate(self._fd, size)
        os.fsync(self._fd)
        self.size = size

    def close(self) -> None:
        """Give the file back; another process may open it now."""
        os.close(self._fd)


def read_entries(file: AppendOnlyFile) -> Iterator[dict[str, Any]]:
    """Cut a torn last line, then yield the JSON object of every line.

    Raises:
        FileDamagedError: a complete line is not a JSON object; a crash cannot do that.
    """
    file.cut_torn_line()
    for number, line in enumerate(file.lines(), start=1):
        try:
            entry = orjson.loads(line)
        except orjson.JSONDecodeError:
            entry = None
        if not isinstance(entry, dict):
            raise FileDamagedError(
                f"{file.path}, line {number} is not a JSON object; restore the file or name a new "
                "one."
            )
        yield entry


def _sync_directory(directory: Path) -> None:
    """Make the file's name as durable as its content will be."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
