"""The OpenAPI document is sound, and the running application answers as it says."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import jsonschema_rs
import pytest
import schemathesis

from countermand.contracts_openapi import write_openapi
from services.cancellation import api
from services.cancellation.bootstrap import SERVICE
from services.cancellation.settings import CancellationSettings
from tests.contracts.validation import find_errors, find_references, resolve

PROBLEM_STATUSES = {
    ("post", "/v1/orders/{order_id}/cancellations"): {404, 409, 413, 422, 503},
    ("get", "/v1/commands/{command_id}"): {404, 422, 503},
    ("get", "/v1/orders"): {422, 503},
    ("get", "/v1/orders/{order_id}"): {404, 422, 503},
    ("get", "/v1/orders/{order_id}/history"): {404, 422, 503},
}


class AbsentPool:
    """A pool whose database is away."""

    def __getattr__(self, name: str) -> Any:
        raise ConnectionRefusedError(f"{name}: connection refused")


@pytest.fixture
def document() -> dict[str, Any]:
    return write_openapi()


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    absent: Any = AbsentPool()
    app = api.build(
        pool=absent, store=SERVICE.store, processor=absent, settings=CancellationSettings()
    )
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def test_the_document_is_sound_by_the_official_schema(document):
    schemathesis.openapi.from_dict(document).validate()


def test_a_spoilt_document_is_not_sound(document):
    del document["info"]["title"]
    with pytest.raises(jsonschema_rs.ValidationError):
        schemathesis.openapi.from_dict(document).validate()


def test_every_reference_leads_somewhere_and_every_schema_is_used(document):
    references = find_references(document)
    for reference in references:
        assert resolve(document, reference), reference
    assert references == {
        f"#/components/schemas/{name}" for name in document["components"]["schemas"]
    }


def test_every_operation_tells_its_problems_as_problem_json(document):
    told = {}
    for path, operations in document["paths"].items():
        for verb, operation in operations.items():
            failures = {s: r for s, r in operation["responses"].items() if not s.startswith("2")}
            told[verb, path] = {int(status) for status in failures}
            for answer in failures.values():
                assert answer["content"] == {
                    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                }
    assert told == PROBLEM_STATUSES


async def test_the_application_serves_the_generated_document(client, document):
    assert (await client.get("/openapi.json")).json() == document


@pytest.mark.parametrize(
    ("status", "code", "request_"),
    [
        (422, "REQUEST_INVALID", ("POST", "/v1/orders/1/cancellations", {"json": {}})),
        (413, "BODY_TOO_LARGE", ("POST", "/v1/orders/1/cancellations", {"content": b" " * 2**21})),
        (503, "STORE_UNAVAILABLE", ("GET", "/v1/orders", {})),
        (404, "ROUTE_NOT_FOUND", ("GET", "/v2", {})),
    ],
)
async def test_a_problem_looks_as_described(client, document, status, code, request_):
    verb, path, content = request_
    answer = await client.request(verb, path, **content)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    schema = {"$ref": "#/components/schemas/Problem", "components": document["components"]}
    assert find_errors(schema, answer.json()) == []


def test_a_refused_command_looks_as_described(document):
    refusal = {"code": "NOTHING_LEFT", "detail": "no unit is open", "remedy": "Nothing to do."}
    answer = api._answer_command(
        {"outcome": "REJECTED", "order_id": "1", "command_id": "2", "refusals": [refusal]}
    )
    schema = {"$ref": "#/components/schemas/Problem", "components": document["components"]}
    assert find_errors(schema, json.loads(bytes(answer.body))) == []
