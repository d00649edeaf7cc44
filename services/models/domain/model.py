"""A model of the catalogue, its licence, its dimensions, and how it came from another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum
from typing import Final

from pydantic import BaseModel, ConfigDict

from libs.provenance import Provenance

SUMMARY_CHARS: Final = 300


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class LicenseClass(IntEnum):
    """What a licence permits, in classes."""

    COMMERCIAL = 1
    ATTRIBUTION = 2
    RESEARCH_ONLY = 3
    UNKNOWN = 4


class Relation(IntEnum):
    """How a model came from its base."""

    UNKNOWN = 0
    QUANTIZED = 1
    ADAPTER = 2
    FINE_TUNE = 3
    DISTILLED = 4
    MERGE = 5
    CONVERTED = 6


REPACKAGINGS: Final = frozenset({Relation.QUANTIZED, Relation.CONVERTED})
"""The same weights in another packing: what a search collapses under the base."""


def is_repackaging(base_model: str, relation: Relation) -> bool:
    """Tell whether a model that came so from a base (empty: from none that is known) has the base's own weights."""
    return bool(base_model) and relation in REPACKAGINGS


class License(_Frozen):
    """A licence as the catalogue knows it."""

    license_id: str = ""
    """Hub id, such as apache-2.0; empty where the model states none."""
    title: str = ""
    license_class: LicenseClass = LicenseClass.UNKNOWN
    note: str = ""
    """In plain words what it permits and its conditions; says so where that was not checked against the text."""
    open_source: bool = False
    """In the sense of the OSI."""


class Component(_Frozen):
    """A part with weights of its own, such as a text encoder or a VAE."""

    name: str
    parameters: int | None = None


class Architecture(_Frozen):
    """Dimensions as the published configuration states them; None where no source does."""

    model_type: str = ""
    attention: str = ""
    """mha, gqa, mqa, mla, hybrid, ssm, encoder or none."""
    layers: int | None = None
    encoder_layers: int | None = None
    """Of an encoder-decoder, beside the decoder's own layers."""
    hidden_size: int | None = None
    intermediate_size: int | None = None
    heads: int | None = None
    kv_heads: int | None = None
    head_dim: int | None = None
    vocab_size: int | None = None
    context_tokens: int | None = None
    kv_layers_full: int | None = None
    kv_layers_window: int | None = None
    window_tokens: int | None = None
    kv_lora_rank: int | None = None
    qk_rope_head_dim: int | None = None
    experts: int | None = None
    experts_per_token: int | None = None
    kind: str = ""
    """decoder, encoder, encoder_decoder, state_space, dual_encoder, vision_encoder, cnn, detector, diffusion, ..."""
    tied_embeddings: bool | None = None
    expert_intermediate_size: int | None = None
    v_head_dim: int | None = None
    kv_heads_window: int | None = None
    head_dim_window: int | None = None
    state_dim: int | None = None
    inner_dim: int | None = None
    conv_width: int | None = None
    state_layers: int | None = None
    state_bytes: int | None = None
    """Of one sequence and recurrent layer."""
    kv_values_per_token: int | None = None
    """Of all layers that keep the whole context, where these differ."""
    window_values_per_token: int | None = None
    components: tuple[Component, ...] = ()

    @property
    def tells_layers(self) -> bool:
        """Whether it says what the layers keep of the tokens: all, those of a window, a latent."""
        return any(told is not None for told in (self.kv_layers_full, self.kv_layers_window, self.kv_lora_rank))

    def completed_by(self, other: Architecture) -> Architecture:
        """Return these dimensions, or another record's of the same network where that tells more.

        Excerpts of configurations leave out what layers keep, and what they say of heads may be filled in: those of
        DeepSeek V3 have 128 key-value heads and no latent. Some count the layers of both halves of an encoder-decoder.
        """
        parts = self.layers is None and not self.components and other.components
        layers = (other.layers, (other.layers or 0) + (other.encoder_layers or 0))
        plain = not self.tells_layers and other.tells_layers
        excerpt = plain and self.layers in layers and self.hidden_size == other.hidden_size
        if not parts and (other.layers is None or not (self.layers is None or excerpt)):
            return self
        return other.model_copy(update={"model_type": self.model_type or other.model_type})


class Requirement(_Frozen):
    """Memory that someone published or measured for a model."""

    figure_gib: float
    scope: str
    """inference or training."""
    precision: str = ""
    basis: str
    """published or measured."""
    conditions: str = ""
    source: str


class Quantization(_Frozen):
    """How a model was quantised."""

    method: str = ""
    """awq, gptq, gguf, fp8, int8, bnb, mxfp4, nvfp4, mlx, ..."""
    bits: float | None = None
    """Bits per weight, where stated."""
    gguf_type: str = ""
    """Such as Q4_K_M."""


_COMPLETED: Final = (
    "task", "library", "parameters", "active_parameters", "precision", "languages", "gated", "created",
    "embedding_dimension", "max_tokens", "summary", "extra_tasks", "input_sizes", "requirements",
)  # fmt: skip


class Model(_Frozen):
    """One model, as one source stated it. None and empty mean that the source does not say."""

    model_id: str
    """Hub id: owner and name."""
    task: str = ""
    """Hub pipeline tag."""
    library: str = ""
    license: License = License()
    parameters: int | None = None
    active_parameters: int | None = None
    """Parameters that work on one token in a mixture of experts."""
    architecture: Architecture = Architecture()
    precision: str = ""
    """Of the published weights, such as bf16."""
    languages: tuple[str, ...] = ()
    """ISO 639 codes."""
    gated: bool | None = None
    base_model: str = ""
    """Hub id of the model that it came from."""
    relation: Relation = Relation.UNKNOWN
    quantization: Quantization | None = None
    downloads: int | None = None
    """Of the last 30 days, as of the source's date."""
    likes: int | None = None
    created: datetime | None = None
    embedding_dimension: int | None = None
    max_tokens: int | None = None
    """Longest input."""
    summary: str = ""
    """At most SUMMARY_CHARS characters."""
    tags: tuple[str, ...] = ()
    has_tokenizer: bool | None = None
    """Whether its repository holds a tokenizer."""
    extra_tasks: tuple[str, ...] = ()
    """Further pipeline tags that it serves. Filters and ranking go by the one task, as the Hub's do; these are kept as
    stated.
    """
    input_sizes: Mapping[str, float | tuple[float, ...]] = {}
    """What memory depends on beside the weights, such as image_px or roi_voxels."""
    requirements: tuple[Requirement, ...] = ()
    source: str = ""
    """The public source of these facts, in words or as an address."""
    as_of: datetime
    """When the source last stated them (UTC, aware)."""

    def completed_by(self, other: Model) -> Model:
        """Return this model with what another record of it states and this one does not.

        Popularity is left alone: counts of two dates are not mixed.
        """
        taken: dict[str, object] = {
            name: getattr(other, name)
            for name in _COMPLETED
            if getattr(self, name) in (None, "", (), {}) and getattr(other, name) not in (None, "", (), {})
        }
        if not self.license.license_id and other.license.license_id:
            taken["license"] = other.license
        if not self.base_model and other.base_model:
            taken |= {"base_model": other.base_model, "relation": other.relation}
        dimensions = self.architecture.completed_by(other.architecture)
        if dimensions is not self.architecture:
            taken["architecture"] = dimensions
            if dimensions.components and other.parameters:  # the count that its parts make up
                taken["parameters"] = other.parameters
        if not taken:
            return self
        source = f"{self.source}; {', '.join(sorted(taken))}: {other.source}"
        return self.model_copy(update={**taken, "source": source})

    def provenance(self, snapshot_id: str) -> Provenance:
        """Return where these facts come from, as a snapshot of the catalogue has them."""
        return Provenance("models", snapshot_id, self.as_of, self.source, self.model_id)

    @property
    def repackaged(self) -> bool:
        """True for the same weights as the base, quantised or converted."""
        return is_repackaging(self.base_model, self.relation)
