"""What a process loads before it does anything: people wait for it, and a killed one is missed."""

import subprocess
import sys

import pytest

HEAVY = {"faststream", "fastapi", "stripe", "services", "deploy.local.stack"}


def loaded_by(statement: str) -> set[str]:
    """Return those of `HEAVY` that `statement` loads in a process of its own."""
    told = subprocess.run(
        [sys.executable, "-c", f"{statement}; import sys; print(*sys.modules)"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return HEAVY & set(told.stdout.split())


def test_the_command_line_loads_no_verb_before_it_is_asked_for() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import countermand.cli, sys; print(*sys.modules)"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    ours = {name for name in told.stdout.split() if name.partition(".")[0] == "countermand"}
    assert ours == {"countermand", "countermand.cli"}


def test_a_verb_that_asks_the_api_loads_no_service() -> None:
    assert loaded_by("import countermand.cancelling.cancel") == set()


@pytest.mark.parametrize("service", ["cancellation", "inventory", "notifier", "refunds"])
def test_only_a_consumer_loads_the_broker_framework(service: str) -> None:
    statement = f"import services.{service}.__main__"
    assert loaded_by(statement) & {"faststream", "fastapi"} == set()
