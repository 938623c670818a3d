"""A file that only grows is whole again after its writer was killed."""

from pathlib import Path

import pytest

from deploy.simulators.append_only import (
    CHUNK_BYTES,
    AppendOnlyFile,
    FileDamagedError,
    FileTakenError,
    read_entries,
)


def written(path: Path, data: bytes) -> AppendOnlyFile:
    path.write_bytes(data)
    return AppendOnlyFile(path)


@pytest.mark.parametrize("torn", [b"", b"{", b'{"n":3}', b"\0" * 10, b"x" * (CHUNK_BYTES + 5)])
def test_a_torn_last_line_is_cut_away(tmp_path: Path, torn: bytes) -> None:
    file = written(tmp_path / "f", b'{"n":1}\n{"n":2}\n' + torn)
    assert list(read_entries(file)) == [{"n": 1}, {"n": 2}]
    file.append(b'{"n":4}\n')
    file.close()
    assert (tmp_path / "f").read_bytes() == b'{"n":1}\n{"n":2}\n{"n":4}\n'


def test_a_broken_line_inside_is_damage_and_stays(tmp_path: Path) -> None:
    file = written(tmp_path / "f", b'{"n":1}\nbroken\n{"n":2}\n')
    with pytest.raises(FileDamagedError, match="line 2 is not a JSON object"):
        list(read_entries(file))
    file.close()
    assert b"broken" in (tmp_path / "f").read_bytes()


def test_lines_longer_than_a_chunk_are_whole(tmp_path: Path) -> None:
    long = b"y" * (CHUNK_BYTES * 2 + 7)
    file = written(tmp_path / "f", b"a\n" + long + b"\nb\n")
    assert list(file.lines()) == [b"a", long, b"b"]
    file.close()


def test_only_one_writer_at_a_time(tmp_path: Path) -> None:
    first = AppendOnlyFile(tmp_path / "f")
    with pytest.raises(FileTakenError):
        AppendOnlyFile(tmp_path / "f")
    first.close()
    AppendOnlyFile(tmp_path / "f").close()
