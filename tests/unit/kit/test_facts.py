"""How facts are stored: by chosen name, with their cause, and back again."""

from datetime import UTC, datetime
from typing import Any, ClassVar

import orjson
import pytest
from eventsourcing.persistence import StoredEvent
from pydantic import BaseModel, ValidationError

from kit.facts import Cause, Fact, FactMapper, RecordedFact, UnknownFactError
from tests.support.spec import STREAM


class LampLit(Fact):
    NAME: ClassVar[str] = "lamp.lit.v1"

    watt: int
    colour: str | None = None


class LampBroken(Fact):
    NAME: ClassVar[str] = "lamp.broken.v1"


class Bulb(BaseModel):
    watt: int
    socket: str = "E27"
    colours: tuple[str, ...] = ()


class LampHung(Fact):
    NAME: ClassVar[str] = "lamp.hung.v1"
    IS_SPARSE: ClassVar[bool] = True

    bulbs: tuple[Bulb, ...]
    spare: Bulb | None = None
    room: str | None
    is_straight: bool = True


CAUSE = Cause(
    message_id="m",
    correlation_id="c",
    traceparent="t",
    recorded_at=datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC),
)
mapper = FactMapper((LampLit, LampBroken, LampHung))
RECORDED = RecordedFact(STREAM, 7, LampLit(watt=40, colour="é\u2028\x00"), CAUSE)


def test_a_fact_comes_back_as_it_was_stored() -> None:
    stored = mapper.to_stored_event(RECORDED)
    assert (stored.originator_id, stored.originator_version) == (STREAM, 7)
    assert stored.topic == "lamp.lit.v1"
    back = mapper.to_domain_event(stored)
    assert isinstance(back, RecordedFact)
    assert (back.originator_id, back.originator_version) == (STREAM, 7)
    assert (back.fact, back.cause) == (RECORDED.fact, CAUSE)


def test_the_body_is_plain_json_of_fact_and_cause_without_class_names() -> None:
    body = mapper.to_stored_event(RECORDED).state
    assert orjson.loads(body).keys() == {"fact", "cause"}
    assert b"Lamp" not in body


def test_the_two_ways_to_write_a_body_agree() -> None:
    cause_json = mapper.transcoder.encode(CAUSE)
    assert mapper.write_body(RECORDED.fact, cause_json) == mapper.to_stored_event(RECORDED).state
    assert mapper.transcoder.decode(cause_json)["message_id"] == "m"


@pytest.mark.parametrize(
    ("hung", "fact"),
    [
        (LampHung(bulbs=(), room=None), {"bulbs": [], "room": None}),
        (
            LampHung(
                bulbs=(Bulb(watt=0), Bulb(watt=1, socket="E14", colours=())),
                spare=Bulb(watt=0), room="", is_straight=False,
            ),
            {
                "bulbs": [{"watt": 0}, {"watt": 1, "socket": "E14"}], "spare": {"watt": 0},
                "room": "", "is_straight": False,
            },
        ),
    ],
)  # fmt: skip
def test_a_sparse_fact_is_stored_without_its_defaults_and_with_all_that_has_none(
    hung: LampHung, fact: dict[str, Any]
) -> None:
    stored = mapper.to_stored_event(RecordedFact(STREAM, 1, hung, CAUSE))
    body = orjson.loads(stored.state)
    assert body == {"fact": fact, "cause": orjson.loads(mapper.transcoder.encode(CAUSE))}
    assert mapper.read_body(LampHung.NAME, stored.state) == (hung, CAUSE)


def test_any_other_fact_and_every_cause_is_stored_whole() -> None:
    lit = RecordedFact(STREAM, 1, LampLit(watt=0), CAUSE.model_copy(update={"traceparent": None}))
    body = orjson.loads(mapper.to_stored_event(lit).state)
    assert body["fact"] == {"watt": 0, "colour": None}
    assert body["cause"]["traceparent"] is None


def test_an_unknown_name_fails_by_name() -> None:
    body = mapper.write_body(RECORDED.fact, mapper.transcoder.encode(CAUSE))
    with pytest.raises(UnknownFactError, match=r"lamp\.stolen\.v1"):
        mapper.read_body("lamp.stolen.v1", body)
    with pytest.raises(UnknownFactError, match=r"lamp\.stolen\.v1"):
        mapper.to_domain_event(StoredEvent(STREAM, 1, "lamp.stolen.v1", body))


def test_two_facts_cannot_share_a_name() -> None:
    class LampStolen(Fact):
        NAME: ClassVar[str] = "lamp.broken.v1"

    with pytest.raises(ValueError, match=r"lamp\.broken\.v1"):
        FactMapper((LampLit, LampBroken, LampStolen))


def test_the_mapper_tells_what_it_can_read() -> None:
    assert mapper.names == {"lamp.lit.v1", "lamp.broken.v1", "lamp.hung.v1"}


def test_a_field_of_a_later_version_is_ignored_and_an_absent_optional_one_is_empty() -> None:
    cause = mapper.transcoder.encode(CAUSE)
    body = b'{"fact":{"watt":40,"lumen":9},"cause":' + cause + b',"more":1}'
    assert mapper.read_body("lamp.lit.v1", body) == (LampLit(watt=40), CAUSE)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"fact":{},"cause":{}}', b"\xff"])
def test_a_damaged_body_is_never_taken_for_a_fact(body: bytes) -> None:
    with pytest.raises(ValidationError):
        mapper.read_body("lamp.lit.v1", body)


def test_facts_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        RECORDED.fact.watt = 60  # type: ignore[attr-defined]
