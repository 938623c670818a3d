"""Spans from the command to the mail, when `OTEL_…` asks for them; otherwise nothing at all.

`process` and `translate` take what would be used anyway. With tracing off they return it as it is,
so nothing stands in the way of a message.
"""

import os
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_PROPAGATOR = TraceContextTextMapPropagator()
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")

Process = Callable[..., Awaitable[list[Any]]]
"""What handles a batch of messages; see `kit.consumer.Process`."""

Translate = Callable[[Any, Any], Any]
"""What makes a message of a fact and its cause; see `kit.relay.Translate`."""


def is_on() -> bool:
    """Whether the environment asks for spans, by the names OpenTelemetry has for it."""
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    exporter = os.environ.get("OTEL_TRACES_EXPORTER", "")
    return exporter != "none" and (bool(exporter) or any(os.environ.get(e) for e in _ENDPOINTS))


@cache
def tracer_of(service: str) -> Tracer:
    """Return what makes the spans of this process; only when they are asked for."""
    # Kept to ourselves: were it the global one, every library with an eye on it would join in.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - an extra
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    name = os.environ.get("OTEL_SERVICE_NAME", service)
    resource = Resource.create({"service.name": name, "service.namespace": "countermand"})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider.get_tracer("countermand")


def context_of(traceparent: str | None) -> Context:
    """Return the context a message travels in; an empty one for a header that is none."""
    return _PROPAGATOR.extract({"traceparent": traceparent or ""}, Context())


def traceparent_of(span: Span) -> str | None:
    """Return the header for what a span brings about."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier, trace.set_span_in_context(span, Context()))
    return carrier.get("traceparent")


def process(inner: Process, service: str) -> Process:
    """Give every message a span of its own, below its sender's and linked to its batch.

    What is decided goes on in the context of that span.
    """
    if not is_on():
        return inner
    tracer = tracer_of(service)

    async def traced(
        messages: Sequence[Any], *, dead_letters: Sequence[Any],
        aside: Callable[[Any, str, str], Any],
    ) -> list[Any]:  # fmt: skip
        contexts = [context_of(message.traceparent) for message in messages]
        batch = tracer.start_span(
            f"process {service}", Context(), SpanKind.CONSUMER, _about_batch(service, messages),
            [Link(trace.get_current_span(context).get_span_context()) for context in contexts],
        )  # fmt: skip
        to_batch = [Link(batch.get_span_context())]
        spans = [
            tracer.start_span(
                f"process {message.type}", context, SpanKind.CONSUMER,
                _about(message.id, message.type), to_batch,
            )
            for message, context in zip(messages, contexts, strict=True)
        ]  # fmt: skip
        own = [
            message._replace(traceparent=traceparent_of(span))
            for message, span in zip(messages, spans, strict=True)
        ]
        received = {id(copy): message for copy, message in zip(own, messages, strict=True)}

        def aside_received(message: Any, code: str, detail: str) -> Any:
            return aside(received[id(message)], code, detail)

        try:
            answers = await inner(own, dead_letters=dead_letters, aside=aside_received)
            for span, answer in zip(spans, answers, strict=True):
                span.set_attribute("countermand.answer", answer.status)
        except Exception as failure:
            batch.set_status(Status(StatusCode.ERROR, type(failure).__name__))
            raise
        finally:
            for span in (*spans, batch):
                span.end()
        return answers

    return traced


def translate(inner: Translate, service: str) -> Translate:
    """Tell of every fact that becomes a message how long it lay in the log."""
    if not is_on():
        return inner
    tracer = tracer_of(service)

    def traced(fact: Any, cause: Any) -> Any:
        outgoing = inner(fact, cause)
        context = context_of(cause.traceparent)
        if context:
            recorded_ns = int(cause.recorded_at.timestamp() * 1e9)
            span = tracer.start_span(
                f"send {outgoing.topic}", context, SpanKind.PRODUCER,
                _about_send(outgoing), start_time=recorded_ns,
            )  # fmt: skip
            span.end()
        return outgoing

    return traced


def exemplar_of(span: Span) -> dict[str, str] | None:
    """Return what leads from a measurement to a span; None when it is not kept."""
    context = span.get_span_context()
    if not (context.is_valid and context.trace_flags.sampled):
        return None
    return {
        "trace_id": trace.format_trace_id(context.trace_id),
        "span_id": trace.format_span_id(context.span_id),
    }


def _about(message_id: str, type_: str) -> dict[str, str]:
    return {
        "messaging.system": "kafka",
        "messaging.operation.type": "process",
        "messaging.operation.name": "process",
        "cloudevents.event_id": message_id,
        "cloudevents.event_type": type_,
    }


def _about_batch(service: str, messages: Sequence[Any]) -> dict[str, str | int]:
    return {
        "messaging.system": "kafka",
        "messaging.operation.type": "process",
        "messaging.operation.name": "process",
        "messaging.consumer.group.name": service,
        "messaging.batch.message_count": len(messages),
    }


def _about_send(outgoing: Any) -> dict[str, str]:
    return {
        "messaging.system": "kafka",
        "messaging.operation.type": "send",
        "messaging.operation.name": "send",
        "messaging.destination.name": outgoing.topic,
        "messaging.kafka.message.key": outgoing.key,
        "cloudevents.event_type": outgoing.message.TYPE,
    }
