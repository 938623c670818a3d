"""A draft over the past: what comes out otherwise, because of what, and what it costs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.cancellation.domain.policy import BUILT_IN
from services.cancellation.what_if.judging import Judged, judge
from services.cancellation.what_if.sums import Sums, flip_to_json
from tests.support.mothers import ORDER_ID, a_cancel_command, a_capture, an_order
from tests.support.spec import NOW
from tests.support.telling import Told
from tests.support.wishes import ADA, KIM, a_policy, a_request

EVER = datetime.min.replace(tzinfo=UTC)


def judged(told: Told, since: datetime = EVER, **terms: Any) -> list[Judged]:
    """Hold a draft with these terms against a story told under the built-in policy."""
    return list(judge(told.recorded, since, BUILT_IN, a_policy(**terms)))


def a_story(*more: Any) -> Told:
    return Told().say(an_order(), a_capture(), *more)


@pytest.mark.parametrize(
    ("terms", "then", "rules"),
    [
        ({}, "CANCELLED", []),
        ({"hold_s": 900}, "HELD", ["HOLD"]),
        ({"approvals": [{"name": "ANY", "amount_from_minor": 1}]}, "SECOND_PERSON", ["ANY"]),
        ({"notify": False}, "CANCELLED", []),  # the wish itself says that the customer is told
        ({"fees": [{"name": "LATE", "percent_bps": 1_000}]}, "CANCELLED", ["FEE"]),
    ],
)
def test_a_cancellation_comes_out_as_the_draft_wants_it(
    terms: dict[str, Any], then: str, rules: list[str]
) -> None:
    (one,) = judged(a_story(a_cancel_command(actor=KIM)), **terms)
    assert (one.now.outcome, one.then.outcome, one.rules) == ("CANCELLED", then, rules)
    assert one.is_flip is bool(rules)
    assert (one.order_id, one.version, one.asker) == (ORDER_ID, 2, "STAFF")


def test_what_was_refused_may_be_granted_and_the_other_way_round() -> None:
    asked = a_story(a_request())
    (one,) = judged(asked, customer={"inside": "GRANT"})
    assert (one.now.outcome, one.then.outcome) == ("ASKED", "CANCELLED")
    assert one.rules == ["CUSTOMER_WINDOW"]
    grants = a_policy().policy.rights
    nobody = [grant for grant in grants if (grant.actor, grant.role) != ("STAFF", "AGENT")]
    (one,) = judged(a_story(a_cancel_command(actor=KIM)), rights=nobody)
    assert (one.then.outcome, one.rules) == ("REFUSED", ["MISSING_PERMISSION"])


def test_only_wishes_of_the_time_that_is_asked_about_are_decided_again() -> None:
    told = a_story(a_cancel_command(lines=[("1", 1)]), a_cancel_command(lines=[("1", 1)]))
    at = [one.at for one in judged(told)]
    assert len(at) == 2
    assert [one.at for one in judged(told, since=at[1])] == at[1:]
    assert judged(told, since=NOW + timedelta(days=1)) == []


def test_each_wish_is_decided_on_the_state_it_met() -> None:
    told = a_story(a_cancel_command(lines=[("1", 1)]), a_cancel_command(lines=[("1", 99)]))
    assert [one.now.outcome for one in judged(told)] == ["CANCELLED", "REFUSED"]
    assert not any(one.is_flip for one in judged(told))


def test_the_sums_count_every_wish_and_every_flip_once() -> None:
    sums = Sums()
    told = a_story(a_cancel_command(lines=[("1", 1)]), a_cancel_command(lines=[("1", 1)]))
    flips = judged(told, approvals=[{"name": "ANY", "amount_from_minor": 1}])
    for one in flips:
        sums.add(one)
    found = sums.to_json()
    assert (found["decisions"], found["flips"], found["orders"], found["customers"]) == (2, 2, 1, 1)
    assert found["turns"] == [{"now": "CANCELLED", "then": "SECOND_PERSON", "decisions": 2}]
    assert found["rules"] == [{"rule": "ANY", "decisions": 2}]
    (money,) = found["money"].values()
    assert money["now_refund_minor"] == sum(one.now.refund_minor for one in flips) > 0
    assert money["then_refund_minor"] == 0, "nothing moves before a second person agrees"
    assert flip_to_json(flips[0])["then"] == "SECOND_PERSON"
    assert ADA.id not in str(found)
