"""The books of the webhooks: each thing that can be wrong with them is named."""

from countermand.verify.webhooks import Delivered, compare
from services.notifier.webhooks.domain.events import DeliveryEnded
from services.notifier.webhooks.domain.lane import effect_id_of
from tests.unit.webhooks.test_lane import DELIVERY, ONE, TWO, a_request

ASKED, AGAIN = a_request(), a_request(round=1)
ENDED = DeliveryEnded(delivery_id=DELIVERY, endpoint_id=ONE, round=0, outcome="SUCCEEDED")
SECOND = effect_id_of(DELIVERY, 1)
PENDING, DONE = {DELIVERY: Delivered(0, "PENDING")}, {DELIVERY: Delivered(0, "SUCCEEDED")}


def kinds(*found: object) -> list[str]:
    return [mismatch.kind for mismatch in compare(*found)]  # type: ignore[arg-type]


def test_what_agrees_is_not_named() -> None:
    assert kinds([ASKED], PENDING, {DELIVERY: False}) == []
    assert kinds([ASKED, ENDED], DONE, {DELIVERY: True}) == []
    again = {DELIVERY: Delivered(1, "PENDING")}
    assert kinds([ASKED, ENDED, AGAIN], again, {DELIVERY: True, SECOND: False}) == []


def test_what_is_lost_doubled_wrong_or_foreign_is_named() -> None:
    assert kinds([ASKED], PENDING, {}) == ["lost"]
    assert kinds([ASKED], PENDING, {DELIVERY: True}) == ["lost"]
    assert kinds([ASKED, ASKED], PENDING, {DELIVERY: False}) == ["doubled"]
    assert kinds([ASKED, ENDED], PENDING, {DELIVERY: True}) == ["wrong"]
    assert kinds([ASKED], {}, {DELIVERY: False}) == ["wrong"]
    assert kinds([], {TWO: Delivered(0, "PENDING")}, {}) == ["foreign"]
