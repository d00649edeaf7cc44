"""Traces and metrics by OpenTelemetry, when an OTLP endpoint is configured; nothing is imported when none is."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any, Final

ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
"""The standard variable, such as http://127.0.0.1:4317. Unset means no telemetry."""


def enabled() -> bool:
    """Whether an endpoint is configured."""
    return bool(os.environ.get(ENDPOINT))


def configure(service: str) -> None:
    """Send this process's traces and metrics to the endpoint, under a service name. Does nothing when none is set."""
    if not enabled():
        return
    from opentelemetry import metrics, trace
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create({"service.name": f"stack8s-{service}"})
    tracer = TracerProvider(resource=resource)
    tracer.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(tracer)
    reader = PeriodicExportingMetricReader(OTLPMetricExporter())
    metrics.set_meter_provider(MeterProvider(resource=resource, metric_readers=[reader]))


def server_interceptors() -> Sequence[Any]:
    """Return the interceptors that give every call served a span, child of the caller's."""
    if not enabled():
        return ()
    return (_instrumentation().aio_server_interceptor(),)


def client_interceptors() -> Sequence[Any]:
    """Return the interceptors that give every call made a span and send its context along."""
    if not enabled():
        return ()
    return tuple(_instrumentation().aio_client_interceptors())


def record_rpc(method: str, code: str, elapsed_ms: float) -> None:
    """Record the duration of a call served."""
    if enabled():
        service, _, name = method.strip("/").partition("/")
        attributes = {"rpc.service": service, "rpc.method": name, "rpc.grpc.status_code": code}
        _duration().record(elapsed_ms, attributes)


def _instrumentation() -> Any:
    """Return the library that makes the interceptors; it comes without types of its own."""
    return import_module("opentelemetry.instrumentation.grpc")


@cache
def _duration() -> Any:
    from opentelemetry import metrics

    return metrics.get_meter("stack8s").create_histogram("rpc.server.duration", unit="ms")
