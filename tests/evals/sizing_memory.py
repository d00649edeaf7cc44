"""Turn a published memory figure into the inputs of an estimate, and estimate the very quantity that it counts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from services.models.domain.sizing import activations, capacity, weights
from services.models.domain.sizing.architecture import complete
from services.models.domain.sizing.demand import BATCHES, BATCHES_IN_PLACE, CHUNKS, RUNTIME_BYTES
from services.models.domain.sizing.diffusion import ImageJob, estimate_diffusion
from services.models.domain.sizing.diffusion_training import GeneratorRun, estimate_diffusion_training
from services.models.domain.sizing.estimates import MemoryEstimate
from services.models.domain.sizing.frameworks import framework_of
from services.models.domain.sizing.inference import estimate_inference
from services.models.domain.sizing.parallelism import Split, choose_split
from services.models.domain.sizing.precision import find_precision
from services.models.domain.sizing.shapes import GpuShape, ModelShape
from services.models.domain.sizing.terms import GIB
from services.models.domain.sizing.training import estimate_training
from services.models.domain.sizing.training_plan import TrainingPlan
from tests.evals.sizing_catalogue import Catalogue

Row = dict[str, Any]
_STORED = re.compile(r"weights only|checkpoint|download|total size|weights on|allocated \(weights\)", re.IGNORECASE)
_ALLOCATOR = re.compile(
    r"allocated|max GPU RAM|max memory used|^max$|per_gpu max|peak per gpu|^inference$|^training$", re.IGNORECASE
)


@dataclass(frozen=True)
class Verdict:
    """Whether a stated machine holds the job: what the source says and what we say."""

    row: str
    machine: str
    truth: bool
    ours: bool
    need_gib: float


def stated_bytes(row: Row) -> tuple[float, float]:
    """Return the stated figure in bytes under both readings of its unit (equal where the unit is sure)."""
    value, unit = float(row["stated_gb"]), str(row["unit"])
    if unit.startswith(("GiB/", "MiB")) or "MB/1000" in unit:
        return value * 1000 * 2**20, value * 1000 * 2**20
    if unit.startswith("GiB"):
        return value * GIB, value * GIB
    return value * 1e9, value * GIB


def precision_of_row(row: Row) -> str:
    if "fp32 weights file" in str(row["precision"]):
        return "mixed"  # both are on the GPU while 32-bit weights are loaded and converted to 16 bit
    found = find_precision(str(row["precision"] or ""))
    return found.name if found else ""


def estimated_bytes(row: Row, catalogue: Catalogue) -> float | None:
    """Return our figure for what the row counts; None where it is about no particular model."""
    scope, config = str(row.get("scope") or ""), dict(row["config"] or {})
    if "QK^T" in scope:
        return 2.0 * int(config["heads"]) * float(row["context"]) ** 2
    if "activations" in str(row["method"] or ""):
        shape = ModelShape(parameters=8e9)
        split, whole, logits = activations.forward_coefficients(complete(shape))
        return RUNTIME_BYTES + 8192 * (split + whole) + 256 * logits
    shape = catalogue.shape(str(row["model"]), parameters_b=row["params_b"], config=config)
    if _STORED.search(scope) and row["kind"] == "inference":
        gpus = int(row["gpus"] or 1)
        precision = find_precision(str(row["precision"] or "bf16")) or find_precision("bf16")
        assert precision is not None
        return weights.weight_bytes(complete(shape), precision) / (gpus if row["per_gpu"] else 1)
    estimate = memory_estimate(row, shape)
    if row["kind"] == "training" and re.search(r"model states|params\+grads|weights\+grads", scope):
        names = ("weights", "gradients", "optimizer") + (() if "model states" in scope else ("gathered",))
        return sum(estimate.term(name) for name in names) / len(estimate.shares)
    if "optimizer states" in scope:
        return estimate.term("optimizer") / len(estimate.shares)
    return estimate.per_gpu_bytes if row["per_gpu"] else _counted(row, estimate)


def _counted(row: Row, estimate: MemoryEstimate) -> float:
    scope = str(row.get("scope") or "")
    return estimate.per_gpu_bytes if "per_" in scope or int(row["gpus"] or 1) == 1 else estimate.total_bytes


def memory_estimate(row: Row, shape: ModelShape, *, gpus: int | None = None) -> MemoryEstimate:
    """Return the estimate for a row's model, method and settings, on its GPUs or on others."""
    scope = str(row.get("scope") or "")
    runtime = 0.0 if _ALLOCATOR.search(scope) else RUNTIME_BYTES
    count = gpus or int(row["gpus"] or 1)
    if row["kind"] == "training":
        return _training(row, shape, count, runtime)
    return _inference(row, shape, count, runtime)


def _inference(row: Row, shape: ModelShape, gpus: int, runtime: float) -> MemoryEstimate:
    precision, method = precision_of_row(row), str(row["method"] or "")
    if shape.arch == "diffusion":
        job = ImageJob(offload=bool(row["offload"]), tiled="tiling" in method or "optimised" in method or None)
        return estimate_diffusion(shape, precision=precision, job=job)
    config = dict(row["config"] or {})
    batch = int(row["batch"] or 1)
    context = row["context"] or row.get("context_tokens") or (512 if batch == 1 else 2048)
    litgpt = "litgpt" in row["source"].lower()
    eager = litgpt or config.get("engine") in ("transformers", "eager", "hf")
    layered = "sequential" in method or (eager and "tp" not in method) or "pp" in method
    model = complete(shape)
    split = Split(1, gpus) if layered else choose_split(model, gpus) or Split(1, gpus)
    return estimate_inference(
        shape,
        precision=precision,
        context_tokens=int(context),
        concurrency=batch,
        split=split,
        passes=BATCHES_IN_PLACE if litgpt else BATCHES if eager else CHUNKS,
        runtime_bytes=runtime,
    )


def _training(row: Row, shape: ModelShape, gpus: int, runtime: float) -> MemoryEstimate:
    method, config = str(row["method"] or "full").lower(), dict(row["config"] or {})
    text, precision = str(row["precision"] or "").lower(), precision_of_row(row)
    kind = next((name for name in ("qlora", "lora", "freeze", "adapter") if name in method), "full")
    if "qadapter" in method or "dora" in method:
        kind = "qlora"
    if "amp" in method and precision == "fp32":
        precision = "mixed"
    checkpointing = (
        True if re.search(r"\bgc\b|\+gc", method) else config.get("activation_checkpointing", config.get("act_ckpt"))
    )
    framework = framework_of("deepspeed" if "zero" in method or "deepspeed" in method else row["source"])
    if shape.arch == "diffusion":
        again = None if checkpointing is None else str(checkpointing) == "True"
        return estimate_diffusion_training(shape, GeneratorRun(kind, precision, checkpointing=again))
    stage = re.search(r"zero-?(\d)", method)
    zero = (
        int(stage.group(1))
        if stage
        else 3
        if "fsdp" in method or ("megatron" in method and not re.search(r"tp\d", method))
        else 0
        if "ddp" in method or "no zero" in method
        else None
    )
    tensor = re.search(r"tp(\d+)", method)
    offload = "cpu-offload" in method
    mixed = True if "mixed" in text and precision != "mixed" else None
    if re.search(r"-true|pure", text + method) or "4x weights" in method:
        mixed = False
    plan = TrainingPlan(
        method=kind,
        precision=precision,
        mixed=mixed,
        zero_stage=zero,
        fsdp="fsdp" in method or "megatron" in method,
        gpus=gpus,
        tensor_parallel=int(tensor.group(1)) if tensor else 1,
        batch_size=row["batch"],
        sequence=row["context"],
        checkpointing=None if checkpointing is None else str(checkpointing) == "True",
        offload_optimizer=offload or "offload_optimizer" in method,
        offload_parameters=offload or "offload_param" in method,
        trainable=config.get("trainable_params"),
        gradient_bytes=4.0 if "megatron" in method else None,
        framework=framework,
        runtime_bytes=runtime,
    )
    return estimate_training(shape, plan)


def machine(text: str, catalogue: Catalogue) -> tuple[int, GpuShape]:
    """Return (GPUs, GPU) of a machine written like "4xRTX4090-24GB" or "1x40GB"."""
    match = re.match(r"(\d+)\s*x\s*(.*)", text)
    count, name = (int(match.group(1)), match.group(2)) if match else (1, text)
    memory = re.search(r"(\d+)\s*GB", name)
    known = catalogue.gpu(name)
    size = float(memory.group(1)) if memory else known.memory_gib if known else 24.0
    return count, GpuShape(name, size)


def verdicts(row: Row, catalogue: Catalogue) -> list[Verdict]:
    """Return what the row says of machines that hold it or not, beside our verdict on the whole need, runtime
    included.
    """
    shape = catalogue.shape(str(row["model"]), parameters_b=row["params_b"], config=dict(row["config"] or {}))
    found = []
    for key, truth in (("fits_on", True), ("does_not_fit_on", False)):
        for text in row.get(key) or []:
            count, gpu = machine(text, catalogue)
            estimate = memory_estimate({**row, "scope": "whole"}, shape, gpus=count)
            ours = estimate.per_gpu_bytes <= capacity.usable_bytes(gpu, training=row["kind"] == "training")
            found.append(Verdict(row["id"], text, truth, ours, estimate.per_gpu_bytes / GIB))
    return found
