"""Where a verb finds a system that others have started, and what it shows at its API."""

import json
from pathlib import Path

import pytest

from countermand.endpoints import Endpoints
from countermand.people.local import closed


@pytest.fixture
def external(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A system named in the environment, and a file that says how to get in."""
    monkeypatch.setenv("COUNTERMAND_POSTGRES_DSN", "postgresql://somebody@db.example/shop")
    monkeypatch.setenv("COUNTERMAND_KAFKA_BOOTSTRAP", "kafka.example:9092")
    monkeypatch.delenv("COUNTERMAND_API_KEY", raising=False)
    file = tmp_path / "sign-in.json"
    file.write_text(json.dumps({"api_key": "cmk_of-the-file"}), "utf-8")
    return file


def test_no_key_is_shown_unless_one_is_named(external: Path) -> None:
    assert Endpoints.find(external.parent).api_key is None


def test_the_named_file_holds_the_key(external: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERMAND_SIGN_IN_FILE", str(external))
    assert Endpoints.find(external.parent).api_key == "cmk_of-the-file"
    monkeypatch.setenv("COUNTERMAND_API_KEY", "cmk_given")
    assert Endpoints.find(external.parent).api_key == "cmk_given"


def test_a_file_that_is_not_there_yet_is_no_key(
    external: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERMAND_SIGN_IN_FILE", str(external.with_name("later.json")))
    assert Endpoints.find(external.parent).api_key is None


def test_a_page_that_others_started_keeps_the_key_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUSTOMERS_API_KEY", raising=False)
    drawn = {closed(tmp_path)["CUSTOMERS_API_KEY"] for _ in range(2)}
    assert len(drawn) == 2
    monkeypatch.setenv("CUSTOMERS_API_KEY", "cmk_given")
    assert closed(tmp_path)["CUSTOMERS_API_KEY"] == "cmk_given"
