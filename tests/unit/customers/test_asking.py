"""A customer asks for a cancellation: look, confirm, receipt; and the same wish is one wish."""

import html
import re
from typing import Any
from uuid import UUID

import httpx2
import pytest

from tests.support.console_pages import HOSTILE, Markup, a_story
from tests.support.customers import Customer, open_link
from tests.support.mothers import a_capture, a_shipment, an_order
from tests.support.telling import Told
from tests.support.wishes import a_denial, a_policy, a_request

ALL = {"units:1": "2", "units:2": "2"}
ANOTHER = {"type": "CUSTOMER", "id": "somebody-else"}
PART = {"units:1": "1", "units:2": "0"}


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page))


async def looked_at(page: Customer, **fields: str) -> dict[str, str]:
    """Return the fields of the second step."""
    answer = await page.post("/cancel", step="look", **{"kind": "CANCEL", **fields})
    assert answer.status_code == 200, answer.text
    return hidden(answer.text)


def asked_of(page: Customer) -> list[str]:
    return [one.fact.NAME for one in page.api.told.recorded if "cancel" in one.fact.NAME]


async def test_looking_does_nothing_and_says_exactly_what_would_be() -> None:
    page = open_link(a_story())
    answer = await page.post("/cancel", step="look", kind="CANCEL", **PART)
    for said in ("<span>Mug</span>", "5.00 EUR", "Nothing has been done yet",
                 "Send the request"):  # fmt: skip
        assert said in answer.text
    assert page.api.asked == []


async def test_a_confirmed_wish_is_the_customers_and_has_a_receipt_to_the_second() -> None:
    page = open_link(a_story())
    fields = await looked_at(page, reason="CHANGED_MIND", note="one too many", **PART)
    done = await page.post("/cancel", **{**fields, "step": "confirm"})
    assert done.status_code == 303
    ((key, said),) = page.api.asked
    assert said == {
        "actor": {"type": "CUSTOMER", "id": "13085"}, "reason": "CUSTOMER",
        "sub_reason": "CHANGED_MIND", "customer_note": "one too many", "expected_version": 2,
        "lines": [{"line_id": "1", "quantity": 1}],
    }  # fmt: skip
    receipt = await page.client.get(done.headers["location"])
    assert receipt.status_code == 200
    for told in (key, "1 Mar 2026, 12:03:00 UTC", "489434", "<span>Mug</span>"):
        assert told in receipt.text
    assert asked_of(page) == ["order.cancellation-requested.v1"]
    assert "We have your request" in (await page.get()).text


async def test_a_withdrawal_needs_no_reason_and_is_said_as_one() -> None:
    page = open_link(a_story())
    fields = await looked_at(page, kind="WITHDRAW", reason="CHANGED_MIND", **ALL)
    done = await page.post("/cancel", **{**fields, "step": "confirm"})
    ((_, said),) = page.api.asked
    assert said["is_statutory_withdrawal"] is True
    assert said["sub_reason"] == "EU_WITHDRAWAL"
    assert "lines" not in said
    assert "We have your withdrawal" in (await page.client.get(done.headers["location"])).text


async def test_where_the_policy_grants_it_is_cancelled_at_once() -> None:
    book = a_policy(customer={"inside": "GRANT"})
    page = open_link(Told(book=book).say(an_order(), a_capture()))
    answer = await page.post("/cancel", step="look", kind="CANCEL", **ALL)
    assert "this is cancelled at once" in answer.text
    done = await page.post("/cancel", **{**hidden(answer.text), "step": "confirm"})
    assert "It is cancelled" in (await page.client.get(done.headers["location"])).text
    assert "Your order is cancelled" in (await page.get()).text


async def test_pressed_twice_reloaded_or_sent_again_later_it_is_one_wish() -> None:
    page = open_link(a_story())
    fields = {**await looked_at(page, **ALL), "step": "confirm"}
    answers = [await page.post("/cancel", **fields) for _ in range(3)]
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert asked_of(page) == ["order.cancellation-requested.v1"]
    other = await page.post("/cancel", **{**fields, "units:1": "1"})
    assert other.headers["location"] == answers[0].headers["location"]
    assert asked_of(page) == ["order.cancellation-requested.v1"]


async def test_each_second_step_has_an_id_of_its_own() -> None:
    page = open_link(a_story())
    ids = {(await looked_at(page, **ALL))["command_id"] for _ in range(2)}
    assert len(ids) == 2


async def test_a_lost_answer_keeps_the_id_so_that_sending_again_is_safe() -> None:
    page = open_link(a_story())
    fields = {**await looked_at(page, **ALL), "step": "confirm"}
    answer = page.api.answer

    def lose_answers(request: Any) -> Any:
        done = answer(request)
        if request.url.path.endswith("/cancellation-requests"):
            raise httpx2.ReadTimeout("lost", request=request)
        return done

    page.reach(lose_answers)
    lost = await page.post("/cancel", **fields)
    assert lost.status_code == 503
    assert "nothing is done twice" in lost.text
    assert "Nothing has been done" not in lost.text
    assert hidden(lost.text)["command_id"] == fields["command_id"]
    page.reach(answer)
    again = await page.post("/cancel", **{**hidden(lost.text), "step": "confirm"})
    assert again.status_code == 303
    assert asked_of(page) == ["order.cancellation-requested.v1"]


@pytest.mark.parametrize(
    ("locale", "said"), [("en", "It has been sent already"), ("fr", "déjà envoyé")]
)
async def test_what_has_left_meanwhile_is_refused_in_the_customers_words(
    locale: str, said: str
) -> None:
    page = open_link(a_story())
    fields = {**await looked_at(page, **ALL), "step": "confirm"}
    page.api.told.say(a_shipment(("1", 2)))
    answer = await page.post(f"/cancel?language={locale}", **fields)
    assert answer.status_code in (409, 422)
    page.api.told.say(a_shipment(("2", 2)))
    shown = await page.get(f"?language={locale}")
    assert said in shown.text
    for code in ("ALREADY_FULFILLED", "VERSION_STALE", "QUANTITY_TOO_GREAT"):
        assert code not in answer.text + shown.text


async def test_an_order_that_moved_on_is_looked_at_again_under_a_new_id() -> None:
    page = open_link(a_story())
    fields = {**await looked_at(page, **PART), "step": "confirm"}
    page.api.told.say(a_shipment(("2", 1)))
    answer = await page.post("/cancel", **fields)
    assert answer.status_code == 409
    assert "Your order has changed meanwhile" in answer.text
    again = hidden(answer.text)
    assert again["command_id"] != fields["command_id"]
    assert (await page.post("/cancel", **{**again, "step": "confirm"})).status_code == 303


async def test_what_no_policy_grants_is_refused_before_anything_is_asked() -> None:
    terms = {"window_s": 0, "outside": "REFUSE"}
    page = open_link(Told(book=a_policy(customer=terms)).say(an_order(), a_capture()))
    html = (await page.get()).text
    assert "The time for cancelling it here is over" in html
    assert "/cancel" not in html
    looked = await page.post("/cancel", step="look", kind="CANCEL", **ALL)
    assert "Confirm" not in looked.text
    assert "WINDOW_CLOSED" not in looked.text


@pytest.mark.parametrize(
    "fields",
    [{}, {"units:1": "x"}, {"units:1": "9"}, {"units:1": "-1"}, {**ALL, "note": "x" * 501}],
)
async def test_what_was_filled_in_wrongly_is_said_at_its_field(fields: dict[str, str]) -> None:
    page = open_link(a_story())
    answer = await page.post("/cancel", step="look", kind="CANCEL", **fields)
    if fields == {"units:1": "9"}:
        assert "fewer left than you chose" in answer.text
        return
    assert answer.status_code == 422
    assert 'class="error"' in answer.text


async def test_a_form_without_an_id_of_ours_asks_for_nothing() -> None:
    page = open_link(a_story())
    fields = {**await looked_at(page, **ALL), "step": "confirm"}
    for id_ in ("", "console-1", "page-1", "page-" + "x" * 36):
        answer = await page.post("/cancel", **{**fields, "command_id": id_})
        assert answer.status_code == 400
    assert page.api.asked == []


async def test_a_receipt_is_of_this_order_alone() -> None:
    page = open_link(a_story())
    for nothing in ("message-1", "message-2", "nobody"):
        assert (await page.get(f"/receipts/{nothing}")).status_code == 404


async def test_what_was_typed_stays_text_in_both_steps() -> None:
    page = open_link(a_story())
    for step in ("look", "change"):
        fields = {**ALL, "note": HOSTILE, HOSTILE: HOSTILE}
        answer = await page.post("/cancel", step=step, **fields)
        tags = [tag for tag, _ in Markup(answer.text).elements]
        assert not {"script", "img"} & set(tags)


async def ask_for_all(page: Customer) -> str:
    """Ask for a cancellation; returns where it can be taken back, below the link."""
    fields = await looked_at(page, **ALL)
    await page.post("/cancel", **{**fields, "step": "confirm"})
    found = re.search(r"(/requests/[0-9a-f-]{36}/take-back)", (await page.get()).text)
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("locale", "said", "afterwards"),
    [
        ("en", "Your request is taken back", "took it back since"),
        ("fr", "Votre demande est retirée", "puis retiré"),
    ],
)
async def test_a_request_is_taken_back_in_two_steps_once_with_a_receipt(
    locale: str, said: str, afterwards: str
) -> None:
    page = open_link(Told().say(an_order(), a_capture()), locale)
    where = await ask_for_all(page)
    asked = f"?language={locale}"
    look = await page.get(where + asked)
    assert len(page.api.asked) == 1, "looking does nothing"
    fields = hidden(look.text)
    done, again = [await page.post(where + asked, **fields) for _ in range(2)]
    assert done.status_code == 303
    assert done.headers["location"] == again.headers["location"]
    ((_, _), (key, body)) = page.api.asked
    assert (key, body) == (fields["command_id"], {"actor": {"type": "CUSTOMER", "id": "13085"}})
    receipt = await page.client.get(done.headers["location"])
    assert said in receipt.text
    assert key in receipt.text
    shown = (await page.get(asked)).text
    assert afterwards in html.unescape(shown)
    assert where not in shown
    assert f"{page.page}/cancel" in shown, "they may ask again"


async def test_what_was_answered_meanwhile_is_not_taken_back() -> None:
    page = open_link(Told().say(an_order(), a_capture()))
    where = await ask_for_all(page)
    fields = hidden((await page.get(where)).text)
    request_id = UUID(where.split("/")[2])
    page.api.told.say(a_denial(request_id, staff_note="no"))
    late = await page.post(where, **fields)
    assert (late.status_code, "answered or taken back meanwhile" in late.text) == (409, True)
    assert len(page.api.asked) == 1
    assert (await page.get(where)).status_code == 404
    assert "We could not grant it" in (await page.get()).text


async def test_after_a_lost_answer_the_same_form_takes_it_back_once() -> None:
    page = open_link(Told().say(an_order(), a_capture()))
    where = await ask_for_all(page)
    fields = hidden((await page.get(where)).text)
    answer = page.api.answer

    def lose_answers(request: httpx2.Request) -> Any:
        found = answer(request)
        if request.url.path.endswith("/denial"):
            raise httpx2.ReadTimeout("lost", request=request)
        return found

    page.reach(lose_answers)
    lost = await page.post(where, **fields)
    assert lost.status_code == 503
    assert "We could not make sure" in lost.text
    page.reach(answer)
    again = await page.post(where, **fields)
    assert again.status_code == 303
    assert asked_of(page).count("order.cancellation-denied.v1") == 1


async def test_a_request_made_as_somebody_else_is_not_this_pages_to_take_back() -> None:
    page = open_link(Told().say(an_order(), a_capture(), a_request(actor=ANOTHER)))
    shown = (await page.get()).text
    assert "Your request" in shown
    assert "take-back" not in shown
    request_id = page.api.told.recorded[-1].fact.request_id
    assert (await page.get(f"/requests/{request_id}/take-back")).status_code == 404
