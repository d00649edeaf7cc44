"""What is deployed is what was chosen: run by the server and image of its task and machine, on nodes that have the GPUs
of the machine, and no larger than it. The part of verification that concerns the workload."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from services.orchestrator.domain.candidates import Candidates, Offer
from services.orchestrator.domain.plan import DeploymentPlan, GpuRecommendation, Workload, WorkloadKind
from services.orchestrator.domain.planning import engines, storage
from services.orchestrator.domain.planning.gpus import has_bf16
from services.orchestrator.domain.planning.helpers import helpers_of
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.options import checkpoint_gib
from services.orchestrator.domain.planning.subject import TASK_OF_DOMAIN
from services.orchestrator.domain.planning.workload import adds_copies, nodes_of, workload_name
from services.orchestrator.domain.spec import TaskType, WorkloadSpec

_METHODS: Final = ("full", "lora", "qlora")
_KINDS: Final = {
    TaskType.TRAINING: (WorkloadKind.TRAINING,),
    TaskType.FINE_TUNING: (WorkloadKind.TRAINING,),
    TaskType.BATCH_INFERENCE: (WorkloadKind.BATCH,),
    TaskType.INFERENCE: (WorkloadKind.SERVING,),
    TaskType.RAG: (WorkloadKind.SERVING,),
}


def deployed(
    plan: DeploymentPlan, spec: WorkloadSpec, needs: Needs, candidates: Candidates, offers: dict[str, Offer]
) -> Iterator[str]:
    """Yield what is wrong with what a plan deploys, in sentences."""
    work, lead = plan.workload, plan.gpu_recommendations[0] if plan.gpu_recommendations else None
    if work is None or lead is None:
        if (work is None) != (lead is None):
            yield "machines and workload do not belong together"
        return
    chosen = (lead.model_id, bool(lead.gpu_count), lead.price_model == "spot")
    if (work.model_id, bool(work.gpus_per_node), work.spot) != chosen:
        yield "the workload is not the one that the machines were chosen for"
    gpu, offer = candidates.gpu_types.get(lead.gpu_type), offers.get(lead.offer_id)
    serving, trains = work.kind is WorkloadKind.SERVING, work.kind is WorkloadKind.TRAINING
    task = needs.task
    servers = {
        engines.engine_of(t, work.kind, gpu=gpu_too, algorithm=needs.algorithm)
        for t in (work.model_task, task, spec.model_task or "", "")
        for gpu_too in (True, False)
    }
    named = {m.task for m in candidates.models} | {task, spec.model_task or "", *TASK_OF_DOMAIN.values()}
    precision = lead.precision or needs.precisions[0]
    precision = "fp16" if precision == "bf16" and not has_bf16(gpu) else precision
    copy = lead.tensor_parallel * lead.pipeline_parallel if lead.gpu_count else 0
    checks = {
        "kind": work.kind in _KINDS.get(spec.task_type, WorkloadKind) if spec.task_type else True,
        "name": work.name == workload_name(work.model_id, replace(needs, kind=work.kind, task=work.model_task)),
        "model_task": work.model_task in named,
        "engine": work.engine in servers,
        "image": work.image == engines.image_of(work.engine, gpu),
        "method": work.method in (_METHODS if trains or work.result_of else ("",)),
        "epochs": (work.epochs or 1) > 0 and (trains or work.epochs is None),
        "precision": work.precision == precision,
        "gpu_vendor": work.gpu_vendor == (gpu.vendor if gpu else "nvidia" if lead.gpu_count else ""),
        "tensor_parallel": work.tensor_parallel == (1 if trains else lead.tensor_parallel),
        "pipeline_parallel": work.pipeline_parallel == (1 if trains else lead.pipeline_parallel),
        "node_count": serving or work.node_count == lead.node_count,
        # A model of unknown size gets the whole machine, as a run does.
        "gpus_per_node": work.gpus_per_node * work.node_count == copy
        if serving and lead.memory_required_gib
        else work.gpus_per_node == lead.gpus_per_node,
        "context_tokens": not (spec.context_tokens and work.context_tokens)
        or work.context_tokens == spec.context_tokens,
        "concurrency": not spec.concurrency or work.concurrency == spec.concurrency,
        "gpu_memory_utilization": 0.5 <= (work.gpu_memory_utilization or 0.9) <= 0.95,
        "high_availability": work.high_availability == bool(spec.high_availability and serving),
        "dataset_gib": work.dataset_gib == storage.dataset_volume_gib(needs.dataset_gb),
    }
    if offer:
        resource, labels = nodes_of(offer, work.gpu_vendor)
        checks |= {
            "gpu_resource": work.gpu_resource == (resource if offer.gpu_count else ""),
            "node_selector": work.node_selector == (dict(labels) if offer.gpu_count else {}),
            "cpu_request": 0 < work.cpu_request <= max(1.0, offer.vcpus or math.inf),
            "memory_request_gib": 0 < work.memory_request_gib <= max(2.0, offer.memory_gib or math.inf),
        }
    record = next((m for m in candidates.models if m.model_id == work.model_id), None)
    checks["checkpoint_gib"] = work.checkpoint_gib == checkpoint_gib(replace(needs, kind=work.kind), record)
    checks["weights_gib"] = work.weights_gib == storage.weights_volume_gib(record, bare=needs.algorithm is not None)
    checks["gated"] = work.gated == bool(record and record.gated)
    yield from (
        f"{field} of the workload is wrong: {getattr(work, field)!r}" for field, holds in checks.items() if not holds
    )
    if work.gpus_per_node > lead.gpus_per_node or work.node_count > lead.node_count:
        yield "the workload asks for more than the machines have"
    carries = _at_peak(lead, needs, candidates)
    if serving and work.replicas_min < needs.copies_min:
        yield f"{work.replicas_min} copies are fewer than the {needs.copies_min} that were asked for"
    grows = offer is not None and adds_copies(offer, candidates)
    if serving and grows and work.replicas_max < (needs.copies_max or 0):
        yield f"{work.replicas_max} copies are not the {needs.copies_max} that there may be"
    if serving and grows and needs.requests_peak and needs.copies_max is None and work.replicas_max < carries:
        yield f"{work.replicas_max} copies do not carry {needs.requests_peak:g} requests a second"
    if not 1 <= work.replicas_min <= work.replicas_max <= max(_most(work, needs), lead.replicas, carries):
        yield f"{work.replicas_min} to {work.replicas_max} copies are not a range"
    if work.helpers != (helpers_of(candidates) if spec.task_type is TaskType.RAG else ()):
        yield "the servers beside the workload are not those of its helping models"


def _most(work: Workload, needs: Needs) -> int:
    """Return how many copies there may be beside those that fill the machines or carry the high load."""
    return 2 * work.replicas_min if needs.copies_max is None else max(work.replicas_min, needs.copies_max)


def _at_peak(lead: GpuRecommendation, needs: Needs, candidates: Candidates) -> int:
    """Return the copies that carry the high load at the speed of one; 0 where that is not known or none was said."""
    key = (lead.model_id, lead.precision, lead.gpu_type)
    count = lead.tensor_parallel * lead.pipeline_parallel if lead.gpu_count else int(lead.vcpus or 0)
    each = [
        s.requests_per_second
        for s in candidates.performance
        if (s.model_id, s.precision, s.gpu_type, s.gpus) == (*key, count) and s.requests_per_second
    ]
    return math.ceil((needs.requests_peak or 0.0) / each[0]) if each else 0
