"""Bulk plans in the browser: looked at before they are started, and started as looked at."""

from collections.abc import Callable
from typing import Any, get_args

import httpx2
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from console.pages import bulk, bulk_new
from console.pages.bulk_new import read_ids
from services.cancellation.bulk import answers
from services.cancellation.domain import plan_terms
from tests.support.console import visit
from tests.support.console_browser import Browser
from tests.support.console_pages import HOSTILE, Markup, a_story, check_sound, field

WISH = {
    "by": "LIST", "orders": "489434\n489435,x\n# note\n489434", "reason": "INVENTORY/OUT_OF_STOCK",
    "refund": "LATER", "restock": "POLICY", "notify": "yes", "plan_id": "recall-1",
    "orders_per_s": "5",
}  # fmt: skip
DIGEST = "d" * 64
PREVIEW = answers.BulkPreview.model_validate({
    "orders": 2, "digest": DIGEST, "policy_version": 0, "outcomes": {"CANCELLED": 1, "REFUSED": 1},
    "money": {"EUR": {"refund_minor": 0, "later_minor": 2000}}, "units": 4, "restock_units": 4,
    "messages": 1, "held": 0, "approvals": {},
    "refusals": [{"code": "ORDER_NOT_FOUND", "orders": 1, "examples": ["489435"]}],
})  # fmt: skip
AT = "2026-11-02T09:30:00Z"
PLAN = answers.BulkPlanRead.model_validate({
    "plan_id": "recall-1", "state": "RUNNING", "order_count": 2, "handled": 1, "orders_per_s": 5,
    "started_at": AT, "changed_at": AT, "digest": DIGEST, "wish": {"reason": "INVENTORY"},
    "selection": None, "started_by": {"type": "STAFF", "id": "kim", "role": "MANAGER"}, "left": 1,
    "outcomes": {"REFUSED": 1}, "money": {}, "units": 0, "messages": 0,
    "refusals": [{"code": "ORDER_NOT_FOUND", "orders": 1}], "lately_per_s": 0.1, "eta_s": 90,
})  # fmt: skip
ROW = answers.OrderOutcome.model_validate({
    "number": 1, "order_id": "489435", "outcome": "REFUSED", "codes": ["ORDER_NOT_FOUND"],
    "currency": None, "refund_minor": None, "units": None, "is_told": None, "handled_at": AT,
})  # fmt: skip


class Plans:
    """The API of plans, as its own models describe it."""

    def __init__(self, browser: Browser) -> None:
        self.others = browser.api.answer
        self.sent: list[tuple[str, str | None, Any]] = []
        self.preview, self.plan = PREVIEW, PLAN
        self.refusal: dict[str, Any] | None = None
        browser.reach(self.answer)

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        """Answer what is about plans, and have the other API answer the rest."""
        where = request.url.path.removeprefix("/v1")
        if request.method == "POST" and where.startswith("/bulk-plans"):
            key = request.headers.get("idempotency-key")
            self.sent.append((where, key, orjson.loads(request.content)))
            if self.refusal:
                return httpx2.Response(409, json=self.refusal)
            if where.endswith("/preview"):
                lines = ['{"checked":1,"of":2}', self.preview.model_dump_json(), ""]
                return httpx2.Response(200, content="\n".join(lines))
            return httpx2.Response(201, json={"outcome": "STARTED", "plan_id": "recall-1"})
        found: dict[str, Callable[[], BaseModel]] = {
            "/bulk-plans": lambda: answers.BulkPlanList(plans=(self.plan,)),
            "/bulk-plans/recall-1": lambda: self.plan,
            "/bulk-plans/recall-1/outcomes": lambda: answers.OrderOutcomes(
                plan_id="recall-1", outcomes=(ROW,), next_after=1
            ),
        }
        if where in found:
            return httpx2.Response(200, content=found[where]().model_dump_json())
        if where == "/order-ids":
            return httpx2.Response(200, json={"order_ids": ["a", "b"], "as_of": 1})
        return self.others(request)


@pytest.mark.parametrize("locale", ["en", "fr"])
@pytest.mark.parametrize("path", ["/bulk", "/bulk/new", "/bulk/recall-1?code=ORDER_NOT_FOUND"])
async def test_every_page_is_shown_in_both_languages_and_sound(path: str, locale: str) -> None:
    browser = visit(a_story(), locale)
    Plans(browser)
    check_sound(await browser.get(path), locale)


async def test_a_plan_is_looked_at_and_then_started_once() -> None:
    browser = visit(a_story())
    plans = Plans(browser)
    seen = await browser.post("/bulk/new", **WISH, look="yes")
    assert seen.status_code == 200
    for said in ("2 orders", "20.00 EUR", "Nobody announced this order.", "Start with 2 orders"):
        assert said in seen.text
    kept = {name: field(seen.text, name) for name in ("looked", "digest")}
    done = await browser.post("/bulk/new", **WISH, **kept)
    assert done.headers["location"].startswith("/bulk/recall-1?done=recall-1")
    (_, _, looked), (where, key, started) = plans.sent
    assert (where, key) == ("/bulk-plans", "recall-1")
    assert started["expected_digest"] == DIGEST
    assert started["orders_per_s"] == 5
    assert started["order_ids"] == ["489434", "489435"]
    assert started["actor"] == {"type": "STAFF", "id": "kim", "role": "MANAGER"}
    assert started["wish"] == looked["wish"] == {
        "reason": "INVENTORY", "sub_reason": "OUT_OF_STOCK", "refund": "LATER",
        "shipping": "WITH_LAST", "notify": True, "restock": None,
    }  # fmt: skip


@pytest.mark.parametrize("change", [{"orders": "489436"}, {"refund": "NONE"}, {"notify": None}])
async def test_a_form_that_was_changed_since_is_looked_at_again(change: dict[str, Any]) -> None:
    browser = visit(a_story())
    plans = Plans(browser)
    seen = await browser.post("/bulk/new", **WISH, look="yes")
    kept = {name: field(seen.text, name) for name in ("looked", "digest")}
    changed = {k: v for k, v in {**WISH, **kept, **change}.items() if v is not None}
    again = await browser.post("/bulk/new", **changed)
    assert again.status_code == 200
    assert [where for where, _, _ in plans.sent] == ["/bulk-plans/preview"] * 2
    assert field(again.text, "looked") != kept["looked"]


async def test_a_plan_of_the_same_name_or_of_other_orders_is_not_started() -> None:
    browser = visit(a_story(), "fr")
    plans = Plans(browser)
    kept = {
        name: field((await browser.post("/bulk/new", **WISH, look="yes")).text, name)
        for name in ("looked", "digest")
    }
    plans.refusal = {"code": "MESSAGE_ID_REUSED", "detail": "used"}
    taken = await browser.post("/bulk/new", **WISH, **kept)
    assert taken.status_code == 409
    assert 'id="error-plan_id"' in taken.text
    refusal = {"code": "SELECTION_CHANGED", "detail": "3 orders fit now", "remedy": "Look again."}
    plans.refusal = {"code": "SELECTION_CHANGED", "refusals": [{**refusal, "line_id": None,
                     "return_proposal": None}]}  # fmt: skip
    changed = await browser.post("/bulk/new", **WISH, **kept)
    assert "SELECTION_CHANGED" in changed.text
    assert "3 orders fit now" not in changed.text, "English in a French page"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"orders": " \n#"}, "orders"),
        ({"orders": "489434\n;"}, None),
        ({"orders": "<b>"}, "orders"),
        ({"by": "FILTER"}, "sku"),
        ({"by": "FILTER", "placed_from": "yesterday"}, "placed_from"),
        ({"plan_id": "über"}, "plan_id"),
        ({"orders_per_s": "0"}, "orders_per_s"),
        ({"reason": ""}, "reason"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field(
    change: dict[str, str], place: str | None
) -> None:
    browser = visit(a_story())
    plans = Plans(browser)
    answer = await browser.post("/bulk/new", **{**WISH, **change}, look="yes")
    if place is None:
        assert answer.status_code == 200
        return
    assert answer.status_code == 422
    assert f'id="error-{place}"' in answer.text
    assert plans.sent == []


async def test_orders_are_chosen_by_a_filter_or_taken_over_from_the_list() -> None:
    browser = visit(a_story())
    plans = Plans(browser)
    listed = await browser.get("/bulk/new?state=PLACED&country=France")
    assert ">a\nb</textarea>" in listed.text
    assert 'href="/bulk/new?state=PLACED"' in (await browser.get("/orders?state=PLACED")).text
    by = {"by": "FILTER", "sku": "22423", "only_item": "yes", "placed_from": "2026-11-01"}
    await browser.post("/bulk/new", **{**WISH, **by}, look="yes")
    assert plans.sent[-1][2]["filter"] == {
        "sku": "22423", "placed_from": "2026-11-01T00:00:00Z", "only_item": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("action", "where", "more"),
    [
        ("PAUSE", "pause", {}),
        ("PACE", "resume", {"orders_per_s": 50}),
        ("RESUME", "resume", {"orders_per_s": 50}),
        ("CANCEL", "cancel", {}),
    ],
)
async def test_a_plan_is_paused_resumed_throttled_and_ended(
    action: str, where: str, more: dict[str, Any]
) -> None:
    browser = visit(a_story())
    plans = Plans(browser)
    done = await browser.post(
        "/bulk/recall-1", action=action, orders_per_s="50", staff_note="why", command_id="console-1"
    )
    assert done.status_code == 303
    ((address, key, said),) = plans.sent
    assert (address, key) == (f"/bulk-plans/recall-1/{where}", "console-1")
    assert {k: v for k, v in said.items() if k != "actor"} == {"staff_note": "why", **more}


async def test_a_plan_that_is_over_offers_nothing_and_one_that_runs_is_followed() -> None:
    browser = visit(a_story())
    plans = Plans(browser)
    assert 'data-live="steady"' in (await browser.get("/bulk/recall-1")).text
    plans.plan = PLAN.model_copy(update={"state": "COMPLETED", "eta_s": None})
    over = (await browser.get("/bulk/recall-1")).text
    assert "data-live" not in over
    assert 'name="action"' not in over


async def test_what_is_typed_stays_text() -> None:
    browser = visit(a_story())
    Plans(browser)
    answer = await browser.post("/bulk/new", **{**WISH, "orders": HOSTILE, "sku": HOSTILE})
    assert [tag for tag, _ in Markup(answer.text).elements].count("script") == 1


@given(st.lists(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}", fullmatch=True), min_size=1))
def test_every_order_number_of_a_list_is_read_once_and_in_sequence(ids: list[str]) -> None:
    for written in ("\n".join(ids), "\r\n".join(f'"{one}";x' for one in ids)):
        assert read_ids(written) == list(dict.fromkeys(ids))


def test_the_limits_are_those_of_the_api() -> None:
    assert bulk_new.ORDERS_MAX == plan_terms.ORDERS_MAX
    assert bulk.ORDERS_PER_S_MAX == plan_terms.RATE_MAX
    assert set(bulk.OUTCOMES) == set(get_args(answers.Outcome))
    many = "\n".join(str(number) for number in range(bulk_new.ORDERS_MAX + 1))
    assert read_ids(many) == "error.too_many_orders"
