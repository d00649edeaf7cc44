"""What sizing needs to know of a model and of a GPU."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from services.models.domain.sizing.terms import GIB


class ModelShape(NamedTuple):
    """Dimensions of a model; None is unknown, and `complete` in architecture.py fills what a sum needs, saying so.

    parameters, active_parameters: counts (not billions). attention: the words of the record ("GQA", "MLA", "hybrid
    mamba+GQA", "bidirectional, no KV cache"). kv_layers_full / kv_layers_window: layers that cache the whole context /
    only `window` tokens. state_bytes: bytes of recurrent state per sequence and recurrent layer. kv_values_per_token,
    window_values_per_token: what all layers over the whole context, and all over a window, keep of one token, where
    these differ. layers_as: the type of model whose kinds of layers are taken where the record tells none.
    other_parameters: vision or audio towers, kept at 16 bit. text_encoder_parameters, vae_parameters: parts of an image
    or video generator, within `parameters`; None where these count the denoiser alone. transformer: whether its
    denoiser is a transformer rather than a UNet. inherited: the model whose dimensions
    these are, where the record has none of its own. size_from_name: whether `parameters` come from the model's name
    alone. arch: decoder, encoder, encoder-decoder,
    diffusion, cnn, unet3d, pair (protein folding) or other.
    """

    parameters: float | None = None
    active_parameters: float | None = None
    layers: int | None = None
    hidden: int | None = None
    intermediate: int | None = None
    heads: int | None = None
    kv_heads: int | None = None
    head_dim: int | None = None
    v_head_dim: int | None = None
    vocab: int | None = None
    context: int | None = None
    attention: str = ""
    kv_lora_rank: int | None = None
    qk_rope_head_dim: int | None = None
    kv_layers_full: int | None = None
    kv_layers_window: int | None = None
    window: int | None = None
    kv_heads_window: int | None = None
    head_dim_window: int | None = None
    state_layers: int | None = None
    state_bytes: float | None = None
    kv_values_per_token: float | None = None
    window_values_per_token: float | None = None
    layers_as: str = ""
    experts: int | None = None
    experts_per_token: int | None = None
    tied_embeddings: bool | None = None
    gated_mlp: bool | None = None
    encoder_layers: int | None = None
    other_parameters: float = 0
    text_encoder_parameters: float | None = None
    vae_parameters: float | None = None
    transformer: bool | None = None
    inherited: str = ""
    size_from_name: bool = False
    arch: str = "decoder"
    task: str = ""

    @property
    def source_tokens(self) -> int:
        """Tokens that the encoder of a speech recogniser reads, however short the audio; 0 for other models, whose
        encoders read what they are given.
        """
        speech = self.task == "automatic-speech-recognition" and self.arch == "encoder-decoder"
        return _SPEECH_TOKENS if speech else 0

    @property
    def causal(self) -> bool:
        """Whether the model writes tokens one by one and so keeps a KV cache."""
        return self.arch in ("decoder", "encoder-decoder")


@dataclass(frozen=True, slots=True)
class GpuShape:
    """One GPU. memory_gib per GPU; bandwidth in GB/s; TFLOPS dense; interconnect in GB/s, both directions, per GPU."""

    name: str
    memory_gib: float
    bandwidth_gbps: float | None = None
    fp16_tflops: float | None = None
    fp8_tflops: float | None = None
    fp4_tflops: float | None = None
    interconnect_gbps: float | None = None
    vendor: str = ""
    compute_capability: str = ""

    @property
    def memory_bytes(self) -> float:
        """Nominal memory in bytes."""
        return self.memory_gib * GIB

    @property
    def stacked_memory(self) -> bool:
        """Whether the memory is HBM (data-centre parts by name)."""
        return bool(_HBM.search(self.name))

    def tflops(self, bits: float) -> float | None:
        """Dense TFLOPS at the narrowest supported format that is at least this wide, or None when unknown."""
        if bits <= 4.5 and self.fp4_tflops:
            return self.fp4_tflops
        if bits <= 8.5 and self.fp8_tflops:
            return self.fp8_tflops
        return self.fp16_tflops


SPEECH: Final = "thirty seconds of audio at 50 frames a second"
_SPEECH_TOKENS: Final = 1500
"""Frames that Whisper pads audio to (arXiv:2212.04356)."""
_HBM: Final = re.compile(
    r"\b(A100|A800|A30|H\d{2,3}|B\d{3}|GH200|GB\d{3}|V100|P100|MI\d+X?|Gaudi|TPU|Trainium\d?|HL-205)\b"
)
_INTEGERS: Final = frozenset(
    {
        "layers",
        "hidden",
        "intermediate",
        "heads",
        "kv_heads",
        "head_dim",
        "v_head_dim",
        "vocab",
        "context",
        "kv_lora_rank",
        "qk_rope_head_dim",
        "kv_layers_full",
        "kv_layers_window",
        "window",
        "kv_heads_window",
        "head_dim_window",
        "state_layers",
        "experts",
        "experts_per_token",
        "encoder_layers",
    }
)
_NAMES: Final = frozenset(ModelShape._fields)
_SYNONYMS: Final = {"arch_type": "arch", "experts_per_tok": "experts_per_token", "type": "arch"}
_ARCHES: Final = {
    "encoder_decoder": "encoder-decoder",
    "seq2seq": "encoder-decoder",
    "unet": "diffusion",
    "dit": "diffusion",
}
_TASK_ARCH: Final = {
    "text-to-image": "diffusion",
    "image-to-image": "diffusion",
    "text-to-video": "diffusion",
    "image-to-video": "diffusion",
    "unconditional-image-generation": "diffusion",
    "inpainting": "diffusion",
    "text-to-audio": "diffusion",
    "video-to-video": "diffusion",
    "image-text-to-image": "diffusion",
    "image-text-to-video": "diffusion",
    "image-to-3d": "diffusion",
    "text-to-3d": "diffusion",
    "image-classification": "cnn",
    "object-detection": "cnn",
    "image-segmentation": "cnn",
    "mask-generation": "cnn",
    "depth-estimation": "cnn",
    "zero-shot-object-detection": "cnn",
    "image-feature-extraction": "cnn",
    "keypoint-detection": "cnn",
    "video-classification": "cnn",
    "fill-mask": "encoder",
    "feature-extraction": "encoder",
    "sentence-similarity": "encoder",
    "text-classification": "encoder",
    "token-classification": "encoder",
    "question-answering": "encoder",
    "text-ranking": "encoder",
    "zero-shot-classification": "encoder",
    "audio-classification": "encoder",
    "voice-activity-detection": "encoder",
    "audio-to-audio": "encoder",
    "document-question-answering": "encoder",
    "table-question-answering": "encoder",
    "visual-document-retrieval": "encoder",
    "graph-ml": "encoder",
    "reinforcement-learning": "encoder",
    "zero-shot-image-classification": "encoder",
    "time-series-forecasting": "encoder",
    "tabular-classification": "encoder",
    "tabular-regression": "encoder",
    "translation": "encoder-decoder",
    "summarization": "encoder-decoder",
    "automatic-speech-recognition": "encoder-decoder",
    "image-segmentation-3d": "unet3d",
    "medical-segmentation": "unet3d",
    "protein-folding": "pair",
}


def arch_of_task(task: str) -> str:
    """Return the kind of network that the Hub task usually means; decoder where the task does not tell."""
    return _TASK_ARCH.get(task, "decoder")


def shape_from_record(record: Mapping[str, object]) -> ModelShape:
    """Return the shape in a record of plain values; empty values are unknown, other keys are ignored.

    `parameters` and `active_parameters` are counts. Without `arch` (or `arch_type`) the kind of network follows from
    `task`, then from `encoder_layers`. Raises ValueError naming every value that is not a number where one is due.
    """
    values: dict[str, object] = {}
    problems = []
    for key, value in record.items():
        name = _SYNONYMS.get(key, key)
        if name not in _NAMES or value is None or value == "":
            continue
        try:
            values[name] = _read(name, value)
        except ValueError:
            problems.append(f"{key} is {value!r}; it must be a number")
    if problems:
        raise ValueError("; ".join(problems))
    arch = str(values.get("arch", "")).lower()
    if not arch:
        task = str(values.get("task", ""))
        arch = "encoder-decoder" if values.get("encoder_layers") and task not in _TASK_ARCH else arch_of_task(task)
    values["arch"] = _ARCHES.get(arch, arch)
    return ModelShape(**values)  # type: ignore[arg-type]


def _read(name: str, value: object) -> object:
    if name in _INTEGERS:
        return int(float(str(value)))
    if name in (
        "parameters",
        "active_parameters",
        "state_bytes",
        "kv_values_per_token",
        "window_values_per_token",
        "other_parameters",
        "text_encoder_parameters",
        "vae_parameters",
    ):
        return float(str(value))
    if name in ("tied_embeddings", "gated_mlp", "transformer"):
        return value if isinstance(value, bool) else str(value).lower() in ("true", "1", "yes")
    return str(value)
