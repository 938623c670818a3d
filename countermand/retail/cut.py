"""Cut the rows of one month out of an Online Retail II file, byte for byte.

Run as `python -m countermand.retail.cut FILE 2009-12 OUT.csv.gz`; the same input gives the same
file (with the same zlib), because the gzip header carries neither a name nor a time.
"""

import csv
import gzip
import re
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path

from countermand.retail.files import RetailFileError, opened

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


def cut_month(source: Path, month: str, target: Path) -> int:
    """Write the first line of `source` and its rows of `month`; return how many rows.

    Args:
        source: CSV or the same compressed with gzip.
        month: `YYYY-MM`, compared with the start of `invoice_date`.
        target: Written compressed; replaced when it exists.

    Raises:
        RetailFileError: The source cannot be read or has no row of that month, or the target
            cannot be written.
    """
    if not _MONTH.fullmatch(month):
        raise RetailFileError(f"{month} is not a month.", "Write it as 2009-12.")
    if target.exists() and source.exists() and target.samefile(source):
        raise RetailFileError(f"{target} is the source itself.", "Name another file to write.")
    with opened(source, errors="surrogateescape") as lines:
        records = _records(lines)
        header = next(records, "")
        names = next(csv.reader([header]), [])
        if "invoice_date" not in names:
            raise RetailFileError(
                f"{source} has no column invoice_date.", "Give an Online Retail II file."
            )
        position = names.index("invoice_date")
        kept = [record for record in records if _date(record, position).startswith(month)]
    if not kept:
        raise RetailFileError(f"{source} has no row of {month}.", "Choose another month.")
    content = "".join([header, *kept]).encode(errors="surrogateescape")
    try:
        target.write_bytes(gzip.compress(content, compresslevel=9, mtime=0))
    except OSError as error:
        raise RetailFileError(
            f"{target} cannot be written: {error.strerror or error}.", "Choose another place."
        ) from error
    return len(kept)


def main(arguments: list[str] | None = None) -> int:
    """Cut as the command line says; return the exit code."""
    parser = ArgumentParser(
        prog="python -m countermand.retail.cut",
        description="Cut the rows of one month out of an Online Retail II file.",
    )
    parser.add_argument("source", type=Path, help="CSV, or the same compressed with gzip")
    parser.add_argument("month", help="such as 2009-12")
    parser.add_argument("target", type=Path, help="file to write, compressed with gzip")
    options = parser.parse_args(arguments)
    try:
        row_count = cut_month(options.source, options.month, options.target)
    except RetailFileError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{options.target}: {row_count:,} rows, {options.target.stat().st_size:,} bytes")
    return 0


def _records(lines: Iterable[str]) -> Iterator[str]:
    """Yield whole records: a quoted value may hold line ends."""
    parts: list[str] = []
    is_quoted = False
    for line in lines:
        parts.append(line)
        is_quoted ^= line.count('"') % 2 == 1
        if not is_quoted:
            yield "".join(parts)
            parts.clear()
    if parts:
        yield "".join(parts)


def _date(record: str, position: int) -> str:
    values = next(csv.reader([record]), [])
    return values[position] if len(values) > position else ""


if __name__ == "__main__":
    sys.exit(main())
