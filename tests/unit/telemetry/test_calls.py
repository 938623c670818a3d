"""Calls are measured by what came of them; an answer leads to its trace where there is one."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import REGISTRY

from kit.clock import utc_now
from kit.effects import Effect, Finished, RetryLater
from kit.facts import Cause
from telemetry import tracing
from telemetry.calls import WatchedApp, watched
from telemetry.exposition import PLAIN, expose

TRACE, SENDER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CAUSE = Cause(
    message_id="m", correlation_id="m", traceparent=f"00-{TRACE}-{SENDER}-01", recorded_at=utc_now()
)
EFFECT = Effect(UUID(int=7), "ring", UUID(int=1), b"Ada", CAUSE, 2, is_abandoned=False)
OPENMETRICS = b"GET /metrics HTTP/1.1\r\nAccept: application/openmetrics-text\r\n\r\n"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Keep the spans that are made."""
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr(tracing, "tracer_of", provider.get_tracer)
    monkeypatch.setattr(tracing, "is_on", lambda: True)
    yield kept
    provider.shutdown()


def count(service: str, outcome: str) -> float:
    labels = {"service": service, "kind": "ring", "outcome": outcome}
    return REGISTRY.get_sample_value("countermand_call_seconds_count", labels) or 0


@pytest.mark.parametrize(
    ("result", "outcome"), [(Finished(CAUSE), "finished"), (RetryLater("away"), "retried")]
)
async def test_a_call_is_counted_by_what_came_of_it(result: Any, outcome: str) -> None:
    async def call(effect: Effect) -> Any:
        assert effect is EFFECT
        return result

    assert await watched(call, f"lamp-{outcome}")(EFFECT) is result
    assert count(f"lamp-{outcome}", outcome) == 1


async def test_a_call_that_fails_is_counted_and_fails(spans: InMemorySpanExporter) -> None:
    async def call(_: Effect) -> Any:
        raise ValueError("Ada")

    with pytest.raises(ValueError, match="Ada"):
        await watched(call, "lamp-broken")(EFFECT)
    assert count("lamp-broken", "failed") == 1
    [span] = spans.get_finished_spans()
    assert not span.status.is_ok
    assert "Ada" not in span.to_json()


async def test_a_call_has_a_span_below_the_message_that_wanted_it(
    spans: InMemorySpanExporter,
) -> None:
    async def call(_: Effect) -> Any:
        return Finished(CAUSE)

    await watched(call, "lamp")(EFFECT)
    [span] = spans.get_finished_spans()
    assert span.parent is not None
    assert (f"{span.parent.trace_id:032x}", f"{span.parent.span_id:016x}") == (TRACE, SENDER)
    assert (span.name, span.attributes["countermand.attempt"]) == ("lamp ring", 2)
    kind, page = expose(OPENMETRICS)
    assert kind.startswith("application/openmetrics-text")
    assert f'trace_id="{TRACE}"'.encode() in page


@pytest.mark.parametrize("request_", [b"GET /metrics HTTP/1.1\r\n\r\n", b"", b"\xff\r\n:"])
def test_whoever_asks_for_nothing_gets_plain_text(request_: bytes) -> None:
    kind, page = expose(request_)
    assert kind.startswith(PLAIN.partition(";")[0])
    assert b"trace_id" not in page
    assert b"countermand_call_seconds_bucket" in page


def scope(*headers: tuple[bytes, bytes], method: str = "GET") -> dict[str, Any]:
    return {"type": "http", "method": method, "headers": [(b"cookie", b"a"), *headers]}


async def answer(app: WatchedApp, scope: dict[str, Any]) -> list[Any]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, None, send)
    return sent


async def app(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": scope["headers"]})


async def test_off_a_request_passes_as_it_came() -> None:
    asked = scope((b"traceparent", CAUSE.traceparent.encode()), (b"cookie", b"b"))
    [start] = await answer(WatchedApp(app, "lamp-off"), asked)
    assert start["headers"] == [
        (b"cookie", b"a"), (b"traceparent", CAUSE.traceparent.encode()), (b"cookie", b"b"),
    ]  # fmt: skip
    labels = {"service": "lamp-off", "method": "GET", "route": "none", "status": "204"}
    assert REGISTRY.get_sample_value("countermand_http_request_seconds_count", labels) == 1


async def test_what_a_request_brings_about_goes_on_below_its_span(
    spans: InMemorySpanExporter,
) -> None:
    asked = scope((b"traceparent", CAUSE.traceparent.encode()), method="BREW")
    [start] = await answer(WatchedApp(app, "lamp"), asked)
    [span] = spans.get_finished_spans()
    assert span.context is not None
    below = f"00-{TRACE}-{span.context.span_id:016x}-0".encode()
    assert dict(start["headers"])[b"traceparent"].startswith(below)
    assert span.name == "OTHER none", "a method somebody invented is no label"


async def test_an_application_that_breaks_is_an_error(spans: InMemorySpanExporter) -> None:
    async def broken(*_: Any) -> None:
        raise ValueError("Ada")

    with pytest.raises(ValueError, match="Ada"):
        await answer(WatchedApp(broken, "lamp"), scope())
    [span] = spans.get_finished_spans()
    assert not span.status.is_ok
    assert "Ada" not in span.to_json()
