"""The workload of the chosen option, as manifests need it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final

from services.orchestrator.domain.candidates import Candidates, Offer
from services.orchestrator.domain.plan import Workload, WorkloadKind
from services.orchestrator.domain.planning import engines, gpus, storage, triton
from services.orchestrator.domain.planning.components import lacking_to_scale
from services.orchestrator.domain.planning.engines import LANGUAGE_TASKS
from services.orchestrator.domain.planning.helpers import helpers_of
from services.orchestrator.domain.planning.layouts import copies_between, pack, pays_twice
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.options import Option, checkpoint_gib
from services.orchestrator.domain.planning.places import NO_KUBERNETES

SHARE: Final = 0.8
"""Share of a machine's CPUs and memory that its GPUs' pods request; the rest is for the system and the components."""
_LABEL: Final = re.compile(r"[^a-z0-9]+")
_NOT_OURS: Final = re.compile(r"\d|kube-|default$")
"""Names that no service may have, and those of Kubernetes' own namespaces."""
_GIVEN: Final = re.compile(r"\(([a-z0-9.-]+/[A-Za-z0-9._-]+)\)$")
"""The resource at the end of the machine type of an offer from the user's own cluster."""

_ENDINGS: Final = {WorkloadKind.TRAINING: "-training", WorkloadKind.BATCH: "-batch", WorkloadKind.SERVING: ""}
"""So that a run and the serving of its result have names of their own."""


def workload_of(needs: Needs, option: Option, candidates: Candidates, *, after: Workload | None = None) -> Workload:
    """Return what runs on the machines of an option. after: the run whose result is served."""
    offer, memory, model = option.offer, option.memory, option.model
    gpu = candidates.gpu_types.get(offer.gpu_type)
    vendor = gpu.vendor if gpu else ("nvidia" if offer.gpu_count else "")
    serving = needs.kind is WorkloadKind.SERVING
    packing = pack(offer, memory, needs)
    nodes_per_copy = packing.nodes_per_copy if packing and serving else option.nodes
    per_node = (memory.gpus // nodes_per_copy if memory and serving else offer.gpu_count) if offer.gpu_count else 0
    per_node = max(per_node, 1) if offer.gpu_count else 0
    share = SHARE * (per_node / offer.gpu_count if offer.gpu_count else 1)
    low, high = replicas(needs, option)
    high = high if adds_copies(offer, candidates) else low
    task = needs.task or (model.task if model else "")
    engine = engines.engine_of(needs.task, needs.kind, gpu=needs.gpu, algorithm=needs.algorithm)
    if needs.triton:
        engine = triton.engine_on(engine, task, gpu=gpu, vendor=vendor, nodes=nodes_per_copy)
    precision = memory.precision if memory else needs.precisions[0]
    if precision == "bf16" and not gpus.has_bf16(gpu):
        precision = "fp16"
    resource, labels = nodes_of(offer, vendor)
    training = needs.kind is WorkloadKind.TRAINING
    helpers = helpers_of(candidates) if needs.retrieval else ()
    cpus = (offer.vcpus or 8 * max(offer.gpu_count, 1)) * share - sum(h.cpu_request for h in helpers)
    memory_gib = (offer.memory_gib or 32 * max(offer.gpu_count, 1)) * share - sum(h.memory_request_gib for h in helpers)
    return Workload(
        kind=needs.kind,
        name=workload_name(model.model_id if model else "", needs),
        result_of=after.name if after else "",
        model_id=model.model_id if model else "",
        model_task=task,
        engine=engine,
        image=engines.image_of(engine, gpu),
        method=after.method if after else _method(needs, precision),
        epochs=needs.run.epochs if needs.run else None,
        precision=precision,
        tensor_parallel=memory.tensor_parallel if memory and not training else 1,
        pipeline_parallel=memory.pipeline_parallel if memory and not training else 1,
        node_count=nodes_per_copy,
        gpus_per_node=per_node,
        replicas_min=low,
        replicas_max=high,
        context_tokens=needs.context_tokens if needs.task in LANGUAGE_TASKS else None,
        concurrency=needs.in_flight_on(low),
        gpu_memory_utilization=0.95 if headroom_small(option) else 0.9,
        gpu_vendor=vendor,
        gpu_resource=resource if offer.gpu_count else "",
        node_selector=dict(labels) if offer.gpu_count else {},
        cpu_request=max(1.0, math.floor(cpus)),
        memory_request_gib=max(2.0, math.floor(memory_gib)),
        weights_gib=storage.weights_volume_gib(model, bare=needs.algorithm is not None),
        dataset_gib=storage.dataset_volume_gib(needs.dataset_gb),
        checkpoint_gib=checkpoint_gib(needs, model),
        gated=bool(model and model.gated),
        spot=offer.price_model == "spot",
        high_availability=needs.replicas_min > 1,
        helpers=helpers,
    )


def workload_name(model_id: str, needs: Needs) -> str:
    """Return the name of a workload, which is its namespace's too, and its service's, which must begin with a
    letter (RFC 1035)."""
    named = needs.algorithm.name if needs.algorithm else needs.task or "workload"
    text, ending = model_id.rpartition("/")[2] if model_id else named, _ENDINGS[needs.kind]
    name = dns_label(text, ending)
    return dns_label(f"model-{text}", ending) if _NOT_OURS.match(name) else name


def nodes_of(offer: Offer, vendor: str) -> tuple[str, Mapping[str, str]]:
    """Return the resource that a pod asks for and the labels of its nodes. A cluster of the user's own says in the
    offer what its nodes give out, which may be slices of GPUs."""
    resource = engines.RESOURCES.get(vendor, "")
    given = _GIVEN.search(offer.instance_type) if offer.provider == "local" else None
    if given and given[1] != resource:
        return given[1], {}
    return resource, engines.node_selector(offer.gpu_type, offer.instance_type, offer.gpu_count, vendor)


def replicas(needs: Needs, option: Option) -> tuple[int, int]:
    """Return the copies at least, which the stated load needs or the user asked for, and at most.

    The most are those that were asked for, or carry the high load where one was said. Otherwise, without room on the
    machines, they are twice the least, where the budget pays for it.
    """
    if needs.kind is not WorkloadKind.SERVING:
        return 1, 1
    low, most = copies_between(needs, option.model, option.speed, option.copies)
    if most is not None:
        return low, most
    doubled = option.offer.units is None and pays_twice(needs, option.cost, option.per_hour)
    return low, low * 2 if doubled else low


def adds_copies(offer: Offer, candidates: Candidates) -> bool:
    """Tell whether anything adds copies under load: in a cluster Kubernetes does by the CPUs that they use, and KEDA by
    the requests that wait for GPUs, which Prometheus counts."""
    in_cluster = offer.provider not in NO_KUBERNETES
    return in_cluster and not (offer.gpu_count and lacking_to_scale(candidates))


def headroom_small(option: Option) -> bool:
    """Tell whether a copy takes more than 88% of its GPUs, so that the server must be given nearly all of it."""
    return option.memory is not None and option.memory.per_gpu_gib > 0.88 * option.offer.gpu_memory_gib


def manifest_file(name: str) -> str:
    """Return where the bundle keeps the manifests of a workload or helper."""
    return f"kubernetes/{name}.yaml"


def task_file(name: str) -> str:
    """Return where the bundle keeps the SkyPilot task of a workload."""
    return f"skypilot/{name}.yaml"


def dns_label(text: str, ending: str = "") -> str:
    """Return a text as a DNS label of at most 40 characters, with an ending."""
    return (_LABEL.sub("-", text.lower()).strip("-")[: 40 - len(ending)].strip("-") or "workload") + ending


def _method(needs: Needs, precision: str) -> str:
    if needs.method == "inference":
        return ""
    return "qlora" if needs.method == "lora" and precision == "int4" else needs.method
