"""Cases and their answers as the service gives them, for the tests of sizing over the wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.models.answer_sizing import memory_answer, speed_answer
from services.models.convert_sizing import asked_from_proto
from services.models.domain.model import Model
from services.models.domain.traits import traits_of
from services.models.ingest import starter
from services.models.known import Known
from services.models.sizing import Questions, groups
from stack8s.models.v1.model_pb2 import Architecture
from stack8s.models.v1.models_service_pb2 import MemoryEstimate, PerformanceEstimate, SizingCase
from stack8s.models.v1.sizing_pb2 import GpuShape

H100 = GpuShape(
    gpu_type="H100", memory_gib=80, memory_bandwidth_gbps=3350, fp16_tflops=989, fp8_tflops=1979, interconnect_gbps=900
)
LLAMA = Architecture(
    kind="decoder", attention="gqa", layers=32, hidden_size=4096, intermediate_size=14336, heads=32, kv_heads=8,
    head_dim=128, vocab_size=128256, context_tokens=131072, tied_embeddings=False,
)  # fmt: skip


def case(**fields: Any) -> SizingCase:
    return SizingCase(**{"parameters": 8_030_000_000, "architecture": LLAMA, **fields})


def memory_of(case: SizingCase) -> MemoryEstimate:
    (estimate,) = memories_of([case])
    return estimate


def memories_of(cases: Sequence[SizingCase]) -> list[MemoryEstimate]:
    """Return the answers to the cases of one request, as the service gives them with the starter catalogue."""
    asked = asked_from_proto(cases, need_gpu=False)
    models = {m.model_id: known_of(m) for m in starter.models().values() if m.model_id in {c.model_id for c in cases}}
    return list(memory_answer(groups(asked, models, Questions()), asked).estimates)


def known_of(model: Model) -> Known:
    return Known(traits_of(model), model.provenance("s"))


def speed_of(case: SizingCase) -> PerformanceEstimate:
    asked = asked_from_proto([case], need_gpu=True)
    (estimate,) = speed_answer(groups(asked, {}, Questions()), asked).estimates
    return estimate


def term(estimate: MemoryEstimate, name: str) -> float:
    return sum(t.memory_gib for t in estimate.terms if t.name == name)
