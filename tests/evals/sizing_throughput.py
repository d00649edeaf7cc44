"""Turn a published speed into the inputs of an estimate of the same metric."""

from __future__ import annotations

import re
from typing import Any

from services.models.domain.sizing.architecture import complete
from services.models.domain.sizing.benchmarks import Benchmark, benchmark_of
from services.models.domain.sizing.demand import demand
from services.models.domain.sizing.engine_names import engine_of
from services.models.domain.sizing.parallelism import Split, choose_split
from services.models.domain.sizing.performance import estimate_performance
from services.models.domain.sizing.precision import find_precision
from services.models.domain.sizing.roofline import Roofline
from services.models.domain.sizing.shapes import GpuShape
from services.models.domain.sizing.training_time import estimate_training_time
from tests.evals.sizing_catalogue import Catalogue

Row = dict[str, Any]


def lengths(row: Row) -> tuple[int | None, int | None]:
    """Return prompt and answer tokens: the row's, else those of the benchmark's data set, else what the note says."""
    prompt, output = row["input_len"], row["output_len"]
    bench = _benchmark(row)
    if bench:
        prompt, output = prompt or bench.prompt_tokens, output or bench.output_tokens
    said = re.search(r"(\d+(?:\.\d+)?) tokens(?:/sample)?", str(row.get("note") or ""))
    if said and row["output_len"] is None and "output" in str(row.get("note")):
        output = int(float(said.group(1)))
    return prompt, output


def estimated_speed(row: Row, catalogue: Catalogue) -> float | None:
    """Return our figure in the row's metric; None for a GPU or metric that is not known."""
    gpu = catalogue.gpu(str(row["gpu_norm"])) or catalogue.gpu(str(row["gpu"]))
    if gpu is None:
        return None
    config, metric, engine = dict(row["config"] or {}), str(row["metric"]), str(row["engine"] or "")
    shape = catalogue.shape(str(row["model"]), parameters_b=row["params_b"], config=config)
    found = find_precision(str(row["precision"] or "bf16"))
    precision = found.name if found else "bf16"
    gpus = int(row["gpus"] or 1)
    prompt, output = lengths(row)
    if "train" in metric:
        return _training(row, gpu, catalogue)
    model = complete(shape)
    layered = engine_of(engine).name == "llama.cpp" or "sequential" in engine
    layered = layered or (engine_of(engine).name == "eager" and "tp" not in engine)
    split = Split(1, gpus) if layered else choose_split(model, gpus) or Split(1, gpus)
    if metric == "prefill_tokens_per_s":
        roof = Roofline(demand(model, precision=precision, kv_precision="bf16"), gpu, engine_of(engine), split)
        return (prompt or 512) / roof.prefill_s(prompt or 512)
    single = "single" in metric or (row["batch"] == 1 and "total" not in metric)
    batch = 1 if single else row["batch"]
    small = "fp8" if precision in ("fp8", "nvfp4") else "bf16"
    estimate = estimate_performance(
        shape,
        gpu,
        precision=precision,
        kv_precision=small,
        prompt_tokens=prompt if prompt else 64 if single else None,
        output_tokens=output * _beams(row) if output else None,
        concurrency=batch,
        gpus=gpus,
        engine=engine,
        split=split if layered or batch is not None else None,
    )
    if "prefill" in metric:
        return estimate.prefill_tokens_per_s
    if "first_token" in metric or "ttft" in metric:
        return estimate.time_to_first_token_s * (1000 if metric.endswith("_ms") else 1)
    if "requests_per_s" in metric:
        return estimate.total_tokens_per_s / estimate.output_tokens
    speed = estimate.decode_tokens_per_s if single else estimate.total_tokens_per_s
    if "total" in metric and "output" not in metric and "decode" not in metric:
        speed *= 1 + estimate.prompt_tokens / estimate.output_tokens
    speed /= _beams(row)
    return speed / gpus if "per_gpu" in metric else speed


def _benchmark(row: Row) -> Benchmark | None:
    return benchmark_of(f"{row['engine']} {row['source']}", float(row["params_b"] or 0) * 1e9)


def _beams(row: Row) -> int:
    bench = _benchmark(row)
    return bench.beams if bench else 1


def _training(row: Row, gpu: GpuShape, catalogue: Catalogue) -> float | None:
    config = dict(row["config"] or {})
    shape = catalogue.shape(str(row["model"]), parameters_b=row["params_b"], config=config)
    stated = config.get("act_ckpt", config.get("activation_checkpointing"))
    text = f"{row['engine']} {config.get('method', '')} {row['precision']}".lower()
    method = "qlora" if "qlora" in text or "nf4" in text else "lora" if "lora" in text else "full"
    estimate = estimate_training_time(
        shape,
        gpu,
        gpus=int(row["gpus"] or 1),
        method=method,
        tokens=1e9,
        sequence=row["input_len"],
        bits=8 if "fp8" in str(row["precision"]).lower() else 16,
        checkpointing=None if stated is None else str(stated) == "True",
    )
    return estimate.tokens_per_s_per_gpu if "per_gpu" in row["metric"] else estimate.tokens_per_s
