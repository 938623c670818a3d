"""The OpenAPI document is sound, and the running application answers as it says."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import jsonschema_rs
import pytest
import schemathesis

from countermand.contracts_openapi import write_openapi
from countermand.generate import CONTRACTS
from services.cancellation import api
from services.cancellation.bootstrap import SERVICE
from services.cancellation.desk import respond
from services.cancellation.settings import CancellationSettings
from tests.contracts.validation import find_errors, find_references, resolve

COMMANDS, PREVIEWS = {403, 404, 409, 413, 422, 503}, {413, 422, 503}
READS = {
    "/v1/cancellation-requests": {422, 503},
    "/v1/cases": {422, 503},
    "/v1/changes": {422, 503},
    "/v1/cases/{case_id}": {404, 422, 503},
    "/v1/commands/{command_id}": {404, 422, 503},
    "/v1/figures/cancellations": {422, 503},
    "/v1/figures/entries": {422, 503},
    "/v1/figures/refunds": {422, 503},
    "/v1/figures/requests": {422, 503},
    "/v1/order-ids": {422, 503},
    "/v1/orders": {422, 503},
    "/v1/orders/{order_id}": {404, 422, 503},
    "/v1/orders/{order_id}/history": {404, 422, 503},
    "/v1/orders/{order_id}/explanation": {404, 422, 503},
    "/v1/policies": {422, 503},
    "/v1/policies/current": {422, 503},
    "/v1/policies/{version}": {404, 422, 503},
    "/v1/reasons": {422, 503},
    "/v1/rules": {422, 503},
    "/v1/bulk-plans": {422, 503},
    "/v1/bulk-plans/{plan_id}": {404, 422, 503},
    "/v1/bulk-plans/{plan_id}/outcomes": {404, 422, 503},
}
"""Which problems a read may answer with."""

ENTRANCE = {
    "/v1/sessions", "/v1/sign-in-ways", "/v1/openid-connect/sign-ins",
    "/v1/openid-connect/sessions",
}  # fmt: skip
APART = {
    ("get", "/v1/sign-in-ways"): {422, 503},
    ("post", "/v1/openid-connect/sign-ins"): {404, 413, 422, 503},
    ("post", "/v1/openid-connect/sessions"): {401, 403, 404, 413, 422, 429, 503},
    ("post", "/v1/sessions"): {401, 413, 422, 429, 503},
    ("delete", "/v1/sessions/current"): {422, 503},
    ("get", "/v1/me"): {422, 503},
    ("post", "/v1/me/password"): {413, 422, 429, 503},
    ("get", "/v1/people"): {422, 503},
    ("get", "/v1/keys"): {422, 503},
    ("get", "/v1/people-log"): {422, 503},
    ("get", "/v1/people/{name}"): {404, 422, 503},
    ("post", "/v1/people"): {409, 413, 422, 503},
    ("post", "/v1/people/{name}/changes"): {404, 409, 413, 422, 503},
    ("post", "/v1/people/{name}/password"): {404, 409, 413, 422, 503},
    ("post", "/v1/keys"): {409, 413, 422, 503},
    ("post", "/v1/keys/{name}/revocation"): {404, 409, 413, 422, 503},
    ("post", "/v1/policy-what-ifs"): {409, 413, 422, 503},
    ("post", "/v1/policy-what-ifs/{what_if_id}/stop"): {404, 413, 422, 503},
    ("get", "/v1/policy-what-ifs/{what_if_id}"): {404, 422, 503},
    ("get", "/v1/policy-what-ifs/{what_if_id}/flips"): {404, 422, 503},
}
"""Which problems whatever is about people, or about a draft over the past, may answer with."""

NOT_LET_IN = {401, 403}
"""Wherever somebody has to say who they are."""


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
        pool=absent,
        store=SERVICE.store,
        processor=absent,
        plans=absent,
        settings=CancellationSettings(access="open"),
        dsn="",
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
            for answer in failures.values():
                assert answer["content"] == {
                    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                }
            statuses = {int(status) for status in failures}
            if path not in ENTRANCE:
                assert statuses >= NOT_LET_IN, path
                assert operation["security"]
                is_command = operation["tags"] == ["commands"] and verb == "post"
                statuses -= NOT_LET_IN - ({403} if is_command else set())
            if operation["tags"] in (["people"], ["what-if"]):
                assert statuses == APART[verb, path], path
            elif verb == "get":
                told[path] = statuses
            else:
                is_preview = operation["tags"] == ["previews"]
                # A plan names its orders itself: there is none in the path that could be missing.
                missing = {404} if path == "/v1/bulk-plans" else set()
                wanted = (PREVIEWS if is_preview else COMMANDS) - missing
                assert statuses == wanted, path
    assert told == READS


def test_every_command_asks_for_its_id_and_describes_its_answer(document):
    for path, operations in document["paths"].items():
        for operation in operations.values():
            key = [p for p in operation.get("parameters", ()) if p["name"] == "Idempotency-Key"]
            assert bool(key) == (
                "commands" in operation["tags"] and "201" in operation["responses"]
            )
            granted = [r for s, r in operation["responses"].items() if s in {"201", "202"}]
            for answer in granted:
                assert answer["content"]["application/json"]["schema"], path


def test_the_description_says_how_one_says_who_one_is(document):
    assert "Authorization: Bearer" in document["info"]["description"]
    assert "`CANCELLATION_ACCESS=open`" in document["info"]["description"]


async def test_the_application_serves_the_generated_document(client, document):
    assert (await client.get("/openapi.json")).json() == document


@pytest.mark.parametrize(
    ("status", "code", "request_"),
    [
        (422, "REQUEST_INVALID", ("POST", "/v1/orders/1/cancellations", {"json": {}})),
        (413, "BODY_TOO_LARGE", ("POST", "/v1/orders/1/cancellations", {"content": b" " * 2**21})),
        (503, "STORE_UNAVAILABLE", ("GET", "/v1/orders", {})),
        (404, "ROUTE_NOT_FOUND", ("GET", "/v2", {})),
        (401, "SIGN_IN_REQUIRED", ("GET", "/v1/me", {})),
        (401, "CREDENTIAL_INVALID", ("GET", "/v1/me", {"headers": {"Authorization": "Basic eA"}})),
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
    answer = respond(
        {"outcome": "REJECTED", "order_id": "1", "command_id": "2", "refusals": [refusal]}
    )
    schema = {"$ref": "#/components/schemas/Problem", "components": document["components"]}
    assert find_errors(schema, json.loads(bytes(answer.body))) == []


async def test_the_contracts_are_served_as_they_were_generated(client):
    page = await client.get("/contracts", follow_redirects=True)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.content == (CONTRACTS / "generated" / "index.html").read_bytes()
    described = await client.get("/contracts/asyncapi.json")
    assert described.json()["asyncapi"] == "3.0.0"
    missing = await client.get("/contracts/schemas/nothing.json")
    assert (missing.status_code, missing.json()["code"]) == (404, "ROUTE_NOT_FOUND")
    assert (await client.get("/contracts/..%2f..%2fpyproject.toml")).status_code == 404


def test_every_operation_parameter_and_field_says_what_it_means(document):
    silent = [
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, said in {"": schema, **schema.get("properties", {})}.items()
        if not (resolve(document, said["$ref"]) if "$ref" in said else said).get("description")
    ]
    silent += [
        f"{verb} {path} {parameter.get('name', '')}"
        for path, operations in document["paths"].items()
        for verb, operation in operations.items()
        for parameter in [operation, *operation.get("parameters", [])]
        if not parameter.get("description")
    ]
    assert silent == []
