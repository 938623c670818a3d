"""The policy: who may do what, what is excluded, and how one version follows the other."""

from typing import Any

import pytest

from contracts.cancellation import Policy
from contracts.cancellation.policy import Action
from contracts.orders import Customer
from services.cancellation.domain import events
from services.cancellation.domain.decisions import ORDER
from services.cancellation.domain.default_policy import DEFAULT_POLICY
from services.cancellation.domain.policy import BUILT_IN, Asker
from services.cancellation.domain.publishing import Published
from tests.support.mothers import (
    a_cancel_command,
    a_capture,
    a_line,
    an_order,
)
from tests.support.spec import Story, story_of
from tests.support.wishes import (
    ADA,
    BULK,
    KIM,
    LEA,
    ROOT,
    TIMER,
    VERA,
    WAREHOUSE,
    a_policy,
    a_publication,
    a_request,
)

order = story_of(ORDER)
paid = order.given(an_order(), a_capture())
FIRST_POLICY = a_policy().policy


# Rights


@pytest.mark.parametrize(
    ("actor", "may"),
    [(KIM, True), (LEA, True), (ROOT, True), (WAREHOUSE, True), (BULK, True), (None, True),
     (VERA, False), (ADA, False), (TIMER, False)],
)  # fmt: skip
def test_who_may_cancel(actor: Any, *, may: bool) -> None:
    then = paid.when(a_cancel_command(actor=actor))
    if may:
        then.then_names("order.cancelled.v1")
    else:
        (refusal,) = then.then_refused("MISSING_PERMISSION")
        assert refusal.data["action"] == "CANCEL"


def test_choosing_how_money_goes_back_is_a_right_of_its_own() -> None:
    ops = {"type": "STAFF", "id": "ola", "role": "OPS"}
    paid.when(a_cancel_command(actor=ops)).then_names("order.cancelled.v1")
    (refusal,) = paid.when(a_cancel_command(actor=ops, refund="NONE")).then_refused(
        "MISSING_PERMISSION"
    )
    assert refusal.data == {"action": "CHOOSE_REFUND", "actor": "STAFF", "role": "OPS"}


def test_what_is_not_granted_is_refused() -> None:
    nobody = a_policy(rights=[])
    for action in Action.__args__:  # type: ignore[attr-defined]
        assert not nobody.allows(Asker("STAFF", "root", "ADMIN"), action)
    paid.under(nobody).when(a_cancel_command()).then_refused("MISSING_PERMISSION")


def test_senders_of_old_may_do_what_they_always_could() -> None:
    fact = paid.when(a_cancel_command(requested_by="shop", refund="NONE")).facts[0]
    assert isinstance(fact, events.OrderCancelled)
    assert (fact.requested_by, fact.actor) == ("shop", None)


def test_the_actor_speaks_louder_than_requested_by() -> None:
    fact = paid.when(a_cancel_command(requested_by="shop", actor=KIM)).facts[0]
    assert isinstance(fact, events.OrderCancelled)
    assert (fact.requested_by, fact.actor) == ("kim", KIM)
    refused = order.when(a_cancel_command(requested_by="shop", actor=KIM)).facts[0]
    assert isinstance(refused, events.CancellationRejected)
    assert (refused.requested_by, refused.actor) == ("kim", KIM)


@pytest.mark.parametrize("actor", [KIM, LEA, ROOT, WAREHOUSE, BULK, None])
def test_whoever_asks_gets_the_same_decision(actor: Any) -> None:
    """Actor and source apart: one decision for everybody."""
    asked = paid.when(a_cancel_command(actor=actor)).facts[0]
    plain = paid.when(a_cancel_command()).facts[0]
    own = {"actor": None, "requested_by": ""}
    assert asked.model_copy(update=own) == plain.model_copy(update=own)


# Exclusions


def tagged() -> Story[Any]:
    line = a_line("2").model_copy(update={"tags": ("engraved",)})
    return order.given(
        an_order(a_line("1"), line, channel="web", tags=("b2b",)), a_capture()
    )  # fmt: skip


@pytest.mark.parametrize(
    ("terms", "excluded"),
    [
        ({"tags": ["engraved"]}, ["2"]),
        ({"tags": ["b2b"]}, [None]),
        ({"tags": ["other"]}, []),
        ({"customers": ["13085"]}, [None]),
        ({"customers": ["1"]}, []),
        ({"channels": ["web"]}, [None]),
        ({"channels": ["pos"]}, []),
        ({"countries": ["France"]}, [None]),
        ({"countries": ["Italy"]}, []),
        ({"tags": ["engraved"], "countries": ["Italy"]}, []),
        ({"tags": ["engraved"], "actors": ["CUSTOMER"]}, []),
        ({}, [None]),
    ],
)
def test_what_the_policy_excludes(terms: dict[str, Any], excluded: list[Any]) -> None:
    story = tagged().under(a_policy(exclusions=[{"name": "SPECIAL", **terms}]))
    then = story.when(a_cancel_command())
    refusals = then.then_refused(*["EXCLUDED_BY_POLICY"] * len(excluded)) if excluded else ()
    assert [refusal.line_id for refusal in refusals] == excluded
    assert all(refusal.data == {"exclusion": "SPECIAL"} for refusal in refusals)


def test_the_lines_that_are_not_excluded_can_be_cancelled() -> None:
    story = tagged().under(a_policy(exclusions=[{"name": "SPECIAL", "tags": ["engraved"]}]))
    story.when(a_cancel_command(lines=[("1", 2)])).then_names("order.cancelled.v1")


def test_an_exclusion_for_customers_binds_customers_alone() -> None:
    terms = {"name": "SPECIAL", "actors": ["CUSTOMER"]}
    story = tagged().under(a_policy(exclusions=[terms]))
    story.when(a_request()).then_refused("EXCLUDED_BY_POLICY")
    story.when(a_cancel_command(actor=KIM)).then_names("order.cancelled.v1")


def test_a_guest_belongs_to_no_list_of_customers() -> None:
    story = order.given(an_order(customer=None)).under(
        a_policy(exclusions=[{"name": "SPECIAL", "customers": ["13085"]}])
    )
    story.when(a_cancel_command()).then_names("order.cancelled.v1")
    known = order.given(an_order(customer=Customer(customer_id="13085")))
    known.under(story.reference).when(a_cancel_command()).then_refused("EXCLUDED_BY_POLICY")


# Every decision names its grounds


def test_a_decision_says_by_which_policy_and_which_facts_it_was_made() -> None:
    for story, version in ((paid, 0), (paid.under(a_policy()), 1)):
        fact = story.when(a_cancel_command()).facts[0]
        assert isinstance(fact, events.OrderCancelled)
        assert fact.basis is not None
        assert (fact.basis.policy_version, fact.basis.order_version) == (version, 2)


# Publishing


def test_a_policy_follows_the_one_before() -> None:
    (fact,) = order.when(a_publication(FIRST_POLICY)).facts
    assert isinstance(fact, events.PolicyPublished)
    assert fact.policy == FIRST_POLICY
    story = order.given(fact)
    assert story.state == Published(FIRST_POLICY)
    second = FIRST_POLICY.model_copy(update={"version": 2})
    story.when(a_publication(second)).then_names("policy.published.v1")


@pytest.mark.parametrize("version", [0, 2])
def test_no_version_is_left_out_and_none_is_used_twice(version: int) -> None:
    policy = FIRST_POLICY.model_copy(update={"version": version})
    (refusal,) = order.when(a_publication(policy)).then_refused("POLICY_VERSION_STALE")
    assert refusal.data == {"version": 0, "asked": version}
    published = order.given(a_publication(FIRST_POLICY))
    published.when(a_publication(FIRST_POLICY)).then_refused("POLICY_VERSION_STALE")


@pytest.mark.parametrize("actor", [KIM, LEA, VERA, ADA, TIMER, BULK])
def test_not_everybody_may_publish(actor: Any) -> None:
    order.when(a_publication(FIRST_POLICY, actor)).then_refused("MISSING_PERMISSION")


@pytest.mark.parametrize(
    ("terms", "word"),
    [
        ({"fees": [{"name": "A", "flat_minor": 1}]}, "currency"),
        ({"approvals": [{"name": "A", "amount_from_minor": 1}]}, "currency"),
        ({"approvals": [{"name": "A"}, {"name": "A"}]}, "2 times"),
        ({"fees": [{"name": "A", "sub_reasons": ["MOON"]}]}, "MOON"),
        ({"restock": {"by_reason": [{"reason": "OTHER", "sub_reason": "MOON", "restock": True}]}},
         "MOON"),
        ({"rights": []}, "nobody may publish"),
    ],
)  # fmt: skip
def test_a_policy_that_contradicts_itself_is_refused(terms: dict[str, Any], word: str) -> None:
    policy = a_policy(**terms).policy
    (refusal,) = order.when(a_publication(policy)).then_refused("POLICY_INVALID")
    assert word in refusal.detail


def test_a_refused_publication_is_about_the_policy() -> None:
    (fact,) = order.when(a_publication(FIRST_POLICY, KIM)).facts
    assert isinstance(fact, events.CommandRejected)
    assert fact.order_id == "policy:default"


def test_the_built_in_policy_is_sound_and_covers_the_reasons_of_the_trade() -> None:
    successor = Policy.model_validate({**DEFAULT_POLICY.model_dump(), "version": 1})
    order.when(a_publication(successor)).then_names("policy.published.v1")
    for code in (
        "OUT_OF_STOCK", "FRAUD_SUSPECTED", "SHIPPING_DELAY", "ADDRESS_INVALID", "UNDELIVERABLE",
        "TECHNICAL_ERROR", "SUPPLIER_ISSUE", "POLICY_CHANGE", "CHANGED_MIND", "BETTER_OFFER",
        "EXPIRED", "EU_WITHDRAWAL",
    ):  # fmt: skip
        terms = BUILT_IN.find_reason(code)
        assert terms is not None
        assert terms.labels.en
        assert terms.labels.fr
