"""Speed of serving by roofline: a step takes as long as its bytes need from memory or its products from the arithmetic
units.

Williams et al., doi:10.1145/1498765.1498785; for transformers Pope et al., arXiv:2211.05102: prefill is bound by
arithmetic (2 operations per active parameter and token, and 4 x width x context per layer for attention), decoding by
memory (all weights once a step, shared by the batch; the KV cache of every sequence).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

from services.models.domain.sizing.capacity import usable_bytes
from services.models.domain.sizing.demand import PREFILL_CHUNK, Demand, Load, need_line
from services.models.domain.sizing.engines import Engine, is_apple, peak_tflops
from services.models.domain.sizing.parallelism import Split
from services.models.domain.sizing.precision import precision_of
from services.models.domain.sizing.shapes import GpuShape
from services.models.domain.sizing.weights import attention_parameters, expert_bytes, tower_bytes

_BALANCE: Final = 140.0
_APPLE_BALANCE: Final = 34.0
"""Operations at 16 bit per byte of bandwidth where a GPU's peak is not known: V100's, the least of parts for data
centres with tensor units (A100 153, H100 295), and that of Apple's.
"""
_ROUTED: Final = 0.5
_ROUTED_TFLOPS: Final = 1979.0
_ROUTED_POWER: Final = 1 / 3
"""Share of dense efficiency that routed experts keep on H100 at 8 bit, and the power by which it falls with the peak,
as many small products fill a large chip less: all of it on Apple's parts (mlx-lm's benchmarks), 0.9 on A100, 0.3 on
B200 at 4 bit (TensorRT-LLM's performance overview).
"""
DEFAULT_LINK: Final = 64.0
"""GB/s of a link that is not known, both directions: PCIe 4.0 with 16 lanes."""
_REDUCING_SWITCH: Final = 900.0
"""GB/s of NVLink from Hopper on, whose switches reduce: activations cross the links once, where a ring moves them twice
(NVLink SHARP).
"""
_WIDE: Final = precision_of("bf16")
_LINK_SHARE: Final = 0.6
"""Share of one direction of the links that all-reduces reach (NCCL bus bandwidth)."""


def with_peak(gpu: GpuShape) -> GpuShape:
    """Return the GPU with the peak that is taken for it where its own is not known."""
    if gpu.fp16_tflops is not None:
        return gpu
    balance = _APPLE_BALANCE if is_apple(gpu) else _BALANCE
    return replace(gpu, fp16_tflops=balance * (gpu.bandwidth_gbps or 0.0) / 1e3)


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds: one prompt alone, one decoding step, until the first token under load, the whole batch; and what
    binds.
    """

    prefill_s: float
    step_s: float
    first_s: float
    request_s: float
    bound: str


@dataclass(frozen=True, slots=True)
class Roofline:
    """A model on a split of a GPU type under an engine. apart: whether each GPU of a tensor split attends to requests
    of its own, with all weights of the attention and no cache of the others (data-parallel attention).
    """

    needs: Demand
    gpu: GpuShape
    engine: Engine
    split: Split
    apart: bool = False

    @property
    def _bandwidth(self) -> float:
        """Bytes per second that decoding gets out of the GPUs that work at the same time."""
        share = self.engine.bandwidth_share(self.needs.precision, self.gpu)
        return (self.gpu.bandwidth_gbps or 0.0) * 1e9 * share * self.split.tensor

    @property
    def _reduce_s(self) -> float:
        """Seconds one step spends in the two all-reduces per layer, and between pipeline stages."""
        if self.split.gpus == 1:
            return 0.0
        layers = self.needs.model.layers
        each = self.engine.reduce_s * (1 + 0.1 * (self.split.tensor - 2))
        across = 2 * layers * each if self.split.tensor > 1 else 0.0
        return across + (self.split.pipeline - 1) * 1e-4

    @property
    def _cache_copies(self) -> float:
        return 1.0 if self.apart else self.needs.kv_copies(self.split.tensor)

    @property
    def _schedulers(self) -> int:
        """How many GPUs have requests of their own, each with the whole cache of a request."""
        return self.split.tensor if self.apart else 1

    @property
    def _repeated_weights(self) -> float:
        """Bytes of the attention's weights on each GPU beyond its share."""
        if not self.apart:
            return 0.0
        attention = attention_parameters(self.needs.model) * self.needs.precision.bytes
        return attention * (1 - 1 / self.split.tensor)

    def _flops(self, *, wide: bool = False) -> float:
        """Return what products reach on all GPUs that work at once; wide: those of attention, which stays at 16 bit."""
        model = self.needs.model
        precision, gpu = _WIDE if wide else self.needs.precision, with_peak(self.gpu)
        reachable = self.engine.flops(precision, gpu) * self.split.tensor
        if wide or not model.shape.experts:
            return reachable
        share = _ROUTED * math.pow(_ROUTED_TFLOPS / peak_tflops(precision, gpu), _ROUTED_POWER)
        return reachable * min(share, 1.0)

    def _moved_s(self, tokens: int) -> float:
        """Return the seconds in which all-reduces move the 16-bit activations of these tokens over the links."""
        if self.split.tensor == 1:
            return 0.0
        speed = self.gpu.interconnect_gbps or DEFAULT_LINK
        link = speed * 1e9 / 2 * _LINK_SHARE
        times = 1 if self.gpu.vendor.lower() == "nvidia" and speed >= _REDUCING_SWITCH else 2
        return 2.0 * times * self.needs.model.layers * tokens * self.needs.model.hidden * 2 / link

    def _stages_overlap(self, requests: int) -> bool:
        """Whether pipeline stages work on different requests at once; each then still reads its weights for every
        one.
        """
        return self.engine.overlaps_stages and requests >= self.split.pipeline

    def _read_s(self, tokens: int) -> float:
        """Return the seconds in which one pass reads its weights: all but towers, and experts that none of so many
        tokens need.
        """
        needs, model = self.needs, self.needs.model
        read = needs.weights - (needs.embedding_bytes / 2 if not model.tied else 0.0)
        read -= tower_bytes(model, needs.precision)
        experts, shape = expert_bytes(model, needs.precision), model.shape
        if experts and shape.experts:
            read -= experts * (1 - (shape.experts_per_token or 1) / shape.experts) ** tokens
        return (read + self._repeated_weights * self.split.tensor) / self._bandwidth

    def prefill_s(self, tokens: int, prompts: int = 1) -> float:
        """Return the seconds to work through prompts of this length, packed into passes of at most 8,192 tokens.

        Pipeline stages overlap on the prompts, or on chunks of a single one, then at most 1.6-fold. Collectives move
        16-bit activations over the links. Weights are read once before they compute; those of later passes, which carry
        decoding steps too, on the way.
        """
        model = self.needs.model
        products, attention = 2 * model.active_parameters, 2.0 * model.layers * model.attention_width * tokens
        stages = self.split.pipeline
        overlap = stages if self._stages_overlap(prompts) else min(1 + 0.15 * (stages - 1), 1.6)
        passes = max(prompts * tokens / PREFILL_CHUNK, 1.0)
        host = passes * model.layers * self.engine.host_s(self.needs.precision, self.gpu)
        work = prompts * tokens * (products / self._flops() + attention / self._flops(wide=True)) / overlap
        work += self._read_s(prompts * tokens)
        return max(work, host) + passes * (self.engine.step_s + self._reduce_s) + self._moved_s(prompts * tokens)

    def decode_s(self, context_tokens: int, batch: int) -> tuple[float, str]:
        """Return the seconds of one decoding step of the batch, and what binds it: memory, compute or host."""
        needs, model = self.needs, self.needs.model
        cache = batch * needs.sequence_bytes(context_tokens) * self._cache_copies
        plain = (self.gpu.bandwidth_gbps or 0.0) * 1e9 * self.engine.cache_share(self.gpu) * self.split.tensor
        if self.engine.copies_cache:  # what grows; keys and values of an encoder's output stay where they are
            grown = cache - batch * needs.layout.fixed * needs.kv_bytes * self._cache_copies
            cache += grown * (2.0 + 2.0 * model.heads / max(model.kv_heads, 1))
        stages = self.split.pipeline if self._stages_overlap(batch) else 1
        memory = self._read_s(batch)
        cache_s = cache / plain / stages
        compute = 2 * batch * model.active_parameters / self._flops() / stages
        host = model.layers * self.engine.host_s(needs.precision, self.gpu)
        fixed = self.engine.step_s + model.layers * self.engine.layer_time(self.gpu) + self._reduce_s
        largest = max(memory, compute, host)
        bound = "host" if largest == host else "compute" if largest == compute else "memory"
        if batch > 1 and bound != "host":
            largest = memory + compute
        step = largest + cache_s + fixed + self._moved_s(batch)
        listed = self.engine.sequence_s * batch / self._schedulers
        return (listed, "host") if listed > step else (step, bound)

    def timing(self, prompt_tokens: int, output_tokens: int, batch: int) -> Timing:
        """Return the times of a batch of equal requests that start together, with what a server takes beside."""
        alone, together = self.prefill_s(prompt_tokens), self.prefill_s(prompt_tokens, batch)
        read = 0 if self.needs.layout.fixed else prompt_tokens  # audio leaves what is fixed
        step, bound = self.decode_s(read + output_tokens // 2, batch)
        beside, request = self.engine.request_s, together + output_tokens * step
        waits = (together - alone) * together / request + (step / 2 if batch > 1 else 0.0)
        return Timing(alone, step, alone + waits + beside, request + beside, bound)

    def words(self, batch: int) -> str:
        """Return in words and figures what a decoding step of the batch takes most of its time for."""
        read, operations = self._read_s(batch) * self._bandwidth, 2 * batch * self.needs.model.active_parameters
        return (
            f"a step reads {read / 1e9:.4g} GB of weights at {self._bandwidth / 1e9:.4g} GB/s and does "
            f"{operations:.4g} operations at {self._flops() / 1e12:.4g} TFLOPS, as much of both as is reached"
        )

    def largest_batch(self, context_tokens: int) -> int:
        """Return how many sequences of this length fit beside the weights: at least 1, at most the engine's."""
        line, room = need_line(self.needs, self.split), usable_bytes(self.gpu) - self._repeated_weights
        each = line.largest_concurrency(room, context_tokens=context_tokens, limit=self.engine.max_batch)
        return max(each * self._schedulers, 1)

    def need_bytes(self, context_tokens: int, batch: int) -> float:
        """Return the bytes on the fullest GPU under this load."""
        each = -(-batch // self._schedulers)
        return self.needs.need(self.split, Load(context_tokens, each)).total + self._repeated_weights
