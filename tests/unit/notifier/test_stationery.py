"""What a merchant may set about mails: versions that never change, and what they do to a mail."""

import json
from hashlib import sha256
from typing import Any

import pytest
from pydantic import ValidationError

from countermand.stationery import desk
from kit.effects import Finished, RetryLater
from services.notifier.domain import commands, events
from services.notifier.domain.messages import MESSAGES
from services.notifier.domain.publishing import STATIONERY, PublishStationery
from services.notifier.domain.stationery import BUILT_IN, Stationery
from services.notifier.drafts import DraftError, draft_of, read_values
from services.notifier.effects import execute_with
from services.notifier.ports import Accepted, Mail
from services.notifier.rendering import render, shipped_text, write_mail
from services.notifier.wording import TextError
from tests.support.mails import mail_of, shown, text_of
from tests.support.money_words import LATER, REFUND, success
from tests.support.mothers import A_CAUSE, ORDER_ID, SHOP, an_order_cancelled
from tests.support.spec import story_of
from tests.unit.notifier.test_effects import Answering, an_effect

publishing = story_of(STATIONERY)
messages = story_of(MESSAGES)
OWN = Stationery(
    version=1,
    shop_name="Ada & Söhne",
    support="help@shop.example, +33 1 23 45 67 89",
    reorder_url="https://shop.example/again?order={order_id}",
    texts={
        "order_cancelled.en": "Gone: {{ order_id }}\n\nDear friend,\n\n[items]\n\n"
        "Bye, {{ shop_name }}."
    },
)
BROKEN = OWN.model_copy(update={"texts": {"order_cancelled.en": "Gone\n\n{{ amount.x }}"}})


def a_request(stationery: Stationery = BUILT_IN) -> events.NotificationRequested:
    (fact,) = messages.under(stationery).when(an_order_cancelled()).facts
    assert isinstance(fact, events.NotificationRequested)
    return fact


def publication(version: int, **changes: Any) -> PublishStationery:
    stationery = Stationery(version=version, **changes)
    return PublishStationery(stationery=stationery, who="Lea", why="spring")


def test_a_version_follows_the_one_in_force() -> None:
    (fact,) = publishing.when(publication(1, shop_name="Ada")).facts
    assert isinstance(fact, events.StationeryPublished)
    assert (fact.stationery.shop_name, fact.published_by, fact.why) == ("Ada", "Lea", "spring")
    first = publishing.given(publication(1))
    first.when(publication(2)).then_names("stationery.published.v1")
    for stale in (1, 3):
        first.when(publication(stale)).then_set_aside("STATIONERY_VERSION_STALE")


@pytest.mark.parametrize(
    "wrong",
    [
        {"reorder_url": "http://shop.example"},
        {"reorder_url": "javascript:alert(1)"},
        {"reorder_url": "https://shop.example/ x"},
        {"reorder_url": 'https://evil.example"onclick="x'},
        {"shop_name": "Ada\r\nBcc: x@y.z"},
        {"support": ""},
        {"choices": {"refund_failed": "NEVER"}},
        {"choices": {"order_cancelled": "NEVER"}},
        {"choices": {"refund_started": "SOMETIMES"}},
        {"texts": {"order_cancelled.de": "x\n\ny"}},
        {"texts": {"nothing.en": "x\n\ny"}},
        {"texts": {"order_cancelled.en": "x" * 10_001}},
        {"budget": 1},
    ],
)
def test_what_makes_no_stationery_is_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Stationery.model_validate({"version": 1, **wrong})


def test_a_message_is_written_on_the_version_that_was_in_force_when_it_was_decided() -> None:
    request = a_request(OWN)
    assert request.stationery == 1
    content = render(request, A_CAUSE, sender=SHOP, stationery=OWN)
    assert content != render(request, A_CAUSE, sender=SHOP)
    assert content == render(request, A_CAUSE, sender=SHOP, stationery=OWN)


def test_the_merchants_words_name_help_and_link_are_in_the_mail_and_escaped() -> None:
    mail = mail_of(a_request(OWN), stationery=OWN)
    assert mail["Subject"] == f"Gone: {ORDER_ID}"
    link = f"https://shop.example/again?order={ORDER_ID}"
    for kind in ("plain", "html"):
        said = shown(mail, kind)
        for words in ("Dear friend", "Bye, Ada & Söhne.", "help@shop.example", "Mug no. 1", link):
            assert words in said
    assert f'href="{link}"' in text_of(mail, "html")
    assert "Ada &amp; Söhne" in text_of(mail, "html")
    words = "Subject\n\n<script>alert(1)</script>"
    evil = OWN.model_copy(update={"texts": {"order_cancelled.en": words}})
    assert "<script" not in text_of(mail_of(a_request(evil), stationery=evil), "html")


def test_without_any_of_it_a_mail_is_as_it_was() -> None:
    said = text_of(mail_of(a_request()), "html")
    assert "Order this again" not in said
    assert "Here to help" not in said


async def written_with(stationery: Stationery) -> tuple[Mail, commands.RecordAcceptance]:
    server = Answering(Accepted("250 queued"))

    async def found(_: int) -> Stationery:
        return stationery

    effect = an_effect(a_request(stationery))
    outcome = await execute_with(server, sender=SHOP, stationery_of=found)(effect)
    assert isinstance(outcome, Finished)
    assert isinstance(outcome.report, commands.RecordAcceptance)
    return server.offered[0], outcome.report


async def test_a_text_that_cannot_be_written_costs_the_words_and_never_the_mail() -> None:
    mail, word = await written_with(BROKEN)
    assert word.text_problem
    assert "Getattr" in word.text_problem
    assert word.sha256 == sha256(mail.content).hexdigest()
    assert mail.content == write_mail(a_request(BROKEN), A_CAUSE, sender=SHOP, stationery=BROKEN)[0]
    with pytest.raises(TextError):
        render(a_request(), A_CAUSE, sender=SHOP, stationery=BROKEN)
    (fact,) = messages.given(a_request(BROKEN)).when(word).facts
    assert isinstance(fact, events.CustomerNotified)
    assert fact.text_problem == word.text_problem
    _, good = await written_with(OWN)
    assert good.text_problem is None


async def test_while_the_stationery_cannot_be_read_nothing_is_offered() -> None:
    server = Answering(Accepted())

    async def away(_: int) -> Stationery:
        raise ConnectionRefusedError("no")

    outcome = await execute_with(server, sender=SHOP, stationery_of=away)(an_effect(a_request()))
    assert isinstance(outcome, RetryLater)
    assert server.offered == []


def test_a_merchant_chooses_which_news_is_sent() -> None:
    told = messages.given(an_order_cancelled())
    told.when(success(LATER)).then_names("notification.requested.v1")
    never = Stationery(version=1, choices={"refund_succeeded": "NEVER"})
    told.under(never).when(success(LATER)).then_nothing()
    announced = success(REFUND)
    told.when(announced).then_nothing()
    always = Stationery(version=1, choices={"refund_succeeded": "ALWAYS"})
    told.under(always).when(announced).then_names("notification.requested.v1")


def test_a_draft_holds_every_text_and_what_is_left_as_shipped_follows_the_product() -> None:
    draft = draft_of(BUILT_IN)
    assert len(draft.texts) == 20
    assert draft.version == 1
    changed = json.loads(draft.model_dump_json())
    changed["texts"]["refund_failed.fr"] = "Désolé\n\n[panel] {{ amount }}"
    read = desk.read_draft(json.dumps(changed).encode())
    assert read.texts == {"refund_failed.fr": "Désolé\n\n[panel] {{ amount }}"}
    assert draft_of(read).texts["refund_failed.en"] == shipped_text("refund_failed.en")


@pytest.mark.parametrize(
    ("texts", "named"),
    [
        ({"refund_failed.fr": "x\n\n{{ amount.x }}"}, "texts.refund_failed.fr: line 3"),
        ({"refund_failed.fr": "nothing below"}, "texts.refund_failed.fr: it needs a subject"),
        ({"refund_failed.it": "x\n\ny"}, "texts.refund_failed.it"),
    ],
)
def test_a_draft_whose_mails_cannot_be_written_is_refused_by_name(
    texts: dict[str, str], named: str
) -> None:
    with pytest.raises(desk.StationeryError, match=named):
        desk.read_draft(json.dumps({"version": 1, "texts": texts}).encode())


def test_a_preview_is_every_mail_in_every_language(tmp_path: Any) -> None:
    files = desk.preview(OWN, tmp_path / "preview")
    assert len(files) == 40
    assert "Dear friend" in (tmp_path / "preview" / "order_cancelled.en.txt").read_text("utf-8")


@pytest.mark.parametrize("strange", [10**40, "\ud800", {"\udfff": [-(2**70)]}])
def test_what_no_draft_can_hold_is_refused_by_name_and_not_broken_upon(strange: Any) -> None:
    with pytest.raises(DraftError, match=r".+"):
        read_values({"version": 1, "shop_name": strange})
