"""Look up model dimensions and GPUs by the names that published figures use."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from services.models.domain.sizing.shapes import GpuShape, ModelShape
from tests.models.sizing.records import shape_from_record

_NOISE = {"b", "hf", "chat", "instruct", "it", "base", "meta", "v", "preview", "ollama", "generic", "model", "m"}
_COLUMNS = {
    "layers",
    "hidden",
    "intermediate",
    "heads",
    "kv_heads",
    "head_dim",
    "v_head_dim",
    "vocab",
    "context",
    "attention",
    "kv_lora_rank",
    "qk_rope_head_dim",
    "kv_layers_full",
    "kv_layers_window",
    "window",
    "kv_heads_window",
    "head_dim_window",
    "experts",
    "experts_per_tok",
    "tied_embeddings",
    "arch_type",
}
_CONFIG = {
    "numHiddenLayers": "layers",
    "hiddenSize": "hidden",
    "numAttentionHeads": "heads",
    "numKeyValueHeads": "kv_heads",
    "headDim": "head_dim",
    "kvLoraRank": "kv_lora_rank",
    "qkRopeHeadDim": "qk_rope_head_dim",
    "layers": "layers",
    "hidden": "hidden",
    "heads": "heads",
}
_T5 = {"arch": "encoder-decoder", "encoder_layers": 24, "layers": 24, "head_dim": 64}
_GPT_J = {
    "layers": 28,
    "hidden": 4096,
    "intermediate": 16384,
    "heads": 16,
    "kv_heads": 16,
    "head_dim": 256,
    "vocab": 50400,
    "context": 2048,
}
"""GPT-J's dimensions, as its configuration states them."""
_BLOOM_7B = {"layers": 30, "hidden": 4096, "intermediate": 16384, "heads": 32, "kv_heads": 32, "vocab": 250880}
_T0_3B = {"hidden": 2048, "intermediate": 5120, "heads": 32, "vocab": 32128, **_T5}
_MT0_XXL = {"hidden": 4096, "intermediate": 10240, "heads": 64, "vocab": 250112, **_T5}
"""Dimensions of older models that the table lacks, as their configurations state them."""
_KINDS = (
    (r"bloomz?-7b1", {**_BLOOM_7B, "tied_embeddings": "True"}),
    (r"t0_3b", {**_T0_3B, "tied_embeddings": "False"}),
    (r"mt0-xxl", {**_MT0_XXL, "tied_embeddings": "False"}),
    (r"^gpt.?j", {**_GPT_J}),
    (r"bert", {"arch": "encoder"}),
    (r"\bt5|\bt0|mt0|flan", {**_T5}),
    (r"whisper", {"arch": "encoder-decoder"}),
    (r"resnet|efficientnet|convnext|yolo", {"arch": "cnn"}),
    (r"cogvideo|mochi|consisid|wan|hunyuan ?video", {"arch": "diffusion", "task": "text-to-video"}),
    (r"stable.?diffusion|sdxl|deepfloyd|flux|pixart|omnigen|kandinsky", {"arch": "diffusion", "task": "text-to-image"}),
)


def _words(name: str) -> list[str]:
    name = re.sub(r"^[\w.-]+/", "", name.lower())
    return [word for word in re.findall(r"[a-z]+|\d+(?:\.\d+)?", name) if word not in _NOISE]


class Catalogue:
    """Dimensions of known models (architectures.csv) and GPUs (gpu_specs.csv), by name."""

    def __init__(self, data: Path) -> None:
        with (data / "architectures.csv").open(encoding="utf-8") as file:
            self.records = list(csv.DictReader(file))
        with (data / "compute" / "gpu_specs.csv").open(encoding="utf-8") as file:
            self._gpus = [_gpu(row) for row in csv.DictReader(file)] + OTHER_GPUS
        self._index = [(_words(record["model"]), record) for record in self.records]

    def shape(self, name: str, *, parameters_b: float | None, config: dict[str, object]) -> ModelShape:
        """Return the shape of the model of this name: its own record, else dimensions stated in `config`, else
        parameters alone.
        """
        record = self._record(name, parameters_b)
        values: dict[str, object] = {key: value for key, value in (record or {}).items() if key in _COLUMNS}
        for pattern, kind in _KINDS:
            if record is None and re.search(pattern, name, re.IGNORECASE):
                values.update(kind)
                break
        values.update({target: config[key] for key, target in _CONFIG.items() if key in config})
        billions = parameters_b or float((record or {}).get("params_b") or 0)
        values["parameters"] = billions * 1e9 if billions else None
        active = config.get("active_params_b") or (record or {}).get("active_params_b")
        values["active_parameters"] = float(str(active)) * 1e9 if active else None
        return shape_from_record(values)

    def _record(self, name: str, parameters_b: float | None) -> dict[str, str] | None:
        wanted = _words(name)
        best, best_score = None, 0.55
        for words, record in self._index:
            if not wanted or words[0] != wanted[0]:
                continue
            known = float(record["params_b"]) if record["params_b"] else None
            if known and parameters_b and not 0.85 < known / parameters_b < 1.18:
                continue
            score = len(set(words) & set(wanted)) / len(set(words) | set(wanted)) + (
                0.2 if known and parameters_b else 0.0
            )
            score += words == wanted
            if score > best_score:
                best, best_score = record, score
        return best

    def gpu(self, name: str) -> GpuShape | None:
        """Return the GPU that the text names ("A100-40GB", "RTX 3090", "H100-PCIe-80GB"), or None."""
        best, best_score = None, 0.0
        memory = re.search(r"(\d+) ?GB", name)
        for gpu in self._gpus:
            size = f"{gpu.memory_gib:g}"
            words, own = _gpu_words(name, size), _gpu_words(gpu.name, size)
            if not {word for word in words if re.search(r"\d", word)} & own:
                continue
            close = 0.5 if memory and abs(float(memory.group(1)) - gpu.memory_gib) < 3 else 0.0
            default = 0.01 if "SXM" in gpu.name else 0.0
            score = len(words & own) / len(words | own) + close + default
            if score > best_score:
                best, best_score = gpu, score
        return best


def _gpu_words(name: str, memory: str) -> set[str]:
    """Return the words of a GPU's name but its memory; letters and digits that follow each other are one word too."""
    text = re.sub(rf"\b{memory} ?gb\b", "", name.lower())
    text = re.sub(r"\b(gaudi|tpu|trainium|inferentia) ?(v?\d)", r"\1\2", text)
    return set(re.findall(r"[a-z]+\d+[a-z]*|[a-z]+|\d+", text)) - {"gb", "geforce", "core", "gpu"}


def _gpu(row: dict[str, str]) -> GpuShape:
    def number(key: str) -> float | None:
        return float(row[key]) if row[key] else None

    return GpuShape(
        row["name"],
        float(row["memory_gib"]),
        number("memory_bandwidth_gbps"),
        number("fp16_dense_tflops"),
        number("fp8_dense_tflops"),
        number("fp4_dense_tflops"),
        number("interconnect_gbps"),
        row["vendor"].lower(),
        row["compute_capability"],
    )


OTHER_GPUS = [
    GpuShape(name, memory, bandwidth, tflops, vendor=vendor)
    for name, memory, bandwidth, tflops, vendor in (
        ("GeForce RTX 2080 Ti 11GB", 11, 616, 53.8, "nvidia"),
        ("GeForce RTX 3060 Ti 8GB", 8, 448, 32.4, "nvidia"),
        ("GeForce RTX 3070 Ti 8GB", 8, 608, 43.5, "nvidia"),
        ("GeForce RTX 3080 Ti 12GB", 12, 912, 68, "nvidia"),
        ("GeForce RTX 4060 8GB", 8, 272, 30, "nvidia"),
        ("GeForce RTX 4060 Ti 16GB", 16, 288, 44, "nvidia"),
        ("GeForce RTX 4070 12GB", 12, 504, 58, "nvidia"),
        ("GeForce RTX 4070 Ti 12GB", 12, 504, 80, "nvidia"),
        ("GeForce RTX 5070 Ti 16GB", 16, 896, 88, "nvidia"),
        ("Radeon RX 7900 XTX 24GB", 24, 960, 123, "amd"),
        ("Radeon RX 6900 XT 16GB", 16, 512, 46, "amd"),
        ("M1 GPU", 8, 68, 2.6, "apple"),
        ("M1 Pro GPU", 16, 200, 5.3, "apple"),
        ("M1 Max GPU", 64, 400, 10.4, "apple"),
        ("M1 Ultra GPU", 128, 800, 21, "apple"),
        ("M2 GPU", 8, 100, 3.6, "apple"),
        ("M2 Pro GPU", 16, 200, 6.8, "apple"),
        ("M2 Max GPU", 64, 400, 13.5, "apple"),
        ("M2 Ultra GPU", 192, 800, 27.2, "apple"),
        ("M3 GPU", 8, 100, 3.6, "apple"),
        ("M3 Pro GPU", 18, 150, 6.4, "apple"),
        ("M3 Max GPU", 64, 400, 14.2, "apple"),
        ("M3 Ultra GPU", 512, 819, 28.2, "apple"),
        ("M4 GPU", 16, 120, 4.3, "apple"),
        ("M4 Pro GPU", 24, 273, 9.2, "apple"),
        ("M4 Max GPU", 64, 546, 18.4, "apple"),
    )
]
"""GPUs of published benchmarks that the table lacks; figures of the makers."""
