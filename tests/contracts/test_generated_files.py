"""What is in `contracts/generated` is what the models say today."""

import json
import re
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from markupsafe import escape

from countermand import generate
from countermand.contracts_examples import has_fields
from countermand.contracts_fields import write_meaning
from countermand.contracts_schemas import MESSAGES, write_schema
from tests.contracts.validation import find_errors


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of `contracts/` to spoil."""
    return Path(shutil.copytree(generate.CONTRACTS, tmp_path / "contracts"))


def test_the_generated_files_are_current():
    assert generate.find_stale() == []


def test_generating_twice_gives_the_same_bytes():
    assert generate.render() == generate.render()


def test_an_edited_a_missing_and_a_left_over_file_are_each_named(copy, capsys):
    generated = copy / "generated"
    (generated / "asyncapi.json").write_text("{}\n")
    (generated / "schemas" / "order.placed.v1.json").unlink()
    (generated / "schemas" / "order.gone.v1.json").write_text("{}\n")

    assert generate.main(["--check"], copy) == 1
    assert capsys.readouterr().err.splitlines() == [
        "contracts/generated/asyncapi.json is stale",
        "contracts/generated/schemas/order.gone.v1.json is left over",
        "contracts/generated/schemas/order.placed.v1.json is missing",
        "Run: make generate",
    ]


def test_checking_writes_nothing(copy):
    (copy / "generated" / "openapi.json").write_text("{}\n")
    generate.main(["--check"], copy)
    assert (copy / "generated" / "openapi.json").read_text() == "{}\n"


def test_generating_repairs_what_the_check_names(copy):
    (copy / "generated" / "asyncapi.json").unlink()
    (copy / "generated" / "schemas" / "order.gone.v1.json").write_text("{}\n")
    assert generate.main([], copy) == 0
    assert generate.main(["--check"], copy) == 0


def test_generated_json_has_sorted_keys_and_ends_in_a_newline():
    for path, text in generate.render().items():
        assert text.endswith("\n"), path
        assert not text.endswith("\n\n"), path
        if path.endswith(".json"):
            assert generate.write_json(json.loads(text)) == text


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.type)
def test_every_message_has_a_sound_schema_that_says_what_each_field_means(message):
    schema = write_schema(message.model)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:countermand:{message.type}"
    assert schema["description"].startswith(message.meaning)
    for part in [schema, *schema.get("$defs", {}).values()]:
        assert part["description"], part["title"]
        for name, field in part["properties"].items():
            assert field.get("description"), f"{part['title']}.{name} has no docstring"


def test_no_type_travels_twice():
    types = [message.type for message in MESSAGES]
    assert len(types) == len(set(types))


def test_every_link_of_the_page_leads_to_a_file():
    folder = generate.CONTRACTS / "generated"
    links = re.findall(r"\]\(([^)]+)\)", (folder / "README.md").read_text())
    assert len(links) > 3 * len(MESSAGES)
    assert [link for link in links if not (folder / link).exists()] == []


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.type)
def test_every_field_has_an_example_that_its_schema_accepts(message):
    schema = write_schema(message.model)
    defs = schema.get("$defs", {})
    for sample in schema["examples"]:
        assert find_errors(schema, sample) == []
    for part in [schema, *defs.values()]:
        for name, field in part["properties"].items():
            if has_fields(field, lambda ref: defs[ref.rpartition("/")[2]]):
                continue
            assert field.get("examples"), f"{part['title']}.{name} has no example"
            for example in field["examples"]:
                assert find_errors({**field, "$defs": defs}, example) == []


PAGE = (generate.CONTRACTS / "generated" / "index.html").read_text(encoding="utf-8")


def test_every_link_of_the_page_for_browsers_leads_somewhere():
    anchors = set(re.findall(r'\bid="([^"]+)"', PAGE))
    for target in re.findall(r'href="([^"]+)"', PAGE):
        if target.startswith("#"):
            assert target[1:] in anchors, target
        else:
            assert (generate.CONTRACTS / "generated" / target).is_file(), target


def test_the_page_for_browsers_loads_nothing_and_runs_nothing():
    assert "default-src 'none'" in PAGE
    assert not re.findall(r"<script|<link|<img|<iframe|\bsrc=|url\(|@import|://", PAGE)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.type)
def test_the_page_for_browsers_tells_of_every_message_and_field(message):
    article = PAGE.partition(f'<h3 id="{message.type}">')[2].partition("</article>")[0]
    assert escape(message.meaning.partition("`")[0]) in article
    for name, field in write_schema(message.model)["properties"].items():
        assert f'<th scope="row"><code>{name}</code>' in article
        assert write_meaning(field["description"], {}) in re.sub(r"</?a\b[^>]*>", "", article)


def test_the_page_for_browsers_tells_what_is_new_since_the_release(copy):
    """And no longer, once it is released."""
    new = "v1: new, not released yet"
    assert new in PAGE
    path = copy / "released" / "cancellation.cancel-order.v1.json"
    promised = json.loads(path.read_text("utf-8"))
    del promised["properties"]["actor"]
    path.write_text(json.dumps(promised), "utf-8")
    assert "since then: actor" in generate.render(copy)["index.html"]
    assert generate.main(["--release"], copy) == 0
    assert generate.find_stale(copy) == []
    released = (copy / "generated" / "index.html").read_text("utf-8")
    assert new not in released
    assert "since then:" not in released
