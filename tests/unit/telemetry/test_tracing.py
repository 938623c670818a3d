"""Spans: a message's own below its sender's; and with tracing off not even a function more."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from contracts.cancellation import CancelOrder
from kit.clock import utc_now
from kit.cloudevents import Incoming
from kit.deciding import Answer
from kit.facts import Cause
from kit.relay import Outgoing
from telemetry import tracing

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OTEL_TRACES_EXPORTER", "OTEL_SDK_DISABLED", *tracing._ENDPOINTS):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Switch tracing on, into memory."""
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr(tracing, "tracer_of", provider.get_tracer)
    yield kept
    provider.shutdown()


def message(id_: str, traceparent: str | None = PARENT) -> Incoming:
    data = CancelOrder(order_id=id_, reason="CUSTOMER")
    return Incoming(id_, data.TYPE, data, UUID(int=1), b"", id_, traceparent)


async def handle(messages: Any, *, dead_letters: Any, aside: Any) -> list[Answer]:
    return [Answer("handled") for _ in messages]


@pytest.mark.parametrize(
    ("environment", "on"),
    [
        ({}, False),
        ({"OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "x", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "TRUE"}, False),
    ],
)
def test_is_on_when_the_standard_names_say_so(
    environment: dict[str, str], on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert tracing.is_on() is on


def test_off_it_stands_in_nobodys_way() -> None:
    assert tracing.process(handle, "lamp") is handle
    translate = len
    assert tracing.translate(translate, "lamp") is translate


async def test_every_message_has_a_span_below_its_senders(spans: InMemorySpanExporter) -> None:
    seen: list[Incoming] = []

    async def keep(messages: Any, *, dead_letters: Any, aside: Any) -> list[Answer]:
        seen.extend(messages)
        return await handle(messages, dead_letters=dead_letters, aside=aside)

    received = [message("1"), message("2", None), message("3", "nonsense")]
    await tracing.process(keep, "lamp")(received, dead_letters=(), aside=None)
    first, second, third, batch = spans.get_finished_spans()
    assert batch.name == "process lamp"
    assert batch.attributes is not None
    assert batch.attributes["messaging.batch.message_count"] == 3
    assert trace_of(first) == TRACE
    assert first.parent is not None
    assert f"{first.parent.span_id:016x}" == "b7ad6b7169203331"
    assert second.parent is third.parent is None, "a story nobody traced begins here"
    assert len({trace_of(one) for one in (first, second, third, batch)}) == 4
    for span, got, had in zip((first, second, third), seen, received, strict=True):
        assert span.links[0].context == batch.get_span_context()
        assert span.context is not None
        assert got.traceparent is not None
        assert got.traceparent.startswith(f"00-{trace_of(span)}-{span.context.span_id:016x}-0")
        assert got._replace(traceparent=had.traceparent) == had
        assert (span.kind, span.attributes["countermand.answer"]) == (SpanKind.CONSUMER, "handled")


def trace_of(span: ReadableSpan) -> str:
    assert span.context is not None
    return f"{span.context.trace_id:032x}"


async def test_what_is_set_aside_is_the_message_that_was_received(
    spans: InMemorySpanExporter,
) -> None:
    received, given = [message("1"), message("2")], []

    async def refuse(messages: Any, *, dead_letters: Any, aside: Any) -> list[Answer]:
        aside(messages[1], "NO", "words")
        return [Answer("handled"), Answer("unacceptable")]

    await tracing.process(refuse, "lamp")(
        received, dead_letters=(), aside=lambda one, *_: given.append(one)
    )
    assert given[0] is received[1]


async def test_a_failure_passes_and_ends_all_spans(spans: InMemorySpanExporter) -> None:
    async def fail(*_: Any, **__: Any) -> list[Answer]:
        raise ConnectionRefusedError

    with pytest.raises(ConnectionRefusedError):
        await tracing.process(fail, "lamp")([message("1")], dead_letters=(), aside=None)
    assert [span.status.is_ok for span in spans.get_finished_spans()] == [True, False]


@pytest.mark.parametrize(("traceparent", "names"), [(PARENT, ["send t"]), (None, [])])
def test_what_is_published_tells_how_long_it_lay(
    spans: InMemorySpanExporter, traceparent: str | None, names: list[str]
) -> None:
    command = CancelOrder(order_id="1", reason="CUSTOMER")
    cause = Cause(
        message_id="m", correlation_id="m", traceparent=traceparent, recorded_at=utc_now()
    )
    out = tracing.translate(lambda _, __: Outgoing("t", "1", command), "lamp")(None, cause)
    assert out == Outgoing("t", "1", command)
    told = spans.get_finished_spans()
    assert [span.name for span in told] == names
    for span in told:
        assert trace_of(span) == TRACE
        assert span.start_time == int(cause.recorded_at.timestamp() * 1e9)


def test_a_span_says_nothing_about_a_person(spans: InMemorySpanExporter) -> None:
    cause = Cause(message_id="m", correlation_id="m", traceparent=PARENT, recorded_at=utc_now())
    command = CancelOrder(order_id="1", reason="CUSTOMER", customer_message="Dear Ada")
    tracing.translate(lambda _, __: Outgoing("t", "1", command), "lamp")(None, cause)
    [span] = spans.get_finished_spans()
    assert "Ada" not in span.to_json()
