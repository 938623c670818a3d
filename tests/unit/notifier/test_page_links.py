"""What a mail leads to: the customer's page, other things to buy; who may ask about an order."""

import re
from hashlib import sha256
from typing import Any, get_args

import httpx2
import pytest
from pydantic import ValidationError
from starlette.applications import Starlette

from contracts.links import OrderLink, read_link, write_link
from contracts.values import Locale
from services.notifier import customers
from services.notifier.desk import Mail
from services.notifier.domain.choices import Template
from services.notifier.domain.stationery import ALTERNATIVES_SHOWN_MAX, Alternative, Stationery
from services.notifier.rendering import render
from services.notifier.samples import CAUSE, a_request
from services.notifier.service import SERVICE
from services.notifier.settings import NotifierSettings
from tests.support.console_pages import Markup
from tests.support.mails import parts_of
from tests.support.mothers import SHOP
from web import problems

KEY, NEXT = "k" * 32, "n" * 32
TOLD_AT = CAUSE.recorded_at
PAGED = Stationery(version=1, page_url="https://orders.shop.example/", page_days=30)
TOKEN = re.compile(r"https://orders\.shop\.example/o/([A-Za-z0-9._:-]+)")


def written(
    template: Template = "order_cancelled", locale: Locale = "en", **more: Any
) -> list[str]:
    request = a_request(template, locale).model_copy(update={"told_at": TOLD_AT})
    return parts_of(render(request, CAUSE, sender=SHOP, **{"stationery": PAGED, **more}))


@pytest.mark.parametrize("locale", get_args(Locale))
@pytest.mark.parametrize("template", get_args(Template))
def test_every_mail_leads_to_the_page_of_its_order(template: Template, locale: Locale) -> None:
    for part in written(template, locale, link_key=KEY):
        (token,) = set(TOKEN.findall(part))
        ends_at = int(TOLD_AT.timestamp()) + 30 * 86_400
        assert read_link([KEY], token) == OrderLink("489434", ends_at)


def test_without_a_key_an_address_or_a_moment_no_mail_has_a_link() -> None:
    for more in ({}, {"link_key": KEY, "stationery": Stationery(version=1)}):
        assert not any("/o/" in part for part in written(**more))
    old = a_request("order_cancelled", "en")
    content = render(old, CAUSE, sender=SHOP, stationery=PAGED, link_key=KEY)
    assert not any("/o/" in part for part in parts_of(content))


def test_a_mail_is_proved_by_whichever_of_the_keys_it_was_sent_with() -> None:
    request = a_request("refund_failed", "fr").model_copy(update={"told_at": TOLD_AT})
    mail = Mail(request, CAUSE, PAGED)
    sent, _ = mail.written(SHOP, link_keys=[KEY])
    mail.said = {"sha256": sha256(sent).hexdigest()}
    assert mail.written(SHOP, link_keys=[NEXT, KEY]) == (sent, True)
    assert mail.written(SHOP, link_keys=[NEXT])[1] is False
    bare, _ = mail.written(SHOP)
    mail.said = {"sha256": sha256(bare).hexdigest()}
    assert mail.written(SHOP, link_keys=[NEXT]) == (bare, True), "sent before there were keys"


def an_alternative(name: str, *skus: str, **more: Any) -> Alternative:
    return Alternative.model_validate(
        {"label": {"en": name, "fr": f"{name} !"}, "url": f"https://shop.example/{name}",
         "skus": skus, **more}
    )  # fmt: skip


def test_what_names_the_article_is_offered_first_and_never_more_than_a_few() -> None:
    shop = Stationery(
        version=1,
        alternatives=(
            an_alternative("any"), an_alternative("other", "SKU-9"), an_alternative("fits", "A"),
            an_alternative("always"), an_alternative("too-many"), an_alternative("too", "A"),
        ),
    )  # fmt: skip
    offered = [one.label.en for one in shop.alternatives_for({"A", "B"}, "INVENTORY")]
    assert offered == ["fits", "too", "any"]
    assert len(offered) == ALTERNATIVES_SHOWN_MAX
    assert shop.alternatives_for({"A"}, "FRAUD") == ()


def test_the_mail_about_a_cancellation_offers_them_and_no_other_does() -> None:
    shop = Stationery(version=1, alternatives=(an_alternative("cups", "85121A"),))
    for part in written(stationery=shop):
        assert "https://shop.example/cups" in part
    for locale, label in (("en", "Perhaps instead:"), ("fr", "Peut-être à la place :")):
        assert label in written(locale=locale, stationery=shop)[0]
    assert not any("cups" in part for part in written("refund_failed", stationery=shop))


def test_an_alternative_is_no_way_to_have_something_run() -> None:
    label = {"en": "<script>alert(1)</script>", "fr": "x"}
    shop = Stationery(version=1, alternatives=(an_alternative("cups", label=label),))
    tags = [tag for tag, _ in Markup(written(stationery=shop)[1]).elements]
    assert "script" not in tags
    for url in ("javascript:alert(1)", "http://shop.example", 'https://x.example"onclick="x'):
        with pytest.raises(ValidationError):
            an_alternative("cups", url=url)


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        ("https://orders.shop.example", True), ("http://127.0.0.1:8091", True),
        ("http://shop.example", False), ("http://127.0.0.1.evil.example", False),
        ("javascript:alert(1)", False), ('https://x.example/"x', False),
    ],
)  # fmt: skip
def test_the_page_is_reached_by_tls_but_on_this_machine(url: str, *, is_one: bool) -> None:
    try:
        Stationery(version=1, page_url=url)
    except ValidationError:
        assert not is_one
    else:
        assert is_one


async def test_only_whoever_has_the_link_learns_what_an_orders_mails_asked() -> None:
    nowhere: Any = None
    app = Starlette(routes=customers.routes(nowhere, SERVICE.store, b"secret", [KEY]))
    problems.install(app)
    wire = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=wire, base_url="http://notifier") as client:
        over, strange = (
            write_link(KEY, OrderLink("1", 1)),
            write_link(NEXT, OrderLink("1", 9**11)),
        )
        for said in ({}, {"authorization": "Bearer x"}, {"authorization": f"Bearer {over}"},
                     {"authorization": f"Bearer {strange}"}):  # fmt: skip
            answer = await client.get(customers.QUESTIONS_PATH, headers=said)
            assert (answer.status_code, answer.json()["code"]) == (401, "LINK_NOT_OURS")
        for query in ("locale=de", "reason=x", "sku=%00", "&".join(["sku=A"] * 1_001)):
            answer = await client.get(f"{customers.SHOP_PATH}?{query}")
            assert (answer.status_code, answer.json()["code"]) == (422, "QUERY_INVALID"), query
        shop = (await client.get(f"{customers.SHOP_PATH}?locale=fr&sku=A")).json()
        assert shop["causes"]["CUSTOMER"] == "Vous nous l'avez demandé."


def test_a_key_that_keeps_nobody_out_ends_the_process() -> None:
    with pytest.raises(ValidationError, match="32 characters"):
        NotifierSettings.model_validate({"smtp_host": "x", "link_keys": "short"})
