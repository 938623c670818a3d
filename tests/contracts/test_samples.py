"""The samples are valid for today's models and for the schemas others were promised."""

from itertools import chain
from typing import Any

import pytest

from countermand.contracts_schemas import MESSAGES, write_schema
from countermand.generate import read_released
from tests.contracts.validation import SAMPLES, find_errors, read_sample

EXTENTS = ("full", "minimal")
every_message = pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.type)
every_extent = pytest.mark.parametrize("extent", EXTENTS)


def test_every_message_has_its_two_samples_and_there_are_no_others():
    expected = {f"{message.type}.{extent}.json" for message in MESSAGES for extent in EXTENTS}
    assert {path.name for path in SAMPLES.iterdir()} == expected


@every_message
@every_extent
def test_a_sample_is_accepted_by_todays_model_and_comes_back_as_it_was(message, extent):
    sample = read_sample(message.type, extent)
    model = message.model.model_validate_json(
        (SAMPLES / f"{message.type}.{extent}.json").read_bytes()
    )
    assert model.model_dump(mode="json", exclude_unset=True) == sample


@every_message
@every_extent
def test_a_sample_is_valid_by_the_released_schema(message, extent):
    """As far as the release knew its fields: a command may have got more of them since."""
    released = read_released().get(message.type, write_schema(message.model))
    assert find_errors(_opened(released), read_sample(message.type, extent)) == []


@every_message
@every_extent
def test_what_we_would_write_for_a_sample_is_valid_by_todays_schema(message, extent):
    written = message.model.model_validate(read_sample(message.type, extent))
    assert find_errors(write_schema(message.model), written.model_dump(mode="json")) == []


def _opened(schema: Any) -> Any:
    """Return a schema that does not mind fields it does not know."""
    match schema:
        case dict():
            closed = ("additionalProperties", False)
            return {key: _opened(value) for key, value in schema.items() if (key, value) != closed}
        case list():
            return [_opened(value) for value in schema]
        case _:
            return schema


@every_message
def test_the_full_sample_sets_every_field(message):
    schema = write_schema(message.model)
    assert _unset(schema, schema, read_sample(message.type), message.type) == []


@every_message
def test_the_minimal_sample_sets_only_what_must_be_there(message):
    schema = write_schema(message.model)
    sample = read_sample(message.type, "minimal")
    assert set(sample) == set(schema["required"])
    for name in schema["required"]:
        shorter = {key: value for key, value in sample.items() if key != name}
        assert find_errors(schema, shorter), f"{name} can be left out"


@every_message
def test_a_sample_with_a_wrong_field_is_refused(message):
    sample = read_sample(message.type)
    wrong = {**sample, next(iter(sample)): [489434]}
    assert find_errors(write_schema(message.model), wrong)


def _unset(node: dict[str, Any], root: dict[str, Any], data: Any, where: str) -> list[str]:
    """List the fields of `node` that `data` leaves out or sets to null, at every depth."""
    if "$ref" in node:
        node = root["$defs"][node["$ref"].removeprefix("#/$defs/")]
    if data is None:
        return [where]
    if "anyOf" in node:
        (choice,) = (choice for choice in node["anyOf"] if choice.get("type") != "null")
        return _unset(choice, root, data, where)
    if "items" in node:
        places = enumerate(data)
        unset = [_unset(node["items"], root, item, f"{where}.{place}") for place, item in places]
        return list(chain(*unset)) if data else [where]
    return [
        finding
        for name, field in node.get("properties", {}).items()
        for finding in _unset(field, root, data.get(name), f"{where}.{name}")
    ]
