import gzip
from datetime import UTC, datetime
from zoneinfo import ZoneInfoNotFoundError

import pytest

from countermand.retail import rows as rows_module
from countermand.retail.files import RetailFileError
from countermand.retail.plan import PROGRESS_ROWS, read_plan
from countermand.retail.rows import COLUMNS, BadRow, Row, read_rows


def test_a_row_is_read_with_types(file_of, row):
    (only,) = read_rows(file_of(row(price="2.55", customer_id="13085", description=" LIGHTS ")))
    assert isinstance(only, Row)
    assert (only.line_number, only.invoice, only.quantity) == (2, "489434", 12)
    assert (only.article.sku, only.title, only.price.minor) == ("85048", "LIGHTS", 255)
    assert (only.customer_id, only.country) == ("13085", "United Kingdom")


def test_a_compressed_file_reads_the_same_whatever_its_name(file_of, row):
    plain = file_of(row(), row(stock_code="79323P"))
    compressed = plain.with_name("no-suffix")
    compressed.write_bytes(gzip.compress(plain.read_bytes()))
    assert list(read_rows(compressed)) == list(read_rows(plain))


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("2009-12-01T07:45:00", datetime(2009, 12, 1, 7, 45, tzinfo=UTC)),
        ("2010-07-01T07:45:00", datetime(2010, 7, 1, 6, 45, tzinfo=UTC)),
    ],
)
def test_times_are_the_shops_wall_clock_in_winter_and_in_summer(file_of, row, local, utc):
    (only,) = read_rows(file_of(row(invoice_date=local)))
    assert only.at == utc
    assert only.at.tzinfo is UTC


def test_columns_may_come_in_any_order_with_others_between_and_after_a_byte_order_mark(file_of):
    header = "\ufeffcountry,note,price,customer_id,invoice_date,quantity,description,stock_code,"
    line = "France,n/a,1.5,7,2010-01-01T10:00:00,3,BOX,22041,500000\n"
    (only,) = read_rows(file_of(line, header=header + "invoice\n"))
    assert (only.invoice, only.country, only.price.minor) == ("500000", "France", 150)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"invoice": ""}, "BAD_INVOICE"),
        ({"invoice": "X489434"}, "BAD_INVOICE"),
        ({"stock_code": "  "}, "BAD_STOCK_CODE"),
        ({"stock_code": "..."}, "BAD_STOCK_CODE"),
        ({"stock_code": "8" * 101}, "BAD_STOCK_CODE"),
        ({"description": "x" * 501}, "BAD_DESCRIPTION"),
        ({"description": "a\x00b"}, "BAD_DESCRIPTION"),
        ({"quantity": "0"}, "BAD_QUANTITY"),
        ({"quantity": "1.5"}, "BAD_QUANTITY"),
        ({"quantity": "1000001"}, "BAD_QUANTITY"),
        ({"quantity": "\u0663"}, "BAD_QUANTITY"),
        ({"invoice_date": "01/12/2009"}, "BAD_DATE"),
        ({"invoice_date": "2009-13-01T00:00:00"}, "BAD_DATE"),
        ({"price": ""}, "BAD_PRICE"),
        ({"price": "nan"}, "BAD_PRICE"),
        ({"price": "1e5"}, "BAD_PRICE"),
        ({"customer_id": "13085.0"}, "BAD_CUSTOMER"),
        ({"country": "x" * 501}, "BAD_COUNTRY"),
        ({"price": "999999999999", "quantity": "1000"}, "AMOUNT_TOO_GREAT"),
    ],
)
def test_a_bad_value_is_a_finding_with_its_line(file_of, row, values, reason):
    good, bad, after = read_rows(file_of(row(), row(**values), row()))
    assert isinstance(good, Row)
    assert isinstance(after, Row)
    assert isinstance(bad, BadRow)
    assert (bad.line_number, bad.reason) == (3, reason)
    assert values.get("invoice", "489434") in bad.raw


def test_a_row_with_too_few_columns_is_a_finding(file_of, row):
    bad, good = read_rows(file_of("489434,85048\n", row()))
    assert bad == BadRow(2, "BAD_COLUMN_COUNT", "489434,85048")
    assert isinstance(good, Row)


def test_bytes_that_are_not_utf8_spoil_their_row_only(file_of, row):
    path = file_of(row(description="CAFÉ"), row())
    path.write_bytes(path.read_bytes().replace("É".encode(), b"\xc9"))
    bad, good = read_rows(path)
    assert bad.reason == "BAD_DESCRIPTION"
    assert isinstance(good, Row)


def test_empty_lines_are_no_rows(file_of, row):
    assert len(list(read_rows(file_of("\n", row(), "\n", "\n")))) == 1


def _error(path):
    with pytest.raises(RetailFileError) as caught:
        read_plan(path)
    assert caught.value.remedy
    assert str(caught.value) == f"{caught.value.problem} {caught.value.remedy}"
    return caught.value.problem


def test_a_missing_file_is_one_clear_error(tmp_path):
    assert "No such file" in _error(tmp_path / "nowhere.csv")


def test_a_directory_is_one_clear_error(tmp_path):
    assert "directory" in _error(tmp_path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (gzip.compress(b""), "its first line lacks"),
        (b"invoice,quantity\n1,2\n", "lacks stock_code, description, invoice_date, price"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "its first line lacks"),
        (b"PK\x03\x04rest", "workbook"),
        (b"\x1f\x8bnonsense", "damaged gzip"),
        (gzip.compress(b"invoice" * 1000)[:-12], "damaged gzip"),
        (",".join(COLUMNS).encode() + b"\n", "no row"),
        (",".join(COLUMNS).encode() + b'\n"' + b"x" * 200_000, "not a CSV file"),
    ],
)
def test_what_is_no_retail_file_is_one_clear_error(tmp_path, content, problem):
    path = tmp_path / "file"
    path.write_bytes(content)
    assert problem in _error(path)


def test_a_computer_without_time_zones_is_told_what_to_install(file_of, row, monkeypatch):
    def missing(name):
        raise ZoneInfoNotFoundError(name)

    rows_module._at.cache_clear()
    rows_module._london.cache_clear()
    monkeypatch.setattr(rows_module, "ZoneInfo", missing)
    assert "time zone data" in _error(file_of(row()))


def test_progress_is_told_now_and_then_and_at_the_end(file_of, row):
    told = []
    read_plan(file_of(row() * (PROGRESS_ROWS + 5)), on_progress=told.append)
    assert told == [PROGRESS_ROWS, PROGRESS_ROWS + 5]
