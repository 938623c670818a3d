"""Policies in the browser: read, compared, drafted, tried, and put in force as they were seen."""

import re
from typing import Any

import httpx2
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.forms import Form
from console.language import Words
from console.pages import policy_fields
from console.pages.policy_fields import changes, read, write
from contracts.cancellation import Policy
from services.cancellation.api_policy import PolicyRead, PolicyTrial, PolicyTried
from services.cancellation.domain.decisions.policies import contradictions
from services.cancellation.domain.default_policy import DEFAULT_POLICY
from services.cancellation.domain.policy import BUILT_IN, Rulebook
from services.cancellation.explaining.preview import preview
from tests.support.console import visit
from tests.support.console_browser import Browser
from tests.support.console_pages import HOSTILE, Markup, a_story, check_sound
from tests.support.mothers import ORDER_ID, a_capture, an_order
from tests.support.telling import Told
from tests.support.wishes import ROOT

RICH = Policy.model_validate({
    **DEFAULT_POLICY.model_dump(), "version": 1, "hold_s": 900, "unpaid_after_s": 5_400,
    "approvals": [{"name": "LARGE", "amount_from_minor": 50_000, "currency": "JPY",
                   "reasons": ["FRAUD", "OTHER"], "actors": ["STAFF"]}],
    "exclusions": [{"name": "MADE_TO_ORDER", "tags": ["custom"], "countries": ["Côte d'Ivoire"]}],
    "fees": [{"name": "LATE", "percent_bps": 250, "flat_minor": 199, "currency": "EUR",
              "sub_reasons": ["CHANGED_MIND"]}],
    "restock": {"is_automatic": False, "never_tags": ["perishable"], "by_reason": [
        {"reason": "CUSTOMER", "sub_reason": "CHANGED_MIND", "restock": True},
        {"reason": "FRAUD", "restock": False}]},
    "refund_first": ["GIFT_CARD", "CARD"], "refund_sequence": "LAST_FIRST", "notify": False,
})  # fmt: skip


class Versions:
    """The API of policies: the built-in one and a rich one that was published after it."""

    def __init__(self, browser: Browser) -> None:
        self.others, self.told = browser.api.answer, Told().say(an_order(), a_capture())
        self.published: list[Any] = []
        browser.reach(self.answer)

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        """Answer what is about policies, and have the other API answer the rest."""
        where = request.url.path.removeprefix("/v1/policies")
        if not request.url.path.startswith("/v1/policies"):
            return self.others(request)
        if request.method == "POST":
            body = orjson.loads(request.content)
            found = self.tried(body) if where == "/trials" else self.publish(body)
            return httpx2.Response(201, json=found)
        known = {"/0": DEFAULT_POLICY, "/1": RICH, "/current": RICH}
        if where in known:
            return httpx2.Response(200, json=self.read(known[where]))
        if where == "":
            versions = [self.read(policy) for policy in (RICH, DEFAULT_POLICY)]
            return httpx2.Response(200, json={"policies": versions})
        return httpx2.Response(404, json={"code": "POLICY_NOT_FOUND"})

    def read(self, policy: Policy) -> Any:
        """Return a version as the API tells it."""
        is_new = policy.version > 0
        said = PolicyRead(
            version=policy.version, is_in_force=is_new, command_id=None, policy=policy,
            published_at=self.told.now if is_new else None,
            published_by=ROOT if is_new else None, staff_note=HOSTILE if is_new else None,
        )  # fmt: skip
        return said.model_dump(mode="json")

    def publish(self, body: Any) -> Any:
        """Take a policy."""
        self.published.append(body)
        return {"outcome": "POLICY_PUBLISHED", "version": body["policy"]["version"], "position": 9}

    def tried(self, body: Any) -> Any:
        """Try a policy, as the API does."""
        trial = PolicyTrial.model_validate_json(orjson.dumps(body))

        def by(book: Rulebook) -> Any:
            told = Told(book, self.told.now, self.told.state, list(self.told.recorded))
            told.say(trial.command)
            new = told.recorded[len(self.told.recorded) :]
            return preview(trial.command, new, self.told.state.placed, "en")

        found = PolicyTried(
            contradictions=tuple(contradictions(trial.policy)), now=by(BUILT_IN),
            then=by(Rulebook(trial.policy)),
        )  # fmt: skip
        return found.model_dump(mode="json")


def fields_of(html: str) -> dict[str, str]:
    """Return what a browser would send of the form of a page, untouched."""
    found: dict[str, str] = {}
    select = ""
    for tag, a in Markup(html).elements:
        name, value = str(a.get("name")), a.get("value") or ""
        if tag == "input" and (a.get("type") not in ("checkbox", "radio") or "checked" in a):
            found[name] = value
        if tag == "select":
            select = name
        if tag == "option" and ("selected" in a or select not in found):
            found[select] = value
    return found


@pytest.mark.parametrize("locale", ["en", "fr"])
@pytest.mark.parametrize(
    "path", ["/policies", "/policies/0", "/policies/1", "/policies/1?against=0", "/policies/draft"]
)
async def test_every_page_is_shown_in_both_languages_and_sound(path: str, locale: str) -> None:
    browser = visit(a_story(), locale, role="ADMIN")
    Versions(browser)
    check_sound(await browser.get(path), locale)


@pytest.mark.parametrize("locale", ["en", "fr"])
@pytest.mark.parametrize("policy", [DEFAULT_POLICY, RICH])
def test_a_policy_written_as_fields_and_read_again_is_the_same(policy: Policy, locale: Any) -> None:
    plain = policy.model_dump(mode="json")
    form = Form(list(write(plain, Words(locale)).items()))
    assert read(form, plain) == plain
    assert form.errors == {}


async def test_what_a_version_changed_is_told_place_by_place() -> None:
    browser = visit(a_story(), "fr", role="ADMIN")
    Versions(browser)
    page = (await browser.get("/policies/1")).text
    for said in ("<ins>15 min</ins>", "<ins>500 000</ins>", "MADE_TO_ORDER", "<ins>2,50</ins>"):
        assert said.replace("500 000", "50000") in page
    assert [tag for tag, _ in Markup(page).elements].count("script") == 1
    assert changes(RICH.model_dump(mode="json"), RICH.model_dump(mode="json"), Words("en")) == []


async def test_a_draft_is_put_in_force_only_as_it_was_looked_at() -> None:
    browser = visit(a_story(), name="root", role="ADMIN")
    versions = Versions(browser)
    page = await browser.get("/policies/draft")
    sent = {**fields_of(page.text), "hold_s": "30 min", "reasons:18:code": "RECALL",
            "reasons:18:reason": "OTHER", "reasons:18:labels.en": "Called back",
            "reasons:18:labels.fr": "Rappelé", "reasons:3:code": ""}  # fmt: skip
    del sent["form_token"]
    looked = await browser.post("/policies/draft", **sent, look="yes")
    assert looked.status_code == 200, re.findall('class="error".*', looked.text)
    for said in ("<ins>30 min</ins>", "<ins>Called back</ins>", "<del>EU_WITHDRAWAL</del>"):
        assert said in looked.text
    assert versions.published == []
    sent["looked"] = fields_of(looked.text)["looked"]
    changed = await browser.post("/policies/draft", **{**sent, "hold_s": "40 min"})
    assert changed.status_code == 200
    assert versions.published == []
    done = await browser.post("/policies/draft", **sent, staff_note="a recall")
    assert done.status_code == 303
    (body,) = versions.published
    assert (body["policy"]["version"], body["policy"]["hold_s"]) == (2, 1_800)
    assert body["staff_note"] == "a recall"
    codes = [one["code"] for one in body["policy"]["reasons"]]
    assert codes[-1] == "RECALL"
    assert "EU_WITHDRAWAL" not in codes
    assert body["policy"]["rights"] == RICH.model_dump(mode="json")["rights"]


async def test_whoever_drafts_and_does_not_publish_is_offered_the_past_alone() -> None:
    browser = visit(a_story(), role="MANAGER")
    versions = Versions(browser)
    page = await browser.get("/policies/draft")
    sent = {**fields_of(page.text), "hold_s": "30 min"}
    del sent["form_token"]
    looked = await browser.post("/policies/draft", **sent, look="yes")
    assert 'value="WHAT_IF"' in looked.text
    assert "Put version" not in looked.text
    assert versions.published == []


async def test_a_draft_is_tried_on_an_order_beside_the_policy_in_force() -> None:
    browser = visit(a_story(), name="kim", role="ADMIN")
    versions = Versions(browser)
    sent = fields_of((await browser.get("/policies/draft?from=0")).text)
    del sent["form_token"]
    sent |= {"approvals:0:name": "ALL", "approvals:0:amount_from_minor": "1",
             "approvals:0:currency": "EUR", "trial_order": ORDER_ID,
             "trial_reason": "CUSTOMER/CHANGED_MIND"}  # fmt: skip
    tried = await browser.post("/policies/draft", **sent, look="yes")
    assert "This would be cancelled" in tried.text
    assert "This would wait for a second person" in tried.text
    asks = await browser.post("/policies/draft", **{**sent, "trial_as": "CUSTOMER"}, look="yes")
    assert asks.text.count("This would wait for a second person") == 2
    assert versions.published == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("hold_s", "soon"),
        ("fees:0:percent_bps", "101"),
        ("fees:0:percent_bps", "1.005"),
        ("approvals:0:amount_from_minor", "much"),
        ("approvals:0:reasons", "WHY"),
        ("reasons:0:labels.fr", ""),
        ("reasons:0:code", "not a code"),
        ("refund_first", "SHELLS"),
    ],
)
async def test_what_a_policy_cannot_say_is_told_at_its_field(name: str, text: str) -> None:
    browser = visit(a_story(), role="ADMIN")
    versions = Versions(browser)
    sent = {**fields_of((await browser.get("/policies/draft")).text), name: text}
    del sent["form_token"]
    answer = await browser.post("/policies/draft", **sent, look="yes")
    assert answer.status_code == 422
    assert f'id="error-{name.replace(":", "-")}"' in answer.text
    assert versions.published == []


@given(st.integers(0, 10**9), st.sampled_from(["en", "fr"]))
def test_any_span_is_read_as_it_was_written(seconds: int, locale: Any) -> None:
    plain = DEFAULT_POLICY.model_dump(mode="json") | {"hold_s": seconds}
    form = Form(list(write(plain, Words(locale)).items()))
    found = read(form, plain)
    assert found["hold_s"] == seconds or form.errors


def test_every_thing_a_policy_says_has_a_field() -> None:
    """A field that is added to the policy without one here turns this red."""
    named = {
        c.name.partition(".")[0] for columns in policy_fields.SECTIONS.values() for c in columns
    }
    named |= {table.partition(".")[0] for table in policy_fields.TABLES} | {"version", "rights"}
    assert set(Policy.model_fields) == named
