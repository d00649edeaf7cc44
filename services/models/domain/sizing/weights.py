"""Memory of the weights, by component and precision."""

from __future__ import annotations

from services.models.domain.sizing.architecture import Complete
from services.models.domain.sizing.precision import Precision

DEQUANT_SOURCE = (
    "bitsandbytes 4-bit and 8-bit matmul: the largest matrix is expanded to 16 bit and transposed before use"
)


def weight_bytes(model: Complete, precision: Precision) -> float:
    """Return bytes of all weights. Formats keep the input embedding and the output head at widths of their own, those
    that leave these at 16 bit also towers and, in part, what is not an expert.
    """
    if precision.embedding_bits == precision.head_bits == precision.layer_bits:
        return model.parameters * precision.bytes
    kept = 2 * min(_parts_at_16_bit(model, precision), model.parameters - model.embedding_parameters)
    layers = model.parameters - model.embedding_parameters - kept / 2
    return layers * precision.layer_bits / 8 + kept + embedding_bytes(model, precision)


def embedding_bytes(model: Complete, precision: Precision) -> float:
    """Return bytes of the input embedding and, unless it is the same, the output head."""
    bits = precision.head_bits if model.tied else (precision.embedding_bits + precision.head_bits) / 2
    return model.embedding_parameters * bits / 8


def _parts_at_16_bit(model: Complete, precision: Precision) -> float:
    """Return the parameters beside the embeddings that the format leaves at 16 bit: towers, and the attention of
    mixtures whose experts alone are quantised (gpt-oss).
    """
    if not precision.towers_16bit:
        return 0.0
    towers = model.shape.other_parameters
    return towers + attention_parameters(model) if precision.experts_alone and model.shape.experts else towers


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
    kept = min(model.embedding_parameters + model.shape.other_parameters, model.parameters)
    return (model.parameters - kept) * (precision.bits - 4) / 8


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
