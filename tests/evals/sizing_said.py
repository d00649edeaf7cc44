"""Published figures asked as a client asks: what a row prints and nothing else, through the same door as a request."""

from __future__ import annotations

import re
from typing import Any

from services.models.domain.sizing import GIB, Case, GpuShape, Sized, Usage, find_precision, size
from services.models.domain.speed import speed
from tests.evals.sizing_catalogue import Catalogue
from tests.evals.sizing_memory import Verdict, machine

Row = dict[str, Any]
_METHODS = ("qlora", "lora", "freeze")


def usage_of(row: Row) -> Usage:
    """Return what the row says of the use: no rank or optimizer, and framework and recomputing only where its method
    names them.
    """
    precision = str(row["precision"] or "")
    precision = precision if find_precision(precision) else ""
    offloaded = bool(row["offload"])
    if row["kind"] != "training":
        offload = "parameters" if offloaded else ""
        engine = str(dict(row["config"] or {}).get("engine") or "")
        return Usage(
            precision=precision,
            context_tokens=row["context"],
            concurrency=row["batch"],
            offload=offload,
            engine=engine,
        )
    method = str(row["method"] or "full").lower()
    kind = next((name for name in _METHODS if name in method), "lora" if "adapter" in method else "full")
    stage, tensor = re.search(r"zero-?(\d)", method), re.search(r"tp(\d+)", method)
    precision = "pure_bf16" if "pure_bf16" in method else precision
    whole = "cpu-offload" in method or "offload_param" in method
    return Usage(
        workload="qlora" if method.startswith("qadapter") else kind,
        precision=precision,
        context_tokens=row["context"],
        batch_size=row["batch"],
        checkpointing=True if method.endswith("+gc") else None,
        tensor_parallel=int(tensor.group(1)) if tensor else None,
        trainable=dict(row["config"] or {}).get("trainable_params"),
        engine="deepspeed" if "deepspeed" in method else "",
        zero_stage=int(stage.group(1)) if stage else 3 if "fsdp" in method else 0 if "ddp" in method else None,
        offload="parameters" if whole else "optimizer" if "offload" in method else "",
    )


def answer(row: Row, catalogue: Catalogue, gpu: GpuShape | None = None, gpus: int = 0) -> Sized:
    """Return the answer on these GPUs, or on those of the row."""
    shape = catalogue.shape(str(row["model"]), parameters_b=row["params_b"], config=dict(row["config"] or {}))
    return size(Case(shape, usage_of(row), gpu, gpus or int(row["gpus"] or 1)))


def verdicts(row: Row, catalogue: Catalogue) -> list[Verdict]:
    """Return what the row says of machines that hold it or not, beside the answer's verdict."""
    found = []
    for key, truth in (("fits_on", True), ("does_not_fit_on", False)):
        for text in row.get(key) or []:
            count, gpu = machine(text, catalogue)
            sized = answer(row, catalogue, gpu, count)
            assert sized.capacity is not None
            need = (sized.capacity.usable_bytes - sized.capacity.headroom_bytes) / GIB
            found.append(Verdict(row["id"], text, truth, sized.capacity.fits, need))
    return found


def speed_of(row: Row, catalogue: Catalogue) -> float | None:
    """Return the row's metric from the answer to a client that says what the row prints; None for an unknown GPU."""
    gpu = catalogue.gpu(str(row["gpu_norm"])) or catalogue.gpu(str(row["gpu"]))
    if gpu is None:
        return None
    shape = catalogue.shape(str(row["model"]), parameters_b=row["params_b"], config=dict(row["config"] or {}))
    metric, gpus, training = str(row["metric"]), int(row["gpus"] or 1), "train" in str(row["metric"])
    precision = str(row["precision"] or "")
    usage = Usage(
        workload="full" if training else "inference",
        precision=precision if find_precision(precision) else "",
        context_tokens=row["input_len"] if training else None,
        concurrency=row["batch"] if "total" in metric else None,
        checkpointing=_checkpointing(row) if training else None,
        engine=str(row["engine"] or ""),
    )
    found = speed(
        Case(shape, usage, gpu, gpus),
        prompt_tokens=None if training else row["input_len"],
        output_tokens=None if training else row["output_len"],
        samples=None,
        tokens=None,
        epochs=1.0,
    )
    if training:
        return (found.tokens_per_s or 0.0) / (gpus if "per_gpu" in metric else 1)
    if "prefill" in metric:
        return found.prefill_tokens_per_s
    if "single" in metric:
        return found.tokens_per_s_per_request
    return found.tokens_per_s if row["batch"] else found.saturated_tokens_per_s


def _checkpointing(row: Row) -> bool | None:
    config = dict(row["config"] or {})
    stated = config.get("act_ckpt", config.get("activation_checkpointing"))
    return None if stated is None else str(stated) == "True"
