import gzip

import pytest

from countermand.retail.cut import cut_month, main
from countermand.retail.files import RetailFileError


def test_only_the_months_rows_are_kept_byte_for_byte(file_of, row, tmp_path):
    quoted = row(description='TWO\nLINES, "7""', invoice_date="2009-12-31T23:59:00")
    other = row(description="2009-12-01T00:00:00", invoice_date="2010-01-01T00:00:00")
    source = file_of(row(), quoted, other)
    source.write_bytes(source.read_bytes().replace(b"CHRISTMAS", b"\xc9TRENNES"))
    target = tmp_path / "cut.csv.gz"
    assert cut_month(source, "2009-12", target) == 2
    expected = source.read_bytes()[: -len(other.encode())]
    assert gzip.decompress(target.read_bytes()) == expected


def test_the_same_cut_gives_the_same_file(file_of, row, tmp_path):
    source = file_of(row())
    cut_month(source, "2009-12", tmp_path / "first.gz")
    cut_month(source, "2009-12", tmp_path / "second.gz")
    assert (tmp_path / "first.gz").read_bytes() == (tmp_path / "second.gz").read_bytes()


@pytest.mark.parametrize(
    ("month", "problem"), [("2009-13", "not a month"), ("2011-01", "no row of 2011-01")]
)
def test_a_month_that_cannot_be_cut_is_said_plainly(file_of, row, tmp_path, month, problem):
    with pytest.raises(RetailFileError, match=problem):
        cut_month(file_of(row()), month, tmp_path / "cut.gz")
    assert not (tmp_path / "cut.gz").exists()


def test_the_source_is_never_overwritten(file_of, row):
    source = file_of(row())
    before = source.read_bytes()
    with pytest.raises(RetailFileError, match="the source itself"):
        cut_month(source, "2009-12", source)
    assert source.read_bytes() == before


def test_a_file_without_dates_cannot_be_cut(file_of, tmp_path):
    with pytest.raises(RetailFileError, match="no column invoice_date"):
        cut_month(file_of("1\n", header="invoice\n"), "2009-12", tmp_path / "cut.gz")


def test_the_command_says_what_it_wrote_or_what_is_wrong(file_of, row, tmp_path, capsys):
    source, target = str(file_of(row())), str(tmp_path / "cut.gz")
    assert main([source, "2009-12", target]) == 0
    assert "1 rows" in capsys.readouterr().out
    assert main([source, "2009-12", str(tmp_path / "nowhere" / "cut.gz")]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_the_demo_file_is_the_years_december(year_file, demo_file, tmp_path):
    cut_month(year_file, "2009-12", tmp_path / "cut.gz")
    fresh, shipped = (gzip.decompress(p.read_bytes()) for p in (tmp_path / "cut.gz", demo_file))
    assert fresh == shipped
