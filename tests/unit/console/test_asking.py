"""Forms that ask for something: once, as whoever is signed in, and refused in words."""

import re
from typing import Any

import httpx2
import pytest

from tests.support.console import visit
from tests.support.console_pages import HOSTILE, ORDER, REINSTATE, WISH, Markup, a_story, field
from tests.support.mails import told_after
from tests.support.money_mothers import a_manual_refund_owed
from tests.support.mothers import (
    FIRST,
    a_cancel_command,
    a_capture,
    a_restock_failure,
    a_shipment,
    an_order,
    an_order_cancelled,
)
from tests.support.telling import Told
from tests.support.wishes import a_policy


async def test_an_order_is_cancelled_as_the_person_who_is_signed_in() -> None:
    browser = visit(a_story())
    answer = await browser.post(f"{ORDER}/cancel", **WISH)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{ORDER}?done=console-1&seen=3")
    ((key, said),) = browser.api.asked
    assert key == "console-1"
    assert said["actor"] == {"type": "STAFF", "id": "kim", "role": "MANAGER"}
    shown = await browser.get(answer.headers["location"])
    assert "<s>Order 489434</s>" in shown.text
    assert "Money, stock and message are on their way" in shown.text


async def test_a_form_sent_twice_is_one_wish() -> None:
    browser = visit(a_story())
    first, second = [await browser.post(f"{ORDER}/cancel", **WISH) for _ in range(2)]
    assert first.headers["location"] == second.headers["location"]
    assert {key for key, _ in browser.api.asked} == {"console-1"}
    assert [one.fact.NAME for one in browser.api.told.recorded].count("order.cancelled.v1") == 1


async def test_each_form_has_a_command_id_of_its_own() -> None:
    browser = visit(a_story())
    pages = [(await browser.get(f"{ORDER}/cancel")).text for _ in range(2)]
    ids = {field(page, "command_id") for page in pages}
    assert len(ids) == 2
    assert all(re.fullmatch(r"console-[0-9a-f-]{36}", id_) for id_ in ids)


async def test_no_answer_keeps_the_id_so_that_sending_again_is_safe() -> None:
    browser = visit(a_story())
    page = await browser.get(f"{ORDER}/cancel")
    id_ = field(page.text, "command_id")
    answer = browser.api.answer

    def lose_answers(request: Any) -> Any:
        done = answer(request)
        if request.url.path.endswith("/cancellations"):
            raise httpx2.ReadTimeout("lost", request=request)
        return done

    browser.reach(lose_answers)
    lost = await browser.post(f"{ORDER}/cancel", **{**WISH, "command_id": id_})
    assert lost.status_code == 503
    assert field(lost.text, "command_id") == id_
    assert "nobody knows" in lost.text
    browser.reach(answer)
    again = await browser.post(f"{ORDER}/cancel", **{**WISH, "command_id": id_})
    assert again.status_code == 303
    assert [one.fact.NAME for one in browser.api.told.recorded].count("order.cancelled.v1") == 1


@pytest.mark.parametrize(
    ("locale", "said", "offered"),
    [
        ("en", "The units have left the shop.", "Offer a return instead"),
        ("fr", "Les unités ont quitté la boutique.", "Proposer plutôt un retour"),
    ],
)
async def test_a_refusal_is_told_in_words_with_the_way_out(
    locale: str, said: str, offered: str
) -> None:
    """The parcel leaves between the opening of the dialog and its sending."""
    browser = visit(a_story(), locale)
    answer = browser.api.answer

    def ship_first(request: Any) -> Any:
        if request.url.path.endswith("/cancellations") and len(browser.api.told.recorded) < 3:
            browser.api.told.say(a_shipment(("1", 2)))
        return answer(request)

    browser.reach(ship_first)
    refused = await browser.post(f"{ORDER}/cancel", **{**WISH, "units:2": "0"})
    assert refused.status_code == 409
    assert said in refused.text
    assert offered in refused.text


async def test_a_refused_form_comes_back_under_a_new_id_with_what_was_filled_in() -> None:
    browser = visit(a_story())
    fields = {**WISH, "expected_version": "1", "staff_note": "said on the phone"}
    answer = await browser.post(f"{ORDER}/cancel", **fields)
    assert answer.status_code == 409
    assert field(answer.text, "command_id") != "console-1"
    assert "said on the phone" in answer.text
    assert "VERSION_STALE" in answer.text
    assert "Read the order again" in answer.text


@pytest.mark.parametrize(
    ("locale", "offered"), [("en", "Offer a return instead"), ("fr", "Proposer plutôt un retour")]
)
async def test_what_has_left_as_a_whole_says_so_at_once_and_offers_no_form(
    locale: str, offered: str
) -> None:
    browser = visit(a_story(a_shipment(("1", 2), ("2", 2))), locale)
    page = (await browser.get(f"{ORDER}/cancel")).text
    assert offered in page
    assert 'name="refund"' not in page
    assert "button danger" not in page


async def test_the_preview_tells_money_stock_message_and_rules_and_does_nothing() -> None:
    browser = visit(a_story(), "fr")
    answer = await browser.post(f"{ORDER}/cancel", **WISH, look="yes")
    assert answer.status_code == 200
    for said in ("Ceci serait annulé", "20,00 EUR", "de retour en stock", "Le client est prévenu",
                 "Règles vérifiées"):  # fmt: skip
        assert said in answer.text
    assert browser.api.asked == []
    assert len(browser.api.told.recorded) == 2


@pytest.mark.parametrize(("who", "status"), [({}, 422), ({"typing": "yes"}, 200)])
async def test_a_form_that_is_still_being_filled_in_is_no_error(
    who: dict[str, str], status: int
) -> None:
    browser = visit(a_story())
    answer = await browser.post(
        f"{ORDER}/cancel", **{**WISH, "refund": "AMOUNT", "amount": ""}, look="yes", **who
    )
    assert answer.status_code == status
    assert browser.api.asked == []


async def test_the_preview_needs_no_script() -> None:
    browser = visit(a_story())
    answer = await browser.post(f"{ORDER}/cancel", **WISH, look="yes")
    assert "This would be cancelled" in answer.text
    assert field(answer.text, "command_id") == "console-1"
    assert browser.api.asked == []


async def test_whoever_may_not_refund_chooses_nothing_about_money() -> None:
    browser = visit(a_story(), role="OPS")
    page = (await browser.get(f"{ORDER}/cancel")).text
    assert 'name="refund"' not in page
    assert "needs the right to refund" in page
    done = await browser.post(f"{ORDER}/cancel", **{**WISH, "refund": ""})
    assert done.status_code == 303
    assert browser.api.asked[-1][1]["refund"] == "NOW"


async def test_what_the_policy_refuses_to_whoever_looks_is_not_offered() -> None:
    story = a_story(a_cancel_command())
    for role, is_offered in (("MANAGER", True), ("AGENT", False)):
        page = (await visit(story, role=role).get(REINSTATE)).text
        assert ("This cannot be done" in page) is not is_offered
        assert ("button primary" in page) is is_offered


async def test_whoever_reinstates_or_settles_sees_the_mail_that_follows() -> None:
    browser = visit(a_story(a_cancel_command(refund="LATER")))
    browser.api.told_before = told_after(an_order_cancelled())
    reinstated = (await browser.get(REINSTATE)).text
    assert "The mail, in English" in reinstated
    settled = (await browser.get(f"{ORDER}/settle")).text
    assert "told once the money has been given back" in settled
    assert "The mail, in English" in settled
    browser.api.told_before = told_after(an_order_cancelled(recipient=None))
    assert "The mail, in" not in (await browser.get(REINSTATE)).text


async def test_a_held_cancellation_is_undone_with_one_button() -> None:
    story = Told(book=a_policy(hold_s=900)).say(an_order(), a_capture(), a_cancel_command())
    browser = visit(story)
    page = await browser.get(ORDER)
    assert "until then it can be undone" in page.text.replace("\n", " ")
    undo = f"{ORDER}/cancellations/{FIRST}/undo"
    assert undo in page.text
    done = await browser.post(undo, command_id=field(page.text, "command_id"))
    assert done.status_code == 303
    assert "as if it had never been cancelled" in (await browser.get(done.headers["location"])).text
    late = await browser.post(undo, command_id="console-9")
    assert late.status_code == 409
    assert "NOT_HELD" in late.text


async def test_a_case_offers_what_the_api_offers_and_says_who_did_it() -> None:
    browser = visit(a_story(a_cancel_command(), a_restock_failure(FIRST)))
    (case,) = browser.api.cases()
    where = f"/cases/{case['case_id']}"
    page = (await browser.get(where)).text
    for name in ("RESTOCK", "ASSIGN", "NOTE", "ESCALATE", "CLOSE_WRITTEN_OFF"):
        assert f'value="{name}"' in page
    assert 'value="LOOK"' not in page
    french = await visit(browser.api.told, "fr").get(where)
    assert "non remis en stock" in french.text
    taken = await browser.post(where, action="ASSIGN", command_id="console-2")
    assert taken.headers["location"].startswith(f"{where}?done=console-2&seen=")
    again = await browser.post(where, action="ASSIGN", command_id="console-2")
    assert again.headers["location"] == taken.headers["location"]
    _, said = browser.api.asked[-1]
    assert said["owner"] == "kim"
    assert "your-name" not in str(said)
    empty = await browser.post(where, action="NOTE", command_id="console-3", note=" ")
    assert empty.status_code == 422
    noted = await browser.post(where, action="NOTE", command_id="console-3", note=HOSTILE)
    assert noted.status_code == 303
    story = await browser.get(where)
    assert [tag for tag, _ in Markup(story.text).elements].count("script") == 1
    gone = await browser.post(where, action="ASSIGN", command_id="console-4")
    assert gone.status_code == 409


async def test_money_given_back_by_hand_is_recorded_with_its_proof_and_not_without() -> None:
    browser = visit(a_story(a_cancel_command(), a_manual_refund_owed(FIRST)))
    (case,) = browser.api.cases()
    where = f"/cases/{case['case_id']}"
    assert 'value="20.00"' in (await browser.get(where)).text
    fields = {"action": "RECORD_PAYMENT", "command_id": "console-5"}
    for wrong in ({"amount": "20.00"}, {"proof": "bank 17", "amount": "much"}):
        assert (await browser.post(where, **fields, **wrong)).status_code == 422
    assert browser.api.asked == []
    done = await browser.post(where, **fields, amount="5", proof="bank 17")
    assert done.status_code == 303
    _, said = browser.api.asked[-1]
    assert (said["amount_minor"], said["proof"]) == (500, "bank 17")
