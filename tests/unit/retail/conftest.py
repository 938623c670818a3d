"""Hand-made retail files: one row per call, one plan per list of rows."""

import csv
import io
from pathlib import Path

import pytest

from countermand.retail.plan import read_plan
from countermand.retail.rows import COLUMNS

HEADER = ",".join(COLUMNS) + "\n"
REPOSITORY = Path(__file__).parents[3]
USUAL = {
    "invoice": "489434",
    "stock_code": "85048",
    "description": "CHRISTMAS LIGHTS",
    "quantity": "12",
    "invoice_date": "2009-12-01T07:45:00",
    "price": "6.95",
    "customer_id": "13085",
    "country": "United Kingdom",
}


@pytest.fixture(scope="session")
def row():
    """Return a function that writes one row; name only what matters to the test."""

    def write(**values):
        line = io.StringIO()
        csv.DictWriter(line, COLUMNS, lineterminator="\n").writerow(USUAL | values)
        return line.getvalue()

    return write


@pytest.fixture
def file_of(tmp_path):
    """Return a function that writes a file with these rows and returns its path."""

    def write(*rows, header=HEADER):
        path = tmp_path / "retail.csv"
        path.write_text(header + "".join(rows), encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def plan_of(tmp_path_factory):
    """Return a function that plans these rows, read from a real file."""
    path = tmp_path_factory.mktemp("retail") / "retail.csv"

    def plan(*rows):
        path.write_text(HEADER + "".join(rows), encoding="utf-8")
        return read_plan(path)

    return plan


@pytest.fixture(scope="session")
def demo_file():
    return REPOSITORY / "demo" / "online_retail_2009_12.csv.gz"


@pytest.fixture(scope="session")
def demo_plan(demo_file):
    return read_plan(demo_file)


@pytest.fixture(scope="session")
def year_file():
    path = REPOSITORY.parent / "shared" / "data" / "online_retail_2009_2010.csv.gz"
    if not path.exists():
        pytest.skip(
            "SKIPPED: the whole year is not here; put online_retail_2009_2010.csv.gz "
            "into ../shared/data to check its figures"
        )
    return path


@pytest.fixture(scope="session")
def year_plan(year_file):
    return read_plan(year_file)
