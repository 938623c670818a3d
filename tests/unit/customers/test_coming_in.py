"""Who comes in by a link, how often, and what every answer keeps to itself."""

import pytest
from structlog.testing import capture_logs

from console.customers.app import DOORS, PAGE_HEADERS
from console.customers.rates import KNOWN_MAX, Rate
from tests.support.console_pages import a_story
from tests.support.customers import KEY, link, open_link
from tests.support.mothers import FIRST


async def test_every_answer_forbids_scripts_indexing_and_telling_the_link() -> None:
    page = open_link(a_story())
    answers = [await page.get(below) for below in ("", "/cancel", "/receipts/x", "/nowhere")]
    answers += [await page.client.get("/"), await page.client.get("/o/x.1.y")]
    answers.append(await page.post("/cancel"))
    for answer in answers:
        assert {name: answer.headers[name] for name in PAGE_HEADERS} == PAGE_HEADERS, answer.url
        assert answer.headers["cache-control"] == "no-store"
    assert PAGE_HEADERS["referrer-policy"] == "no-referrer"
    assert "noindex" in PAGE_HEADERS["x-robots-tag"]
    policy = PAGE_HEADERS["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.path or "order")
async def test_nobody_comes_in_by_a_link_that_is_not_ours_or_over(door: object) -> None:
    below = door.path.format(command_id=FIRST, request_id=FIRST)  # type: ignore[attr-defined]
    wrong = {
        link(key="another-key-altogether-of-32-characters"): 404,
        link()[:-1]: 404,
        link().replace("489434", "489435"): 404,
        link(ends_at=1): 410,
    }
    for token, status in wrong.items():
        page = open_link(a_story(), "fr", token=token)
        for answer in (await page.get(below), await page.post(below)):
            assert answer.status_code in (status, 405), token
            assert answer.headers["content-language"] == "fr"
            assert "489434" not in answer.text.replace(token, "")
        assert page.api.asked == []
    page = open_link(a_story(), token=link(ends_at=1))
    assert "This link has expired" in (await page.get()).text
    assert "help@shop.example" in (await page.get()).text


async def test_the_style_sheet_is_kept_for_ever_under_an_address_of_its_content() -> None:
    page = open_link(a_story())
    html = (await page.get()).text
    address = html.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
    answer = await page.client.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert "immutable" in answer.headers["cache-control"]
    assert (await page.client.get("/static/x/page.css")).status_code == 404


async def test_whoever_tries_links_is_stopped_and_so_is_whoever_sends_forms() -> None:
    guesser = open_link(a_story(), token=link()[:-1], wrong_links_per_minute=2)
    codes = [(await guesser.get()).status_code for _ in range(3)]
    assert codes == [404, 404, 429]
    guesser.token = link()
    stopped = await guesser.get()
    assert stopped.status_code == 429, "a link that is found by trying is not shown"
    assert stopped.headers["retry-after"] == "60"
    sender = open_link(a_story(), forms_per_minute=1)
    codes = [(await sender.post("/cancel", step="look")).status_code for _ in range(2)]
    assert codes == [422, 429]
    visitor = open_link(a_story(), visits_per_minute=1)
    codes = [(await visitor.get()).status_code for _ in range(2)]
    assert codes == [200, 429]


def test_a_rate_gives_back_over_time_and_counts_each_alone() -> None:
    now = 0.0
    rate = Rate(2, clock=lambda: now)
    assert [rate.take("a") for _ in range(3)] == [True, True, False]
    assert rate.take("b")
    now = 30.0
    assert [rate.take("a") for _ in range(2)] == [True, False]
    now = 10_000.0
    assert [rate.take("a") for _ in range(3)] == [True, True, False]


def test_a_rate_remembers_so_many_and_no_more() -> None:
    rate = Rate(1, clock=lambda: 0.0)
    for n in range(KNOWN_MAX + 10):
        assert rate.take(str(n))
        assert not rate.has_left(str(n))
    assert not rate.take(str(KNOWN_MAX + 9))
    assert rate.take("0"), "whoever was not seen for longest is forgotten first"


async def test_an_order_that_cannot_be_read_just_now_is_said_so() -> None:
    page = open_link(a_story())
    page.api.is_away = True
    answer = await page.get("?language=fr")
    assert answer.status_code == 503
    assert "Rien n&#39;est perdu" in answer.text


async def test_a_page_whose_key_the_api_does_not_take_shows_nothing() -> None:
    page = open_link(a_story())
    page.api.session = "another-key"
    answer = await page.get()
    assert answer.status_code == 503
    assert "Nothing is lost" in answer.text


async def test_no_stack_trace_and_no_link_gets_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = open_link(a_story())
    monkeypatch.setattr(page.api, "_history", lambda _: [{"wrong": 1}])
    with capture_logs() as logged:
        answer = await page.get()
    assert answer.status_code == 500
    assert "incident" in answer.text
    assert "Traceback" not in answer.text
    assert [one["event"] for one in logged] == ["page.failed"]
    assert page.token not in str(logged)
    assert KEY not in answer.text
