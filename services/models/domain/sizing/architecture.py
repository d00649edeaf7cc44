"""Fill the dimensions that a record lacks, from its parameter count, and say which were filled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from services.models.domain.sizing.shapes import ModelShape
from services.models.domain.sizing.terms import Assumption

_ASPECT: Final = 128
"""Hidden size over layers of common decoders: 4096/32, 5120/40, 8192/80 (Kaplan et al., arXiv:2001.08361, find it
matters little).
"""
_ENCODER_ASPECT: Final = 48
"""The same for encoders: 768/12 and 1024/24 (BERT, arXiv:1810.04805)."""
_HEAD_SIZES: Final = {"encoder": 64, "encoder-decoder": 64}
"""Size of an attention head: 64 in BERT, BART, T5 and Whisper, 128 in the decoders since GPT-3."""
_DEFAULT_PARAMETERS: Final = {"encoder": 0.3e9, "encoder-decoder": 0.8e9, "decoder": 7e9}
"""Sizes most used of each kind, for records that tell neither parameters nor dimensions."""
_VOCABULARIES: Final = {"decoder": 64_000, "encoder-decoder": 64_000, "encoder": 30_522}
"""Entries where none are stated: between Llama 2's 32,000 and Llama 3's 128,256; those of BERT."""
_MOST_EMBEDDED: Final = 0.65
"""Share of the parameters that embeddings are at most, where a vocabulary was assumed: Gemma 3 270M has 0.63."""
_NOTHING_KNOWN: Final = "neither parameters nor dimensions are known"
_WHY: Final = {
    aspect: "not in the record; estimated from the parameter count as 12 x layers x hidden^2 with hidden = "
    f"{aspect} x layers"
    for aspect in (_ASPECT, _ENCODER_ASPECT)
}


@dataclass(slots=True, eq=False)
class Complete:
    """A shape with every dimension that the sums need, and what was assumed to get there. guessed: whether dimensions
    were estimated from the parameter count. unsized: whether not even that is known.

    Nothing changes one; it is not frozen since setting the fields of a frozen one takes seven times as long.
    """

    shape: ModelShape
    parameters: float
    active_parameters: float
    layers: int
    hidden: int
    intermediate: int
    heads: int
    kv_heads: int
    head_dim: int
    vocab: int
    gated: bool
    tied: bool
    guessed: bool
    unsized: bool
    assumptions: tuple[Assumption, ...]

    @property
    def embedding_parameters(self) -> float:
        """Parameters of the input embedding and, unless tied, of the output head."""
        return min(self.vocab * self.hidden * (1 if self.tied else 2), _MOST_EMBEDDED * self.parameters)

    @property
    def layer_parameters(self) -> float:
        """Parameters of one layer, on average."""
        layers = self.layers + (self.shape.encoder_layers or 0)
        return max(self.parameters - self.embedding_parameters - self.shape.other_parameters, 0.0) / max(layers, 1)

    @property
    def attention_width(self) -> int:
        """Width of all query heads together."""
        return self.heads * self.head_dim

    @property
    def kv_width(self) -> int:
        """Width of all key heads together."""
        return self.kv_heads * self.head_dim

    @property
    def token_intermediate(self) -> int:
        """Feed-forward width that one token passes through: all chosen experts together."""
        chosen = self.shape.experts_per_token or 1
        return expert_width(self.shape, self.intermediate, self.hidden) * max(chosen, 1)


def expert_width(shape: ModelShape, intermediate: int, hidden: int) -> int:
    """Return the width of one expert. Records of many-expert models state the width of the dense layers: all chosen
    together, with a shared one. Those of up to sixteen experts state the expert's own (Mixtral, Jamba, Phi-3.5-MoE).
    """
    if (shape.experts or 1) > 16 and intermediate >= 2 * hidden:
        return intermediate // ((shape.experts_per_token or 1) + 1)
    return intermediate


def _known_parameters(shape: ModelShape) -> float | None:
    """Return the parameters that the dimensions imply, or None when they do not suffice."""
    if not (shape.layers and shape.hidden):
        return None
    hidden, intermediate = shape.hidden, shape.intermediate or 4 * shape.hidden
    heads = shape.heads or max(hidden // _HEAD_SIZES.get(shape.arch, 128), 1)
    head_dim = shape.head_dim or hidden // heads
    kv_heads = shape.kv_heads or heads
    attention = hidden * head_dim * (2 * heads + 2 * kv_heads)
    width = expert_width(shape, intermediate, hidden) * (shape.experts or 1)
    mlp = (2 if intermediate == 4 * hidden and not shape.experts else 3) * hidden * width
    embeddings = (shape.vocab or 32000) * hidden * (1 if shape.tied_embeddings else 2)
    return shape.layers * (attention + mlp) + embeddings


def complete(shape: ModelShape) -> Complete:
    """Return the shape with every dimension set. Assumes 7 billion parameters when there is neither a count nor
    dimensions.
    """
    notes: list[Assumption] = []
    if shape.inherited:
        notes.append(Assumption("architecture", f"as {shape.inherited}", "not in the record; that of its base model"))
    parameters = _parameters(shape, notes)
    body = max(parameters - shape.other_parameters, 1.0)
    aspect = _ENCODER_ASPECT if shape.arch == "encoder" else _ASPECT
    hidden, layers = _size(shape, body, aspect)
    heads = shape.heads or max(hidden // _HEAD_SIZES.get(shape.arch, 128), 1)
    head_dim = shape.head_dim or max(hidden // heads, 1)
    kv_heads = shape.kv_heads or _kv_heads(shape, heads)
    vocab = shape.vocab or (0 if shape.steers else _VOCABULARIES.get(shape.arch, 0))
    tied = shape.tied_embeddings if shape.tied_embeddings is not None else shape.arch == "encoder" or parameters < 2e9
    gated, intermediate = _mlp(shape, parameters, layers, hidden, heads, head_dim, kv_heads, vocab, tied)
    unknown = _unknown(shape, layers, hidden, heads, head_dim, kv_heads, vocab)
    guessed = bool(unknown) and shape.arch in ("decoder", "encoder", "encoder-decoder")
    if guessed:
        notes.append(Assumption("architecture", unknown, _WHY[aspect]))
    active = shape.active_parameters or _active(shape, body, layers, hidden, intermediate)
    if shape.experts and shape.active_parameters is None:
        notes.append(
            Assumption("active_parameters", f"{active:.3g}", "not in the record; experts per token over experts")
        )
    full = shape if shape.parameters is not None else shape._replace(parameters=parameters)
    return Complete(
        full,
        parameters,
        active,
        layers,
        hidden,
        intermediate,
        heads,
        kv_heads,
        head_dim,
        vocab,
        gated,
        tied,
        guessed,
        shape.parameters is None and not (shape.layers and shape.hidden),
        tuple(notes),
    )


def _parameters(shape: ModelShape, notes: list[Assumption]) -> float:
    """Return the count of the record, the name, the dimensions or the kind of model; noted unless it is the first."""
    if shape.parameters is not None:
        if shape.parameters and shape.size_from_name:
            why = "not in the record; the size in the model's name"
            notes.append(Assumption("parameters", f"{shape.parameters:.3g}", why))
        return shape.parameters
    summed = _known_parameters(shape)
    found = summed or _DEFAULT_PARAMETERS.get(shape.arch, 0.3e9)
    why = "not in the record; summed over the stated dimensions" if summed else _NOTHING_KNOWN
    notes.append(Assumption("parameters", f"{found:.3g}", why))
    return found


def _size(shape: ModelShape, body: float, aspect: int) -> tuple[int, int]:
    """Return (hidden, layers): 12 x layers x hidden^2 parameters of the dense network, hidden = aspect x layers."""
    dense = shape.active_parameters or (body / shape.experts if shape.experts else body)
    wide = (dense * aspect / 12) ** (1 / 3)
    unit = 1024 if wide > 4096 else 64
    hidden = shape.hidden or max(round(wide / unit) * unit, 64)
    return hidden, shape.layers or max(round(dense / (12 * hidden * hidden)), 1)


def _unknown(shape: ModelShape, layers: int, hidden: int, heads: int, head_dim: int, kv_heads: int, vocab: int) -> str:
    """Return the dimensions that the record lacks, with the values taken; empty where it has all."""
    found = ""
    if shape.layers is None:
        found += f", layers={layers}"
    if shape.hidden is None:
        found += f", hidden={hidden}"
    if shape.heads is None:
        found += f", heads={heads}, head_dim={head_dim}" if shape.head_dim is None else f", heads={heads}"
    if shape.kv_heads is None and (shape.heads is None or shape.causal):
        found += f", kv_heads={kv_heads}"
    if shape.vocab is None:
        found += f", vocab={vocab}"
    return found[2:]


def _kv_heads(shape: ModelShape, heads: int) -> int:
    words = shape.attention.lower()
    if "mqa" in words:
        return 1
    if "mha" in words or shape.arch != "decoder":
        return heads
    return min(8, heads)


def _mlp(
    shape: ModelShape,
    parameters: float,
    layers: int,
    hidden: int,
    heads: int,
    head_dim: int,
    kv_heads: int,
    vocab: int,
    tied: bool,
) -> tuple[bool, int]:
    """Return (gated, intermediate). A gated layer has three matrices, a plain one two: the parameter count tells
    which.
    """
    attention = hidden * head_dim * 2 * (heads + kv_heads)
    body = parameters - vocab * hidden * (1 if tied else 2) - shape.other_parameters
    matrices = body / max(layers + (shape.encoder_layers or 0), 1) - attention
    if shape.intermediate is None:
        gated = shape.arch == "decoder" if shape.gated_mlp is None else shape.gated_mlp
        width = matrices / ((3 if gated else 2) * hidden)
        return gated, 4 * hidden if matrices <= 0 or shape.experts else max(int(width), hidden)
    if shape.gated_mlp is not None or shape.experts:
        return shape.gated_mlp is not False, shape.intermediate
    ratio = matrices / (hidden * shape.intermediate)
    return ratio > 2.5, shape.intermediate


def _active(shape: ModelShape, body: float, layers: int, hidden: int, intermediate: int) -> float:
    if not shape.experts:
        return body
    experts = min(layers * shape.experts * 3.0 * hidden * expert_width(shape, intermediate, hidden), 0.97 * body)
    return body - experts * (1 - (shape.experts_per_token or 2) / shape.experts)
