"""What a process reads from its environment, and what stops it at start."""

import pytest
from pydantic import ValidationError

from kit.clock import utc_now
from kit.process import run
from kit.settings import KitSettings


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERMAND_POSTGRES_DSN", "postgresql://u@h:1/d")
    monkeypatch.setenv("COUNTERMAND_KAFKA_BOOTSTRAP", "h:2")


def test_reads_its_prefix() -> None:
    settings = KitSettings()
    assert settings.postgres_dsn == "postgresql://u@h:1/d"
    assert settings.kafka_bootstrap == "h:2"


@pytest.mark.parametrize("name", ["POSTGRES_DSN", "KAFKA_BOOTSTRAP"])
def test_a_missing_one_stops_the_process(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(f"COUNTERMAND_{name}")
    with pytest.raises(ValidationError, match=name.lower()):
        KitSettings()


@pytest.mark.parametrize(
    ("name", "value"),
    [("BATCH_MAX", "0"), ("BATCH_MAX", "5001"), ("BATCH_MAX", "many"), ("LOG_FORMAT", "loud")],
)
def test_a_malformed_one_stops_the_process(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"COUNTERMAND_{name}", value)
    with pytest.raises(ValidationError):
        KitSettings()


def test_the_inbox_is_on_unless_a_control_run_switches_it_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert KitSettings().has_guard("inbox")
    monkeypatch.setenv("COUNTERMAND_TEST_WITHOUT_GUARD", "inbox")
    assert not KitSettings().has_guard("inbox")
    monkeypatch.setenv("COUNTERMAND_TEST_WITHOUT_GUARD", "anything else")
    assert KitSettings().has_guard("inbox")


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        KitSettings().batch_max = 7  # type: ignore[misc]


@pytest.mark.parametrize("arguments", [[], ["stroll"], ["relay", "consumer"]])
def test_a_process_without_a_known_role_says_which_there_are(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    async def never(*_: object) -> None:
        raise AssertionError

    assert run("lamp", {"relay": never, "consumer": never}, arguments) == 2
    assert "python -m services.lamp {relay|consumer}" in capsys.readouterr().err


def test_the_clock_tells_utc() -> None:
    offset = utc_now().utcoffset()
    assert offset is not None
    assert offset.total_seconds() == 0
