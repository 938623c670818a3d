"""Looking ahead and looking back over HTTP: previews, explanations, the policy and its reasons."""

import itertools
from typing import Any

import pytest

from countermand.upstream import Outgoing
from services.cancellation.domain.default_policy import DEFAULT_POLICY
from tests.support.api_door import Running
from tests.support.messages import PRICE_MINOR, captured, fulfilled, placed
from tests.support.stack import count, fetch, until

pytestmark = pytest.mark.e2e

KIM = {"type": "STAFF", "id": "kim", "role": "AGENT"}
LEA = {"type": "STAFF", "id": "lea", "role": "MANAGER"}
ROOT = {"type": "STAFF", "id": "root", "role": "ADMIN"}
ADA = {"type": "CUSTOMER", "id": "13085"}

_numbers = itertools.count(1)


def fresh(stem: str) -> str:
    return f"ahead-{stem}-{next(_numbers)}"


async def order(running: Running, *units: int, shipped: int = 0) -> str:
    """Announce an order, paid in full, over Kafka."""
    order_id = fresh("order")
    facts: list[Any] = [
        placed(order_id, *units), captured(order_id, sum(units) * PRICE_MINOR)
    ]  # fmt: skip
    if shipped:
        facts.append(fulfilled(order_id, line_1=shipped))
    ids = [f"{order_id}-{number}" for number in range(len(facts))]
    await running.upstream.publish(Outgoing(i, f) for i, f in zip(ids, facts, strict=True))

    async def are_in() -> bool:
        found = await fetch(
            running.database,
            "SELECT count(*) FROM cancellation.inbox WHERE message_id = ANY($1)", ids,
        )  # fmt: skip
        return bool(found[0][0] == len(ids))

    await until(are_in, what=f"{order_id} is announced")
    return order_id


async def post(running: Running, path: str, key: str = "", **body: Any) -> Any:
    headers = {"Idempotency-Key": key or fresh("key")}
    return await running.door.send("POST", path, json=body, headers=headers)


async def ahead(running: Running, path: str, locale: str = "en", **body: Any) -> dict[str, Any]:
    answer = await running.door.send("POST", path, json=body, params={"locale": locale})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_a_preview_is_exact_and_writes_nothing(running: Running) -> None:
    order_id = await order(running, 3, 1, shipped=1)
    path = f"/v1/orders/{order_id}"
    body = {"reason": "STAFF", "refund": "LATER", "restock": None, "actor": KIM}
    before = await count(running.database, "cancellation.cancellation_events")
    seen = await ahead(running, f"{path}/cancellation-previews", **body)
    french = await ahead(running, f"{path}/cancellation-previews", "fr", **body)
    assert await count(running.database, "cancellation.cancellation_events") == before
    assert seen["outcome"] == "CANCELLED"
    assert french["text"][0].startswith("Annulé : 2 unités de la ligne 1")
    expected = {"expected_version": seen["basis"]["order_version"]}
    done = (await post(running, f"{path}/cancellations", **body, **expected)).json()
    same = {name: value for name, value in seen["answer"].items() if name in done}
    assert same == {name: done[name] for name in same}
    assert {"cancellation_id", "lines", "money", "refunds", "restock"} <= same.keys()
    explained = (await running.door.get(f"{path}/explanation")).json()
    assert explained["entries"][-1]["sums"] == seen["sums"]
    assert "A return can be offered instead: 1 unit of line 1, worth 12.50 EUR." in seen["text"]


async def test_a_preview_of_what_would_be_refused_is_no_problem(running: Running) -> None:
    seen = await ahead(running, "/v1/orders/nobody/cancellation-previews", reason="STAFF")
    assert seen["outcome"] == "REJECTED"
    assert [refusal["code"] for refusal in seen["refusals"]] == ["ORDER_NOT_FOUND"]


async def test_whoever_approves_sees_before_what_it_would_do(running: Running) -> None:
    order_id = await order(running, 2)
    requests = f"/v1/orders/{order_id}/cancellation-requests"
    waits = await post(running, requests, actor=ADA)
    assert waits.status_code == 202
    request = f"{requests}/{waits.json()['request_id']}"
    own = await post(running, f"{request}/approval", actor=ADA)
    assert (own.status_code, own.json()["code"]) == (403, "MISSING_PERMISSION")
    seen = await ahead(running, f"{request}/approval-previews", actor=LEA)
    assert (seen["outcome"], seen["answer"]["refund_minor"]) == ("CANCELLED", 2_500)
    granted = await post(running, f"{request}/approval", actor=LEA)
    assert granted.status_code == 201
    assert granted.json()["details"]["request_id"] == waits.json()["request_id"]
    again = await post(running, f"{request}/denial", actor=LEA)
    assert (again.status_code, again.json()["code"]) == (409, "REQUEST_CLOSED")


async def test_money_is_looked_at_settled_and_taken_up_again(running: Running) -> None:
    order_id = await order(running, 2)
    path = f"/v1/orders/{order_id}"
    body = {"reason": "STAFF", "refund": "LATER", "restock": False, "actor": KIM}
    done = (await post(running, f"{path}/cancellations", **body)).json()
    seen = await ahead(running, f"{path}/refund-settlement-previews", actor=KIM, amount_minor=900)
    settled = await post(running, f"{path}/refund-settlements", actor=KIM, amount_minor=900)
    assert seen["answer"]["balance_minor"] == settled.json()["balance_minor"] == 1_600
    too_much = await post(running, f"{path}/refund-settlements", actor=KIM, amount_minor=1_601)
    assert (too_much.status_code, too_much.json()["refusals"][0]["data"]) == (
        409, {"asked": 1_601, "owed": 1_600},
    )  # fmt: skip
    line = {"line_id": "1", "quantity": 2}
    assert (await post(running, f"{path}/restocks", actor=KIM, lines=[line])).status_code == 201
    cancellation = f"{path}/cancellations/{done['cancellation_id']}"
    seen = await ahead(running, f"{cancellation}/reinstatement-previews", actor=LEA)
    back = await post(running, f"{cancellation}/reinstatement", actor=LEA)
    assert back.status_code == 201
    assert seen["answer"]["aftermath"] == back.json()["aftermath"]
    explained = (await running.door.get(f"{path}/explanation")).json()
    assert explained["is_same"]
    assert all(entry["is_repeatable"] for entry in explained["entries"])


async def test_an_order_is_explained_as_it_was_at_any_moment(running: Running) -> None:
    order_id = await order(running, 2)
    path = f"/v1/orders/{order_id}"
    first = (await post(running, f"{path}/cancellations", reason="STAFF", lines=[
        {"line_id": "1", "quantity": 1}
    ])).json()  # fmt: skip
    refused = await post(running, f"{path}/cancellations", reason="STAFF", lines=[
        {"line_id": "1", "quantity": 2}
    ])  # fmt: skip
    now = (await running.door.get(f"{path}/explanation")).json()
    then = (await running.door.get(f"{path}/explanation", at=first["position"])).json()
    assert [entry["kind"] for entry in now["entries"]] == ["FACT", "FACT", "DECISION", "DECISION"]
    assert [entry["kind"] for entry in then["entries"]] == ["FACT", "FACT", "DECISION"]
    assert (then["as_of"], then["version"]) == (first["position"], 3)
    assert now["as_of"] >= refused.json()["position"]
    french = (await running.door.get(f"{path}/explanation", locale="fr")).json()
    assert french["entries"][-1]["refusals"][0]["detail"] == (
        "ligne 1, demandé : 2, ouvert : 1, commandé : 2"
    )
    missing = await running.door.get("/v1/orders/nobody/explanation")
    assert (missing.status_code, missing.json()["code"]) == (404, "ORDER_NOT_FOUND")
    early = await running.door.get(f"{path}/explanation", at="1990-01-01T00:00:00Z")
    assert (early.status_code, early.json()["code"]) == (404, "ORDER_NOT_FOUND")


async def test_the_policy_is_read_published_and_decided_by(running: Running) -> None:
    built_in = (await running.door.get("/v1/policies/0")).json()
    assert (built_in["is_in_force"], built_in["published_at"]) == (True, None)
    assert built_in["policy"] == DEFAULT_POLICY.model_dump(mode="json")
    labels = {
        locale: {
            one["sub_reason"]: one["label"]
            for one in (await running.door.get("/v1/reasons", locale=locale)).json()["reasons"]
        }
        for locale in ("en", "fr")
    }
    assert labels["fr"]["OUT_OF_STOCK"] == "En rupture de stock"
    assert labels["en"].keys() == labels["fr"].keys()
    policy = {**built_in["policy"], "version": 1, "hold_s": 600}
    mine = await post(running, "/v1/policies", policy=policy, actor=KIM)
    assert (mine.status_code, mine.json()["code"]) == (403, "MISSING_PERMISSION")
    done = await post(running, "/v1/policies", "policy-1", policy=policy, actor=ROOT,
                      staff_note="ten minutes to think")  # fmt: skip
    assert (done.status_code, done.json()["version"]) == (201, 1)
    again = await post(running, "/v1/policies", "policy-1", policy=policy, actor=ROOT,
                       staff_note="ten minutes to think")  # fmt: skip
    assert again.json() == done.json()
    stale = await post(running, "/v1/policies", policy=policy, actor=ROOT)
    assert (stale.status_code, stale.json()["code"]) == (409, "POLICY_VERSION_STALE")
    current = (await running.door.get("/v1/policies/current")).json()
    assert (current["version"], current["policy"]["hold_s"]) == (1, 600)
    assert (current["published_by"], current["staff_note"]) == (ROOT, "ten minutes to think")
    listed = (await running.door.get("/v1/policies")).json()["policies"]
    assert [(one["version"], one["is_in_force"]) for one in listed] == [(1, True), (0, False)]
    missing = await running.door.get("/v1/policies/2")
    assert (missing.status_code, missing.json()["code"]) == (404, "POLICY_NOT_FOUND")

    order_id = await order(running, 1)

    async def is_held() -> bool:
        path = f"/v1/orders/{order_id}/cancellation-previews"
        seen = await ahead(running, path, reason="STAFF", actor=KIM)
        return bool(seen["answer"]["held_until"])

    assert await until(is_held, what="the API decides by the new policy") < 5
    path = f"/v1/orders/{order_id}/cancellations"
    held = (await post(running, path, reason="STAFF", actor=KIM)).json()
    undone = await post(running, f"{path}/{held['cancellation_id']}/undo", actor=KIM)
    assert (undone.status_code, undone.json()["outcome"]) == (201, "UNDONE")
    explained = (await running.door.get(f"/v1/orders/{order_id}/explanation")).json()
    assert explained["is_same"]
    assert explained["entries"][2]["basis"]["policy_version"] == 1
    assert explained["entries"][2]["followed"] == [4]
