"""A sandbox meets nothing real, and its orders are taken for nothing real."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from countermand.errors import KnownError
from countermand.training import sandbox


@pytest.mark.parametrize("name", sandbox.REAL)
def test_it_does_not_start_where_a_real_party_is_set_up(name: str, tmp_path: Path) -> None:
    with pytest.raises(KnownError, match=name):
        sandbox.check(tmp_path, {name: "somewhere"}, is_training=True)
    sandbox.check(tmp_path, {name: "somewhere"}, is_training=False)
    sandbox.check(tmp_path, {name: ""}, is_training=True)


def test_it_takes_no_shops_data_and_no_shop_takes_its(tmp_path: Path) -> None:
    (tmp_path / "pg").mkdir()
    with pytest.raises(KnownError, match="holds a shop's data"):
        sandbox.check(tmp_path, {}, is_training=True)
    sandbox.begin(tmp_path, fresh=False)
    sandbox.check(tmp_path, {}, is_training=True)
    with pytest.raises(KnownError, match="--training"):
        sandbox.check(tmp_path, {}, is_training=False)


def test_it_remembers_when_it_was_begun_until_it_is_begun_anew(tmp_path: Path) -> None:
    first = sandbox.begin(tmp_path / "new", fresh=False)
    (tmp_path / "new" / sandbox.MARK).write_text("2026-01-02T03:04:05+00:00", "utf-8")
    then = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert sandbox.begin(tmp_path / "new", fresh=False) == then
    assert sandbox.begin(tmp_path / "new", fresh=True) >= first


def test_it_has_a_directory_of_its_own() -> None:
    assert sandbox.directory(Path(".countermand")) == sandbox.DATA_DIR != Path(".countermand")
    assert sandbox.directory(Path("elsewhere")) == Path("elsewhere")
