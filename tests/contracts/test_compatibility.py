"""The checker finds every planted breaking change and lets every harmless one pass.

A witness is a message that one schema accepts and the other refuses: it proves, without our
checker, that the planted change is what it is said to be.
"""

import copy
import json
import shutil
from pathlib import Path
from typing import Annotated, Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import Field

from contracts.cancellation import CancelOrder, OrderCancelled
from contracts.values import Identifier
from countermand import generate
from countermand.contracts_compatibility import find_breaks, find_changes
from countermand.contracts_schemas import MESSAGES, write_schema
from tests.contracts.planted_changes import (
    ABSENT,
    BREAKING,
    CANCELLED,
    COMMAND,
    HARMLESS,
    PLACED,
    RELEASED,
    TEXT,
    Change,
    Plant,
    put,
)
from tests.contracts.validation import find_errors, read_json, read_sample

FOREIGN = frozenset(message.type for message in MESSAGES if message.has_foreign_writers)


def _after(plant: Plant) -> dict[str, Any]:
    schema = copy.deepcopy(RELEASED[plant.type])
    for change in plant.changes:
        change(schema)
    Draft202012Validator.check_schema(schema)
    assert schema != RELEASED[plant.type]
    return schema


def _find(type_: str, current: dict[str, Any]) -> list[str]:
    breaks = find_breaks({type_: RELEASED[type_]}, {type_: current}, foreign=FOREIGN)
    return [str(each) for each in breaks]


def test_nothing_that_was_released_has_broken_since():
    assert FOREIGN & RELEASED.keys()
    assert RELEASED.keys() - FOREIGN
    assert generate.find_breaks_since_release() == []


@pytest.mark.parametrize("plant", BREAKING, ids=lambda plant: plant.what)
def test_a_breaking_change_is_found(plant):
    found = _find(plant.type, _after(plant))
    assert any(plant.expected in finding for finding in found), found


@pytest.mark.parametrize(
    "plant", [plant for plant in BREAKING if plant.witness], ids=lambda plant: plant.what
)
def test_a_breaking_change_truly_breaks_somebody(plant):
    message = read_sample(plant.type)
    plant.witness(message)
    verdicts = [bool(find_errors(s, message)) for s in (RELEASED[plant.type], _after(plant))]
    assert verdicts in ([False, True], [True, False])


@pytest.mark.parametrize("plant", HARMLESS, ids=lambda plant: plant.what)
def test_a_harmless_change_is_not_flagged(plant):
    assert _find(plant.type, _after(plant)) == []
    for extent in ("full", "minimal"):
        assert find_errors(_after(plant), read_sample(plant.type, extent)) == []


def test_a_message_type_that_is_gone_is_found():
    (found,) = find_breaks({COMMAND: RELEASED[COMMAND]}, {}, foreign=FOREIGN)
    assert str(found) == f"{COMMAND}: data: the message type is gone"


def test_a_new_message_type_is_not_flagged():
    new = {**RELEASED, "order.returned.v1": {"type": "object"}}
    assert find_breaks(RELEASED, new, foreign=FOREIGN) == []


def test_widening_is_judged_by_who_writes():
    wider = copy.deepcopy(RELEASED[COMMAND])
    put("properties/requested_by/maxLength", 200)(wider)
    both = {COMMAND: RELEASED[COMMAND]}, {COMMAND: wider}
    assert find_breaks(*both, foreign=frozenset({COMMAND})) == []
    assert len(find_breaks(*both, foreign=frozenset())) == 1


def test_a_stricter_model_is_found_through_its_schema():
    class Stricter(CancelOrder):
        requested_by: Identifier
        """Who asked; now required."""

    class Narrower(OrderCancelled):
        refund_minor: Annotated[int, Field(strict=True, ge=0, le=100)]
        """Sum of `refunds`."""

    assert _find(COMMAND, write_schema(Stricter)) == [f"{COMMAND}: requested_by: is now required"]
    assert _find(CANCELLED, write_schema(Narrower)) == [
        f"{CANCELLED}: refund_minor: maximum was {10**15}, is 100"
    ]


def test_equal_schemas_have_no_changes():
    for schema in RELEASED.values():
        assert find_changes(schema, copy.deepcopy(schema)) == []


@pytest.fixture
def contracts(tmp_path: Path) -> Path:
    """A copy of `contracts/` whose released files may be changed."""
    return Path(shutil.copytree(generate.CONTRACTS, tmp_path / "contracts"))


def _change_released(contracts: Path, type_: str, change: Change) -> Path:
    path = contracts / "released" / f"{type_}.json"
    schema = read_json(path)
    change(schema)
    path.write_text(json.dumps(schema))
    return path


def test_the_command_line_names_the_break_and_the_way_out(contracts, capsys):
    _change_released(contracts, COMMAND, put("properties/shop", TEXT))
    assert generate.main(["--compat"], contracts) == 1
    assert capsys.readouterr().err.splitlines() == [
        f"{COMMAND}: shop: is gone",
        "Give the changed message a new type; see contracts/README.md",
    ]


def test_a_release_is_refused_while_something_breaks(contracts):
    path = _change_released(contracts, COMMAND, put("properties/shop", TEXT))
    before = path.read_text()
    assert generate.main(["--release"], contracts) == 1
    assert path.read_text() == before


def test_a_release_makes_todays_schemas_the_promise(contracts):
    _change_released(contracts, COMMAND, put("properties/staff_note", ABSENT))
    (contracts / "released" / f"{PLACED}.json").unlink()
    assert generate.main(["--compat"], contracts) == 0
    assert generate.main(["--release"], contracts) == 0
    assert generate.read_released(contracts) == {m.type: write_schema(m.model) for m in MESSAGES}
