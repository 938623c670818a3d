"""Instances of any pydantic model, drawn from its own JSON Schema; arrays and texts kept short."""

from datetime import date, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

Schema = dict[str, Any]

FORMATS: dict[str, st.SearchStrategy[Any]] = {
    "uuid": st.uuids().map(str),
    "date": st.dates(min_value=date(1900, 1, 1)).map(str),
    "date-time": st.datetimes(
        min_value=datetime(1900, 1, 2),  # noqa: DTZ001 - the zone comes from `timezones`
        max_value=datetime(8999, 12, 30),  # noqa: DTZ001
        timezones=st.integers(-840, 840).map(lambda m: timezone(timedelta(minutes=m))),
    ).map(lambda moment: moment.isoformat()),
}


def instances(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    """Return instances of `model`, from least to longest."""
    schema = model.model_json_schema()

    def is_valid(value: Any) -> bool:
        """Tell whether rules that look at several fields, which no schema says, hold too."""
        try:
            model.model_validate(value)
        except ValidationError:
            return False
        return True

    values = _values(schema, schema.get("$defs", {}))
    return values.filter(is_valid).map(model.model_validate)


def _values(schema: Schema, definitions: Schema) -> st.SearchStrategy[Any]:
    match schema:
        case {"$ref": reference}:
            return _values(definitions[reference.rpartition("/")[2]], definitions)
        case {"anyOf": choices} | {"oneOf": choices}:
            return st.one_of(*(_values(choice, definitions) for choice in choices))
        case {"const": value}:
            return st.just(value)
        case {"enum": values}:
            return st.sampled_from(values)
        case {"type": kind}:
            return _KINDS[kind](schema, definitions)
        case _:
            raise NotImplementedError(schema)


def _arrays(schema: Schema, definitions: Schema) -> st.SearchStrategy[Any]:
    low = schema.get("minItems", 0)
    return st.lists(_values(schema["items"], definitions), min_size=low, max_size=low + 2)


def _integers(schema: Schema, _: Schema) -> st.SearchStrategy[Any]:
    low, high = schema.get("minimum", -(2**63)), schema.get("maximum", 2**63 - 1)
    return st.integers(low, high) | st.sampled_from([low, high])


def _objects(schema: Schema, definitions: Schema) -> st.SearchStrategy[Any]:
    fields = {
        name: _values(field, definitions) for name, field in schema.get("properties", {}).items()
    }
    required = {name: fields[name] for name in schema.get("required", [])}
    optional = {name: field for name, field in fields.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional)


def _texts(schema: Schema, _: Schema) -> st.SearchStrategy[str]:
    if "format" in schema:
        return FORMATS[schema["format"]]
    longest = schema.get("maxLength", 100)
    if "pattern" in schema:
        # In Python `$` also matches before a last line break; in JSON Schema it does not.
        pattern = schema["pattern"].removesuffix("$") + r"\Z"
        return st.from_regex(pattern).filter(lambda text: len(text) <= longest)
    return st.text(min_size=schema.get("minLength", 0), max_size=min(30, longest))


_KINDS = {
    "object": _objects,
    "array": _arrays,
    "string": _texts,
    "integer": _integers,
    "boolean": lambda *_: st.booleans(),
    "null": lambda *_: st.none(),
}
