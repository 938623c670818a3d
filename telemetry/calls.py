"""Calls of others and to others, measured, and with a span each when tracing is on."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from opentelemetry.trace import INVALID_SPAN, Span, SpanKind, Status, StatusCode, Tracer
from prometheus_client import Histogram

from telemetry import tracing

CALL_S = Histogram(
    "countermand_call_seconds", "How long a call to the outside world took",
    ["service", "kind", "outcome"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15),
)  # fmt: skip
REQUEST_S = Histogram(
    "countermand_http_request_seconds", "How long an answer to an HTTP request took",
    ["service", "method", "route", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)  # fmt: skip
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OUTCOMES = {"Finished": "finished", "RetryLater": "retried"}
"""Words for what a call came to; see `kit.effects`. One that raises has `failed`."""

SERVER_ERROR = 500
TRACEPARENT = b"traceparent"

Call = Callable[[Any], Awaitable[Any]]
"""Makes a call that a fact wants; see `kit.effects.Execute`."""


def watched(call: Call, service: str) -> Call:
    """Measure every call, by its kind and by what came of it."""
    tracer = tracing.tracer_of(service) if tracing.is_on() else None

    async def watch(effect: Any) -> Any:
        span = _begin(tracer, service, effect) if tracer else INVALID_SPAN
        started, outcome = time.perf_counter(), "failed"
        try:
            result = await call(effect)
            outcome = OUTCOMES.get(type(result).__name__, "other")
        except Exception as failure:
            # What a failure says may name a person; its kind does not.
            span.set_status(Status(StatusCode.ERROR, type(failure).__name__))
            raise
        finally:
            taken_s = time.perf_counter() - started
            labels = CALL_S.labels(service, effect.kind, outcome)
            labels.observe(taken_s, tracing.exemplar_of(span))
            span.set_attribute("countermand.outcome", outcome)
            span.end()
        return result

    return watch


def _begin(tracer: Tracer, service: str, effect: Any) -> Span:
    about = {"countermand.effect_id": str(effect.effect_id), "countermand.attempt": effect.attempts}
    context = tracing.context_of(effect.cause.traceparent)
    return tracer.start_span(f"{service} {effect.kind}", context, SpanKind.CLIENT, about)


class WatchedApp:
    """An ASGI application whose answers are measured."""

    def __init__(self, app: Any, service: str) -> None:
        self._app, self._service = app, service
        self._tracer = tracing.tracer_of(service) if tracing.is_on() else None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request; what it brings about goes on in the context of its span."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in METHODS else "OTHER"
        span = _enter(self._tracer, scope, method) if self._tracer else INVALID_SPAN
        started, status = time.perf_counter(), SERVER_ERROR

        async def noted(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            taken_s = time.perf_counter() - started
            route = getattr(scope.get("route"), "path", "none")
            _finish(span, method, route, status)
            labels = REQUEST_S.labels(self._service, method, route, status)
            labels.observe(taken_s, tracing.exemplar_of(span))


def _enter(tracer: Tracer, scope: Any, method: str) -> Span:
    """Begin a request's span; the header then names it."""
    brought = dict(scope["headers"]).get(TRACEPARENT, b"").decode("latin-1")
    about = {"http.request.method": method}
    span = tracer.start_span(method, tracing.context_of(brought), SpanKind.SERVER, about)
    if own := tracing.traceparent_of(span):
        others = [header for header in scope["headers"] if header[0] != TRACEPARENT]
        scope["headers"] = [*others, (TRACEPARENT, own.encode())]
    return span


def _finish(span: Span, method: str, route: str, status: int) -> None:
    span.update_name(f"{method} {route}")
    span.set_attribute("http.route", route)
    span.set_attribute("http.response.status_code", status)
    if status >= SERVER_ERROR:
        span.set_status(Status(StatusCode.ERROR))
    span.end()
