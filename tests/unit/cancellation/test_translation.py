"""What leaves the service, and what never does."""

from typing import Any

import pytest

from contracts import cancellation as public
from contracts import inventory, notifier
from contracts.topics import CANCELLATION, COMMANDS, INVENTORY, NOTIFIER, ORDERS, REFUNDS
from kit.event_store import LogEntry
from kit.facts import Fact
from kit.ids import stream_id
from services.cancellation.bootstrap import SERVICE
from services.cancellation.domain.decisions import DECISIONS, ORDER
from services.cancellation.domain.events import FACTS
from services.cancellation.translation import PUBLISHES, stream_of, translate
from tests.support.mothers import (
    A_CAUSE,
    FIRST,
    ORDER_ID,
    a_cancel_command,
    a_capture,
    an_order,
    an_order_cancelled,
)
from tests.support.spec import NOW, STREAM, story_of
from tests.support.wishes import ADA, LEA, a_denial, a_request

order = story_of(ORDER)
paid = order.given(an_order(), a_capture())
SECRET = "heard from Lea at the desk"


def published(*facts: Fact) -> list[Any]:
    return [translate(fact, A_CAUSE).message for fact in facts if fact.NAME in PUBLISHES]


def test_a_cancellation_is_published_with_all_the_legs_need() -> None:
    (message,) = published(*paid.when(a_cancel_command()).facts)
    assert message == an_order_cancelled()


def test_it_travels_on_the_cancellation_topic_under_the_order_number() -> None:
    (fact,) = paid.when(a_cancel_command()).facts
    topic, key, _ = translate(fact, A_CAUSE)
    assert (topic, key) == (CANCELLATION.name, ORDER_ID)


@pytest.mark.parametrize("story", [order, paid], ids=["refused", "cancelled"])
def test_neither_the_staff_note_nor_who_asked_leaves_the_service(story: Any) -> None:
    command = a_cancel_command(staff_note=SECRET, requested_by="kim-at-the-desk")
    for message in published(*story.when(command).facts):
        sent = message.model_dump_json()
        assert SECRET not in sent
        assert "kim-at-the-desk" not in sent
        assert not {"staff_note", "requested_by"} & message.model_dump().keys()


def test_with_notify_false_no_recipient_is_anywhere_in_what_is_published() -> None:
    command = a_cancel_command(notify=False, refund="NONE", restock=False)
    facts = paid.when(command).facts
    assert len(facts) == 2
    for message in published(*facts):
        sent = message.model_dump_json()
        assert "ada" not in sent.lower()
        assert "@" not in sent
        assert "13085" not in sent
    assert published(*facts)[0].recipient is None


def test_a_refusal_is_published_with_every_reason() -> None:
    (message,) = published(*order.when(a_cancel_command()).facts)
    assert isinstance(message, public.OrderCancellationRejected)
    assert message.command_id == "command-1"
    assert [refusal.code for refusal in message.refusals] == ["ORDER_NOT_FOUND"]
    assert message.rejected_at == NOW


@pytest.mark.parametrize(("actor", "is_taken_back"), [(ADA, True), (LEA, False)])
def test_a_request_that_its_customer_takes_back_is_said_so(actor: Any, is_taken_back: bool) -> None:
    asked = paid.given(a_request())
    request_id = paid.when(a_request()).facts[0].request_id  # type: ignore[attr-defined]
    (message,) = published(*asked.when(a_denial(request_id, actor)).facts)
    assert message.is_taken_back is is_taken_back


def test_a_refusal_stored_without_one_of_its_fields_is_translated() -> None:
    (refused,) = order.when(a_cancel_command()).facts
    body = SERVICE.store.mapper.write_body(refused, A_CAUSE.model_dump_json().encode())
    stored = body.replace(b'"line_id":null,', b"")
    assert stored != body
    row = LogEntry(1, STREAM, 1, refused.NAME, stored)
    assert SERVICE.writer().write(row) == SERVICE.writer()._replace(says={}).write(row)


def test_a_completion_is_published() -> None:
    command = a_cancel_command(notify=False, refund="NONE", restock=False)
    (_, message) = published(*paid.when(command).facts)
    assert message == public.OrderCancellationCompleted(
        order_id=ORDER_ID,
        cancellation_id=FIRST,
        refund="NOT_DUE",
        restock="NOT_DUE",
        notification="NOT_DUE",
        completed_at=NOW,
    )


def test_what_was_heard_is_not_said_again() -> None:
    heard = order.when(an_order()).facts[0]
    assert heard.NAME not in PUBLISHES
    with pytest.raises(TypeError, match="private"):
        translate(heard, A_CAUSE)


def test_only_registered_facts_are_published() -> None:
    assert {fact.NAME for fact in FACTS} > PUBLISHES


def test_all_messages_of_one_order_meet_in_one_stream() -> None:
    assert stream_of(a_capture()) == (ORDER_ID, STREAM)
    assert stream_of(a_cancel_command()) == (ORDER_ID, STREAM)
    assert stream_id("order:489434") == STREAM


def test_the_service_hears_every_message_of_the_topics_it_reads_that_is_about_a_leg() -> None:
    topics = (ORDERS, COMMANDS, INVENTORY, REFUNDS, NOTIFIER)
    assert set(SERVICE.listens_to) == {topic.name for topic in topics}
    unheard = {model for topic in topics for model in topic.messages} - set(DECISIONS)
    assert unheard == {
        inventory.StockReleased,
        inventory.StockAdjusted,
        inventory.StockLocationSet,
        inventory.StockCommandRejected,
        notifier.VoucherIssued,
    }
