"""The architecture as a Mermaid flowchart: data flows left to right, at most 25 nodes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from services.orchestrator.domain.plan import DeploymentPlan, GpuRecommendation, StackComponent, WorkloadKind
from services.orchestrator.domain.planning.words import provider

MAX_NODES: Final = 25
MAX_TEXT: Final = 60
_PLAIN: Final = re.compile(r"[A-Za-z0-9 .,:/+@_()-]")
_DATA_ROLES: Final = frozenset({"vector_db", "cache", "database", "messaging", "feature_store", "object_storage"})
_FRONT_ROLES: Final = ("ingress", "api_gateway", "llm_gateway")


def mermaid(plan: DeploymentPlan) -> str:
    """Return the diagram. Text is escaped character by character, so that no name can end a label."""
    return "\n".join(["flowchart LR", *(f"  {line}" for line in _lines(plan))]) + "\n"


def label(text: str) -> str:
    """Return a text as a quoted label: whatever is not plain becomes a numeric entity."""
    short = " ".join(text.split())
    short = short if len(short) <= MAX_TEXT else f"{short[: MAX_TEXT - 3]}..."
    return '"' + "".join(c if _PLAIN.match(c) else f"#{ord(c)};" for c in short) + '"'


def _lines(plan: DeploymentPlan) -> Iterator[str]:
    work, lead = plan.workload, plan.gpu_recommendations[0] if plan.gpu_recommendations else None
    if work is None or lead is None:
        yield f"none[{label('Nothing can be deployed as wished')}]"
        return
    parts = list(plan.kubernetes_stack)
    front = next((c for role in _FRONT_ROLES for c in parts if c.role == role), None)
    data = [c for c in parts if c.role in _DATA_ROLES][: MAX_NODES - 6]
    rest = [c for c in parts if c not in data and c is not front][: MAX_NODES - 6 - len(data)]
    serving = work.kind is WorkloadKind.SERVING
    yield f"source([{label('Users and applications' if serving else 'Dataset')}])"
    if front:
        yield f"front[{_part(front)}]"
    where = f", {lead.region}" if lead.region else ""
    place = label(f"Kubernetes at {provider(lead.provider)}{where}")
    yield f"subgraph cluster[{place}]"
    yield f"  work[{label(f'{work.engine}: {work.model_id or work.model_task}')}]"
    yield f"  gpu{{{{{label(_hardware(lead))}}}}}"
    for number, part in enumerate(data):
        yield f"  data{number}[({_part(part)})]"
    for number, part in enumerate(rest):
        yield f"  part{number}[{_part(part)}]"
    yield "end"
    end = "Checkpoints" if work.kind is WorkloadKind.TRAINING else "Results"
    yield f"weights[({label('Model weights')})]" if serving else f"result[({label(end)})]"
    yield "source --> front --> work" if front else "source --> work"
    yield "work --> gpu"
    yield "weights --> work" if serving else "work --> result"
    for number, _ in enumerate(data):
        yield f"work <--> data{number}"
    for number, part in enumerate(rest):
        yield f"part{number} -.-> gpu" if part.role == "gpu_operator" else f"part{number} -.-> work"
    yield "classDef gpu fill:#d5f5e3,stroke:#1e8449"
    yield "class gpu gpu"


def _part(part: StackComponent) -> str:
    return label(f"{part.name} {part.version}")


def _hardware(lead: GpuRecommendation) -> str:
    if not lead.gpu_count:
        return f"{lead.node_count} x {lead.instance_type}, CPU only"
    return f"{lead.gpu_count} x {lead.gpu_type}, {lead.gpu_memory_gib:g} GiB each"
