"""Opening a retail file, plain or compressed, and saying what is wrong when that fails.

Whether a file is compressed is told by its first bytes, never by its name.
"""

import csv
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TextIO

OnBadBytes = Literal["replace", "surrogateescape"]


class RetailFileError(Exception):
    """The file as a whole cannot be read; says what is wrong and what to do."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}")
        self.problem = problem
        self.remedy = remedy


@contextmanager
def opened(path: Path, *, errors: OnBadBytes = "replace") -> Iterator[TextIO]:
    """Open `path` as text; whatever goes wrong before the end is a `RetailFileError`.

    Line ends arrive untouched; bytes that are not UTF-8 arrive as U+FFFD, or, with
    `surrogateescape`, so that encoding the same way gives them back.
    """
    try:
        with _decompressed(path, errors) as lines:
            yield lines
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise RetailFileError(
            f"{path} is a damaged gzip file: {error}.", "Fetch or make it again."
        ) from error
    except csv.Error as error:
        raise RetailFileError(
            f"{path} is not a CSV file: {error}.", "Look for an unclosed quotation mark."
        ) from error
    except OSError as error:
        raise RetailFileError(
            f"{path} cannot be read: {error.strerror or error}.", "Check the path and its rights."
        ) from error


def _decompressed(path: Path, errors: OnBadBytes) -> TextIO:
    with path.open("rb") as probe:
        start = probe.read(4)
    if not start:
        raise RetailFileError(f"{path} is empty.", "Give a file with a first line and rows.")
    if start == b"PK\x03\x04":
        raise RetailFileError(
            f"{path} is a workbook or zip archive, not CSV.", "Save its sheet as CSV first."
        )
    if start.startswith(b"\x1f\x8b"):
        return gzip.open(path, "rt", encoding="utf-8-sig", errors=errors, newline="")
    return path.open("rt", encoding="utf-8-sig", errors=errors, newline="")
