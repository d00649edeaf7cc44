"""Servers of models that the user names, beside the one that the manifests bring."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.orchestrator.domain.plan import Relaxation, UnmetWish, Workload, WorkloadKind
from services.orchestrator.domain.planning import triton
from services.orchestrator.domain.planning.standing import ROLE_OF_SOFTWARE, Standing
from services.orchestrator.domain.spec import WorkloadSpec

SERVER: Final = "inference_server"
"""The role that the manifests fill themselves, so no chart is installed for it."""
FIELD: Final = "components"
"""The spec field that wishes for software, and against it, are told under."""
_ENGINES: Final = {
    "vllm": "vLLM",
    "tei": "Text Embeddings Inference",
    triton.NAME: "Triton Inference Server",
    "pipeline": "a small server of our own",
    "python": "a program of your own",
}
"""What serves, as people write it, by the engine of a workload; any other is a library's program of ours."""
_NAMES: Final = {
    "vllm": "vLLM", "tei": "Text Embeddings Inference", "tgi": "TGI", "triton": "Triton", "kserve": "KServe",
    "sglang": "SGLang", "ollama": "Ollama", "seldon": "Seldon", "bentoml": "BentoML", "torchserve": "TorchServe",
    "tensorrt": "TensorRT", "tensorrt-llm": "TensorRT-LLM", "tensorflow-serving": "TensorFlow Serving",
    "localai": "LocalAI", "lmdeploy": "LMDeploy", "ray serve": "Ray Serve", "nim": "NIM", "dynamo": "NVIDIA Dynamo",
    "kubeai": "KubeAI", "gpustack": "GPUStack", "kaito": "KAITO",
}  # fmt: skip
"""Servers as people write them; any other is written as it is."""


def server_name(engine: str) -> str:
    """Return what serves or runs a model, as people write it."""
    return _ENGINES.get(engine, engine)


def engines_of(workload: Workload) -> frozenset[str]:
    """Return what serves a workload, what runs within that too."""
    return frozenset({workload.engine, "vllm"} if triton.runs_vllm(workload) else {workload.engine})


def api_of(workload: Workload) -> str:
    """Return the paths of a server, in words."""
    if workload.engine == triton.NAME:
        return f"/v2/models/{workload.name}/generate, Triton's own protocol, and gRPC on port 8001"
    return {"vllm": "/v1, the OpenAI API", "tei": "/embed and /rerank"}.get(workload.engine, "/predict")


def named_servers(spec: WorkloadSpec, standing: Standing) -> tuple[str, ...]:
    """Return the servers that the user asks for: none that is there already, or not wanted."""
    servers = (name for name in spec.components if ROLE_OF_SOFTWARE.get(name.lower()) == SERVER)
    return tuple(name for name in servers if not standing.holds(name) and not standing.refuses(name))


def unmet_servers(spec: WorkloadSpec, standing: Standing, workload: Workload | None) -> Iterator[UnmetWish]:
    """Yield a conflict for each server that was asked for and does not serve."""
    if workload is None:
        return
    serving = engines_of(workload).union(helper.engine for helper in workload.helpers)
    for name in named_servers(spec, standing):
        if workload.kind is WorkloadKind.TRAINING:
            yield UnmetWish(
                field=FIELD,
                conflict=f"You asked for {_shown(name)}, which serves models, and this plan is of the run alone.",
                relaxations=(
                    Relaxation(fields=(FIELD,), description="Ask to serve the result, and that is planned with it."),
                ),
            )
        elif name.lower() not in serving:
            yield _instead(name, workload)


def _instead(name: str, workload: Workload) -> UnmetWish:
    ours, theirs = _ENGINES.get(workload.engine, f"a program around {workload.engine}"), _shown(name)
    served = workload.model_id or "this model"
    why, way = triton.why_not(workload) if name.lower() == triton.NAME else ("", "")
    own = (
        f"Bring {theirs} yourself, on the machines of this plan, and leave out the manifests of the server; speeds and "
        "memory are those of the server planned here."
    )
    return UnmetWish(
        field=FIELD,
        conflict=f"You asked for {theirs}; the manifests here serve {served} with {ours}, so {theirs} would have "
        f"nothing to do and is not installed{f': {why}' if why else ''}.",
        relaxations=(
            Relaxation(fields=(FIELD,), description=f"Serve it with {ours}, as this plan does."),
            Relaxation(fields=(FIELD,), description=way or own),
        ),
    )


def _shown(name: str) -> str:
    return _NAMES.get(name.lower(), name)
