"""What the sender of a command is told, by HTTP and by the command's id."""

from typing import Any

import pytest
from pydantic import ValidationError

from contracts.cancellation import CancelOrder, DenyCancellation
from services.cancellation.answers import ANSWERS, MODELS, REFUSED, answer_to, describe
from services.cancellation.api_cancelling import CancelRequest
from services.cancellation.api_requests import DenyBody
from services.cancellation.desk import command_of, http_status, respond
from services.cancellation.domain import events
from services.cancellation.domain.decisions import ORDER
from services.cancellation.domain.refusals import RULES
from services.cancellation.translation import PUBLISHES
from tests.support.mothers import a_cancel_command, a_capture, a_shipment, an_order
from tests.support.spec import Story, story_of
from tests.support.wishes import KIM, LEA, a_policy, a_request, a_settlement, an_approval

order = story_of(ORDER)
paid = order.given(an_order(), a_capture())


def answer(story: Story[Any], command: Any) -> dict[str, Any]:
    return describe(answer_to("command-1", story.when(command).facts))


def test_a_cancellation_is_described_without_staff_notes() -> None:
    command = a_cancel_command(staff_note="heard from Lea", requested_by="kim")
    told = answer(paid, command)
    assert told["outcome"] == "CANCELLED"
    assert told["refund_minor"] == 2000
    assert told["notify"] is True
    assert "Lea" not in str(told)
    assert "kim" not in str(told)
    assert "ada@example.com" not in str(told)


def test_a_refusal_is_described_with_every_reason_and_what_it_saw() -> None:
    told = answer(paid, a_cancel_command(lines=[("9", 1), ("1", 3)]))
    assert told["outcome"] == "REJECTED"
    codes = [refusal["code"] for refusal in told["refusals"]]
    assert codes == ["LINE_NOT_FOUND", "QUANTITY_TOO_GREAT"]
    assert told["refusals"][1]["data"] == {"asked": 3, "open": 2, "ordered": 2}


def test_a_refusal_of_what_has_shipped_carries_the_return_to_offer() -> None:
    told = answer(paid.given(a_shipment(("1", 2), ("2", 2))), a_cancel_command())
    (refusal,) = told["refusals"]
    assert refusal["code"] == "ALREADY_FULFILLED"
    assert refusal["return_proposal"]["amount_minor"] == 2000


def test_what_waits_says_for_what_and_until_when() -> None:
    told = answer(paid, a_request())
    assert (told["outcome"], told["kind"]) == ("REQUESTED", "CUSTOMER_REQUEST")
    assert told["request_id"]
    assert told["expires_at"]
    assert "ada" not in str(told).lower(), "the wish names who asked"


def test_an_approval_is_answered_by_the_cancellation_it_brings() -> None:
    asked = paid.given(a_request())
    request_id = next(iter(asked.state.seldom.requests))
    told = answer(asked, an_approval(request_id))
    assert (told["outcome"], told["command_id"]) == ("CANCELLED", "command-1")
    assert told["details"]["request_id"] == str(request_id)


def test_a_settlement_says_what_is_still_owed() -> None:
    told = answer(paid.given(a_cancel_command(refund="LATER")), a_settlement(500))
    assert (told["outcome"], told["refund_minor"]) == ("REFUND_REQUESTED", 500)
    assert told["balance_minor"] == 1500


def test_any_other_fact_is_described_by_name() -> None:
    told = describe(order.when(an_order()).facts[0])
    assert told == {"outcome": "RECORDED", "fact": "order.placed.v1"}


def test_every_fact_with_a_command_id_has_an_answer_that_is_published() -> None:
    answering = {fact for fact in events.FACTS if "command_id" in fact.model_fields}
    on_orders = {fact for fact in answering if not fact.__module__.endswith(".plans")}
    assert on_orders == set(ANSWERS)
    assert {fact.NAME for fact in on_orders} <= PUBLISHES


@pytest.mark.parametrize(
    ("story", "command"),
    [
        (paid, a_cancel_command()),
        (paid, a_request()),
        (paid.given(a_cancel_command(refund="LATER")), a_settlement(500)),
        (paid.under(a_policy(hold_s=60)), a_cancel_command()),
    ],
)
def test_an_answer_is_as_the_api_describes_it(story: Story[Any], command: Any) -> None:
    fact = answer_to("command-1", story.when(command).facts)
    told = {**describe(fact), "position": 7}
    model = MODELS[type(fact)].model_validate(told)
    assert model.model_dump(mode="json") == told


@pytest.mark.parametrize(("lines", "status"), [(None, 404), ([("9", 1)], 404), ([("1", 3)], 409)])
def test_a_refusal_is_a_problem_with_its_remedy(
    lines: list[tuple[str, int]] | None, status: int
) -> None:
    story = order if lines is None else paid
    response = respond(answer(story, a_cancel_command(lines=lines)))
    assert response.status_code == status
    assert response.media_type == "application/problem+json"
    assert any(rule.remedy.encode() in response.body for rule in RULES.values())


def test_who_may_not_is_forbidden_to() -> None:
    vera = KIM.model_copy(update={"role": "VIEWER"})
    assert respond(answer(paid, a_cancel_command(actor=vera))).status_code == 403
    assert http_status("SAME_PERSON") == 403


def test_what_is_granted_is_created_and_what_waits_is_accepted() -> None:
    assert respond(answer(paid, a_cancel_command())).status_code == 201
    assert respond(answer(paid, a_request())).status_code == 202


def test_every_answer_is_either_described_or_a_refusal() -> None:
    refused = {fact for fact, said in ANSWERS.items() if said.outcome == REFUSED}
    assert refused | set(MODELS) == set(ANSWERS)
    assert all("refusals" in fact.model_fields for fact in refused)


@pytest.mark.parametrize("body", ['{"reason":"STAFF","line":[]}', '{"reason":"STAFF","lines":[]}'])
def test_a_misspelt_or_empty_lines_never_cancels_the_whole_order(body: str) -> None:
    with pytest.raises(ValidationError):
        CancelRequest.model_validate_json(body)


def test_the_order_number_stands_in_the_path_alone() -> None:
    with pytest.raises(ValidationError):
        CancelRequest.model_validate_json('{"reason":"STAFF","order_id":"2"}')


def test_a_command_is_the_same_whether_a_default_is_said_or_left_out() -> None:
    said = CancelRequest.model_validate_json('{"reason":"STAFF","restock":true}')
    command = command_of(CancelOrder, said, order_id="1")
    assert command == CancelOrder(order_id="1", reason="STAFF")
    assert command.model_fields_set == {"order_id", "reason", "restock"}


def test_what_stands_in_the_path_is_the_commands() -> None:
    body = DenyBody.model_validate({"actor": LEA.model_dump(), "customer_message": "too late"})
    request_id = "5d75626a-b414-5d6c-ad65-e573c9df6311"
    command = command_of(DenyCancellation, body, order_id="1", request_id=request_id)
    assert isinstance(command, DenyCancellation)
    assert (str(command.request_id), command.customer_message) == (request_id, "too late")
