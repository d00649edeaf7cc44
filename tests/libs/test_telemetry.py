"""Spans and metrics reach a real OTLP endpoint; without one nothing is imported."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

ROOT = Path(__file__).resolve().parent.parent.parent

CALLER = """
import asyncio
from libs import telemetry
from libs.rpc.client import call, open_channel
from libs.rpc.server import Mount, running
from libs.settings import ServerSettings
from stack8s.compute.v1 import compute_service_pb2 as pb
from stack8s.compute.v1 import compute_service_pb2_grpc

class Compute(compute_service_pb2_grpc.ComputeServiceServicer):
    async def GetOffer(self, request, context):
        return pb.GetOfferResponse()

async def ready():
    return None

async def main():
    telemetry.configure("compute")
    mount = Mount("stack8s.compute.v1.ComputeService",
                  compute_service_pb2_grpc.add_ComputeServiceServicer_to_server, Compute())
    async with running(ServerSettings(port=0, drain_s=0), [mount], ready=ready) as port:
        async with open_channel(f"127.0.0.1:{port}") as channel:
            await call(compute_service_pb2_grpc.ComputeServiceStub(channel).GetOffer(pb.GetOfferRequest()))

asyncio.run(main())
if telemetry.enabled():
    from opentelemetry import metrics, trace
    trace.get_tracer_provider().shutdown()
    metrics.get_meter_provider().shutdown()
import sys
print("opentelemetry.sdk" in sys.modules)
"""


def run(environment: dict[str, str]) -> str:
    given = {k: v for k, v in os.environ.items() if not k.startswith("OTEL_")}
    path = f"{ROOT}{os.pathsep}{ROOT / 'protos' / 'gen'}"
    done = subprocess.run(
        [sys.executable, "-c", CALLER],
        env={**given, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def collector() -> Any:
    """An OTLP endpoint that keeps what it is sent: its address, the spans and the metrics."""
    spans: list[Any] = []
    metrics: list[Any] = []

    class Traces(trace_service_pb2_grpc.TraceServiceServicer):
        def Export(self, request: Any, context: Any) -> Any:
            spans.extend(s for r in request.resource_spans for scope in r.scope_spans for s in scope.spans)
            return trace_service_pb2.ExportTraceServiceResponse()

    class Metrics(metrics_service_pb2_grpc.MetricsServiceServicer):
        def Export(self, request: Any, context: Any) -> Any:
            metrics.extend(m for r in request.resource_metrics for scope in r.scope_metrics for m in scope.metrics)
            return metrics_service_pb2.ExportMetricsServiceResponse()

    server = grpc.server(futures.ThreadPoolExecutor(2))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(Traces(), server)
    metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server(Metrics(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"http://127.0.0.1:{port}", spans, metrics
    server.stop(None)


def test_a_call_is_one_trace_from_caller_to_callee(collector: Any):
    endpoint, spans, metrics = collector
    assert run({"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_EXPORTER_OTLP_INSECURE": "true"}) == "True"
    caller, callee = sorted((s for s in spans if s.name.endswith("GetOffer")), key=lambda s: bool(s.parent_span_id))
    assert (callee.trace_id, callee.parent_span_id) == (caller.trace_id, caller.span_id)
    assert "rpc.server.duration" in {m.name for m in metrics}


def test_without_an_endpoint_nothing_is_imported():
    assert run({}) == "False"
