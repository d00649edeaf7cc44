"""Memory of the weights, by component and precision."""

from __future__ import annotations

from services.models.domain.sizing.architecture import Complete
from services.models.domain.sizing.precision import Precision

DEQUANT_SOURCE = (
    "bitsandbytes 4-bit and 8-bit matmul: the largest matrix is expanded to 16 bit and transposed before use"
)


def weight_bytes(model: Complete, precision: Precision) -> float:
    """Return bytes of all weights. Formats keep the input embedding and the output head at widths of their own, those
    that leave these at 16 bit also towers, and some the attention of mixtures, whose experts alone are quantised
    (gpt-oss).
    """
    if precision.alike:
        return model.parameters * precision.bytes
    layers, kept, ends, end_bits = apart(model, precision)
    return (layers * precision.layer_bits + kept * 16 + ends * end_bits) / 8


def weight_formula(model: Complete, precision: Precision) -> str:
    """Return the sum of `weight_bytes` with its numbers."""
    if precision.alike:
        return f"{int(model.parameters)} parameters x {precision.words}"
    layers, kept, ends, end_bits = apart(model, precision)
    towers = f" + {kept:.6g} left x 16 bits / 8" if kept else ""
    words = f"{layers:.6g} parameters x {precision.words}{towers}"
    return f"{words} + {ends:.6g} of embeddings and head x {end_bits:g} bits / 8"


def apart(model: Complete, precision: Precision) -> tuple[float, float, float, float]:
    """Return the parameters of the layers, those among them that stay at 16 bit, those of embeddings and head, and the
    bits of these. The first are without the second.
    """
    ends = model.embedding_parameters
    layers, kept = model.parameters - ends, 0.0
    if precision.towers_16bit:
        kept = model.shape.other_parameters
        if precision.experts_alone and model.shape.experts:
            kept += attention_parameters(model)
        kept = kept if kept < layers else layers
    return layers - kept, kept, ends, precision.head_bits if model.tied else precision.end_bits


def tower_bytes(model: Complete, precision: Precision) -> float:
    """Return the bytes of towers, which no step over words reads."""
    return model.shape.other_parameters * precision.tower_bits / 8


def expanded_formula(model: Complete) -> str:
    """Return the sum of `expanded_bytes` with its numbers."""
    return f"2 x 2 bytes x {largest_matrix(model):.6g} of the largest matrix"


def embedding_bytes(model: Complete, precision: Precision) -> float:
    """Return bytes of the input embedding and, unless it is the same, the output head."""
    return model.embedding_parameters * (precision.head_bits if model.tied else precision.end_bits) / 8


def attention_parameters(model: Complete) -> float:
    """Return the parameters of the attention of all layers. Under MLA the output projection is five eighths of them
    (DeepSeek-V3: 117 of 187 million a layer).
    """
    if model.shape.kv_lora_rank:
        return 1.6 * model.layers * model.hidden * model.heads * (model.shape.v_head_dim or model.head_dim)
    return 2.0 * model.layers * model.hidden * (model.attention_width + model.kv_width)


def constant_bytes(model: Complete, precision: Precision) -> float:
    """Return the bytes of bitsandbytes' scales of 4-bit weights, which it keeps beside them as the state of the module;
    other formats store theirs in the weights.
    """
    if precision.kind != "bnb":
        return 0.0
    return (model.parameters - model.embedding_parameters) * (precision.bits - 4) / 8


def expanded_bytes(model: Complete, precision: Precision) -> float:
    """Return the buffers for weights that are expanded to 16 bit before each product (bitsandbytes); fused formats
    have none.
    """
    if precision.kind not in ("bnb", "int8"):
        return 0.0
    return 2 * 2.0 * largest_matrix(model)


def largest_matrix(model: Complete) -> float:
    """Return the entries of the largest matrix inside a layer."""
    return float(model.hidden) * max(model.intermediate, model.attention_width)


def expert_bytes(model: Complete, precision: Precision) -> float:
    """Return the bytes of weights that only chosen tokens read: the routed experts of all layers."""
    experts, chosen = model.shape.experts, model.shape.experts_per_token or 1
    if not experts or experts <= chosen:
        return 0.0
    return (model.parameters - model.active_parameters) / (1 - chosen / experts) * precision.layer_bits / 8
