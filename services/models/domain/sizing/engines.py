"""How far engines reach the limits of the hardware: a few constants each, the same for every model and GPU.

Calibrated on published single-stream and batch figures (docs/sizing-measured.md names them and gives the errors on
sources that were left out). A kernel launch costs the host 5 to 10 microseconds and a layer runs 10 to 100 of them,
which is why eager engines are bound by the host, not by the GPU, up to about 15 billion parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from services.models.domain.sizing.precision import Precision
from services.models.domain.sizing.shapes import GpuShape


@dataclass(frozen=True, slots=True)
class Engine:
    """What an engine makes of a GPU.

    bandwidth, compute: share of the peak it reaches. stacked_bandwidth: the same on HBM. quantised_bandwidth: factor
    on it for weights below 16 bit. step_s: fixed time of a decoding step. layer_s: added per layer; metal_layer_s:
    the least where Metal launches it. host_layer_s: host time per layer that hides the GPU's work when it is longer,
    and its factor for bitsandbytes or grouped formats. reduce_s: one all-reduce between two GPUs, a tenth more for
    each further one. copies_cache: whether each step copies the whole KV cache. half_accumulate: whether products add
    up at 16 bit, which GeForce parts do twice as fast. overlaps_stages: whether pipeline stages work on different
    requests at once. whole_prompts: whether the prompts of a batch pass through at once, rather than in chunks.
    by_layers: whether GPUs share the layers out, not each layer. request_s: what a server takes for each request
    beside. sequence_s: host time for each sequence of a step, which hides the GPU's work when it is longer. ampere:
    factor on the bandwidth that quantised weights reach on Ampere parts. max_batch: sequences decoded at once at most,
    by default (max_num_seqs of vLLM; large-batch settings of TensorRT-LLM).
    """

    name: str
    bandwidth: float
    stacked_bandwidth: float
    quantised_bandwidth: float
    compute: float
    quantised_compute: float
    step_s: float = 0.0
    layer_s: float = 0.0
    metal_layer_s: float = 0.15e-3
    reduce_s: float = 0.0
    host_layer_s: float = 0.0
    bnb_host: float = 1.0
    group_host: float = 1.0
    copies_cache: bool = False
    half_accumulate: bool = False
    overlaps_stages: bool = False
    whole_prompts: bool = False
    by_layers: bool = False
    request_s: float = 0.0
    sequence_s: float = 0.0
    ampere: float = 1.0
    max_batch: int = 1024

    def bandwidth_share(self, precision: Precision, gpu: GpuShape) -> float:
        """Return the share of the memory bandwidth reached while decoding."""
        return self._wide_share(gpu) * (self._quantised_share(gpu) if precision.quantised else 1.0)

    def cache_share(self, gpu: GpuShape) -> float:
        """Return the same of reading the cache, whose format is not that of the weights."""
        return self._wide_share(gpu)

    def _wide_share(self, gpu: GpuShape) -> float:
        return self.stacked_bandwidth if gpu.stacked_memory else self.bandwidth

    def _quantised_share(self, gpu: GpuShape) -> float:
        if is_apple(gpu):
            return max(self.quantised_bandwidth, _METAL_QUANTISED)
        return self.quantised_bandwidth * (self.ampere if _is_ampere(gpu) else 1.0)

    def layer_time(self, gpu: GpuShape) -> float:
        """Return the fixed seconds of each layer of a decoding step."""
        return max(self.layer_s, self.metal_layer_s) if is_apple(gpu) else self.layer_s

    def host_s(self, precision: Precision, gpu: GpuShape) -> float:
        """Return the host's time per layer and step."""
        factor = self.bnb_host if precision.kind in ("bnb", "int8") else self.group_host if precision.quantised else 1.0
        return self.host_layer_s * factor * (_DESKTOP_HOST if gpu.for_games else 1.0)

    def flops(self, precision: Precision, gpu: GpuShape) -> float:
        """Return reachable FLOPS for large products on a GPU whose peak is known.

        Only fp8 and 4-bit float weights compute below 16 bit; integer and grouped formats are expanded first.
        """
        peak, share = peak_tflops(precision, gpu), self.compute
        if self.half_accumulate:
            share *= _APPLE if is_apple(gpu) else (_BALANCE * (gpu.bandwidth_gbps or 1e3) / peak / 1e3) ** 0.2
        elif self.overlaps_stages:
            balance = (gpu.fp16_tflops or 0.0) * 1e3 / (gpu.bandwidth_gbps or 1e3)
            share *= min((_SERVED_BALANCE / balance) ** _SERVED_POWER, _SERVED_MOST) if balance else 1.0
        if gpu.vendor.lower() == "amd" and not self.half_accumulate and gpu.compute_capability != _CDNA_4:
            share *= _AMD
        if precision.quantised and precision.kind != "block":
            share *= self.quantised_compute
        if precision.kind == "block" and precision.bits < 8 and gpu.fp4_tflops:
            share *= 0.7
        if self.half_accumulate and gpu.for_games:
            share *= 2
        return peak * 1e12 * share


_DESKTOP_HOST: Final = 0.65
"""Time of a host that GeForce parts sit in, over that of a server's: set on speeds of eager engines on RTX 4090 (the
starred rows of docs/sizing-measured.md). AutoAWQ's README, of a Ryzen 9 7950X, names the clock of a single core as what
matters.
"""
_METAL_QUANTISED: Final = 0.9
"""The share of its bandwidth that quantised weights keep on Apple's parts: the same models at 16 and 4 bit on M1 Max to
M3 Ultra differ by nine tenths of the bandwidth and the 4 to 6 ms a token that launching their layers takes. Where those
speeds were published was not noted; what the constants do to 27 speeds that were not used is in
docs/sizing-measured.md.
"""
_APPLE: Final = 1.6
"""Apple GPUs have no tensor units: products come nearer to their lower peak."""
_AMD: Final = 0.62
"""Share of their peak that large products reach on MI300X, over that of H100: 620 of 1,307 TFLOPS against 720 of 989
at 16 bit (0.65), 990 of 2,615 against 1,280 of 1,979 at 8 (0.59): measured by SemiAnalysis (MI300X vs H100 vs H200,
December 2024), as two reviews of it print them; the article itself was not read.
"""
_CDNA_4: Final = "gfx950"
"""Of MI350X and MI355X, which the above does not hold for: six submitters to MLPerf Inference 6.0 serve 93,000 to
100,000 tokens of Llama 2 70B a second on eight MI355X, as B200 does.
"""
_BALANCE: Final = 200.0
"""Operations per byte up to which llama.cpp's kernels keep arithmetic units busy."""
_SERVED_BALANCE: Final = 295.0
_SERVED_POWER: Final = 0.25
_SERVED_MOST: Final = 1.27
"""Operations at 16 bit per byte of H100, for which the share of large products that servers reach is stated, the power
by which it falls as arithmetic outgrows bandwidth, as in training, and how far it rises: 0.63 on A100 (LMDeploy's time
to the first of 2,048 tokens).
"""
SERVING: Final = Engine(
    name="serving",
    bandwidth=0.82,
    stacked_bandwidth=0.82,
    quantised_bandwidth=0.82,
    compute=0.55,
    quantised_compute=0.8,
    step_s=0.8e-3,
    layer_s=30e-6,
    reduce_s=18e-6,
    overlaps_stages=True,
    request_s=10e-3,
)
"""request_s: taking a request in, scheduling it and sending a first token off: ours without it is too fast by 5 to 45
ms for short prompts of LMDeploy, SGLang, vLLM and TensorRT-LLM (docs/sizing-measured.md, the collections of speeds).
"""
SGLANG: Final = replace(SERVING, name="sglang", sequence_s=65e-6)
"""sequence_s: engines that schedule in Python write no more than 11,500 to 16,500 tokens a second, however small the
model: 0.5B under SGLang on A100 (AccelMark), 0.6B under vLLM 0.19 on H100 (ovg-project/kvcached), 8B at 8 bit under
vLLM 0.30 on H100.
"""
VLLM: Final = replace(SGLANG, name="vllm", step_s=1.25e-3, layer_s=42e-6, max_batch=256)
VLLM_V0: Final = replace(VLLM, step_s=1.5e-3, layer_s=50e-6)
VLLM_V1: Final = replace(SGLANG, name="vllm", max_batch=256)
"""Before release 0.8 and since, when the engine that is its default schedules apart from its API server: between them
where no release is named.
"""
COMPILED: Final = Engine(
    name="compiled",
    bandwidth=0.75,
    stacked_bandwidth=0.72,
    quantised_bandwidth=0.72,
    compute=0.5,
    quantised_compute=0.8,
    step_s=0.3e-3,
    layer_s=6e-6,
    reduce_s=18e-6,
)
EAGER: Final = Engine(
    name="eager",
    bandwidth=0.85,
    stacked_bandwidth=0.68,
    quantised_bandwidth=0.75,
    compute=0.45,
    quantised_compute=0.6,
    reduce_s=180e-6,
    host_layer_s=0.85e-3,
    bnb_host=1.8,
    group_host=1.2,
    copies_cache=True,
    whole_prompts=True,
    by_layers=True,
)
LLAMA_CPP: Final = Engine(
    name="llama.cpp",
    bandwidth=0.9,
    stacked_bandwidth=0.57,
    quantised_bandwidth=0.95,
    compute=0.445,
    quantised_compute=0.78,
    step_s=0.5e-3,
    layer_s=60e-6,
    half_accumulate=True,
    by_layers=True,
)
EXLLAMA: Final = replace(COMPILED, name="exllama", bandwidth=0.85, quantised_bandwidth=1.0, layer_s=25e-6)
"""Kernels written for single tokens of quantised weights: ExLlamaV2's README and MLC's llm-perf-bench agree."""
EXLLAMA3: Final = replace(EXLLAMA, name="exllamav3", ampere=0.5)
"""Its README says that its kernels, bound by memory on RTX 4090, are not on Ampere: half the speed on two rigs of RTX
3090 (docs/sizing-measured.md).
"""
MLX: Final = replace(LLAMA_CPP, name="mlx", compute=0.52, quantised_compute=0.92, metal_layer_s=60e-6)
"""mlx-lm's benchmarks on M4 Max."""


def peak_tflops(precision: Precision, gpu: GpuShape) -> float:
    """Return the dense peak at the width that products of such weights are computed at."""
    return gpu.tflops(precision.bits if precision.kind == "block" else 16) or 0.0


def is_apple(gpu: GpuShape) -> bool:
    """Return whether the GPU is a part of Apple's processors."""
    return gpu.vendor.lower() == "apple"


def _is_ampere(gpu: GpuShape) -> bool:
    return gpu.compute_capability in ("8.0", "8.6", "8.7")
