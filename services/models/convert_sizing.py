"""Cases to size, from the wire: read and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from libs.errors import Violations
from services.models import convert, tables
from services.models.cases import Asked, Use
from services.models.domain.addresses import plain_id
from services.models.domain.filter_values import FilterValues, Stated
from services.models.domain.model import Architecture
from services.models.domain.shaping import BARE, KINDS, shape_of
from services.models.domain.sizing import GpuShape, ModelShape, Usage, find_precision
from services.models.domain.sizing.optimizers import OPTIMIZERS, find_optimizer
from stack8s.models.v1 import models_service_pb2, sizing_pb2

MAX_CASES: Final = 2_000
_MAX_GPUS: Final = 16_384
_WORKLOADS: Final[Mapping[int, str]] = {
    sizing_pb2.WORKLOAD_UNSPECIFIED: "inference",
    sizing_pb2.WORKLOAD_INFERENCE: "inference",
    sizing_pb2.WORKLOAD_TRAIN_FULL: "full",
    sizing_pb2.WORKLOAD_TRAIN_LORA: "lora",
    sizing_pb2.WORKLOAD_TRAIN_QLORA: "qlora",
    sizing_pb2.WORKLOAD_TRAIN_FREEZE: "freeze",
}
_OFFLOADS: Final[Mapping[int, str]] = {
    sizing_pb2.OFFLOAD_UNSPECIFIED: "",
    sizing_pb2.OFFLOAD_OPTIMIZER: "optimizer",
    sizing_pb2.OFFLOAD_PARAMETERS: "parameters",
}
_WHOLE: Final = frozenset(
    {
        "context_tokens", "concurrency", "prompt_tokens", "output_tokens", "batch_size", "image_size", "frames",
        "tensor_parallel", "images",
    }
)  # fmt: skip
_LEAST: Final = 0.001
"""Of a number that a sum divides by: smaller ones make it infinite, or no number."""
_MOST_RANK: Final = 2**16
"""Wider than any matrix of a model: an adapter has no higher rank."""
_GPU_NUMBERS: Final = (
    "memory_bandwidth_gbps",
    "fp16_tflops",
    "fp8_tflops",
    "fp4_tflops",
    "interconnect_gbps",
)


def asked_from_proto(cases: Sequence[models_service_pb2.SizingCase], *, need_gpu: bool) -> list[Asked]:
    """Return the cases of a request. Raises InvalidInputError naming every bad field."""
    bad = Violations()
    if not cases:
        bad.add("cases", "is empty; must have at least one")
    if len(cases) > MAX_CASES:
        bad.add("cases", f"has {len(cases)}; must have at most {MAX_CASES}")
    read = _Reader(bad, need_gpu=need_gpu)
    found = [read.case(c, f"cases[{i}]") for i, c in enumerate(cases[:MAX_CASES])]
    bad.raise_if_any()
    return found


@lru_cache(maxsize=1)
def _known() -> FilterValues:
    """Return what the task of a case may be: the tasks that records may state, as people write them."""
    return FilterValues(Stated(), tasks=tables.tasks(), licenses=tables.licenses())


class _Reader:
    """Reads the cases of one request; parts that cases share (a GPU, a use, dimensions) are read once."""

    def __init__(self, bad: Violations, *, need_gpu: bool) -> None:
        self._bad, self._need_gpu = bad, need_gpu
        self._gpus: dict[bytes, GpuShape] = {}
        self._uses: dict[bytes, Use] = {}
        self._tasks: dict[str, str] = {}
        self._dimensions: dict[bytes, Architecture] = {b"": BARE}
        self._shapes: dict[tuple[object, ...], ModelShape] = {}

    def case(self, case: models_service_pb2.SizingCase, at: str) -> Asked:
        """Return one case; what is wrong with it is noted under `at`."""
        bad = self._bad
        model_id, task = case.model_id, self._task(case.task, at)
        if model_id:
            convert.check_text(model_id, f"{at}.model_id", bad, limit=400)
            model_id = plain_id(model_id)
        architecture = self._architecture(case, at)
        parameters = case.parameters if case.HasField("parameters") else None
        if not model_id and parameters is None and architecture is BARE:
            bad.add(f"{at}.model_id", "is empty; name a model, or give parameters or an architecture")
        active = case.active_parameters if case.HasField("active_parameters") else None
        if parameters is not None and not 0 < parameters < 10**15:
            bad.add(f"{at}.parameters", f"is {parameters}; must be 1 to 10^15")
        if active is not None and not 0 < active <= (parameters or 10**15):
            bad.add(f"{at}.active_parameters", f"is {active}; must be 1 to the parameters")
        gpus = case.gpu_count
        if not 0 <= gpus <= _MAX_GPUS:
            bad.add(f"{at}.gpu_count", f"is {gpus}; must be 0 (meaning as many as needed) to {_MAX_GPUS}")
        stated = None
        if parameters is not None or architecture is not BARE:
            key = (id(architecture), parameters, active, task, model_id)
            stated = self._shapes.get(key)
            if stated is None:
                stated = self._shapes[key] = shape_of(
                    architecture=architecture, parameters=parameters, active=active, task=task, name=model_id
                )
        return Asked(model_id, stated, task, self._use(case, at), self._gpu(case, at), gpus)

    def _task(self, text: str, at: str) -> str:
        """Return the pipeline tag that a text means; none where nothing is said."""
        if not text.strip():
            return ""
        found = self._tasks.get(text)
        if found is None:
            found = self._tasks[text] = _known().task(text, f"{at}.task", self._bad)
        return found

    def _architecture(self, case: models_service_pb2.SizingCase, at: str) -> Architecture:
        key = case.architecture.SerializeToString() if case.HasField("architecture") else b""
        known = self._dimensions.get(key)
        if known is not None:
            return known
        said = {field.name: value for field, value in case.architecture.ListFields()}
        for name, value in said.items():
            if isinstance(value, int) and not 0 <= value <= 10**9:
                self._bad.add(f"{at}.architecture.{name}", f"is {value}; must be 0 to 10^9")
        heads, kv_heads = said.get("heads", 0), said.get("kv_heads", 0)
        if kv_heads > heads > 0:
            self._bad.add(f"{at}.architecture.kv_heads", f"is {kv_heads}; must be at most the heads, {heads}")
        if (kind := said.get("kind", "")) and kind not in KINDS:
            self._bad.add(f"{at}.architecture.kind", f"is {kind[:60]!r}; must be one of {', '.join(sorted(KINDS))}")
        found = Architecture(**said)
        if not self._bad.found:
            self._dimensions[key] = found
        return found

    def _use(self, case: models_service_pb2.SizingCase, at: str) -> Use:
        key = case.usage.SerializeToString() if case.HasField("usage") else b""
        known = self._uses.get(key)
        if known is not None:
            return known
        said = {field.name: value for field, value in case.usage.ListFields()}
        _check_usage(said, f"{at}.usage", self._bad)
        found = Use(
            usage=Usage(
                workload=_WORKLOADS.get(said.get("workload", 0), "inference"),
                precision=said.get("precision", ""),
                kv_precision=said.get("kv_precision", ""),
                context_tokens=said.get("context_tokens"),
                concurrency=said.get("concurrency"),
                batch_size=said.get("batch_size"),
                optimizer=said.get("optimizer", ""),
                zero_stage=said.get("zero_stage"),
                checkpointing=said.get("activation_checkpointing"),
                lora_rank=said.get("lora_rank"),
                image_size=said.get("image_size"),
                frames=said.get("frames"),
                engine=said.get("engine", ""),
                offload=_OFFLOADS.get(said.get("offload", 0), ""),
                tensor_parallel=said.get("tensor_parallel"),
                trainable=said.get("trainable_parameters"),
                images=said.get("images"),
                audio_seconds=said.get("audio_seconds"),
            ),
            prompt_tokens=said.get("prompt_tokens"),
            output_tokens=said.get("output_tokens"),
            samples=said.get("samples"),
            tokens=said.get("tokens"),
            epochs=said.get("epochs"),
        )
        if not self._bad.found:
            self._uses[key] = found
        return found

    def _gpu(self, case: models_service_pb2.SizingCase, at: str) -> GpuShape | None:
        bad = self._bad
        if not case.HasField("gpu"):
            if self._need_gpu:
                bad.add(f"{at}.gpu", "is not set; speed is estimated for a GPU")
            return None
        if self._need_gpu and case.gpu_count == 0:
            bad.add(f"{at}.gpu_count", "is 0; speed is estimated for a stated number of GPUs, 1 or more")
        wire = case.gpu
        key = wire.SerializeToString()
        known = self._gpus.get(key)
        if known is not None:
            return known
        said = {field.name: value for field, value in wire.ListFields()}
        memory = said.get("memory_gib", 0.0)
        if not _LEAST <= memory <= 1e6:
            bad.add(f"{at}.gpu.memory_gib", f"is {memory:g}; must be {_LEAST:g} to 10^6, in GiB")
        for name in _GPU_NUMBERS:
            if not _LEAST <= said.get(name, 1.0) <= 1e9:
                bad.add(f"{at}.gpu.{name}", f"is {said[name]:g}; must be {_LEAST:g} to 10^9, or unset where unknown")
        gpu = GpuShape(
            name=wire.gpu_type,
            memory_gib=memory,
            bandwidth_gbps=said.get("memory_bandwidth_gbps"),
            fp16_tflops=said.get("fp16_tflops"),
            fp8_tflops=said.get("fp8_tflops"),
            fp4_tflops=said.get("fp4_tflops"),
            interconnect_gbps=said.get("interconnect_gbps"),
            vendor=wire.vendor,
            compute_capability=wire.compute_capability,
        )
        if not bad.found:
            self._gpus[key] = gpu
        return gpu


def _check_usage(said: Mapping[str, Any], at: str, bad: Violations) -> None:
    """Note what is wrong with the fields of a usage that are set."""
    if said.get("workload", 0) not in _WORKLOADS:
        bad.add(f"{at}.workload", f"is {said['workload']}; must be a named Workload")
    for name in ("precision", "kv_precision"):
        if name in said and find_precision(said[name]) is None:
            bad.add(f"{at}.{name}", f"is {said[name][:60]!r}; must be one such as bf16, fp8, int4 or Q4_K_M")
    convert.check_text(said.get("engine", ""), f"{at}.engine", bad, limit=100)
    if "optimizer" in said and find_optimizer(said["optimizer"]) is None:
        known = ", ".join(sorted(OPTIMIZERS))
        bad.add(f"{at}.optimizer", f"is {said['optimizer'][:60]!r}; must be one of {known}")
    for name in said.keys() & _WHOLE:
        if not 1 <= said[name] <= 2**30:
            bad.add(f"{at}.{name}", f"is {said[name]}; must be 1 to {2**30}")
    if not 1 <= said.get("lora_rank", 1) <= _MOST_RANK:
        bad.add(f"{at}.lora_rank", f"is {said['lora_rank']}; must be 1 to {_MOST_RANK}")
    if said.get("offload", 0) not in _OFFLOADS:
        bad.add(f"{at}.offload", f"is {said['offload']}; must be a named Offload")
    for name in said.keys() & {"samples", "tokens", "trainable_parameters"}:
        if said[name] < 1:
            bad.add(f"{at}.{name}", f"is {said[name]}; must be 1 or more")
    if not _LEAST <= said.get("audio_seconds", 1.0) <= 1e6:
        bad.add(f"{at}.audio_seconds", f"is {said['audio_seconds']:g}; must be {_LEAST:g} to 10^6")
    if not _LEAST <= said.get("epochs", 1.0) <= 1e6:
        bad.add(f"{at}.epochs", f"is {said['epochs']:g}; must be {_LEAST:g} to 10^6")
    if "zero_stage" in said and not 0 <= said["zero_stage"] <= 3:
        bad.add(f"{at}.zero_stage", f"is {said['zero_stage']}; must be 0 to 3")
