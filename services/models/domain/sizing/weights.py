"""Memory of the weights, by component and precision."""

from __future__ import annotations

from services.models.domain.sizing.architecture import Complete
from services.models.domain.sizing.precision import Precision

DEQUANT_SOURCE = (
    "bitsandbytes 4-bit and 8-bit matmul: the largest matrix is expanded to 16 bit and transposed before use"
)


def weight_bytes(model: Complete, precision: Precision) -> float:
    """Return bytes of all weights. Formats that leave embeddings, output head and towers at 16 bit count those at 2
    bytes.
    """
    if not precision.embeddings_16bit:
        return model.parameters * precision.bytes
    kept = _kept_parameters(model)
    return (model.parameters - kept) * precision.bytes + kept * 2


def constant_bytes(model: Complete, precision: Precision) -> float:
    """Return the bytes of bitsandbytes' scales of 4-bit weights, which it keeps beside them as the state of the module;
    other formats store theirs in the weights.
    """
    if precision.kind != "bnb":
        return 0.0
    return (model.parameters - _kept_parameters(model)) * (precision.bits - 4) / 8


def _kept_parameters(model: Complete) -> float:
    """Return the parameters that formats below 16 bit may leave there: embeddings, output head and towers."""
    return min(model.embedding_parameters + model.shape.other_parameters, model.parameters)


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
    return (model.parameters - model.active_parameters) / (1 - chosen / experts) * precision.bytes
