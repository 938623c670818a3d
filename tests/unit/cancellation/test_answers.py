"""What the sender of a command is told over HTTP."""

import pytest
from pydantic import ValidationError

from services.cancellation.api import STATUS_BY_CODE, CancelRequest, _answer_command
from services.cancellation.domain.decisions import ORDER, REMEDIES
from services.cancellation.projections.queries import describe
from tests.support.mothers import a_cancel_command, a_capture, an_order
from tests.support.spec import story_of

order = story_of(ORDER)
paid = order.given(an_order(), a_capture())


def test_a_cancellation_is_described_without_staff_notes() -> None:
    command = a_cancel_command(staff_note="heard from Lea", requested_by="kim")
    answer = describe(paid.when(command).facts[0])
    assert answer["outcome"] == "CANCELLED"
    assert answer["refund_minor"] == 2000
    assert answer["notify"] is True
    assert "Lea" not in str(answer)
    assert "kim" not in str(answer)
    assert "ada@example.com" not in str(answer)


def test_a_refusal_is_described_with_every_reason() -> None:
    command = a_cancel_command(lines=[("9", 1), ("1", 3)])
    answer = describe(paid.when(command).facts[0])
    assert answer["outcome"] == "REJECTED"
    assert [refusal["code"] for refusal in answer["refusals"]] == [
        "LINE_NOT_FOUND",
        "QUANTITY_TOO_GREAT",
    ]


def test_any_other_fact_is_described_by_name() -> None:
    answer = describe(order.when(an_order()).facts[0])
    assert answer == {"outcome": "RECORDED", "fact": "order.placed.v1"}


@pytest.mark.parametrize(("lines", "status"), [(None, 404), ([("9", 1)], 404), ([("1", 3)], 409)])
def test_a_refusal_is_a_problem_with_its_remedy(
    lines: list[tuple[str, int]] | None, status: int
) -> None:
    story = order if lines is None else paid
    response = _answer_command(describe(story.when(a_cancel_command(lines=lines)).facts[0]))
    assert response.status_code == status
    assert response.media_type == "application/problem+json"
    assert any(remedy.encode() in response.body for remedy in REMEDIES.values())


def test_a_cancellation_is_created() -> None:
    response = _answer_command(describe(paid.when(a_cancel_command()).facts[0]))
    assert response.status_code == 201


def test_only_known_refusals_have_a_status() -> None:
    assert STATUS_BY_CODE.keys() <= REMEDIES.keys()


@pytest.mark.parametrize("body", ['{"reason":"STAFF","line":[]}', '{"reason":"STAFF","lines":[]}'])
def test_a_misspelt_or_empty_lines_never_cancels_the_whole_order(body: str) -> None:
    with pytest.raises(ValidationError):
        CancelRequest.model_validate_json(body)


def test_the_order_number_stands_in_the_path_alone() -> None:
    with pytest.raises(ValidationError):
        CancelRequest.model_validate_json('{"reason":"STAFF","order_id":"2"}')
