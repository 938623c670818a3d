"""Requests nobody should send: each is refused in words, and none shakes the door."""

import itertools
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from contracts.values import LINES_MAX
from tests.support.api_door import Running

pytestmark = pytest.mark.e2e

BODY_BYTES_MAX = 1_048_576
GOOD = {"reason": "CUSTOMER"}
LINE = {"line_id": "1", "quantity": 1}

BODIES: dict[str, tuple[Any, str]] = {
    "no reason": ({}, "reason"),
    "an unknown reason": ({"reason": "WHIM"}, "reason"),
    "a misspelt field": ({**GOOD, "line": [LINE]}, "line"),
    "a misspelt field inside": ({**GOOD, "lines": [{**LINE, "qty": 1}]}, "lines.0.qty"),
    "an order number in the body": ({**GOOD, "order_id": "2"}, "order_id"),
    "no units": ({**GOOD, "lines": [{**LINE, "quantity": 0}]}, "lines.0.quantity"),
    "negative units": ({**GOOD, "lines": [{**LINE, "quantity": -1}]}, "lines.0.quantity"),
    "half a unit": ({**GOOD, "lines": [{**LINE, "quantity": 1.5}]}, "lines.0.quantity"),
    "units as text": ({**GOOD, "lines": [{**LINE, "quantity": "1"}]}, "lines.0.quantity"),
    "endless units": ({**GOOD, "lines": [{**LINE, "quantity": 10**30}]}, "lines.0.quantity"),
    "no line id": ({**GOOD, "lines": [{"quantity": 1}]}, "lines.0.line_id"),
    "an empty list of lines": ({**GOOD, "lines": []}, "lines"),
    "too many lines": ({**GOOD, "lines": [LINE] * (LINES_MAX + 1)}, "lines"),
    "lines as one line": ({**GOOD, "lines": LINE}, "lines"),
    "an endless note": ({**GOOD, "staff_note": "n" * 501}, "staff_note"),
    "an unknown refund": ({**GOOD, "refund": "MAYBE"}, "refund"),
    "perhaps restock": ({**GOOD, "restock": "perhaps"}, "restock"),
    "a requester with blanks": ({**GOOD, "requested_by": "a b"}, "requested_by"),
    "a list": ([GOOD], "body"),
    "a number": (1, "body"),
    "nothing": (None, "body"),
}
"""What to send, and the field the finding must name."""

RAW = {
    "no JSON": b"reason=CUSTOMER",
    "half a JSON": b'{"reason": "CUST',
    "NaN": b'{"reason": NaN}',
    "deep nesting": b"[" * 100_000,
    "no UTF-8": b'{"reason": "\xff\xfe"}',
    "half a surrogate pair": b'{"reason": "CUSTOMER", "staff_note": "\\ud800"}',
    "nothing at all": b"",
}

_keys = (f"malformed-{number}" for number in itertools.count())


async def post(running: Running, *, order_id: str = "1", **more: Any) -> Any:
    headers = {"Idempotency-Key": next(_keys), "Content-Type": "application/json"}
    return await running.door.send(
        "POST", f"/v1/orders/{order_id}/cancellations",
        **{**more, "headers": {**headers, **more.get("headers", {})}},
    )  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
async def test_a_malformed_body_is_refused_and_the_field_named(running: Running, name: str) -> None:
    body, field = BODIES[name]
    answer = await post(running, content=json.dumps(body))
    assert (answer.status_code, answer.json()["code"]) == (422, "REQUEST_INVALID")
    assert field in [finding["field"] for finding in answer.json()["findings"]]
    assert all(finding["what"] for finding in answer.json()["findings"])


@pytest.mark.parametrize("name", RAW)
async def test_a_body_that_is_no_json_is_refused(running: Running, name: str) -> None:
    answer = await post(running, content=RAW[name])
    assert (answer.status_code, answer.json()["code"]) == (422, "REQUEST_INVALID")


async def test_every_finding_is_told_at_once(running: Running) -> None:
    body = {"reason": "WHIM", "refund": "MAYBE", "lines": [{"line_id": "", "quantity": 0}], "x": 1}
    answer = await post(running, json=body)
    fields = {finding["field"] for finding in answer.json()["findings"]}
    assert fields >= {"reason", "refund", "lines.0.line_id", "lines.0.quantity", "x"}


@pytest.mark.parametrize("key", ["", "a b", "-", "ä", "k" * 101, "a\tb"])
async def test_a_key_that_is_no_id_is_refused(running: Running, key: str) -> None:
    headers = {"Idempotency-Key": key.encode()}
    answer = await post(running, json=GOOD, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "REQUEST_INVALID")
    assert "Idempotency-Key" in answer.json()["detail"]


async def test_a_command_without_a_key_is_refused(running: Running) -> None:
    answer = await running.door.send("POST", "/v1/orders/1/cancellations", json=GOOD)
    assert (answer.status_code, answer.json()["code"]) == (422, "REQUEST_INVALID")
    assert "Idempotency-Key" in answer.json()["detail"]


@pytest.mark.parametrize("order_id", ["%20", "-1", "a%00b", "%ff", "o" * 101, "a%0A"])
async def test_an_order_number_that_is_none_is_refused(running: Running, order_id: str) -> None:
    for answer in (
        await post(running, order_id=order_id, json=GOOD),
        await running.door.get(f"/v1/orders/{order_id}"),
        await running.door.get(f"/v1/orders/{order_id}/history"),
        await running.door.get(f"/v1/commands/{order_id}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "REQUEST_INVALID")


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=201", "limit=x", "state=GONE", "min_position=-1", "min_position=x",
        "before=x", "before=2026-01-01T00:00:00~%00", "before=0001-01-01T00:00:00%2B14:00~1",
        "before=~", f"before={'9' * 201}", "before=2026-01-01T00:00:00~%ED%A0%80",
        "sort=HIGHEST&before=2026-01-01T00:00:00~1", "sort=LOWEST&before=-1~1",
        f"sort=HIGHEST&before={2**63}~1",
    ],
)  # fmt: skip
async def test_a_malformed_query_is_refused(running: Running, query: str) -> None:
    answer = await running.door.send("GET", f"/v1/orders?{query}")
    assert answer.status_code == 422
    assert answer.json()["code"] in {"REQUEST_INVALID", "CURSOR_INVALID"}


async def test_a_body_too_large_is_refused_before_it_is_read(running: Running) -> None:
    too_much = b'{"reason": "CUSTOMER", "staff_note": "' + b"n" * BODY_BYTES_MAX + b'"}'

    async def in_pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(too_much), 65_536):
            yield too_much[start : start + 65_536]

    for content in (too_much, in_pieces()):
        answer = await post(running, content=content)
        assert (answer.status_code, answer.json()["code"]) == (413, "BODY_TOO_LARGE")


async def test_a_position_far_ahead_is_waited_for_and_then_told(running: Running) -> None:
    answer = await running.door.get("/v1/orders", min_position=10**18)
    assert (answer.status_code, answer.json()["code"]) == (503, "NOT_PROJECTED_YET")
