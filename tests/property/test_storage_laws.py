"""What is stored and what travels comes back as it was, for every fact and every message.

How: instances are drawn from each model's own JSON Schema, so a new fact or message is covered the
day it is registered.
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from contracts import inventory
from contracts.topics import TOPICS
from kit.cloudevents import Incoming, MessageReader, write_headers
from kit.facts import Fact, fact_json
from kit.ids import event_id
from services.cancellation.bootstrap import SERVICE as CANCELLATION
from services.cancellation.domain.publishing import POLICY_KEY
from services.inventory.bootstrap import SERVICE as INVENTORY
from services.notifier.bootstrap import SERVICE as NOTIFIER
from services.refunds.bootstrap import SERVICE as REFUNDS
from tests.property.instances import instances
from tests.property.world import Record
from tests.support.mothers import A_CAUSE
from tests.support.spec import NOW, STREAM

SERVICES = (CANCELLATION, INVENTORY, REFUNDS, NOTIFIER)
FACTS = [(spec, fact) for spec in SERVICES for fact in spec.facts]
MESSAGES = [message for topic in TOPICS for message in topic.messages]
few = settings(
    max_examples=20, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)


def key_of(about: Any) -> str:
    """Return the key of what is about an order, an article, a location, or the policy."""
    if hasattr(about, "order_id"):
        return str(about.order_id)
    return inventory.key_of(about) if type(about).__name__.startswith("Stock") else POLICY_KEY


@pytest.mark.parametrize(("spec", "fact"), FACTS, ids=[fact.NAME for _, fact in FACTS])
def test_every_fact_is_read_as_it_was_stored(spec: Any, fact: type[Fact]) -> None:
    mapper = spec.store.mapper
    cause_json = mapper.transcoder.encode(A_CAUSE)

    @few
    @given(instance=instances(fact))
    def holds(instance: Fact) -> None:
        body = mapper.write_body(instance, cause_json)
        assert mapper.read_body(fact.NAME, body) == (instance, A_CAUSE)
        assert type(instance).model_validate_json(fact_json(body)) == instance

    holds()


@pytest.mark.parametrize("model", MESSAGES, ids=[model.TYPE for model in MESSAGES])
def test_every_message_is_read_as_it_was_sent(model: Any) -> None:
    reader = MessageReader((model,), lambda data: (key_of(data), STREAM))

    @few
    @given(instance=instances(model))
    def holds(instance: Any) -> None:
        key = key_of(instance)
        headers = write_headers(
            id_="m", source="/s", type_=model.TYPE, subject=key, time="", correlation_id="c"
        )
        record: Any = Record(key.encode(), instance.model_dump_json().encode(), headers, "t", 1)
        read = reader.read(record)
        assert isinstance(read, Incoming)
        assert read.data == instance

    holds()


@pytest.mark.parametrize("spec", SERVICES, ids=lambda spec: spec.name)
def test_every_published_fact_has_a_message_of_its_own_topic(spec: Any) -> None:
    """Nothing that is to be published can meet a translation that does not know it."""
    (topic,) = [topic for topic in TOPICS if topic.owner == spec.name]
    published = [fact for fact in spec.facts if fact.NAME in spec.publishes]
    assert {fact.NAME for fact in published} == set(spec.publishes)

    for fact in published:

        @settings(few, max_examples=3)
        @given(instance=instances(fact))
        def holds(instance: Any) -> None:
            sent = spec.translate(instance, A_CAUSE)
            assert sent.topic == topic.name
            assert sent.key == key_of(instance)
            assert type(sent.message) in topic.messages
            assert NOW in sent.message.model_dump().values(), "the moment of the decision"

        holds()


@settings(max_examples=50, deadline=None, database=None)
@given(order_id=st.from_regex(r"\A[A-Za-z0-9]{1,9}\Z"), version=st.integers(1, 50))
def test_no_two_services_publish_under_one_message_id(order_id: str, version: int) -> None:
    """An inbox would take the second for a repetition of the first."""

    class About(BaseModel):
        order_id: str

    about = About(order_id=order_id)
    ids = {event_id(spec.stream_of(about)[1], version) for spec in SERVICES}
    assert len(ids) == len(SERVICES)
    assert {spec.stream_of(about)[0] for spec in SERVICES} == {order_id}
