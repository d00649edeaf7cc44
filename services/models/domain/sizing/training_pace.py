"""How fast tokens pass in training: operations over what is reached of the peak, and what a step takes beside."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from services.models.domain.sizing.architecture import Complete, expert_width
from services.models.domain.sizing.shapes import GpuShape

BEST: Final = 0.62
"""Utilisation at a balance of 153 operations per byte (A100): the best published runs reach 0.55 to 0.64 (llm-
foundry).
"""
_BALANCE: Final = 153.0
_BALANCE_POWER: Final = 0.4
"""Utilisation falls as arithmetic outgrows bandwidth: 0.62 on A100, 0.48 on H100 at 16 bit, 0.36 at 8 bit."""
SMALL_WIDTH: Final = 150.0
"""Width of a model whose products reach half of what the widest reach."""
_EXPERT_WIDTH: Final = 800.0
"""The same of an expert's width, tokens sent to it and back included: Mixtral's train like dense models (0.47 to 0.49
of H100's peak, Megatron Core; arXiv:2504.14960), DeepSeek-V3's at 0.7 of that, Qwen3 30B's at half.
"""
_NODE_LOSS: Final = 0.02
"""Share lost with each doubling of machines of eight GPUs."""
_ENCODERS: Final = 0.55
"""What dropout, padding and short sequences leave of it: BERT-large trains at 0.27 of the peak on V100 and A100 alike
(NVIDIA DeepLearningExamples).
"""
_STEP_TOKENS: Final = 2048
"""Tokens of a step on one GPU, at least, where its samples were not said."""
_EXPANDED: Final = 50.0
"""Bytes that expanding 4-bit weights moves for each parameter of a step, however few its tokens: Qwen's table of
fine-tuning speeds by length, 1.8B to 72B, and LLaMA-Factory's of Llama 2 7B, both on A100.
"""
_LAUNCH_LAYER_S: Final = 5e-3
"""Host time of launching a layer's operations in a step, forward and backward: 4.7 to 5.4 ms under transformers'
trainer (Qwen's table, adapters on 1.8B to 14B; huggingface/transformers issue 15026, T5 base on A100).
"""
OPERATIONS: Final = {"full": 6.0, "lora": 4.0, "qlora": 4.0, "freeze": 3.0, "adapter": 4.0}
"""Operations per parameter and token: 2 forward, 2 for gradients of activations, 2 for gradients of weights if
trained.
"""
_RECOMPUTED: Final = 2.0
_SELECTED: Final = 1.0
"""The same where all of a layer is passed through again, and where attention and every second matrix are kept."""
_ATTENTION: Final = 12.0
_ATTENTION_RECOMPUTED: Final = 4.0
"""Operations of attention per layer, width and token of the sequence: 4 forward, twice that backward."""
_PRODUCTS_ALONE: Final = 16
"""Bits below which products alone are computed narrower; attention stays at this width."""


class TokenOperations(NamedTuple):
    """Operations of one token: of the products with weights, and of attention among the tokens of a sample."""

    products: float
    attention: float

    @property
    def total(self) -> float:
        """Both."""
        return self.products + self.attention


def training_operations(
    model: Complete, *, sequence: int, method: str = "full", checkpointing: bool = False, selective: bool = False
) -> TokenOperations:
    """Return operations per token: 6 per active parameter and 12 x layers x width x sequence for attention.

    Kaplan et al., arXiv:2001.08361; fewer per parameter for adapters, more when activations are recomputed. selective:
    whether recomputing keeps the outputs of attention and of every second matrix.
    """
    again = 0.0 if not checkpointing else _SELECTED if selective else _RECOMPUTED
    attended = _ATTENTION + (_ATTENTION_RECOMPUTED if again == _RECOMPUTED else 0.0)
    return TokenOperations(
        (OPERATIONS[method] + again) * model.active_parameters,
        attended * model.layers * model.attention_width * sequence,
    )


_PER_PARAMETER: Final = "6 per parameter, fewer where it is frozen, more where recomputed"
PER_SAMPLE: Final = "those of a forward pass, and backward twice as many where trained"


def gpu_share(gpu: GpuShape, *, bits: float, gpus: int) -> float:
    """Return the share of the dense peak that wide dense products reach in training on so many of these GPUs.

    Raises ValueError when the GPU's throughput is unknown.
    """
    peak = gpu.tflops(bits)
    if not peak or not gpu.bandwidth_gbps:
        raise ValueError(f"the throughput of {gpu.name} is unknown")
    balance = max(peak * 1e3 / gpu.bandwidth_gbps, _BALANCE * 0.7)
    share = float(BEST * (_BALANCE / balance) ** _BALANCE_POWER)
    return share * max(1 - _NODE_LOSS * math.log2(max(gpus / 8, 1.0)), 0.5)


def utilisation(model: Complete, gpu: GpuShape, *, bits: float = 16, gpus: int = 1) -> float:
    """Return the share of the dense peak that training reaches, recomputed operations included."""
    share = gpu_share(gpu, bits=bits, gpus=gpus) * model.hidden / (model.hidden + SMALL_WIDTH)
    if model.shape.arch != "decoder":
        share *= _ENCODERS
    if model.shape.experts:
        width = expert_width(model.shape, model.intermediate, model.hidden)
        share *= width / (width + _EXPERT_WIDTH)
    return share


class Pace(NamedTuple):
    """Tokens per second of one GPU, operations of a token in those of one that passes all layers, and the formula."""

    per_gpu: float
    reading: float
    formula: str


def pace_of(
    model: Complete,
    gpu: GpuShape,
    operations: TokenOperations,
    *,
    sequence: int,
    bits: float,
    gpus: int,
    method: str,
    batch: int | None,
) -> Pace:
    """Return how fast tokens pass whose operations these are. Attention is at 16 bit where products are narrower.

    batch: samples of a step on each GPU; None: enough that launching its operations does not bind.
    """
    reading = _reading(model, sequence)
    share = utilisation(model, gpu, bits=bits, gpus=gpus)
    wide = utilisation(model, gpu, bits=_PRODUCTS_ALONE, gpus=gpus) if bits < _PRODUCTS_ALONE else share
    peak, wide_peak = gpu.tflops(bits) or 0.0, gpu.tflops(max(bits, _PRODUCTS_ALONE)) or 0.0
    seconds = reading * (operations.products / (peak * share) + operations.attention / (wide_peak * wide)) / 1e12
    formula = _formula_of_tokens(operations, reading, gpu, gpus, bits, (share, wide))
    step = batch * sequence if batch else max(sequence, _STEP_TOKENS)
    if method == "qlora":
        moved, speed = _EXPANDED * model.active_parameters, gpu.bandwidth_gbps or 0.0
        seconds += moved / (speed * 1e9) / step
        formula += f" Expanding 4-bit weights: {moved / 1e9:.4g} GB moved at {speed:g} GB/s in a step of {step} tokens."
    launched = _LAUNCH_LAYER_S * (model.layers + (model.shape.encoder_layers or 0))
    if batch and launched > seconds * step:
        seconds = launched / step
        formula += f" Launching them takes longer: {launched:.4g} s for {step} tokens on each GPU."
    return Pace(1 / seconds, reading, formula)


def _formula_of_tokens(
    operations: TokenOperations, reading: float, gpu: GpuShape, gpus: int, bits: float, shares: tuple[float, float]
) -> str:
    """Return the same for a token; shares: of the peak, that products and that attention reach."""
    if bits >= _PRODUCTS_ALONE:
        how = f"{_PER_PARAMETER}, and attention's; arXiv:2001.08361"
        return formula_of("token", reading * operations.total, how, gpu, gpus, bits, shares[0])
    products = formula_of("token", reading * operations.products, _PER_PARAMETER, gpu, gpus, bits, shares[0])
    attention, peak = reading * operations.attention, gpu.tflops(_PRODUCTS_ALONE) or 0.0
    return f"{products} Attention, at 16 bit: {attention:.4g} over {gpus} x {peak:g} TFLOPS x {shares[1]:.3f}."


def formula_of(unit: str, operations: float, how: str, gpu: GpuShape, gpus: int, bits: float, share: float) -> str:
    """Return in words and figures what the speed follows from."""
    peak = gpu.tflops(bits) or 0.0
    return f"{operations:.4g} operations a {unit} ({how}) over {gpus} x {peak:g} TFLOPS x {share:.3f} that is reached."


def _reading(model: Complete, sequence: int) -> float:
    """Return the operations of a token in those of one that passes all layers: an encoder of speech reads more."""
    source, encoder = model.shape.source_tokens, model.shape.encoder_layers or 0
    if not source or not encoder:
        return 1.0
    return (model.layers + encoder * source / sequence) / (model.layers + encoder)
