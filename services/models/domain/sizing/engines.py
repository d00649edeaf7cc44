"""How far engines reach the limits of the hardware: a few constants each, the same for every model and GPU.

Calibrated on published single-stream and batch figures (docs/sizing.md names them and gives the errors on sources that
were left out). A kernel launch costs the host 5 to 10 microseconds and a layer runs 10 to 100 of them, which is why
eager engines are bound by the host, not by the GPU, up to about 15 billion parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from services.models.domain.sizing.precision import Precision
from services.models.domain.sizing.shapes import GpuShape


@dataclass(frozen=True, slots=True)
class Engine:
    """What an engine makes of a GPU.

    bandwidth, compute: share of the peak it reaches. stacked_bandwidth: the same on HBM. quantised_bandwidth: factor on
    it for weights below 16 bit. step_s: fixed time of a decoding step. layer_s: added per layer. host_layer_s: host
    time per layer that hides the GPU's work when it is longer, and its factor for bitsandbytes or grouped formats.
    reduce_s: one all-reduce between two GPUs, a tenth more for each further one. copies_cache: whether each step copies
    the whole KV cache.
    """

    name: str
    bandwidth: float
    stacked_bandwidth: float
    quantised_bandwidth: float
    compute: float
    quantised_compute: float
    step_s: float
    layer_s: float
    host_layer_s: float
    bnb_host: float
    group_host: float
    reduce_s: float
    copies_cache: bool
    half_accumulate: bool

    def bandwidth_share(self, precision: Precision, gpu: GpuShape) -> float:
        """Return the share of the memory bandwidth reached while decoding."""
        share = self.stacked_bandwidth if gpu.stacked_memory else self.bandwidth
        return share * (self.quantised_bandwidth if precision.quantised else 1.0)

    def host_s(self, precision: Precision) -> float:
        """Return the host's time per layer and step."""
        factor = self.bnb_host if precision.kind in ("bnb", "int8") else self.group_host if precision.quantised else 1.0
        return self.host_layer_s * factor

    def flops(self, precision: Precision, gpu: GpuShape) -> float | None:
        """Return reachable FLOPS for large products, or None when the GPU's peak is not known.

        Only fp8 and 4-bit float weights compute below 16 bit; integer and grouped formats are expanded first.
        """
        peak = gpu.tflops(precision.bits if precision.kind == "block" else 16)
        if peak is None:
            return None
        share = self.compute
        if self.half_accumulate:
            share *= (
                _APPLE
                if gpu.vendor.lower() == "apple"
                else (_BALANCE * (gpu.bandwidth_gbps or 1e3) / peak / 1e3) ** 0.2
            )
        if precision.quantised and precision.kind != "block":
            share *= self.quantised_compute
        if precision.kind == "block" and precision.bits < 8 and gpu.fp4_tflops:
            share *= 0.7
        if self.half_accumulate and gpu.vendor.lower() == "nvidia" and "GeForce" in gpu.name:
            share *= 2
        return peak * 1e12 * share


_APPLE: Final = 1.6
"""Apple GPUs have no tensor units: products come nearer to their lower peak."""
_BALANCE: Final = 200.0
"""Operations per byte up to which llama.cpp's kernels keep arithmetic units busy."""
_SERVING: Final = Engine("serving", 0.82, 0.82, 0.82, 0.55, 0.8, 1.5e-3, 50e-6, 0.0, 1, 1, 18e-6, False, False)
ENGINES: Final = {
    "serving": _SERVING,
    "compiled": Engine("compiled", 0.75, 0.72, 0.72, 0.5, 0.8, 0.3e-3, 6e-6, 0.0, 1, 1, 18e-6, False, False),
    "eager": Engine("eager", 0.68, 0.68, 0.75, 0.45, 0.6, 0.0, 0.0, 0.85e-3, 1.8, 1.2, 180e-6, True, False),
    "llama.cpp": Engine("llama.cpp", 0.88, 0.52, 0.80, 0.42, 0.78, 0.5e-3, 10e-6, 0.0, 1, 1, 0.0, False, True),
}
_WORDS: Final = {
    "serving": (
        "vllm",
        "sglang",
        "tensorrt",
        "text-generation-inference",
        "tgi",
        "lmdeploy",
        "triton",
        "fastgen",
        "ray serve",
    ),
    "llama.cpp": ("llama.cpp", "llama-cpp", "ollama", "gguf", "koboldcpp", "lm studio"),
    "compiled": ("gpt-fast", "exllama", "mlc", "torch.compile"),
    "eager": (
        "litgpt",
        "transformers",
        "hugging",
        "eager",
        "fastchat",
        "accelerate",
        "autogptq",
        "autoawq",
        "bitsandbytes",
    ),
}
"""Words of engines' names, looked for in this order."""


def engine_of(text: str) -> Engine:
    """Return the class of engine that the words mean; serving (vLLM, SGLang, TensorRT-LLM, TGI and the like) by
    default.
    """
    lower = text.lower()
    for name, words in _WORDS.items():
        if any(word in lower for word in words):
            return ENGINES[name]
    return _SERVING
