"""Who is told what, once: stories about one order's deliveries, and about endpoints."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from services.notifier.webhooks.domain import commands, events
from services.notifier.webhooks.domain.endpoints import NOBODY, Endpoints
from services.notifier.webhooks.domain.lane import LANE, delivery_id_of, effect_id_of
from services.notifier.webhooks.domain.outgoing import said
from tests.support.mothers import ORDER_ID, a_refund_success, an_order_cancelled
from tests.support.spec import NOW, story_of

ONE, TWO = UUID(int=1), UUID(int=2)
BY = {"who": "Lea", "why": "shop"}
CANCELLED = an_order_cancelled()
DELIVERY = delivery_id_of(ONE, "m-1")


def an_endpoint(id_: UUID = ONE, **changes: Any) -> events.EndpointSet:
    return events.EndpointSet(
        **{
            "endpoint_id": id_, "url": "https://shop.example/", "types": (), "is_enabled": True,
            "registered_at": NOW - timedelta(days=999), **BY, **changes,
        }
    )  # fmt: skip


def some(*endpoints: events.EndpointSet) -> Endpoints:
    known = NOBODY
    for one in endpoints:
        known = known.after(one)
    return known


lane = story_of(LANE)
told = lane.under(some(an_endpoint()))


def a_request(**changes: Any) -> events.DeliveryRequested:
    return events.DeliveryRequested(
        **{
            "delivery_id": DELIVERY, "endpoint_id": ONE, "order_id": ORDER_ID, "message_id": "m-1",
            "type": CANCELLED.TYPE, "body": said(CANCELLED).body, **changes,
        }
    )  # fmt: skip


def an_end(round_: int = 0, outcome: Any = "SUCCEEDED") -> commands.RecordEnded:
    return commands.RecordEnded(delivery_id=DELIVERY, round=round_, outcome=outcome, status=200)


def a_missing() -> commands.SendMissing:
    return commands.SendMissing(
        endpoint_id=ONE, order_id=ORDER_ID, message_id="m-1", type=CANCELLED.TYPE,
        body=said(CANCELLED).body, who="Ada", why="a plan",
    )  # fmt: skip


AGAIN = commands.SendAgain(delivery_id=DELIVERY, **BY)


def test_with_no_endpoint_nobody_is_told() -> None:
    lane.when(CANCELLED).then_nothing()


def test_every_endpoint_that_wants_it_is_told_under_the_events_own_id() -> None:
    story = lane.under(some(an_endpoint(ONE), an_endpoint(TWO, types=(CANCELLED.TYPE,))))
    first, second = story.when(CANCELLED, message_id="m-1").facts
    assert first == a_request()
    assert second.message_id == "m-1"  # type: ignore[attr-defined]
    assert second.delivery_id == delivery_id_of(TWO, "m-1") != DELIVERY  # type: ignore[attr-defined]


def test_nobody_is_told_what_they_did_not_ask_for() -> None:
    story = lane.under(some(an_endpoint(types=(a_refund_success().TYPE,))))
    story.when(CANCELLED).then_nothing()
    story.when(a_refund_success()).then_names("webhook.delivery-requested.v1")


def test_nobody_is_told_of_what_was_before_their_registration() -> None:
    at = CANCELLED.cancelled_at
    late = some(an_endpoint(registered_at=at + timedelta(microseconds=1)))
    lane.under(late).when(CANCELLED).then_nothing()
    just = some(an_endpoint(registered_at=at))
    lane.under(just).when(CANCELLED).then_names("webhook.delivery-requested.v1")


def test_a_disabled_endpoint_is_told_nothing() -> None:
    story = lane.under(some(an_endpoint(is_enabled=False)))
    story.when(CANCELLED).then_nothing()
    story.given(a_request(), an_end()).when(AGAIN).then_set_aside("ENDPOINT_DISABLED")
    story.when(a_missing()).then_set_aside("ENDPOINT_DISABLED")
    story.when(commands.Ping(endpoint_id=ONE, **BY)).then_set_aside("ENDPOINT_DISABLED")


def test_what_was_told_is_not_told_again_by_itself() -> None:
    told.given(a_request()).when(CANCELLED, message_id="m-1").then_nothing()


def test_an_end_is_recorded_once_and_a_late_word_about_an_earlier_time_changes_nothing() -> None:
    sent = told.given(a_request())
    (ended,) = sent.when(an_end()).facts
    assert ended == events.DeliveryEnded(endpoint_id=ONE, **an_end().model_dump())
    sent.given(ended).when(an_end(outcome="FAILED")).then_nothing()
    again = sent.given(ended, AGAIN)
    again.when(an_end(0)).then_nothing()
    again.when(an_end(1)).then_names("webhook.delivery-ended.v1")


def test_sending_again_keeps_the_id_and_the_body_and_says_who_wanted_it() -> None:
    (again,) = told.given(a_request(), an_end()).when(AGAIN).facts
    assert again == a_request(round=1, **BY)
    assert effect_id_of(DELIVERY, 0) == DELIVERY
    assert len({effect_id_of(DELIVERY, round_) for round_ in range(3)}) == 3


def test_what_is_on_its_way_is_not_sent_again() -> None:
    told.given(a_request()).when(AGAIN).then_set_aside("DELIVERY_PENDING")
    told.when(AGAIN).then_set_aside("DELIVERY_NOT_FOUND")
    told.when(an_end()).then_set_aside("DELIVERY_NOT_FOUND")


def test_a_plan_sends_what_is_missing_and_what_failed_and_nothing_else() -> None:
    (sent,) = told.when(a_missing(), message_id="replay").facts
    assert sent == a_request(who="Ada", why="a plan")
    told.given(a_request()).when(a_missing()).then_nothing()
    told.given(a_request(), an_end()).when(a_missing()).then_nothing()
    failed = told.given(a_request(), an_end(outcome="FAILED"))
    failed.when(a_missing()).then(a_request(round=1, who="Ada", why="a plan"))
    lane.when(a_missing()).then_set_aside("ENDPOINT_NOT_FOUND")


def test_a_ping_goes_to_one_endpoint_and_is_about_no_order() -> None:
    (sent,) = told.when(commands.Ping(endpoint_id=ONE, **BY), message_id="ping:1").facts
    assert (sent.order_id, sent.message_id, sent.who) == (None, "ping:1", "Lea")  # type: ignore[attr-defined]


REGISTER = commands.SetEndpoint(endpoint_id=ONE, url="https://shop.example/", **BY)


def test_an_endpoint_is_registered_changed_disabled_and_enabled() -> None:
    (first,) = lane.when(REGISTER).facts
    assert first == an_endpoint(registered_at=NOW)
    known = lane.given(first).after(hours=1)
    change = commands.SetEndpoint(endpoint_id=ONE, types=(CANCELLED.TYPE,), who="Bob")
    (changed,) = known.when(change).facts
    assert changed == an_endpoint(
        types=(CANCELLED.TYPE,), registered_at=NOW, who="Bob", why=None
    )  # fmt: skip
    stop = commands.SetEndpoint(
        endpoint_id=ONE, is_enabled=False, code="RECEIVER_GONE", who="webhooks"
    )
    stopped = known.given(stop)
    stopped.when(stop).then_nothing()
    start = commands.SetEndpoint(endpoint_id=ONE, is_enabled=True, who="Bob")
    (started,) = stopped.when(start).facts
    assert (started.is_enabled, started.code) == (True, None)  # type: ignore[attr-defined]
    known.when(start).then_nothing()


def test_what_is_not_registered_is_not_changed() -> None:
    wish = commands.SetEndpoint(endpoint_id=ONE, is_enabled=True, who="Bob")
    lane.when(wish).then_set_aside("ENDPOINT_NOT_FOUND")
    key = commands.ReplaceKey(endpoint_id=ONE, keep_old_s=60, who="Bob")
    lane.when(key).then_set_aside("ENDPOINT_NOT_FOUND")
    (noted,) = lane.given(an_endpoint()).when(key).facts
    assert noted.old_until == NOW + timedelta(minutes=1)  # type: ignore[attr-defined]
